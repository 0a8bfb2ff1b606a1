// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* A program that lets packets pass, and one that asks a script to; and what netfilter's hooks of hook.lua do, for a cgroup. */
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <lunatik/xdp.bpf.h>

SEC("xdp") int native(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp") int ours(struct xdp_md *ctx)
{
	return LUNATIK_XDP(ctx, "bench/xdp", XDP_DROP);
}

SEC("cgroup_skb/ingress") int accept(struct __sk_buff *skb)
{
	return 1;
}

SEC("cgroup_skb/ingress") int port(struct __sk_buff *skb)
{
	struct iphdr *ip = LUNATIK_XDP_AT(skb, 0, struct iphdr);
	struct udphdr *udp;

	if (!ip || ip->protocol != IPPROTO_UDP)
		return 1;
	udp = LUNATIK_XDP_AT(skb, ip->ihl * 4, struct udphdr);
	return !udp || udp->dest != bpf_htons(9);
}

LUNATIK_XDP_LICENSE;
