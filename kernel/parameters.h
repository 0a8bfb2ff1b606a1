/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The module's parameters, set in main.c and read by the core. */
#ifndef LUNATIK_PARAMETERS_H
#define LUNATIK_PARAMETERS_H

#ifdef __cplusplus
extern "C" {
#endif

/** Memory cap of a runtime that asks for none, in bytes. */
extern unsigned long lunatik_maxalloc;
/** C stack an entry may use at most, in bytes. */
extern unsigned long lunatik_stack;
/** Milliseconds a handler in an atomic context may run. */
extern unsigned int lunatik_budget;

/** How much of a CPU the calls of a hook may take, in percent; 0: any. */
extern unsigned int lunatik_overload;
/** How often in a row a hook's function may fail before the hook is stopped; 0: any. */
extern unsigned int lunatik_failures;

/** Whether requests may make allocations fail, for the tests. */
extern int lunatik_fault_injection;

#ifdef __cplusplus
}
#endif

#endif
