// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The part of the C API (include/lunatik.h) that is kernel C; vm/edge_capi.cpp has the rest. */
#include <linux/export.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "capi.h"
#include "lunatik.h"
#include "lunatik/states.h"

int lunatik_h_may_enter(int context)
{
	switch (context) {
	case 0:
		return in_task() && !irqs_disabled() && !in_atomic() && !rcu_preempt_depth();
	case 1:
		/* Releasing a lock of this kind runs softirqs, with interrupts on. */
		return !in_nmi() && !in_hardirq() && !irqs_disabled();
	default:
		return !in_nmi();
	}
}

static int call(lua_State *L, void (*handler)(lua_State *L, void *context), void *context)
{
	handler(L, context);
	return 0;
}

int lunatik_protect_call(lunatik_object_t *runtime, bool lock, void (*handler)(lua_State *L, void *context), void *context)
{
	int ret;

	LUNATIK_CALL(runtime, lock, call, ret, handler, context);
	return ret;
}

static gfp_t flags(lua_State *L)
{
	bool sleeps = lunatik_maysleep(lunatik_toruntime(L)) && lunatik_h_may_enter(0);

	return __GFP_NOWARN | (sleeps ? GFP_KERNEL : GFP_ATOMIC);
}

void *lunatik_malloc(lua_State *L, size_t size)
{
	return size > KMALLOC_MAX_SIZE ? NULL : kmalloc(size, flags(L));
}

void *lunatik_realloc(lua_State *L, void *ptr, size_t size)
{
	if (!size) {
		kfree(ptr);
		return NULL;
	}
	return size > KMALLOC_MAX_SIZE ? NULL : krealloc(ptr, size, flags(L));
}

void lunatik_free(void *ptr)
{
	kfree(ptr);
}

EXPORT_SYMBOL_GPL(lunatik_runtime);
EXPORT_SYMBOL_GPL(lunatik_runtimeopt);
EXPORT_SYMBOL_GPL(lunatik_stop);
EXPORT_SYMBOL_GPL(lunatik_runglobal);
EXPORT_SYMBOL_GPL(lunatik_newstate);
EXPORT_SYMBOL_GPL(lunatik_statelookup);
EXPORT_SYMBOL_GPL(lunatik_close);
EXPORT_SYMBOL_GPL(lunatik_netnewstate);
EXPORT_SYMBOL_GPL(lunatik_netstatelookup);
EXPORT_SYMBOL_GPL(lunatik_netclosestate);
EXPORT_SYMBOL_GPL(lunatik_getstate);
EXPORT_SYMBOL_GPL(lunatik_putstate);
EXPORT_SYMBOL_GPL(lunatik_getenv);
EXPORT_SYMBOL_GPL(lunatik_isready);
EXPORT_SYMBOL_GPL(lunatik_checkruntime);
EXPORT_SYMBOL_GPL(lunatik_protect_begin);
EXPORT_SYMBOL_GPL(lunatik_protect_end);
EXPORT_SYMBOL_GPL(lunatik_protect_call);
EXPORT_SYMBOL_GPL(lunatik_newobject);
EXPORT_SYMBOL_GPL(lunatik_createobject);
EXPORT_SYMBOL_GPL(lunatik_cloneobject);
EXPORT_SYMBOL_GPL(lunatik_toobject);
EXPORT_SYMBOL_GPL(lunatik_checkobject);
EXPORT_SYMBOL_GPL(lunatik_checkprivate);
EXPORT_SYMBOL_GPL(lunatik_checkclass);
EXPORT_SYMBOL_GPL(lunatik_closeobject);
EXPORT_SYMBOL_GPL(lunatik_registerobject);
EXPORT_SYMBOL_GPL(lunatik_unregisterobject);
EXPORT_SYMBOL_GPL(lunatik_detachobject);
EXPORT_SYMBOL_GPL(lunatik_throw);
EXPORT_SYMBOL_GPL(lunatik_checkfield);
EXPORT_SYMBOL_GPL(lunatik_optfield);
EXPORT_SYMBOL_GPL(lunatik_copyfield);
EXPORT_SYMBOL_GPL(lunatik_fitfield);
EXPORT_SYMBOL_GPL(lunatik_newlib);
EXPORT_SYMBOL_GPL(lunatik_malloc);
EXPORT_SYMBOL_GPL(lunatik_realloc);
EXPORT_SYMBOL_GPL(lunatik_free);
EXPORT_SYMBOL_GPL(lunatik_setjmp);
