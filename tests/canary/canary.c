// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A module that misbehaves on purpose, in the way its parameter `how` names: each way must turn the verdict red, or the
 * detector that should have seen it is broken. Loading it without a parameter is harmless.
 */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timer.h>

static char *how = "";
module_param(how, charp, 0);
MODULE_PARM_DESC(how, "what to do wrong");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);
static char *volatile bin;

static void warn(void)
{
	WARN(1, "canary: a warning\n");
}

static void oops(void)
{
	*(volatile int *)8 = 1;
}

static void use_after_free(void)
{
	char *bytes = kmalloc(64, GFP_KERNEL);

	if (!bytes)
		return;
	bin = bytes;
	kfree(bytes);
	bytes[3] = bin[4];
}

static void out_of_bounds(void)
{
	char *bytes = kmalloc(60, GFP_KERNEL);

	if (!bytes)
		return;
	bin = bytes;
	bin[61] = 1;
	kfree(bytes);
}

static void leak(void)
{
	int i;

	/* Many, as a stale copy of a pointer somewhere hides its object from kmemleak. */
	for (i = 0; i < 64; i++)
		bin = kzalloc(200, GFP_KERNEL);
	bin = NULL;
}

/* Takes two locks in both orders, never at once: only lockdep sees it. */
static void inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	msleep(10);
	spin_unlock(&spin);
}

/* Keeps a CPU from scheduling for good. */
static void stall(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
}

static void shift_out_of_bounds(void)
{
	volatile int by = 77;

	pr_info("canary: %d\n", 1 << by);
}

static void left(void)
{
	pr_warn("lunatik: 3 objects left\n");
}

static void stay(void)
{
	__module_get(THIS_MODULE);
}

/* A hook that is forgotten when the module goes: the timer would call into freed code. */
static void tick(struct timer_list *unused)
{
}

static struct timer_list timer;

static void forgotten(void)
{
	timer_setup(&timer, tick, 0);
	mod_timer(&timer, jiffies + 3600 * HZ);
}

/* The same, for the next packet. */
static unsigned int packet(void *unused, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops hook_ops = {
	.hook = packet,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_LOCAL_OUT,
	.priority = NF_IP_PRI_FIRST,
};

static void hook(void)
{
	if (nf_register_net_hook(&init_net, &hook_ops))
		pr_err("canary: there is no hook\n");
}

static void underflow(void)
{
	refcount_t references = REFCOUNT_INIT(1);

	refcount_dec(&references);
	if (refcount_dec_and_test(&references))
		pr_info("canary: the last one\n");
}

static const struct {
	const char *name;
	void (*act)(void);
} ways[] = {
	{ "warn", warn }, { "oops", oops }, { "use_after_free", use_after_free }, { "out_of_bounds", out_of_bounds },
	{ "leak", leak }, { "inversion", inversion }, { "sleep_in_atomic", sleep_in_atomic }, { "stall", stall },
	{ "shift_out_of_bounds", shift_out_of_bounds }, { "left", left }, { "stay", stay }, { "forgotten", forgotten },
	{ "hook", hook }, { "underflow", underflow },
};

static int __init canary_init(void)
{
	size_t i;

	if (!*how)
		return 0;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!strcmp(ways[i].name, how)) {
			ways[i].act();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit canary_exit(void)
{
}

module_init(canary_init);
module_exit(canary_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Misbehaves on purpose");
