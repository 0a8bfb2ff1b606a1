/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * For eBPF programs that ask Lua scripts what is to become of a packet. A whole program is
 *
 *	#include <lunatik/xdp.bpf.h>
 *
 *	LUNATIK_XDP_PROGRAM(ask, "myscript", XDP_PASS)
 *
 * and is compiled and attached with
 *
 *	clang -O2 -g -target bpf -I/usr/include/$(uname -m)-linux-gnu -c ask.bpf.c -o ask.o
 *	lunatik run myscript softirq percpu
 *	lunatik xdp load ask.o eth0
 */
#ifndef LUNATIK_XDP_BPF_H
#define LUNATIK_XDP_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/**
 * bpf_luaxdp_run - asks a script what is to become of a packet; in lunatik_xdp.ko
 * @key: name of the script's runtime, in the network namespace of the device; memory that may be written
 * @key__sz: bytes of it
 * @xdp_ctx: the program's context
 * @arg: the second argument of the script's function, which it may write to
 * @arg__sz: bytes of it
 *
 * Returns an enum xdp_action, or -1 if no script of that name has attached a function.
 */
extern int bpf_luaxdp_run(char *key, __u64 key__sz, struct xdp_md *xdp_ctx, void *arg, __u64 arg__sz) __ksym;

/**
 * LUNATIK_XDP_WITH - asks a script, with an argument
 * @ctx: the program's struct xdp_md
 * @script: its name, a string literal
 * @argument: address of a variable, which the script's function gets as a data object, and may write to
 * @otherwise: the action when no script of that name is attached
 *
 * Gives the action.
 */
#define LUNATIK_XDP_WITH(ctx, script, argument, otherwise) \
	({ \
		char lunatik_key_[] = script; \
		int lunatik_action_ = bpf_luaxdp_run(lunatik_key_, sizeof(lunatik_key_), ctx, argument, sizeof(*(argument))); \
		lunatik_action_ < 0 ? (int)(otherwise) : lunatik_action_; \
	})

/** LUNATIK_XDP - the same with one zero byte as argument. */
#define LUNATIK_XDP(ctx, script, otherwise) \
	({ \
		char lunatik_nothing_ = 0; \
		LUNATIK_XDP_WITH(ctx, script, &lunatik_nothing_, otherwise); \
	})

/**
 * LUNATIK_XDP_AT - looks at a packet
 * @ctx: the program's struct xdp_md
 * @offset: from the link layer header on, below 32 KiB
 * @type: of what is there
 *
 * Gives a pointer to it; NULL if the packet ends before.
 */
#define LUNATIK_XDP_AT(ctx, offset, type) \
	({ \
		__u32 lunatik_offset_ = (offset); \
		void *lunatik_at_ = (void *)(long)(ctx)->data + (lunatik_offset_ & 0x7fff); \
		lunatik_offset_ > 0x7fff || lunatik_at_ + sizeof(type) > (void *)(long)(ctx)->data_end ? (type *)0 : (type *)lunatik_at_; \
	})

/** LUNATIK_XDP_LICENSE - what a program must say before the kernel lets it call kernel functions. Once in each object. */
#define LUNATIK_XDP_LICENSE char lunatik_license[] SEC("license") = "Dual MIT/GPL"

/** LUNATIK_XDP_PROGRAM - a whole program @name that asks @script about each packet; @otherwise as above. */
#define LUNATIK_XDP_PROGRAM(name, script, otherwise) \
	SEC("xdp") int name(struct xdp_md *ctx) \
	{ \
		return LUNATIK_XDP(ctx, script, otherwise); \
	} \
	LUNATIK_XDP_LICENSE;

#endif
