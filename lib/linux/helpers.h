/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_LINUX_HELPERS_H
#define LUNATIK_LINUX_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct lunatik_constant lunatik_linux_stat[];
extern const struct lunatik_constant lunatik_linux_task[];
extern const struct lunatik_constant lunatik_linux_errno[];

unsigned int lunatik_h_task_interruptible(void);

/* byteorder.h */
unsigned short lunatik_h_cpu_to_be16(unsigned short value);
unsigned int lunatik_h_cpu_to_be32(unsigned int value);
unsigned long long lunatik_h_cpu_to_be64(unsigned long long value);
unsigned short lunatik_h_cpu_to_le16(unsigned short value);
unsigned int lunatik_h_cpu_to_le32(unsigned int value);
unsigned long long lunatik_h_cpu_to_le64(unsigned long long value);

#ifdef __cplusplus
}
#endif

#endif
