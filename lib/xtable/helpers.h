/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_XTABLE_HELPERS_H
#define LUNATIK_XTABLE_HELPERS_H

#include "lunatik/skb.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lunatik_xtable;

/**
 * struct lunatik_xtable_packet - a packet that has come to a rule
 * @packet: the packet; first
 * @userargs: the rule's userargs in each state of the script, of lunatik_keepstring()
 * @thoff, @fragoff: where its transport header begins, and its place among fragments; struct xt_action_param
 * @hook: NF_INET_* and so on
 * @family: NFPROTO_*
 * @target: it is a target's rule
 * @hotdrop: a match has the packet dropped
 */
struct lunatik_xtable_packet {
	struct lunatik_packet packet;
	const void *const *userargs;
	unsigned int thoff;
	unsigned int fragoff;
	unsigned int hook;
	unsigned char family;
	LUNATIK_BOOL target;
	LUNATIK_BOOL hotdrop;
};

/** What a match or target is registered as. */
struct lunatik_xtable_options {
	const char *name;
	unsigned long name_size;
	unsigned char revision;
	unsigned char family;
	unsigned short proto;
	unsigned int hooks;		/* bits, 0: all */
	LUNATIK_BOOL target;
	LUNATIK_BOOL percpu;		/* the object is the first CPU's of a per-CPU runtime */
};

/** 0; -EINVAL, no name that an extension may have; -ENOENT, no family of tables. Context: any. */
int lunatik_h_xtable_check(const struct lunatik_xtable_options *options);
/**
 * xt_register_match() or xt_register_target(), for rules in @net that ask @object, which lives until it is unregistered. Context:
 * process, may sleep; looks for a module of that name. Returns 0 and the registration; -EEXIST, there is such an extension, the
 * kernel's own or a script's; -ENOSPC, too many names were registered before; -ENOMEM.
 */
int lunatik_h_xtable_register(struct lunatik_xtable **xtable, lunatik_object_t *object, struct net *net,
			      const struct lunatik_xtable_options *options);
/** Undoes it; returns when no packet is inside any more. Rules stay, and ask nobody. Context: process, may sleep. */
void lunatik_h_xtable_unregister(struct lunatik_xtable *xtable);
/** Whether what a target said is a verdict in the packet's family. Context: any. */
LUNATIK_BOOL lunatik_h_xtable_is_verdict(const struct lunatik_xtable_packet *packet, long long verdict);
/** XT_CONTINUE. */
extern const unsigned int lunatik_xtable_continue;

/**
 * xtable.cpp: a rule comes. Keeps its userargs in each state and asks checkentry there. Context: process. Returns 0 and @strings, one
 * for each state; -EINVAL, the script refuses it; -ENOMEM; what keeps the script from being asked.
 */
int lunatik_xtable_add(lunatik_object_t *object, const void **strings, const char *userargs, unsigned long size);
/** A rule goes. @called: its script is told. Context: process. */
void lunatik_xtable_remove(lunatik_object_t *object, const void **strings, const char *userargs, unsigned long size,
			   LUNATIK_BOOL called);
/** What the script says to a packet, a struct lunatik_xtable_packet: 1 or 0 of a match, a verdict of a target. */
unsigned int lunatik_xtable_ask(lunatik_object_t *object, struct lunatik_packet *packet);
/** The same of a per-CPU runtime: asks the state of this CPU, where the caller stays. */
unsigned int lunatik_xtable_ask_local(lunatik_object_t *object, struct lunatik_packet *packet, unsigned int cpu);

#ifdef __cplusplus
}
#endif

#endif
