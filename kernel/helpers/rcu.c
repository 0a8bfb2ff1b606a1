// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* rcupdate.h */
#include <linux/rcupdate.h>
#include "helpers.h"

void lunatik_h_rcu_read_lock(void)
{
	rcu_read_lock();
}

void lunatik_h_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

void lunatik_h_synchronize_rcu(void)
{
	synchronize_rcu();
}

void lunatik_h_rcu_barrier(void)
{
	rcu_barrier();
}
