/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_FIB_HELPERS_H
#define LUNATIK_FIB_HELPERS_H

#ifdef __cplusplus
extern "C" {
#endif

struct net;

/**
 * Adds an IPv4 rule "from all lookup @table" of that priority, as `ip rule add` does. Context: process, may sleep, takes the rtnl
 * lock. Returns 0; -EEXIST, there is such a rule; -EAFNOSUPPORT, a kernel without policy routing; -ENOMEM.
 */
int lunatik_h_fib_nl_newrule(struct net *net, unsigned int table, unsigned int priority);
/** Removes the first such rule. Context: the same. Returns 0; -ENOENT, there is none; -EAFNOSUPPORT; -ENOMEM. */
int lunatik_h_fib_nl_delrule(struct net *net, unsigned int table, unsigned int priority);

#ifdef __cplusplus
}
#endif

#endif
