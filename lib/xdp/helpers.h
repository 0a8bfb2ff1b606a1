/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_XDP_HELPERS_H
#define LUNATIK_XDP_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lunatik_xdp;

extern const struct lunatik_constant lunatik_xdp_action[];

/** The largest of enum xdp_action, whose smallest is 0. */
#define LUNATIK_XDP_ACTION_MAX 4

/** What an eBPF program hands over: the packet from its link layer header on, as far as it lies in one piece, and memory of its own. */
struct lunatik_xdp_packet {
	char *bytes;
	unsigned long size;
	char *argument;
	unsigned long argument_size;
};

/** Why the kernel cannot call scripts from eBPF programs, or NULL: static text. Context: any. */
const char *lunatik_h_xdp_refusal(void);

/**
 * Has bpf_luaxdp_run() find @object under the name of its runtime, in the network namespace of that. @percpu: it is the first CPU's.
 * @object lives until lunatik_h_xdp_detach(). What the same runtime had there before is not found any more: @replaced is set to that,
 * with a reference, or to NULL. Context: process, may sleep. Returns 0; -EEXIST, another runtime has that name; -ENOMEM.
 */
int lunatik_h_xdp_attach(struct lunatik_xdp **xdp, lunatik_object_t *object, lunatik_object_t *runtime, LUNATIK_BOOL percpu,
			 lunatik_object_t **replaced);
/** Undoes it; returns when no packet is inside any more. Context: process, may sleep. */
void lunatik_h_xdp_detach(struct lunatik_xdp *xdp);

/** What is found under the name of a runtime, with a reference, or NULL. Context: any. */
lunatik_object_t *lunatik_h_xdp_find(const lunatik_object_t *runtime);
/** From now on @object is not found; no new packet gets to it. Context: any. */
void lunatik_h_xdp_hide(const lunatik_object_t *object);

/** xdp.cpp: what the script says to a packet. Context: softirq, or process with bottom halves off. */
int lunatik_xdp_ask(lunatik_object_t *object, struct lunatik_xdp_packet *packet);
/** The same of a per-CPU runtime: asks the state of this CPU. */
int lunatik_xdp_ask_local(lunatik_object_t *object, struct lunatik_xdp_packet *packet, unsigned int cpu);

#ifdef __cplusplus
}
#endif

#endif
