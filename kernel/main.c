// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* lunatik.ko: loading, unloading, parameters. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include "control/netlink.h"
#include "control/session.hpp"
#include "helpers/helpers.h"
#include "host.h"
#include "parameters.h"

unsigned long lunatik_maxalloc = 64UL << 20;
module_param_named(maxalloc, lunatik_maxalloc, ulong, 0644);
MODULE_PARM_DESC(maxalloc, "memory cap of a runtime that asks for none, in bytes");

unsigned long lunatik_stack = THREAD_SIZE / 2;
module_param_named(stack, lunatik_stack, ulong, 0444);
MODULE_PARM_DESC(stack, "C stack an entry into Lua may use at most, in bytes");

unsigned int lunatik_budget = 50;
module_param_named(budget, lunatik_budget, uint, 0644);
MODULE_PARM_DESC(budget, "milliseconds a handler in softirq or hardirq context may run");

unsigned int lunatik_overload = 25;
module_param_named(overload, lunatik_overload, uint, 0644);
MODULE_PARM_DESC(overload, "percent of a CPU that a hook may use over a second before it is stopped; 0: any");

unsigned int lunatik_failures = 10;
module_param_named(failures, lunatik_failures, uint, 0644);
MODULE_PARM_DESC(failures, "failures in a row after which a hook is stopped; 0: any number");

int lunatik_fault_injection;
module_param_named(fault_injection, lunatik_fault_injection, int, 0600);
MODULE_PARM_DESC(fault_injection, "1: requests may make allocations fail, for the tests");

int lunatik_dispatch_goto;
module_param_named(computed_goto, lunatik_dispatch_goto, int, 0444);
MODULE_PARM_DESC(computed_goto, "1: the interpreter jumps from instruction to instruction; 0: it compares; chosen by itself");

/** Sets up and tears down the C++ core (core.cpp). */
int lunatik_core_init(void);
void lunatik_core_exit(void);

static int __init lunatik_init(void)
{
	int error;

	if (!lunatik_dispatch_goto)
		lunatik_dispatch_goto = !lunatik_h_retpolines();
	error = lunatik_h_signature_init();
	if (error)
		return error;
	error = lunatik_core_init();
	if (error)
		goto signature;
	error = lunatik_states_init();
	if (error)
		goto core;
	error = lunatik_netlink_init();
	if (error)
		goto states;
	error = lunatik_device_init();
	if (error)
		goto netlink;
	return 0;
netlink:
	lunatik_netlink_exit();
states:
	lunatik_states_exit();
core:
	lunatik_core_exit();
signature:
	lunatik_h_signature_exit();
	return error;
}

static void __exit lunatik_exit(void)
{
	lunatik_device_exit();
	lunatik_netlink_exit();
	lunatik_states_exit();
	lunatik_core_exit();
	lunatik_h_signature_exit();
}

module_init(lunatik_init);
module_exit(lunatik_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Lua, safe inside the running kernel");
MODULE_VERSION(LUNATIK_VERSION);
