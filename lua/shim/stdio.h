/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The files of luaL_loadfilex() and nothing else: names that need the state are completed in lua/overlay.h. */
#ifndef LUNATIK_SHIM_STDIO_H
#define LUNATIK_SHIM_STDIO_H

#include <stddef.h>
#include "host.h"

/* What one read of a source file asks for: this buffer lives on the C stack below the parser. */
#define BUFSIZ 64
#define EOF (-1)

typedef struct lunatik_file FILE;

/** Formats like C's snprintf(): one conversion of d i u o x X c s p, with flags, width, precision and "ll". */
int lunatik_snprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define snprintf lunatik_snprintf

static inline size_t fread(void *buffer, size_t size, size_t count, FILE *f)
{
	long n = lunatik_file_read(f, buffer, size * count);

	return n > 0 ? (size_t)n : 0;
}

static inline int getc(FILE *f)
{
	unsigned char c;

	return lunatik_file_read(f, &c, 1) == 1 ? c : EOF;
}

/* Only saves a terminal from being asked twice for its end. */
#define feof(f) 0
#define fclose(f) lunatik_file_close(f)

#endif
