/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The lock of an object; which member is used, its context says. */
#ifndef LUNATIK_HELPERS_LOCK_H
#define LUNATIK_HELPERS_LOCK_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

union lunatik_h_lock {
	struct mutex mutex;
	spinlock_t spinlock;
	raw_spinlock_t raw;
};

#endif
