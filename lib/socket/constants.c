// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The numbers of <linux/socket.h>, <linux/net.h>, <linux/in.h>, <linux/tcp.h>: those that this kernel has. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include "helpers.h"

#define AF(name) { #name, AF_##name }
const struct lunatik_constant lunatik_socket_af[] = {
	AF(UNSPEC), AF(UNIX), AF(LOCAL), AF(INET), AF(AX25), AF(IPX), AF(APPLETALK), AF(NETROM), AF(BRIDGE), AF(ATMPVC),
	AF(X25), AF(INET6), AF(ROSE), { "DEC", AF_DECnet }, AF(NETBEUI), AF(SECURITY), AF(KEY), AF(NETLINK), AF(ROUTE),
	AF(PACKET), AF(ASH), AF(ECONET), AF(ATMSVC), AF(RDS), AF(SNA), AF(IRDA), AF(PPPOX), AF(WANPIPE), AF(LLC), AF(IB),
	AF(MPLS), AF(CAN), AF(TIPC), AF(BLUETOOTH), AF(IUCV), AF(RXRPC), AF(ISDN), AF(PHONET), AF(IEEE802154), AF(CAIF),
	AF(ALG), AF(NFC), AF(VSOCK), AF(KCM), AF(QIPCRTR), AF(SMC), AF(XDP), AF(MCTP), AF(MAX),
	{ NULL, 0 },
};

#define SOCK(name) { #name, SOCK_##name }
const struct lunatik_constant lunatik_socket_sock[] = {
	SOCK(STREAM), SOCK(DGRAM), SOCK(RAW), SOCK(RDM), SOCK(SEQPACKET), SOCK(DCCP), SOCK(PACKET), SOCK(CLOEXEC),
	SOCK(NONBLOCK),
	{ NULL, 0 },
};

#define IPPROTO(name) { #name, IPPROTO_##name }
const struct lunatik_constant lunatik_socket_ipproto[] = {
	IPPROTO(IP), IPPROTO(ICMP), IPPROTO(IGMP), IPPROTO(IPIP), IPPROTO(TCP), IPPROTO(EGP), IPPROTO(PUP), IPPROTO(UDP),
	IPPROTO(IDP), IPPROTO(TP), IPPROTO(DCCP), IPPROTO(IPV6), IPPROTO(RSVP), IPPROTO(GRE), IPPROTO(ESP), IPPROTO(AH),
	IPPROTO(MTP), IPPROTO(BEETPH), IPPROTO(ENCAP), IPPROTO(PIM), IPPROTO(COMP), IPPROTO(SCTP), IPPROTO(UDPLITE),
	IPPROTO(MPLS), IPPROTO(ETHERNET), IPPROTO(RAW), IPPROTO(MPTCP), { "ICMPV6", IPPROTO_ICMPV6 },
	{ NULL, 0 },
};

#define MSG(name) { #name, MSG_##name }
const struct lunatik_constant lunatik_socket_msg[] = {
	MSG(OOB), MSG(PEEK), MSG(DONTROUTE), MSG(TRYHARD), MSG(CTRUNC), MSG(PROBE), MSG(TRUNC), MSG(DONTWAIT), MSG(EOR),
	MSG(WAITALL), MSG(FIN), MSG(SYN), MSG(CONFIRM), MSG(RST), MSG(ERRQUEUE), MSG(NOSIGNAL), MSG(MORE), MSG(WAITFORONE),
#ifdef MSG_SENDPAGE_NOPOLICY
	MSG(SENDPAGE_NOPOLICY),
#endif
#ifdef MSG_SENDPAGE_NOTLAST
	MSG(SENDPAGE_NOTLAST),
#endif
	MSG(BATCH), MSG(EOF),
#ifdef MSG_NO_SHARED_FRAGS
	MSG(NO_SHARED_FRAGS),
#endif
#ifdef MSG_SENDPAGE_DECRYPTED
	MSG(SENDPAGE_DECRYPTED),
#endif
	MSG(ZEROCOPY), MSG(FASTOPEN), MSG(CMSG_CLOEXEC),
	{ NULL, 0 },
};

#define SOL(name) { #name, SOL_##name }
const struct lunatik_constant lunatik_socket_sol[] = {
	SOL(SOCKET), SOL(IP), SOL(TCP), SOL(UDP), SOL(IPV6), SOL(RAW), SOL(PACKET), SOL(NETLINK),
	{ NULL, 0 },
};

#define SO(name) { #name, SO_##name }
const struct lunatik_constant lunatik_socket_so[] = {
	SO(DEBUG), SO(REUSEADDR), SO(REUSEPORT), SO(TYPE), SO(DOMAIN), SO(PROTOCOL), SO(ACCEPTCONN), SO(ERROR), SO(DONTROUTE),
	SO(BROADCAST), SO(KEEPALIVE), SO(OOBINLINE), SO(SNDBUF), SO(RCVBUF), SO(SNDBUFFORCE), SO(RCVBUFFORCE), SO(RCVLOWAT),
	{ "RCVTIMEO", SO_RCVTIMEO_OLD }, { "SNDTIMEO", SO_SNDTIMEO_OLD }, SO(LINGER), SO(PRIORITY), SO(MARK), SO(INCOMING_CPU), SO(BINDTODEVICE),
	SO(BINDTOIFINDEX),
	{ NULL, 0 },
};

#define TCP(name) { #name, TCP_##name }
const struct lunatik_constant lunatik_socket_tcp[] = {
	TCP(NODELAY), TCP(CORK), TCP(KEEPIDLE), TCP(KEEPINTVL), TCP(KEEPCNT), TCP(DEFER_ACCEPT), TCP(QUICKACK),
	TCP(USER_TIMEOUT), TCP(FASTOPEN), TCP(CONGESTION),
	{ NULL, 0 },
};

const struct lunatik_constant lunatik_socket_ipv6[] = {
	{ "V6ONLY", IPV6_V6ONLY },
	{ "UNICAST_HOPS", IPV6_UNICAST_HOPS },
	{ NULL, 0 },
};
