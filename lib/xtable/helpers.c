// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* x_tables.h: matches and targets */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_bridge/ebtables.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "lunatik/module.h"
#include "lunatik/xtable.h"
#include "helpers.h"

/* How many names extensions may have had before the module goes: what stands for one stays. */
#define EXTENSIONS_MAX 256

const unsigned int lunatik_xtable_continue = XT_CONTINUE;

/*
 * What the kernel's list has, while there are scripts or rules: iptables asks for it when it deletes a rule, too. Whoever adds a rule
 * finds it there, holds a reference to this module from then on, and calls it at any time until the rule is gone: so it is not freed
 * before the module is. Scripts come and go behind it. Guarded by the lock.
 */
struct extension {
	struct list_head node;
	struct list_head scripts;	/* that have it now, each in a namespace of its own */
	struct list_head orphans;	/* rules whose script has ended */
	unsigned int rules;
	bool listed;
	bool target;
	union {
		struct xt_match xt_match;
		struct xt_target xt_target;
	};
};

/* A script's registration. */
struct lunatik_xtable {
	struct list_head node;		/* of its extension's scripts */
	struct list_head rules;
	struct extension *extension;
	struct net *net;
	lunatik_object_t *object;	/* which holds this */
	bool percpu;
};

struct rule {
	struct list_head node;		/* of its script's rules, or of the extension's orphans */
	struct extension *extension;
	const struct net *net;		/* whose table it is in: compared only */
	const struct lunatik_xtable_info *info;	/* in the table, where it stays until the rule is removed */
	struct lunatik_xtable *script;	/* guarded by the lock; NULL when the script has ended */
	lunatik_object_t __rcu *object;	/* the same, for packets */
	bool percpu;
	bool base;			/* of a bridge's chain that the kernel calls */
	const void *strings[];		/* userargs in each state of the script */
};

static LIST_HEAD(extensions);
static unsigned int extension_count;
static DEFINE_MUTEX(lock);

/* ---- packets ---- */

static __always_inline unsigned int ask(const struct rule *rule, lunatik_object_t *object, struct sk_buff *skb,
					const struct xt_action_param *par, struct lunatik_xtable_packet *packet)
{
	unsigned int verdict;
	bool stayed;

	lunatik_packet_open(&packet->packet, skb);
	packet->packet.fixed = !packet->target;
	packet->packet.parsed = packet->target && (xt_family(par) == NFPROTO_IPV4 || xt_family(par) == NFPROTO_IPV6);
	packet->userargs = rule->strings;
	packet->hook = xt_hooknum(par);
	packet->family = xt_family(par);
	/* The tables of bridges and of ARP do not fill these. */
	if (likely(packet->family == NFPROTO_IPV4 || packet->family == NFPROTO_IPV6)) {
		packet->thoff = par->thoff;
		packet->fragoff = par->fragoff;
	} else {
		packet->thoff = 0;
		packet->fragoff = 0;
	}
	packet->hotdrop = false;
	if (likely(!rule->percpu))
		return lunatik_xtable_ask(object, &packet->packet);
	stayed = lunatik_packet_stay();
	verdict = lunatik_xtable_ask_local(object, &packet->packet, smp_processor_id());
	lunatik_packet_leave(stayed);
	return verdict;
}

static bool match(const struct sk_buff *skb, struct xt_action_param *par)
{
	const struct lunatik_xtable_info *info = par->matchinfo;
	const struct rule *rule = info->rule;
	lunatik_object_t *object = rcu_dereference(rule->object);
	struct lunatik_xtable_packet packet __attribute__((uninitialized));
	bool matches;

	if (!object)
		return false;
	packet.target = false;
	/* Nothing of it is written: it is fixed. */
	matches = ask(rule, object, (struct sk_buff *)skb, par, &packet);
	if (packet.hotdrop)
		par->hotdrop = true;
	return matches;
}

static unsigned int target(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct lunatik_xtable_info *info = par->targinfo;
	const struct rule *rule = info->rule;
	lunatik_object_t *object = rcu_dereference(rule->object);
	struct lunatik_xtable_packet packet __attribute__((uninitialized));
	unsigned int verdict = XT_CONTINUE;

	if (object) {
		packet.target = true;
		verdict = ask(rule, object, skb, par, &packet);
	}
	if (unlikely(xt_family(par) == NFPROTO_BRIDGE)) {
		/* ebtables takes a number that is not negative for a chain's place. */
		switch (verdict) {
		case NF_DROP:
			return EBT_DROP;
		case NF_ACCEPT:
			return EBT_ACCEPT;
		case XT_RETURN:
			/* From a chain that is called by none the kernel warns to return. */
			return rule->base ? EBT_CONTINUE : EBT_RETURN;
		default:
			return EBT_CONTINUE;
		}
	}
	if (verdict == NF_STOLEN) {
		/* Traffic control's way of calling targets, which 6.7 does not have any more, goes on with the packet. */
		if (!par->state->okfn)
			return NF_DROP;
		/* Nobody has it now: a script that takes a packet keeps copies only. */
		consume_skb(skb);
	}
	return verdict;
}

bool lunatik_h_xtable_is_verdict(const struct lunatik_xtable_packet *packet, long long verdict)
{
	/* The headers' numbers for these two are signed or not, as they like. */
	if (verdict == (int)XT_CONTINUE || verdict == (u32)XT_CONTINUE)
		return true;
	if (packet->family == NFPROTO_BRIDGE)
		return verdict == NF_DROP || verdict == NF_ACCEPT || verdict == (int)XT_RETURN || verdict == (u32)XT_RETURN;
	/* A table has no way to do what these two ask for. */
	if ((verdict & NF_VERDICT_MASK) == NF_REPEAT || (verdict & NF_VERDICT_MASK) == NF_STOP)
		return false;
	return lunatik_packet_is_verdict(verdict, packet->family == NFPROTO_IPV4 || packet->family == NFPROTO_IPV6);
}

/* ---- rules ---- */

/* Takes it off the kernel's list when nobody has it. */
static void unlist(struct extension *extension)
{
	if (!extension->listed || extension->rules || !list_empty(&extension->scripts))
		return;
	extension->listed = false;
	if (extension->target)
		xt_unregister_target(&extension->xt_target);
	else
		xt_unregister_match(&extension->xt_match);
}

/* Whether there is such a rule without a script: iptables has all rules of a table checked anew when it changes one of them. */
static bool is_orphan(const struct extension *extension, const struct rule *as)
{
	const struct rule *rule;

	list_for_each_entry(rule, &extension->orphans, node) {
		if (rule->net == as->net && rule->info->size == as->info->size &&
		    !memcmp(rule->info->userargs, as->info->userargs, as->info->size))
			return true;
	}
	return false;
}

/* Has the script of the rule's namespace asked about it. */
static int adopt(struct rule *rule)
{
	const struct lunatik_xtable_info *info = rule->info;
	struct extension *extension = rule->extension;
	struct lunatik_xtable *script;
	int error;

	list_for_each_entry(script, &extension->scripts, node) {
		if (!net_eq(script->net, rule->net))
			continue;
		error = lunatik_xtable_add(script->object, rule->strings, info->userargs, info->size);
		if (error)
			return error;
		rule->script = script;
		rule->percpu = script->percpu;
		rcu_assign_pointer(rule->object, script->object);
		list_add(&rule->node, &script->rules);
		return 0;
	}
	if (!is_orphan(extension, rule))
		return -ENOENT;
	list_add(&rule->node, &extension->orphans);
	return 0;
}

static int add_rule(struct extension *extension, struct net *net, struct lunatik_xtable_info *info, bool base)
{
	struct rule *rule;
	int error;

	if (info->size > sizeof(info->userargs))
		return -EINVAL;
	rule = kzalloc(struct_size(rule, strings, nr_cpu_ids), GFP_KERNEL_ACCOUNT);
	if (!rule)
		return -ENOMEM;
	rule->extension = extension;
	rule->net = net;
	rule->info = info;
	rule->base = base;
	mutex_lock(&lock);
	error = adopt(rule);
	if (!error) {
		extension->rules++;
		info->rule = rule;
	}
	mutex_unlock(&lock);
	if (error)
		kfree(rule);
	return error;
}

/* The kernel calls this when no packet is in the table any more that the rule was in. */
static void remove_rule(const struct lunatik_xtable_info *info)
{
	struct rule *rule = info->rule;

	mutex_lock(&lock);
	list_del(&rule->node);
	if (rule->script)
		lunatik_xtable_remove(rule->script->object, rule->strings, info->userargs, info->size, true);
	rule->extension->rules--;
	unlist(rule->extension);
	mutex_unlock(&lock);
	kfree(rule);
}

static int match_check(const struct xt_mtchk_param *par)
{
	return add_rule(container_of(par->match, struct extension, xt_match), par->net, par->matchinfo, false);
}

static void match_destroy(const struct xt_mtdtor_param *par)
{
	remove_rule(par->matchinfo);
}

static int target_check(const struct xt_tgchk_param *par)
{
	/* ebtables says so with a bit of its own. */
	bool base = par->family == NFPROTO_BRIDGE && par->hook_mask & 1 << NF_BR_NUMHOOKS;

	return add_rule(container_of(par->target, struct extension, xt_target), par->net, par->targinfo, base);
}

static void target_destroy(const struct xt_tgdtor_param *par)
{
	remove_rule(par->targinfo);
}

/* ---- scripts ---- */

int lunatik_h_xtable_check(const struct lunatik_xtable_options *options)
{
	/* A name's end is followed by the revision. */
	if (!options->name_size || options->name_size >= XT_EXTENSION_MAXNAMELEN || memchr(options->name, 0, options->name_size))
		return -EINVAL;
	switch (options->family) {
	case NFPROTO_UNSPEC:
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_ARP:
	case NFPROTO_BRIDGE:
		return 0;
	}
	return -ENOENT;
}

static const char *name_of(const struct extension *extension)
{
	return extension->target ? extension->xt_target.name : extension->xt_match.name;
}

static bool is(const struct extension *extension, const struct lunatik_xtable_options *options)
{
	const char *name = name_of(extension);

	return extension->target == options->target && strlen(name) == options->name_size &&
	       !memcmp(name, options->name, options->name_size) &&
	       (extension->target ? extension->xt_target.revision : extension->xt_match.revision) == options->revision;
}

static unsigned int family_of(const struct extension *extension)
{
	return extension->target ? extension->xt_target.family : extension->xt_match.family;
}

/* The extension for these options; NULL if there is none yet. -EEXIST: rules could not tell the two apart. */
static struct extension *find(const struct lunatik_xtable_options *options, const struct net *net)
{
	struct extension *extension, *found = NULL;
	struct lunatik_xtable *script;

	list_for_each_entry(extension, &extensions, node) {
		if (!is(extension, options))
			continue;
		if (family_of(extension) == options->family) {
			found = extension;
			continue;
		}
		if (extension->listed && (!family_of(extension) || !options->family))
			return ERR_PTR(-EEXIST);
	}
	if (!found || list_empty(&found->scripts))
		return found;
	/* What the kernel looks at before it asks us is all namespaces'. */
	if (found->target ? found->xt_target.hooks != options->hooks || found->xt_target.proto != options->proto :
			    found->xt_match.hooks != options->hooks || found->xt_match.proto != options->proto)
		return ERR_PTR(-EEXIST);
	list_for_each_entry(script, &found->scripts, node) {
		if (net_eq(script->net, net))
			return ERR_PTR(-EEXIST);
	}
	return found;
}

/* Whether the kernel has such an extension, which scripts' rules, or others', would no longer find. */
static bool is_taken(const struct lunatik_xtable_options *options)
{
	char name[XT_EXTENSION_MAXNAMELEN] = "";
	struct module *owner;

	memcpy(name, options->name, options->name_size);
	if (options->target) {
		struct xt_target *found = xt_request_find_target(options->family, name, options->revision);

		if (IS_ERR(found))
			return false;
		owner = found->me;
	} else {
		struct xt_match *found = xt_request_find_match(options->family, name, options->revision);

		if (IS_ERR(found))
			return false;
		owner = found->me;
	}
	module_put(owner);
	return owner != THIS_MODULE;
}

static struct extension *create(const struct lunatik_xtable_options *options)
{
	struct extension *extension;

	if (extension_count >= EXTENSIONS_MAX)
		return ERR_PTR(-ENOSPC);
	extension = kzalloc(sizeof(*extension), GFP_KERNEL);
	if (!extension)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&extension->scripts);
	INIT_LIST_HEAD(&extension->orphans);
	extension->target = options->target;
	if (options->target) {
		struct xt_target *xt = &extension->xt_target;

		memcpy((char *)xt->name, options->name, options->name_size);
		xt->revision = options->revision;
		xt->family = options->family;
		xt->target = target;
		xt->checkentry = target_check;
		xt->destroy = target_destroy;
		xt->targetsize = sizeof(struct lunatik_xtable_info);
		xt->usersize = offsetof(struct lunatik_xtable_info, rule);
		xt->me = THIS_MODULE;
	} else {
		struct xt_match *xt = &extension->xt_match;

		memcpy((char *)xt->name, options->name, options->name_size);
		xt->revision = options->revision;
		xt->family = options->family;
		xt->match = match;
		xt->checkentry = match_check;
		xt->destroy = match_destroy;
		xt->matchsize = sizeof(struct lunatik_xtable_info);
		xt->usersize = offsetof(struct lunatik_xtable_info, rule);
		xt->me = THIS_MODULE;
	}
	list_add(&extension->node, &extensions);
	extension_count++;
	return extension;
}

/* Puts it into the kernel's list, for its first script. */
static int offer(struct extension *extension, const struct lunatik_xtable_options *options)
{
	int error = 0;

	if (extension->target) {
		extension->xt_target.hooks = options->hooks;
		extension->xt_target.proto = options->proto;
		if (!extension->listed)
			error = xt_register_target(&extension->xt_target);
	} else {
		extension->xt_match.hooks = options->hooks;
		extension->xt_match.proto = options->proto;
		if (!extension->listed)
			error = xt_register_match(&extension->xt_match);
	}
	if (!error)
		extension->listed = true;
	return error;
}

static int add_script(struct lunatik_xtable *script, const struct lunatik_xtable_options *options)
{
	struct extension *extension = find(options, script->net);
	int error;

	if (!extension)
		extension = create(options);
	if (IS_ERR(extension))
		return PTR_ERR(extension);
	if (list_empty(&extension->scripts)) {
		error = offer(extension, options);
		if (error)
			return error;
	}
	script->extension = extension;
	list_add(&script->node, &extension->scripts);
	return 0;
}

int lunatik_h_xtable_register(struct lunatik_xtable **result, lunatik_object_t *object, struct net *net,
			      const struct lunatik_xtable_options *options)
{
	struct lunatik_xtable *script;
	int error;

	if (is_taken(options))
		return -EEXIST;
	script = kzalloc(sizeof(*script), GFP_KERNEL);
	if (!script)
		return -ENOMEM;
	INIT_LIST_HEAD(&script->rules);
	script->net = net;
	script->object = object;
	script->percpu = options->percpu;
	mutex_lock(&lock);
	error = add_script(script, options);
	/* Nobody has it before the lock is given back, not even the object. */
	if (!error)
		*result = script;
	mutex_unlock(&lock);
	if (error)
		kfree(script);
	return error;
}

void lunatik_h_xtable_unregister(struct lunatik_xtable *script)
{
	struct extension *extension = script->extension;
	struct rule *rule, *next;

	mutex_lock(&lock);
	list_del(&script->node);
	unlist(extension);
	list_for_each_entry(rule, &script->rules, node)
		RCU_INIT_POINTER(rule->object, NULL);
	mutex_unlock(&lock);
	synchronize_rcu();
	mutex_lock(&lock);
	list_for_each_entry_safe(rule, next, &script->rules, node) {
		list_move(&rule->node, &extension->orphans);
		lunatik_xtable_remove(script->object, rule->strings, NULL, 0, false);
		rule->script = NULL;
	}
	mutex_unlock(&lock);
	kfree(script);
}

/* How many rules keep this module, for who is to unload it. */
static int show_rules(char *text, const struct kernel_param *parameter)
{
	struct extension *extension;
	unsigned int count = 0;

	mutex_lock(&lock);
	list_for_each_entry(extension, &extensions, node)
		count += extension->rules;
	mutex_unlock(&lock);
	return sysfs_emit(text, "%u\n", count);
}

static const struct kernel_param_ops rules_operations = { .get = show_rules };
module_param_cb(rules, &rules_operations, NULL, 0444);
MODULE_PARM_DESC(rules, "how many rules of iptables or ebtables ask scripts");

static int __init start(void)
{
	return 0;
}

/* No rule has any of them now: each holds a reference to this module. */
static void __exit end(void)
{
	struct extension *extension, *next;

	list_for_each_entry_safe(extension, next, &extensions, node)
		kfree(extension);
}

LUNATIK_MODULE_INIT(xtable, "Lua library: matches and targets of iptables", start, end);
