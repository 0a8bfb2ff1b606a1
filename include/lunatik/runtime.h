/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Running scripts from other kernel modules, the part that needs nothing of Lua's own API: for kernel C (lunatik.h includes
 * it) and for C++ (lunatik/runtime.hpp does).
 */
#ifndef LUNATIK_RUNTIME_H
#define LUNATIK_RUNTIME_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * lunatik_runtime - makes a runtime and runs /lib/modules/lua/<script>.lua in it
 * @pruntime: set to the runtime, with one reference, if 0 is returned; left alone otherwise
 * @script: name of the script
 * @sleep: true for a process runtime, false for a softirq one
 *
 * The runtime is the caller's own, in the initial network namespace: it is in no list, and other runtimes of the same script may
 * exist. lunatik/states.h has those with names.
 *
 * Context: process, may sleep. Returns 0, -ENOMEM, or -EINVAL if the script cannot be loaded or raised an error, which is
 * then in the log.
 */
int lunatik_runtime(lunatik_object_t **pruntime, const char *script, LUNATIK_BOOL sleep);

/** lunatik_runtimeopt - the same for any context: LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ or LUNATIK_OPT_HARDIRQ. */
int lunatik_runtimeopt(lunatik_object_t **pruntime, const char *script, lunatik_opt_t opt);

/**
 * lunatik_stop - closes the runtime's state, ending what runs in it, and drops a reference
 *
 * Context: process, may sleep. Returns 1 if that was the last reference, 0 otherwise; -EDEADLK, and does nothing, from
 * inside the runtime. Other references keep the closed runtime: whoever enters it gets -ENXIO.
 */
int lunatik_stop(lunatik_object_t *runtime);

/**
 * lunatik_runglobal - calls a global function of a runtime's script, between lunatik_enter() and lunatik_leave()
 * @callback: @field is the function's name; @object is not looked at
 *
 * Returns 0 with the results set, -ENOENT if there is no such global, -EINTR when interrupted, -ENXIO when stopped
 * meanwhile, -ECANCELED after an error (logged).
 */
int lunatik_runglobal(lunatik_object_t *runtime, struct lunatik_callback *callback);

#ifdef __cplusplus
}
#endif

#endif
