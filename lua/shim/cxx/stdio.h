/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * lauxlib.h wants FILE for a struct that nobody here uses. The C++ core searches this directory, and only this one,
 * so that the C library's stdio stays out of the kernel.
 */
#ifndef LUNATIK_SHIM_CXX_STDIO_H
#define LUNATIK_SHIM_CXX_STDIO_H

typedef struct lunatik_no_file FILE;

#endif
