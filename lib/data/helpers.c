// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "lunatik/abi.h"
#include "lunatik/module.h"

extern const lunatik_class_t lunatik_class_data;
extern const struct lunatik_function lunatik_companion_data;
EXPORT_SYMBOL_GPL(lunatik_class_data);
EXPORT_SYMBOL_GPL(lunatik_companion_data);

LUNATIK_MODULE(data, "Lua library: memory by offset");
