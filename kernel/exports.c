// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What typed classes of other modules may call (lunatik/abi.h). capi.c exports the C API, lua/exports.c Lua's own. */
#include <linux/export.h>
#include <linux/types.h>
#include "lunatik/abi.h"

EXPORT_SYMBOL_GPL(lunatik_invoke);
EXPORT_SYMBOL_GPL(lunatik_invokeleaf);
EXPORT_SYMBOL_GPL(lunatik_openlibrary);
EXPORT_SYMBOL_GPL(lunatik_bytes);
EXPORT_SYMBOL_GPL(lunatik_charge);
EXPORT_SYMBOL_GPL(lunatik_freebytes);
EXPORT_SYMBOL_GPL(lunatik_enter);
EXPORT_SYMBOL_GPL(lunatik_runcallback);
EXPORT_SYMBOL_GPL(lunatik_entercallback);
EXPORT_SYMBOL_GPL(lunatik_leave);
EXPORT_SYMBOL_GPL(lunatik_getobject);
EXPORT_SYMBOL_GPL(lunatik_putobject);
EXPORT_SYMBOL_GPL(lunatik_holdobject);
EXPORT_SYMBOL_GPL(lunatik_dropobject);
EXPORT_SYMBOL_GPL(lunatik_stoplater);
EXPORT_SYMBOL_GPL(lunatik_stays);
EXPORT_SYMBOL_GPL(lunatik_failing);
EXPORT_SYMBOL_GPL(lunatik_runkept);
EXPORT_SYMBOL_GPL(lunatik_runpacket);
EXPORT_SYMBOL_GPL(lunatik_runpacketwith);
EXPORT_SYMBOL_GPL(lunatik_keepstring);
EXPORT_SYMBOL_GPL(lunatik_forgetstring);
EXPORT_SYMBOL_GPL(lunatik_log);
EXPORT_SYMBOL_GPL(lunatik_fail);
EXPORT_SYMBOL_GPL(lunatik_lock);
EXPORT_SYMBOL_GPL(lunatik_unlock);
EXPORT_SYMBOL_GPL(lunatik_closingshare);
EXPORT_SYMBOL_GPL(lunatik_sleep);
EXPORT_SYMBOL_GPL(lunatik_wait);
EXPORT_SYMBOL_GPL(lunatik_class_runtime);
EXPORT_SYMBOL_GPL(lunatik_spawn);
EXPORT_SYMBOL_GPL(lunatik_endthread);
EXPORT_SYMBOL_GPL(lunatik_threadruns);
EXPORT_SYMBOL_GPL(lunatik_shouldstop);
EXPORT_SYMBOL_GPL(lunatik_threadowner);
EXPORT_SYMBOL_GPL(lunatik_contextof);
EXPORT_SYMBOL_GPL(lunatik_cpuof);
EXPORT_SYMBOL_GPL(lunatik_maysleep);
EXPORT_SYMBOL_GPL(lunatik_nameof);
EXPORT_SYMBOL_GPL(lunatik_networkof);
EXPORT_SYMBOL_GPL(lunatik_local);
EXPORT_SYMBOL_GPL(lunatik_peer);
