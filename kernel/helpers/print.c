// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* printk.h, ratelimit.h, kernel.h */
#define pr_fmt(fmt) "lunatik: " fmt
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/kernel.h>
#include <linux/bug.h>
#include "helpers.h"
#include "host.h"

/*
 * Lines of handlers with interrupts off. printk() takes locks of consoles and of the scheduler, and a probe may come from below
 * those: so they wait here until an interrupt of their own may come. What does not fit is counted.
 */
enum { LINES = 32, FREE = 0, TAKEN, READY };
static struct line {
	atomic_t state;
	bool error;
	char text[232];
} lines[LINES];
static atomic_t next_line = ATOMIC_INIT(0), lost_lines = ATOMIC_INIT(0), printing = ATOMIC_INIT(0);
static unsigned int first_line;	/* of the one who has set printing */

static void print_lines(struct irq_work *work)
{
	struct line *line;
	int lost;

	do {
		if (atomic_cmpxchg(&printing, 0, 1))
			return;
		while (line = &lines[first_line % LINES], atomic_read_acquire(&line->state) == READY) {
			if (line->error)
				pr_err("%s\n", line->text);
			else
				pr_info("%s\n", line->text);
			atomic_set_release(&line->state, FREE);
			first_line++;
		}
		lost = atomic_xchg(&lost_lines, 0);
		if (lost)
			pr_warn("%d lines of handlers lost\n", lost);
		atomic_set_release(&printing, 0);
		smp_mb();
	} while (atomic_read(&lines[READ_ONCE(first_line) % LINES].state) == READY);
}
static DEFINE_IRQ_WORK(printer, print_lines);

static void print_later(const char *text, size_t size, const char *name, bool error)
{
	struct line *line = NULL;
	int tries;

	/* First the slot, then its number: only who has the slot of a number can count on from it. */
	for (tries = 0; tries < 8 && !line; tries++) {
		unsigned int at = atomic_read(&next_line);

		line = &lines[at % LINES];
		if (atomic_cmpxchg(&line->state, FREE, TAKEN) != FREE) {
			line = NULL;
		} else if (atomic_cmpxchg(&next_line, at, at + 1) != at) {
			atomic_set_release(&line->state, FREE);
			line = NULL;
		}
	}
	if (line) {
		line->error = error;
		snprintf(line->text, sizeof(line->text), "%s: %.*s", name, (int)size, text);
		atomic_set_release(&line->state, READY);
	} else {
		atomic_inc(&lost_lines);
	}
	irq_work_queue(&printer);
}

void lunatik_h_print_exit(void)
{
	irq_work_sync(&printer);
}

void lunatik_h_info(const char *text, size_t size, const char *name)
{
	if (irqs_disabled())
		print_later(text, size, name, false);
	else
		pr_info("%s: %.*s\n", name, (int)size, text);
}

void lunatik_h_error(const char *text, size_t size, const char *name)
{
	if (irqs_disabled())
		print_later(text, size, name, true);
	else
		pr_err("%s: %.*s\n", name, (int)size, text);
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
