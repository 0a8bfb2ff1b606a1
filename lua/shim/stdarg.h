/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_SHIM_STDARG_H
#define LUNATIK_SHIM_STDARG_H

typedef __builtin_va_list va_list;

#ifndef va_start
#define va_start(list, last) __builtin_va_start(list, last)
#define va_end(list) __builtin_va_end(list)
#define va_arg(list, type) __builtin_va_arg(list, type)
#define va_copy(to, from) __builtin_va_copy(to, from)
#endif

#endif
