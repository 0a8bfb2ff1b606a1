// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Finds TCP segments to port 443 that have data, and asks the script examples/filter/sni what becomes of them: all other packets
 * never see Lua. The script is told where the data begin.
 *
 *	clang -O2 -g -target bpf -I/usr/include/$(uname -m)-linux-gnu -c https.bpf.c -o https.o
 *	lunatik run examples/filter/sni softirq percpu -- ebpf.io
 *	lunatik xdp load https.o eth0
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <lunatik/xdp.bpf.h>

struct argument {
	__u16 offset;
};

static __always_inline int tcp(struct xdp_md *ctx, __u32 offset)
{
	struct tcphdr *tcp = LUNATIK_XDP_AT(ctx, offset, struct tcphdr);
	struct argument argument;

	if (!tcp || tcp->dest != bpf_htons(443))
		return XDP_PASS;
	argument.offset = offset + tcp->doff * 4;
	if (!LUNATIK_XDP_AT(ctx, argument.offset, __u8))
		return XDP_PASS;
	return LUNATIK_XDP_WITH(ctx, "examples/filter/sni", &argument, XDP_PASS);
}

SEC("xdp") int https(struct xdp_md *ctx)
{
	struct ethhdr *ethernet = LUNATIK_XDP_AT(ctx, 0, struct ethhdr);
	struct ipv6hdr *ip6;
	struct iphdr *ip;

	if (!ethernet)
		return XDP_PASS;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		ip = LUNATIK_XDP_AT(ctx, sizeof(*ethernet), struct iphdr);
		if (ip && ip->protocol == IPPROTO_TCP)
			return tcp(ctx, sizeof(*ethernet) + ip->ihl * 4);
	} else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
		ip6 = LUNATIK_XDP_AT(ctx, sizeof(*ethernet), struct ipv6hdr);
		if (ip6 && ip6->nexthdr == IPPROTO_TCP)
			return tcp(ctx, sizeof(*ethernet) + sizeof(*ip6));
	}
	return XDP_PASS;
}

LUNATIK_XDP_LICENSE;
