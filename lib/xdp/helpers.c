// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* xdp.h, btf.h: a kernel function that eBPF programs call */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/hashtable.h>
#include <linux/netdevice.h>
#include <linux/preempt.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/xdp.h>
#include "lunatik/module.h"
#include "helpers.h"

#define ACTION(name) { #name, XDP_##name }
const struct lunatik_constant lunatik_xdp_action[] = {
	ACTION(ABORTED), ACTION(DROP), ACTION(PASS), ACTION(TX), ACTION(REDIRECT), { NULL, 0 },
};

static_assert(XDP_ABORTED == 0 && XDP_REDIRECT == LUNATIK_XDP_ACTION_MAX);

/* ---- what the kernel function finds ---- */

struct lunatik_xdp {
	struct hlist_node node;
	lunatik_object_t *object;	/* which holds this */
	lunatik_object_t *runtime;
	struct net *net;		/* the runtime's: compared, never followed */
	const char *name;		/* the runtime's, which stays as long as the object */
	unsigned long size;
	u64 tail;			/* of the name */
	bool percpu;
};

static DEFINE_HASHTABLE(attached, 6);
/* Guards changes; packets look under RCU. A script may detach in any context. */
static DEFINE_SPINLOCK(lock);

static __always_inline u64 word(const char *bytes)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* The last eight bytes of a name, in which names differ most. */
static __always_inline u64 tail_of(const char *name, unsigned long size)
{
	u64 tail = 0;

	if (likely(size >= sizeof(tail)))
		return word(name + size - sizeof(tail));
	while (size)
		tail = tail << 8 | (u8)name[--size];
	return tail;
}

static __always_inline u64 hash_of(const struct net *net, u64 tail)
{
	return tail ^ (unsigned long)net;
}

/* Under the lock, or with bottom halves off. Every packet comes by here. */
static __always_inline struct lunatik_xdp *find(const struct net *net, const char *name, unsigned long size)
{
	u64 tail = tail_of(name, size);
	struct lunatik_xdp *xdp;
	unsigned long at;

	hash_for_each_possible_rcu_notrace(attached, xdp, node, hash_of(net, tail)) {
		if (xdp->tail != tail || xdp->size != size || xdp->net != net)
			continue;
		for (at = 0; at + sizeof(u64) < size; at += sizeof(u64)) {
			if (word(xdp->name + at) != word(name + at))
				break;
		}
		if (at + sizeof(u64) >= size)
			return xdp;
	}
	return NULL;
}

static struct lunatik_xdp *find_of(const lunatik_object_t *runtime)
{
	const char *name = lunatik_nameof(runtime);

	return find(lunatik_networkof(runtime), name, strlen(name));
}

int lunatik_h_xdp_attach(struct lunatik_xdp **result, lunatik_object_t *object, lunatik_object_t *runtime, bool percpu,
			 lunatik_object_t **replaced)
{
	struct lunatik_xdp *xdp = kzalloc(sizeof(*xdp), GFP_KERNEL), *old;
	unsigned long flags;

	*replaced = NULL;
	if (!xdp)
		return -ENOMEM;
	xdp->object = object;
	xdp->runtime = runtime;
	xdp->net = lunatik_networkof(runtime);
	xdp->name = lunatik_nameof(runtime);
	xdp->size = strlen(xdp->name);
	xdp->tail = tail_of(xdp->name, xdp->size);
	xdp->percpu = percpu;
	spin_lock_irqsave(&lock, flags);
	old = find_of(runtime);
	if (old && old->runtime != runtime) {
		spin_unlock_irqrestore(&lock, flags);
		kfree(xdp);
		return -EEXIST;
	}
	if (old) {
		hash_del_rcu(&old->node);
		lunatik_getobject(old->object);
		*replaced = old->object;
	}
	hash_add_rcu(attached, &xdp->node, hash_of(xdp->net, xdp->tail));
	spin_unlock_irqrestore(&lock, flags);
	*result = xdp;
	return 0;
}

void lunatik_h_xdp_detach(struct lunatik_xdp *xdp)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	/* It may be gone from there already; a node that is taken out says so. */
	hash_del_rcu(&xdp->node);
	spin_unlock_irqrestore(&lock, flags);
	synchronize_rcu();
	kfree(xdp);
}

lunatik_object_t *lunatik_h_xdp_find(const lunatik_object_t *runtime)
{
	lunatik_object_t *object = NULL;
	struct lunatik_xdp *xdp;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	xdp = find_of(runtime);
	if (xdp) {
		object = xdp->object;
		lunatik_getobject(object);
	}
	spin_unlock_irqrestore(&lock, flags);
	return object;
}

void lunatik_h_xdp_hide(const lunatik_object_t *object)
{
	struct lunatik_xdp *xdp;
	struct hlist_node *next;
	unsigned long flags;
	int bucket;

	spin_lock_irqsave(&lock, flags);
	hash_for_each_safe(attached, bucket, next, xdp, node) {
		if (xdp->object == object)
			hash_del_rcu(&xdp->node);
	}
	spin_unlock_irqrestore(&lock, flags);
}

/* ---- the kernel function ---- */

#ifdef LUNATIK_KFUNC

static __always_inline int run(const char *key, size_t size, struct xdp_buff *xdp, char *argument, size_t argument_size)
{
	struct lunatik_xdp_packet packet __attribute__((uninitialized));
	struct lunatik_xdp *found;

	/* For the verifier, what a map says when it has nothing is memory too. */
	if (unlikely(!key))
		return -1;
	/* Programs hand over their array, with what is left of it. */
	while (size && !key[size - 1])
		size--;
	found = find(dev_net(xdp->rxq->dev), key, size);
	if (unlikely(!found))
		return -1;
	packet.bytes = xdp->data;
	packet.size = xdp->data_end - xdp->data;
	packet.argument = argument;
	packet.argument_size = argument ? argument_size : 0;
	return found->percpu ? lunatik_xdp_ask_local(found->object, &packet, smp_processor_id()) : lunatik_xdp_ask(found->object, &packet);
}

/**
 * bpf_luaxdp_run - asks a script what is to become of a packet
 * @key: name of the script's runtime, in the network namespace of the device; what follows its end is zero
 * @key__sz: bytes of it
 * @xdp_ctx: the program's context
 * @arg: the script's second argument, which it may write to
 * @arg__sz: bytes of it
 *
 * Context: an XDP program. Returns an enum xdp_action, or -1: no script of that name is attached.
 */
__bpf_kfunc int bpf_luaxdp_run(char *key, size_t key__sz, struct xdp_md *xdp_ctx, void *arg, size_t arg__sz);

__bpf_kfunc int bpf_luaxdp_run(char *key, size_t key__sz, struct xdp_md *xdp_ctx, void *arg, size_t arg__sz)
{
	/* The verifier has rewritten what the program sees of it; in truth it is this. */
	struct xdp_buff *xdp = (struct xdp_buff *)xdp_ctx;
	int action;

	if (likely(in_softirq()))
		return run(key, key__sz, xdp, arg, arg__sz);
	/* BPF_PROG_TEST_RUN of some kernels. */
	local_bh_disable();
	action = run(key, key__sz, xdp, arg, arg__sz);
	local_bh_enable();
	return action;
}

#ifdef BTF_KFUNCS_START
BTF_KFUNCS_START(functions)
BTF_ID_FLAGS(func, bpf_luaxdp_run)
BTF_KFUNCS_END(functions)
#else
BTF_SET8_START(functions)
BTF_ID_FLAGS(func, bpf_luaxdp_run)
BTF_SET8_END(functions)
#endif

static const struct btf_kfunc_id_set set = {
	.owner = THIS_MODULE,
	.set = &functions,
};

static const char *refusal;

static int __init start(void)
{
#ifdef CONFIG_DEBUG_INFO_BTF_MODULES
	/* The kernel would only warn. */
	if (!THIS_MODULE->btf_data_size)
		refusal = "xdp: lunatik_xdp.ko was built without BTF, by which eBPF programs find its function: install pahole, and headers with vmlinux";
	else if (register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &set))
		refusal = "xdp: the kernel did not take its function for eBPF programs (register_btf_kfunc_id_set)";
#else
	refusal = "xdp: this kernel has no BTF of modules (CONFIG_DEBUG_INFO_BTF_MODULES)";
#endif
	return 0;
}

#else

/* Kernel functions for eBPF programs are older; the tag that keeps compilers from changing them came with this commit. */
static const char *const refusal = "xdp: this kernel is too old: it needs Linux 6.4, or __bpf_kfunc (kernel commit 57e7c169cd6a)";

static int __init start(void)
{
	return 0;
}

#endif

const char *lunatik_h_xdp_refusal(void)
{
	return refusal;
}

static void __exit end(void)
{
}

LUNATIK_MODULE_INIT(xdp, "Lua library: packets of eBPF programs", start, end);
