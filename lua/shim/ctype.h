/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The "C" locale. The kernel's own <linux/ctype.h> is Latin-1: its isalpha() accepts bytes above 127. */
#ifndef LUNATIK_SHIM_CTYPE_H
#define LUNATIK_SHIM_CTYPE_H

static inline int isdigit(int c)
{
	return (unsigned int)c - '0' < 10;
}

static inline int islower(int c)
{
	return (unsigned int)c - 'a' < 26;
}

static inline int isupper(int c)
{
	return (unsigned int)c - 'A' < 26;
}

static inline int isalpha(int c)
{
	return islower(c | 0x20);
}

static inline int isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}

static inline int iscntrl(int c)
{
	return (unsigned int)c < ' ' || c == 127;
}

static inline int isgraph(int c)
{
	return (unsigned int)c - '!' <= '~' - '!';
}

static inline int ispunct(int c)
{
	return isgraph(c) && !isalnum(c);
}

static inline int isspace(int c)
{
	return c == ' ' || (unsigned int)c - '\t' <= '\r' - '\t';
}

static inline int isxdigit(int c)
{
	return isdigit(c) || (unsigned int)(c | 0x20) - 'a' < 6;
}

static inline int tolower(int c)
{
	return isupper(c) ? c | 0x20 : c;
}

static inline int toupper(int c)
{
	return islower(c) ? c & ~0x20 : c;
}

#endif
