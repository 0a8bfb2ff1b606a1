// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "lunatik/abi.h"
#include "lunatik/module.h"

/* C++ defines it; lunatik_crypto.ko uses it. */
extern const lunatik_class_t lunatik_class_buffer;
EXPORT_SYMBOL_GPL(lunatik_class_buffer);

LUNATIK_MODULE(buffer, "Lua library: bytes by number");
