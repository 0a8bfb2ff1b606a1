// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* A program that lets packets pass, and one that asks a script to. */
#include <lunatik/xdp.bpf.h>

SEC("xdp") int native(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp") int ours(struct xdp_md *ctx)
{
	return LUNATIK_XDP(ctx, "bench/xdp", XDP_DROP);
}

LUNATIK_XDP_LICENSE;
