/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_SYSCALL_HELPERS_H
#define LUNATIK_SYSCALL_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Every system call's name and number, from the kernel's <asm/unistd.h>. */
extern const struct lunatik_constant lunatik_syscall_numbers[];
/** One more than the highest number: __NR_syscalls. */
unsigned int lunatik_h_syscalls(void);
/** The function behind a number below that, NULL if this kernel's table cannot be found. Context: any. */
void *lunatik_h_sys_call_table(unsigned int number);

#ifdef __cplusplus
}
#endif

#endif
