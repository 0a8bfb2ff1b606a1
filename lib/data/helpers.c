// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "lunatik/module.h"

LUNATIK_MODULE(data, "Lua library: memory by offset");
