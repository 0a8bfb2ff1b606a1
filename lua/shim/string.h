/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* vmlinux exports all of these. */
#ifndef LUNATIK_SHIM_STRING_H
#define LUNATIK_SHIM_STRING_H

#include <stddef.h>
#include "host.h"

void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
char *strcpy(char *to, const char *from);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *part);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strpbrk(const char *s, const char *set);
size_t strspn(const char *s, const char *set);

#define strcoll(a, b) strcmp(a, b)
#define strerror(error) lunatik_strerror(error)

#endif
