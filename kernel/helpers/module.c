// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* module.h, kmod.h */
#include <linux/module.h>
#include <linux/kmod.h>
#include "helpers.h"

int lunatik_h_request_module(const char *name)
{
	return request_module("lunatik:%s", name);
}

void *lunatik_h_symbol_get(const char *symbol)
{
	return __symbol_get(symbol);
}

void lunatik_h_symbol_put(const char *symbol)
{
	__symbol_put(symbol);
}

int lunatik_h_try_module_get(struct module *module)
{
	return try_module_get(module);
}

void lunatik_h_module_put(struct module *module)
{
	module_put(module);
}
