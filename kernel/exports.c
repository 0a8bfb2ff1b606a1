// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What other modules may call: typed classes (lunatik/abi.h) and the C API (lunatik.h). Lua's own API is exported by lua/exports.c. */
#include <linux/export.h>
#include <linux/types.h>
#include "lunatik.h"

EXPORT_SYMBOL_GPL(lunatik_invoke);
EXPORT_SYMBOL_GPL(lunatik_openlibrary);
EXPORT_SYMBOL_GPL(lunatik_bytes);
EXPORT_SYMBOL_GPL(lunatik_freebytes);
EXPORT_SYMBOL_GPL(lunatik_enter);
EXPORT_SYMBOL_GPL(lunatik_runcallback);
EXPORT_SYMBOL_GPL(lunatik_leave);
EXPORT_SYMBOL_GPL(lunatik_getobject);
EXPORT_SYMBOL_GPL(lunatik_putobject);
EXPORT_SYMBOL_GPL(lunatik_holdobject);
EXPORT_SYMBOL_GPL(lunatik_dropobject);
EXPORT_SYMBOL_GPL(lunatik_lock);
EXPORT_SYMBOL_GPL(lunatik_unlock);
EXPORT_SYMBOL_GPL(lunatik_sleep);
EXPORT_SYMBOL_GPL(lunatik_contextof);
EXPORT_SYMBOL_GPL(lunatik_maysleep);

EXPORT_SYMBOL_GPL(lunatik_runtime);
EXPORT_SYMBOL_GPL(lunatik_runtimeopt);
EXPORT_SYMBOL_GPL(lunatik_stop);
EXPORT_SYMBOL_GPL(lunatik_isready);
EXPORT_SYMBOL_GPL(lunatik_checkruntime);
EXPORT_SYMBOL_GPL(lunatik_protect_begin);
EXPORT_SYMBOL_GPL(lunatik_protect_failed);
EXPORT_SYMBOL_GPL(lunatik_protect_end);
EXPORT_SYMBOL_GPL(lunatik_newobject);
EXPORT_SYMBOL_GPL(lunatik_createobject);
EXPORT_SYMBOL_GPL(lunatik_cloneobject);
EXPORT_SYMBOL_GPL(lunatik_toobject);
EXPORT_SYMBOL_GPL(lunatik_checkobject);
EXPORT_SYMBOL_GPL(lunatik_checkprivate);
EXPORT_SYMBOL_GPL(lunatik_registerobject);
EXPORT_SYMBOL_GPL(lunatik_unregisterobject);
EXPORT_SYMBOL_GPL(lunatik_detachobject);
EXPORT_SYMBOL_GPL(lunatik_throw);
EXPORT_SYMBOL_GPL(lunatik_checkfield);
EXPORT_SYMBOL_GPL(lunatik_optfield);
EXPORT_SYMBOL_GPL(lunatik_copyfield);
EXPORT_SYMBOL_GPL(lunatik_newlib);
EXPORT_SYMBOL_GPL(lunatik_malloc);
EXPORT_SYMBOL_GPL(lunatik_realloc);
EXPORT_SYMBOL_GPL(lunatik_free);
EXPORT_SYMBOL_GPL(lunatik_setjmp);
