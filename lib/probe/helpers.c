// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* kprobes.h, ptrace.h, stacktrace.h */
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include "lunatik/module.h"
#include "helpers.h"

struct lunatik_probe {
	struct kprobe kprobe;
#ifdef CONFIG_KRETPROBES
	struct kretprobe kretprobe;
#endif
	lunatik_object_t *object;	/* which holds this: it is there for as long as handlers run */
	unsigned int handlers;
	char shown[2048];
	char symbol[];
};

static int pre(struct kprobe *kprobe, struct pt_regs *regs)
{
	lunatik_probe_pre(container_of(kprobe, struct lunatik_probe, kprobe)->object, regs);
	return 0;
}

static void post(struct kprobe *kprobe, struct pt_regs *regs, unsigned long flags)
{
	lunatik_probe_post(container_of(kprobe, struct lunatik_probe, kprobe)->object, regs);
}

#ifdef CONFIG_KRETPROBES
static int ret(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct kretprobe *kretprobe = get_kretprobe(instance);

	/* Between a function's entry and its return the probe may have been unregistered. */
	if (kretprobe)
		lunatik_probe_ret(container_of(kretprobe, struct lunatik_probe, kretprobe)->object, regs);
	return 0;
}

/*
 * An error of a script's leaves Lua's functions, and those that call into Lua, without returning from them: the kernel would take the
 * return of another function for theirs, and go there. The C helpers are below all of that.
 */
static bool may_not_return(struct lunatik_probe *probe)
{
	scnprintf(probe->shown, sizeof(probe->shown), "%ps", (void *)probe->kretprobe.kp.addr);
	return strstr(probe->shown, " [lunatik") && strncmp(probe->shown, "lunatik_h_", strlen("lunatik_h_"));
}

static int register_ret(struct lunatik_probe *probe, void *address)
{
	int error;

	probe->kretprobe.handler = ret;
	/* Not armed before it is known where that is. */
	probe->kretprobe.kp.flags = KPROBE_FLAG_DISABLED;
	if (address)
		probe->kretprobe.kp.addr = address;
	else
		probe->kretprobe.kp.symbol_name = probe->symbol;
	error = register_kretprobe(&probe->kretprobe);
	if (error)
		return error;
	error = may_not_return(probe) ? -EINVAL : enable_kretprobe(&probe->kretprobe);
	if (error)
		unregister_kretprobe(&probe->kretprobe);
	return error;
}

static void unregister_ret(struct lunatik_probe *probe)
{
	unregister_kretprobe(&probe->kretprobe);
}

static int enable_ret(struct lunatik_probe *probe, bool enable)
{
	return enable ? enable_kretprobe(&probe->kretprobe) : disable_kretprobe(&probe->kretprobe);
}

static unsigned long ret_nmissed(struct lunatik_probe *probe)
{
	return probe->kretprobe.nmissed + probe->kretprobe.kp.nmissed;
}
#else
static int register_ret(struct lunatik_probe *probe, void *address)
{
	return -EOPNOTSUPP;
}

static void unregister_ret(struct lunatik_probe *probe)
{
}

static int enable_ret(struct lunatik_probe *probe, bool enable)
{
	return 0;
}

static unsigned long ret_nmissed(struct lunatik_probe *probe)
{
	return 0;
}
#endif

static bool has_kprobe(const struct lunatik_probe *probe)
{
	return probe->handlers & (LUNATIK_PROBE_PRE | LUNATIK_PROBE_POST);
}

int lunatik_h_probe_register(struct lunatik_probe **result, lunatik_object_t *object, const char *name, unsigned long size,
			     void *address, unsigned int handlers)
{
	struct lunatik_probe *probe;
	int error = 0;

	if (size >= KSYM_NAME_LEN || (name && memchr(name, 0, size)))
		return -ENOENT;
	probe = kzalloc(struct_size(probe, symbol, size + 1), GFP_KERNEL);
	if (!probe)
		return -ENOMEM;
	probe->object = object;
	probe->handlers = handlers;
	if (name)
		memcpy(probe->symbol, name, size);
	/* Handlers that come before this function returns must find all of it. */
	if (has_kprobe(probe)) {
		if (handlers & LUNATIK_PROBE_PRE)
			probe->kprobe.pre_handler = pre;
		if (handlers & LUNATIK_PROBE_POST)
			probe->kprobe.post_handler = post;
		if (address)
			probe->kprobe.addr = address;
		else
			probe->kprobe.symbol_name = probe->symbol;
		error = register_kprobe(&probe->kprobe);
	}
	if (!error && handlers & LUNATIK_PROBE_RET) {
		error = register_ret(probe, address);
		if (error && has_kprobe(probe))
			unregister_kprobe(&probe->kprobe);
	}
	if (error) {
		kfree(probe);
		return error;
	}
	*result = probe;
	return 0;
}

void lunatik_h_probe_unregister(struct lunatik_probe *probe)
{
	if (has_kprobe(probe))
		unregister_kprobe(&probe->kprobe);
	if (probe->handlers & LUNATIK_PROBE_RET)
		unregister_ret(probe);
	kfree(probe);
}

int lunatik_h_probe_enable(struct lunatik_probe *probe, bool enable)
{
	int error = 0;

	if (has_kprobe(probe))
		error = enable ? enable_kprobe(&probe->kprobe) : disable_kprobe(&probe->kprobe);
	if (!error && probe->handlers & LUNATIK_PROBE_RET)
		error = enable_ret(probe, enable);
	return error;
}

unsigned long lunatik_h_probe_nmissed(struct lunatik_probe *probe)
{
	return (has_kprobe(probe) ? probe->kprobe.nmissed : 0) + (probe->handlers & LUNATIK_PROBE_RET ? ret_nmissed(probe) : 0);
}

#ifdef CONFIG_X86_64
unsigned int lunatik_h_probe_arguments(void)
{
	return 6;
}
#else
unsigned int lunatik_h_probe_arguments(void)
{
	return 4;
}
#endif

long long lunatik_h_probe_argument(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}

long long lunatik_h_probe_return_value(struct pt_regs *regs)
{
	return regs_return_value(regs);
}

struct name {
	const char *name;
	unsigned int offset;
};
#define REGISTER(name) { #name, offsetof(struct pt_regs, name) }
#ifdef CONFIG_X86_64
static const struct name names[] = {
	REGISTER(ax), REGISTER(bx), REGISTER(cx), REGISTER(dx), REGISTER(si), REGISTER(di), REGISTER(bp), REGISTER(sp),
	REGISTER(r8), REGISTER(r9), REGISTER(r10), REGISTER(r11), REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15),
	REGISTER(ip), REGISTER(flags), REGISTER(orig_ax),
};
#elif defined(CONFIG_ARM64)
#define X(n) { "x" #n, offsetof(struct pt_regs, regs[n]) }
static const struct name names[] = {
	X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15), X(16), X(17),
	X(18), X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30),
	REGISTER(sp), REGISTER(pc), REGISTER(pstate),
};
#else
static const struct name names[] = {};
#endif

static unsigned long value_of(struct pt_regs *regs, const struct name *name)
{
	return *(unsigned long *)((char *)regs + name->offset);
}

int lunatik_h_probe_register_value(struct pt_regs *regs, const char *name, unsigned long size, long long *value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == size && !memcmp(names[i].name, name, size)) {
			*value = value_of(regs, &names[i]);
			return 0;
		}
	}
	return -ENOENT;
}

/* show_regs() is not exported, and prints where printing may wait for a lock that is held below the probe. */
const char *lunatik_h_probe_show(struct lunatik_probe *probe, struct pt_regs *regs)
{
	unsigned long entries[48];
	char *text = probe->shown;
	size_t size = sizeof(probe->shown);
	size_t used = scnprintf(text, size, "registers at %pS", (void *)instruction_pointer(regs));
	unsigned int i, count, first = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		used += scnprintf(text + used, size - used, "%c%s: %016lx", i % 4 ? ' ' : '\n', names[i].name,
				  value_of(regs, &names[i]));
	/* The stack of regs alone cannot be asked for; ours ends in it. The entry's address may be behind the instruction. */
	count = stack_trace_save(entries, ARRAY_SIZE(entries), 0);
	for (i = 0; i < count; i++) {
		if (entries[i] - instruction_pointer(regs) < 16)
			first = i + 1;
	}
	for (i = first; i < count && i < first + 16; i++)
		used += scnprintf(text + used, size - used, "\n %pS", (void *)entries[i]);
	return text;
}

LUNATIK_MODULE(probe, "Lua library: probes of kernel functions");
