// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* skbuff.h, ip.h, ipv6.h: packets */
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "lunatik/module.h"
#include "helpers.h"

/* How many packets may wait to be sent, and about how many bytes they may take. */
#define FORWARD_MAX 1024
#define FORWARD_BYTES (8 << 20)

static unsigned int offset_of(const struct lunatik_packet *packet)
{
	return packet->bytes - packet->skb->data;
}

/* Looks again where everything lies; what was written before stays the hook's own. */
static void reopen(struct lunatik_packet *packet)
{
	unsigned int writable = packet->writable;
	bool fixed = packet->fixed, parsed = packet->parsed;

	lunatik_packet_open(packet, packet->skb);
	packet->writable = min(writable, packet->linear);
	packet->fixed = fixed;
	packet->parsed = parsed;
}

/* Where the header says what follows it. */
static unsigned int protocol_at(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IPV6) ? offsetof(struct ipv6hdr, nexthdr) : offsetof(struct iphdr, protocol);
}

/*
 * Before a packet is first written. Options are read before a hook is called or after, but for the same packet not again:
 * ip_rcv_options() fills in where __ip_options_echo() will look for lengths, ipv6_parse_hopopts() where put_cmsg() takes one from. The
 * protocol has said which kind of socket early demultiplexing looked for, which the protocol's handler takes without a look at its kind.
 */
static void keep_parsed(struct lunatik_packet *packet)
{
	struct sk_buff *skb = packet->skb;

	packet->kept_size = 0;
	packet->kept_from = 0;
	packet->kept[0] = packet->linear ? packet->bytes[0] : 0;
	packet->kept[1] = packet->linear > protocol_at(skb) ? packet->bytes[protocol_at(skb)] : 0;
	if (skb->protocol == htons(ETH_P_IP) && packet->linear >= sizeof(struct iphdr)) {
		packet->kept_from = sizeof(struct iphdr);
		packet->kept_size = clamp_t(int, ((const struct iphdr *)packet->bytes)->ihl * 4, sizeof(struct iphdr), packet->linear) -
				    sizeof(struct iphdr);
	} else if (skb->protocol == htons(ETH_P_IPV6) && packet->linear >= sizeof(struct ipv6hdr) + 2 &&
		   ((const struct ipv6hdr *)packet->bytes)->nexthdr == NEXTHDR_HOP) {
		packet->kept_from = sizeof(struct ipv6hdr) + 1;
		packet->kept_size = 1;
	}
	memcpy(packet->kept + 2, packet->bytes + packet->kept_from, packet->kept_size);
	/* A socket that a packet on its way in was given, where the protocol stands behind headers that may be written. */
	if (skb->protocol == htons(ETH_P_IPV6) && skb->sk && skb->skb_iif && packet->kept[1] != IPPROTO_TCP && packet->kept[1] != IPPROTO_UDP)
		skb_orphan(skb);
}

LUNATIK_BOOL lunatik_packet_intact(struct lunatik_packet *packet)
{
	unsigned char *protocol = packet->bytes + protocol_at(packet->skb), *behind = packet->bytes + packet->kept_from;

	/* A packet gets no shorter than its headers; one that has none is none of those that come here. */
	if (packet->linear <= protocol_at(packet->skb) || packet->linear < packet->kept_from + packet->kept_size ||
	    (packet->bytes[0] == packet->kept[0] && *protocol == packet->kept[1] && !memcmp(behind, packet->kept + 2, packet->kept_size)))
		return true;
	/* What differs was written, so that nobody else has it. */
	packet->bytes[0] = packet->kept[0];
	*protocol = packet->kept[1];
	memcpy(behind, packet->kept + 2, packet->kept_size);
	if (packet->skb->protocol == htons(ETH_P_IP))
		ip_send_check((struct iphdr *)packet->bytes);
	return false;
}

int lunatik_h_skb_copy_bits(const struct lunatik_packet *packet, unsigned int offset, void *to, unsigned int size)
{
	return skb_copy_bits(packet->skb, offset_of(packet) + offset, to, size);
}

int lunatik_h_skb_ensure_writable(struct lunatik_packet *packet, unsigned int end)
{
	struct sk_buff *skb = packet->skb;
	int error;

	if (packet->fixed)
		return -EROFS;
	/* A packet has one owner in most hooks; on its way in, a socket of the kernel's own may have it too. */
	if (skb_shared(skb))
		return -EBUSY;
	error = skb_ensure_writable(skb, offset_of(packet) + end);
	if (error) {
		/* Of a packet in a list of fragments the bytes may have been moved before that failed. */
		reopen(packet);
		return error;
	}
	/* The device summed up what is about to change. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	reopen(packet);
	if (!packet->writable && packet->parsed)
		keep_parsed(packet);
	packet->writable = max(packet->writable, end);
	return 0;
}

int lunatik_h_skb_linearize(struct lunatik_packet *packet)
{
	int error;

	if (!skb_is_nonlinear(packet->skb))
		return 0;
	if (packet->fixed)
		return -EROFS;
	if (skb_shared(packet->skb))
		return -EBUSY;
	error = skb_linearize(packet->skb);
	if (!error)
		reopen(packet);
	return error;
}

unsigned char *lunatik_h_skb_mac_header(const struct lunatik_packet *packet)
{
	const struct sk_buff *skb = packet->skb;

	if (!skb_mac_header_was_set(skb) || skb_mac_header(skb) >= packet->bytes || skb_mac_header(skb) < skb->head)
		return NULL;
	return skb_mac_header(skb);
}

int lunatik_h_skb_ifindex(const struct lunatik_packet *packet)
{
	const struct sk_buff *skb = packet->skb;

	return skb->dev ? skb->dev->ifindex : skb->skb_iif;
}

unsigned int lunatik_h_skb_mark(const struct lunatik_packet *packet)
{
	return packet->skb->mark;
}

int lunatik_h_skb_set_mark(struct lunatik_packet *packet, unsigned int mark)
{
	if (packet->fixed)
		return -EROFS;
	packet->skb->mark = mark;
	return 0;
}

unsigned int lunatik_h_skb_protocol(const struct lunatik_packet *packet)
{
	return ntohs(packet->skb->protocol);
}

int lunatik_h_skb_vlan(const struct lunatik_packet *packet)
{
	return skb_vlan_tag_present(packet->skb) ? skb_vlan_tag_get_id(packet->skb) : -1;
}

/*
 * What the kernel has already looked at when a hook gets the packet, and will use without looking again: it must stay. The same
 * rule holds for packets that nfqueue gives back.
 */
static unsigned int headers_of(const struct lunatik_packet *packet)
{
	const struct sk_buff *skb = packet->skb;

	if (skb_transport_header_was_set(skb) && skb_transport_header(skb) > packet->bytes)
		return min_t(unsigned int, skb_transport_header(skb) - packet->bytes, packet->length);
	if (skb->protocol == htons(ETH_P_IP))
		return min_t(unsigned int, sizeof(struct iphdr), packet->length);
	if (skb->protocol == htons(ETH_P_IPV6))
		return min_t(unsigned int, sizeof(struct ipv6hdr), packet->length);
	return min_t(unsigned int, 28, packet->length); /* ARP */
}

int lunatik_h_skb_resize(struct lunatik_packet *packet, unsigned int size)
{
	struct sk_buff *skb = packet->skb;
	unsigned int total = offset_of(packet) + size;
	int error;

	if (size < headers_of(packet) || size > 0xffff)
		return -EINVAL;
	if (packet->fixed)
		return -EROFS;
	if (skb_is_gso(skb))
		return -EOPNOTSUPP;
	if (skb_shared(skb))
		return -EBUSY;
	if (total <= skb->len) {
		error = pskb_trim_rcsum(skb, total);
		if (error) {
			reopen(packet);
			return error;
		}
	} else {
		unsigned int more = total - skb->len;

		error = lunatik_h_skb_linearize(packet);
		if (error)
			return error;
		if (skb_cloned(skb) || skb_tailroom(skb) < more) {
			if (pskb_expand_head(skb, 0, more > skb_tailroom(skb) ? more - skb_tailroom(skb) : 0, GFP_ATOMIC))
				return -ENOMEM;
		}
		if (skb->ip_summed == CHECKSUM_COMPLETE)
			skb->ip_summed = CHECKSUM_NONE;
		skb_put_zero(skb, more);
	}
	reopen(packet);
	return 0;
}

/* Sums up TCP or UDP at @offset (from skb->data), @size bytes long, whose pseudo header sums up to what @pseudo says. */
static int checksum_transport(struct lunatik_packet *packet, unsigned int offset, unsigned int size, u8 protocol,
			      __sum16 (*pseudo)(const void *header, u32 size, u8 protocol, __wsum sum))
{
	struct sk_buff *skb = packet->skb;
	unsigned int field = protocol == IPPROTO_TCP ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check);
	unsigned int header = protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : sizeof(struct udphdr);
	unsigned int begin = offset - offset_of(packet);
	__sum16 *check;
	int error;

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return -EOPNOTSUPP;
	if (size < header)
		return -EINVAL;
	error = lunatik_h_skb_ensure_writable(packet, begin + header);
	if (error)
		return error;
	check = (__sum16 *)(packet->bytes + begin + field);
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* The rest is summed up when it leaves: the field holds the pseudo header's part. */
		*check = ~pseudo(packet->bytes, size, protocol, 0);
		return 0;
	}
	if (protocol == IPPROTO_UDP && !*check && skb->protocol == htons(ETH_P_IP))
		return 0; /* its sender wants none */
	*check = 0;
	*check = pseudo(packet->bytes, size, protocol, skb_checksum(skb, offset, size, 0));
	if (protocol == IPPROTO_UDP && !*check)
		*check = CSUM_MANGLED_0;
	return 0;
}

static __sum16 pseudo4(const void *header, u32 size, u8 protocol, __wsum sum)
{
	const struct iphdr *ip = header;

	return csum_tcpudp_magic(ip->saddr, ip->daddr, size, protocol, sum);
}

static __sum16 pseudo6(const void *header, u32 size, u8 protocol, __wsum sum)
{
	const struct ipv6hdr *ip = header;

	return csum_ipv6_magic(&ip->saddr, &ip->daddr, size, protocol, sum);
}

static int checksum4(struct lunatik_packet *packet)
{
	struct iphdr *ip;
	unsigned int header, size;
	int error;

	if (packet->length < sizeof(*ip))
		return -EINVAL;
	error = lunatik_h_skb_ensure_writable(packet, sizeof(*ip));
	if (error)
		return error;
	ip = (struct iphdr *)packet->bytes;
	header = ip->ihl * 4;
	size = skb_is_gso(packet->skb) ? packet->length : ntohs(ip->tot_len);
	if (ip->version != 4 || header < sizeof(*ip) || size < header || size > packet->length)
		return -EINVAL;
	error = lunatik_h_skb_ensure_writable(packet, header);
	if (error)
		return error;
	ip = (struct iphdr *)packet->bytes;
	ip_send_check(ip);
	if (ip_is_fragment(ip))
		return 0;
	return checksum_transport(packet, offset_of(packet) + header, size - header, ip->protocol, pseudo4);
}

static int checksum6(struct lunatik_packet *packet)
{
	const struct ipv6hdr *ip;
	__be16 fragment = 0;
	unsigned int size;
	int offset, error;
	u8 protocol;

	if (packet->length < sizeof(*ip))
		return -EINVAL;
	error = lunatik_h_skb_ensure_writable(packet, sizeof(*ip));
	if (error)
		return error;
	ip = (const struct ipv6hdr *)packet->bytes;
	size = skb_is_gso(packet->skb) ? packet->length : sizeof(*ip) + ntohs(ip->payload_len);
	if (ip->version != 6 || size > packet->length)
		return -EINVAL;
	protocol = ip->nexthdr;
	offset = ipv6_skip_exthdr(packet->skb, offset_of(packet) + sizeof(*ip), &protocol, &fragment);
	if (offset < 0 || offset - offset_of(packet) > size)
		return -EINVAL;
	if (fragment)
		return 0;
	return checksum_transport(packet, offset, size - (offset - offset_of(packet)), protocol, pseudo6);
}

int lunatik_h_skb_checksum(struct lunatik_packet *packet)
{
	if (packet->skb->protocol == htons(ETH_P_IP))
		return checksum4(packet);
	if (packet->skb->protocol == htons(ETH_P_IPV6))
		return checksum6(packet);
	return -EOPNOTSUPP;
}

/* The kernel warns of a copy of what is to be segmented by its list: that is not its own. */
static struct sk_buff *copy_of(const struct lunatik_packet *packet)
{
	struct sk_buff *skb;

	if (skb_is_gso(packet->skb) && skb_shinfo(packet->skb)->gso_type & SKB_GSO_FRAGLIST)
		return ERR_PTR(-EOPNOTSUPP);
	skb = skb_copy(packet->skb, GFP_ATOMIC | __GFP_NOWARN);
	return skb ?: ERR_PTR(-ENOMEM);
}

int lunatik_h_skb_copy(const struct lunatik_packet *packet, struct sk_buff **copy)
{
	struct sk_buff *skb = copy_of(packet);

	if (IS_ERR(skb))
		return PTR_ERR(skb);
	/* It may outlive the device, the route and the connection: of them it knows the interface's number only. */
	skb->skb_iif = lunatik_h_skb_ifindex(packet);
	skb->dev = NULL;
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	*copy = skb;
	return 0;
}

unsigned long lunatik_h_skb_truesize(const struct lunatik_packet *packet, unsigned int length)
{
	unsigned int more = length > packet->length ? length - packet->length : 0;

	return SKB_TRUESIZE(skb_end_offset(packet->skb) + packet->skb->data_len + more);
}

void lunatik_h_skb_free(struct sk_buff *skb)
{
	/* Where a packet's destructor may not run it is freed soon. */
	dev_kfree_skb_any(skb);
}

void lunatik_h_packet_open(struct lunatik_packet *packet, struct sk_buff *skb)
{
	lunatik_packet_open(packet, skb);
}

/*
 * What hooks send goes out when none runs: sending may come to another hook, whose runtime cannot be entered from inside one.
 */
static struct sk_buff_head to_send;
static atomic_long_t to_send_bytes;

static void send(struct tasklet_struct *sender)
{
	struct sk_buff *skb;
	int budget = FORWARD_MAX;

	while (budget-- && (skb = skb_dequeue(&to_send))) {
		struct net_device *dev = skb->dev;

		atomic_long_sub(skb->truesize, &to_send_bytes);
		dev_queue_xmit(skb);
		dev_put(dev);
	}
	/* CPUs that looked at its length together may have made the queue longer than one run may take. */
	if (!skb_queue_empty_lockless(&to_send))
		tasklet_schedule(sender);
}

static DECLARE_TASKLET(sender, send);

int lunatik_h_skb_forward(const struct lunatik_packet *packet, struct net *net, int ifindex)
{
	unsigned char *mac = lunatik_h_skb_mac_header(packet);
	struct net_device *dev;
	struct sk_buff *skb;
	int error = -ENODEV;

	if (!mac)
		return -EINVAL;
	if (skb_queue_len_lockless(&to_send) >= FORWARD_MAX || atomic_long_read(&to_send_bytes) >= FORWARD_BYTES)
		return -ENOBUFS;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex ? ifindex : lunatik_h_skb_ifindex(packet));
	if (!dev)
		goto out;
	error = -ENETDOWN;
	if (!(dev->flags & IFF_UP))
		goto out;
	skb = copy_of(packet);
	error = PTR_ERR(skb);
	if (IS_ERR(skb))
		goto out;
	/* Where it has been is none of the concern of where it goes. */
	__skb_push(skb, skb->data - skb_mac_header(skb));
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	/* When it came is not when it is to go. */
	skb_clear_tstamp(skb);
	skb->dev = dev;
	dev_hold(dev);
	atomic_long_add(skb->truesize, &to_send_bytes);
	skb_queue_tail(&to_send, skb);
	tasklet_schedule(&sender);
	error = 0;
out:
	rcu_read_unlock();
	return error;
}

static int __init start(void)
{
	skb_queue_head_init(&to_send);
	return 0;
}

static void __exit end(void)
{
	struct sk_buff *skb;

	tasklet_kill(&sender);
	while ((skb = skb_dequeue(&to_send))) {
		dev_put(skb->dev);
		kfree_skb(skb);
	}
}

EXPORT_SYMBOL_GPL(lunatik_packet_intact);
EXPORT_SYMBOL_GPL(lunatik_class_skb);
EXPORT_SYMBOL_GPL(lunatik_companion_skb);

LUNATIK_MODULE_INIT(skb, "Lua library: packets", start, end);
