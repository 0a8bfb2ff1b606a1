// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * unistd.h, sys_call_table.
 *
 * Since "x86/syscall: Don't force use of indirect calls for system calls" (1e3ad78334a6, v6.9) the kernel of x86 does not
 * call through sys_call_table any more, but keeps it for tracing: what stands in it are still the functions that run.
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/unistd.h>
#include <asm/syscall.h>
#include "lunatik/module.h"
#include "helpers.h"

/* numbers.h is made by the build: SYSCALL(name) for each __NR_name that <asm/unistd.h> defines. */
#define SYSCALL(name) { #name, __NR_##name },
const struct lunatik_constant lunatik_syscall_numbers[] = {
#include "numbers.h"
	{ NULL, 0 },
};

static void *const *table;

unsigned int lunatik_h_syscalls(void)
{
	return __NR_syscalls;
}

void *lunatik_h_sys_call_table(unsigned int number)
{
	return table ? READ_ONCE(table[number]) : NULL;
}

/*
 * Modules may ask for the name of an address (sprint_symbol()), but not for the address of a name, and a call of
 * kallsyms_lookup_name() behind the linker's back is refused by processors that check indirect branches. But who registers
 * a kprobe may name a symbol: the kernel looks it up and writes its address into the kprobe before it finds that no probe
 * can be there. What it wrote is believed only if the kernel gives that address the same name.
 */
static int find_table(void)
{
	struct kprobe kprobe = { .symbol_name = "sys_call_table", .flags = KPROBE_FLAG_DISABLED };
	char *name;

	if (!register_kprobe(&kprobe)) {
		/* Data, so this cannot be. */
		unregister_kprobe(&kprobe);
		return 0;
	}
	name = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	if (kprobe.addr && sprint_symbol(name, (unsigned long)kprobe.addr) && strstarts(name, "sys_call_table+0x0/"))
		table = (void *const *)kprobe.addr;
	kfree(name);
	return 0;
}

LUNATIK_MODULE_INIT(syscall, "Lua library: numbers and addresses of system calls", find_table, lunatik_no_exit);
