/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which globals a compiled function and the functions inside it use: the accesses to fields of _ENV by a constant name, as
 * the compiler wrote them. Nothing runs.
 */
#include "ldebug.h"
#include "lobject.h"
#include "lopcodes.h"
#include "lstate.h"
#include "host.h"

struct visit {
	lunatik_global function;
	void *argument;
};

static int is_environment(const Proto *p, int upvalue)
{
	const TString *name = upvalue < p->sizeupvalues ? p->upvalues[upvalue].name : NULL;

	return name != NULL && strcmp(getstr(name), "_ENV") == 0;
}

/* The parser has been as deep as this, with larger frames. */
static void visit_function(const Proto *p, const struct visit *visit)
{
	int i;

	for (i = 0; i < p->sizecode; i++) {
		Instruction instruction = p->code[i];
		int assigned = GET_OPCODE(instruction) == OP_SETTABUP;
		int upvalue, key;

		if (assigned) {
			upvalue = GETARG_A(instruction);
			key = GETARG_B(instruction);
		} else if (GET_OPCODE(instruction) == OP_GETTABUP) {
			upvalue = GETARG_B(instruction);
			key = GETARG_C(instruction);
		} else {
			continue;
		}
		if (is_environment(p, upvalue))
			visit->function(visit->argument, getstr(tsvalue(&p->k[key])), luaG_getfuncline(p, i), assigned);
	}
	for (i = 0; i < p->sizep; i++)
		visit_function(p->p[i], visit);
}

void lunatik_globals(lua_State *L, lunatik_global function, void *argument)
{
	struct visit visit = { function, argument };
	const TValue *top = s2v(L->top.p - 1);

	if (ttisLclosure(top))
		visit_function(clLvalue(top)->p, &visit);
}
