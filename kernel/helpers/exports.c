// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Helpers that the libraries' own modules use too. */
#include <linux/export.h>
#include "helpers.h"

EXPORT_SYMBOL_GPL(lunatik_h_current);
EXPORT_SYMBOL_GPL(lunatik_h_cpus);
EXPORT_SYMBOL_GPL(lunatik_h_get_task);
EXPORT_SYMBOL_GPL(lunatik_h_put_task);
EXPORT_SYMBOL_GPL(lunatik_h_copy_from_user);
EXPORT_SYMBOL_GPL(lunatik_h_copy_to_user);
EXPORT_SYMBOL_GPL(lunatik_h_copy_to_user_nofault);
EXPORT_SYMBOL_GPL(lunatik_h_is_exiting);
EXPORT_SYMBOL_GPL(lunatik_h_kvfree);
EXPORT_SYMBOL_GPL(lunatik_h_look_for);
EXPORT_SYMBOL_GPL(lunatik_h_refcount_inc_not_zero);
EXPORT_SYMBOL_GPL(lunatik_h_refcount_dec_and_test);
EXPORT_SYMBOL_GPL(lunatik_h_kvmalloc);
EXPORT_SYMBOL_GPL(lunatik_h_ktime_get_real_ns);
EXPORT_SYMBOL_GPL(lunatik_h_random_u64);
