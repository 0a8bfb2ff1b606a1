/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The interpreter loop again, with computed goto instead of a switch: fastest where an indirect jump is a jump,
 * several times slower where it is a retpoline. lunatik_dispatch_goto decides; overlay.h gives its functions names of
 * their own.
 */
#define LUA_USE_JUMPTABLE 1
#include "lvm.c"
