/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the interpreter asks userdata for: methods, and fields of some objects. luaV_finishget() looks at everything that a value can
 * be, with functions for any table and any key; here all of that is known but the two nodes.
 */
#ifndef LUNATIK_INDEX_H
#define LUNATIK_INDEX_H

#include "lstate.h"
#include "ltable.h"

/* Whether lunatik_leafcall() is to be tried: a C function with its @arguments counted, itself among them, and nobody who wants to hear of calls. */
#define lunatik_isleaf(function, arguments, trap) (ttislcf(s2v(function)) && (arguments) >= 2 && !(trap))

/* luaH_getshortstr(), in line. NULL if there is none. */
static inline const TValue *lunatik_getshortstr(const Table *t, const TString *key)
{
	const Node *node = gnode(t, lmod(key->hash, sizenode(t)));

	while (!keyisshrstr(node) || keystrval(node) != key) {
		int next = gnext(node);

		if (next == 0)
			return NULL;
		node += next;
	}
	return gval(node);
}

/* The __index of a userdata; NULL if there is none. */
static inline const TValue *lunatik_indexof(const lua_State *L, const TValue *t)
{
	if (!ttisfulluserdata(t) || !uvalue(t)->metatable)
		return NULL;
	return lunatik_getshortstr(uvalue(t)->metatable, G(L)->tmname[TM_INDEX]);
}

/* What a table that is such an __index has there; NULL: it is no table, or has nothing, and luaV_finishget() knows. */
static inline const TValue *lunatik_indexed(const TValue *index, const TString *key)
{
	const TValue *value = index && ttistable(index) ? lunatik_getshortstr(hvalue(index), key) : NULL;

	return value && !isempty(value) ? value : NULL;
}

/* The method of a userdata; NULL: luaV_finishget() knows. A call, since the interpreter is short of registers. */
static __attribute__((__noinline__, __unused__)) const TValue *lunatik_method(const lua_State *L, const TValue *t, const TString *key)
{
	return lunatik_indexed(lunatik_indexof(L, t), key);
}

#endif
