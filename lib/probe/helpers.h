/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_PROBE_HELPERS_H
#define LUNATIK_PROBE_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lunatik_probe;
struct pt_regs;

/** Which handlers there are. */
enum {
	LUNATIK_PROBE_PRE = 1 << 0,
	LUNATIK_PROBE_POST = 1 << 1,
	LUNATIK_PROBE_RET = 1 << 2,
};

/**
 * Registers a kprobe for pre and post, and a kretprobe for ret, at a symbol (@size bytes at @name) or, if @name is NULL, at
 * @address. Context: process, may sleep. Returns 0 and the probe; -ENOENT, no such symbol; -EINVAL, no probe can be there;
 * -EOPNOTSUPP, a kernel without kretprobes; -ENOMEM; and what else register_kprobe() returns.
 */
int lunatik_h_probe_register(struct lunatik_probe **probe, lunatik_object_t *object, const char *name, unsigned long size,
			     void *address, unsigned int handlers);
/** Unregisters both, and waits for handlers that run. Context: process, may sleep. */
void lunatik_h_probe_unregister(struct lunatik_probe *probe);
/** Arms or disarms both: enable_kprobe(), disable_kprobe(). Context: process, may sleep. A negative errno. */
int lunatik_h_probe_enable(struct lunatik_probe *probe, LUNATIK_BOOL enable);
/** Hits that the kernel itself did not report, since one was being handled. Context: any. */
unsigned long lunatik_h_probe_nmissed(struct lunatik_probe *probe);

/** Argument @n, from 0, of the function at whose entry the registers were taken. */
long long lunatik_h_probe_argument(struct pt_regs *regs, unsigned int n);
/** How many arguments are passed in registers. */
unsigned int lunatik_h_probe_arguments(void);
long long lunatik_h_probe_return_value(struct pt_regs *regs);
/** A register by its name in struct pt_regs. 0, or -ENOENT. */
int lunatik_h_probe_register_value(struct pt_regs *regs, const char *name, unsigned long size, long long *value);
/** The registers and the stack, a line for each few, in memory of @probe's. Context: its handler. */
const char *lunatik_h_probe_show(struct lunatik_probe *probe, struct pt_regs *regs);

/* probe.cpp: what the handlers call, with preemption disabled. */
void lunatik_probe_pre(lunatik_object_t *object, struct pt_regs *regs);
void lunatik_probe_post(lunatik_object_t *object, struct pt_regs *regs);
void lunatik_probe_ret(lunatik_object_t *object, struct pt_regs *regs);

#ifdef __cplusplus
}
#endif

#endif
