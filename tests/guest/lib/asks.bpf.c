// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Asks the script test/x_<...> that belongs to the port of a UDP packet; all others pass. */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <lunatik/xdp.bpf.h>

struct argument {
	__u32 number;
	__u32 reply;
};

/* Has nothing: what is looked up in it is NULL. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, char[12]);
} empty SEC(".maps");

SEC("xdp") int asks(struct xdp_md *ctx)
{
	struct ethhdr *ethernet = LUNATIK_XDP_AT(ctx, 0, struct ethhdr);
	struct argument argument = { .number = 42 };
	char name[] = "test/x_main", *nothing;
	struct udphdr *udp;
	struct iphdr *ip;
	int action, key = 1;

	if (!ethernet || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = LUNATIK_XDP_AT(ctx, sizeof(*ethernet), struct iphdr);
	if (!ip || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	udp = LUNATIK_XDP_AT(ctx, sizeof(*ethernet) + ip->ihl * 4, struct udphdr);
	if (!udp)
		return XDP_PASS;
	switch (bpf_ntohs(udp->dest)) {
	case 7001 ... 7199:
		action = LUNATIK_XDP_WITH(ctx, "test/x_main", &argument, XDP_PASS);
		/* What the script has written there. */
		return argument.reply == 7 ? XDP_DROP : action;
	case 7200 ... 7249:
		return LUNATIK_XDP(ctx, "test/x_fail", XDP_PASS);
	case 7250 ... 7299:
		return LUNATIK_XDP(ctx, "test/x_drop", XDP_PASS);
	case 7300:
		return LUNATIK_XDP(ctx, "test/x_nobody", XDP_DROP);
	case 7301 ... 7399:
		return LUNATIK_XDP(ctx, "test/x_cpus", XDP_DROP);
	/* Without a name, and without an argument, which the verifier does not ask for. */
	case 7401:
		nothing = bpf_map_lookup_elem(&empty, &key);
		return bpf_luaxdp_run(nothing, 12, ctx, &argument, sizeof(argument)) < 0 ? XDP_PASS : XDP_DROP;
	case 7402:
		nothing = bpf_map_lookup_elem(&empty, &key);
		return bpf_luaxdp_run(name, sizeof(name), ctx, nothing, 12);
	}
	return XDP_PASS;
}

SEC("xdp") int drops(struct xdp_md *ctx)
{
	return XDP_DROP;
}

/* Not for devices. */
SEC("socket") int other(struct __sk_buff *skb)
{
	return 0;
}

LUNATIK_XDP_LICENSE;
