// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* printk.h, ratelimit.h, kernel.h */
#define pr_fmt(fmt) "lunatik: " fmt
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/kernel.h>
#include <linux/bug.h>
#include "helpers.h"
#include "host.h"

void lunatik_h_info(const char *text, size_t size, const char *name)
{
	pr_info("%s: %.*s\n", name, (int)size, text);
}

void lunatik_h_error(const char *text, size_t size, const char *name)
{
	pr_err("%s: %.*s\n", name, (int)size, text);
}

void lunatik_h_warn(const char *text)
{
	pr_warn("%s\n", text);
}

void lunatik_h_objects_left(long count)
{
	pr_warn("%ld objects left\n", count);
}

void lunatik_h_ratelimit_init(void *ratelimit, int lines_per_second)
{
	struct ratelimit_state *state = ratelimit;

	ratelimit_state_init(state, HZ, lines_per_second);
	ratelimit_set_flags(state, RATELIMIT_MSG_ON_RELEASE);
}

int lunatik_h_ratelimit(void *ratelimit)
{
	return __ratelimit((struct ratelimit_state *)ratelimit);
}

int lunatik_h_snprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vscnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

/* objtool wants every caller of a function that never returns to know it; behind a pointer it cannot tell (host.h). */
static void (*volatile stop)(const char *fmt, ...) = panic;

void lunatik_h_bug(const char *what)
{
	stop("lunatik: %s", what);
}

void lunatik_bug(const char *what)
{
	lunatik_h_bug(what);
}

void lunatik_message(const char *format, const char *arg)
{
	/* A warning of a script: bounded in rate, since a script can make any number of them. */
	static DEFINE_RATELIMIT_STATE(limit, HZ, 20);

	if (__ratelimit(&limit))
		pr_warn("Lua: %s\n", arg ? arg : format);
}
