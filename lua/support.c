/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The functions that overlay.h and the patches put into Lua's code, and those that host.h promises to the host. */
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lopcodes.h"
#include "ltable.h"

unsigned long long lunatik_hash_factor = 0x9e3779b97f4a7c15;

/* ---- functions ---- */

void lunatik_newfunction(lua_State *L)
{
	const LClosure *old = clLvalue(s2v(L->top.p - 1));
	LClosure *made = luaF_newLclosure(L, old->nupvalues);

	/* The old one keeps the prototype until the new one stands in its place. */
	made->p = old->p;
	setclLvalue2s(L, L->top.p - 1, made);
	luaF_initupvals(L, made);
	if (made->nupvalues) {
		setobj(L, made->upvals[0]->v.p, luaH_getint(hvalue(&G(L)->l_registry), LUA_RIDX_GLOBALS));
		luaC_barrier(L, made->upvals[0], made->upvals[0]->v.p);
	}
	luaC_checkGC(L);
}

/* ---- the gauge ---- */

/* What a state has until the host gives it its own: it is looked at and never written. */
static const struct lunatik_gauge idle_gauge;

void lunatik_init_extra(lua_State *L)
{
	struct lunatik_extra *extra = lua_getextraspace(L);

	extra->runtime = NULL;
	extra->gauge = (struct lunatik_gauge *)&idle_gauge;
}

void lunatik_clearhashes(global_State *g)
{
	struct lunatik_gauge *gauge = lunatik_gauge(g->mainthread);

	int i;

	for (i = 0; i < LUNATIK_HASHES && gauge != &idle_gauge; i++)
		gauge->hashes[i].string = NULL;
}

/*
 * The interpreter calls this between two instructions with its registers live: an error unwinds by what the frame
 * says, so the frame must say where it is and how far the stack is in use, as luaG_traceexec() makes it say.
 */
void lunatik_pollvm(lua_State *L, CallInfo *ci, const Instruction *pc)
{
	ci->u.l.savedpc = pc + 1;
	if (!isIT(*pc))
		L->top.p = ci->top.p;
	lunatik_poll(L);
}

void lunatik_checkloop(lua_State *L)
{
	lunatik_check(L);
	if (lunatik_stackfull(L))
		luaL_error(L, "C stack overflow");
}

int lunatik_raise(lua_State *L, const char *message)
{
	if (isLua(L->ci))
		luaG_runerror(L, "%s", message);
	return luaL_error(L, "%s", message);
}

/* ---- what needs floats ---- */

l_noret lunatik_opinterror(lua_State *L, const TValue *p1, const TValue *p2, const char *message)
{
	if (ttisnumber(p1) && ttisnumber(p2))
		lunatik_raise(L, "no floating point: use '//' instead of '/' ('/' and '^' are not available)");
	luaG_opinterror(L, p1, p2, message);
}

l_noret lunatik_nofloat(lua_State *L, int arg)
{
	luaL_argerror(L, arg, "floating-point formats are not supported");
}

/* ---- files ---- */

FILE *lunatik_stdin(lua_State *L)
{
	luaL_error(L, "no standard input: name a file");
	return NULL;
}

FILE *lunatik_fopen(lua_State *L, const char *name)
{
	return lunatik_file_open(L, name, &lunatik_gauge(L)->error);
}

const char *lunatik_strerror(int error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{ 1, "Operation not permitted" },
		{ 2, "No such file or directory" },
		{ 3, "No such process" },
		{ 4, "Interrupted system call" },
		{ 5, "Input/output error" },
		{ 6, "No such device or address" },
		{ 11, "Resource temporarily unavailable" },
		{ 12, "Cannot allocate memory" },
		{ 13, "Permission denied" },
		{ 14, "Bad address" },
		{ 16, "Device or resource busy" },
		{ 19, "No such device" },
		{ 20, "Not a directory" },
		{ 21, "Is a directory" },
		{ 22, "Invalid argument" },
		{ 23, "Too many open files in system" },
		{ 27, "File too large" },
		{ 36, "File name too long" },
		{ 40, "Too many levels of symbolic links" },
		{ 75, "Value too large for defined data type" },
		{ 95, "Operation not supported" },
		{ 116, "Stale file handle" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].error == error)
			return texts[i].text;
	}
	return "unknown error";
}

/* ---- warn() ---- */

/* One record of the log per warning, however many pieces it comes in. */
struct warning {
	lua_State *L;	/* the main thread, for whoever is told */
	int on;
	int continued;
	size_t length;
	char text[256];
};

static void add_to_warning(struct warning *warning, const char *piece)
{
	size_t n = strlen(piece);
	size_t space = sizeof(warning->text) - 1 - warning->length;

	if (n > space)
		n = space;
	memcpy(warning->text + warning->length, piece, n);
	warning->length += n;
	warning->text[warning->length] = '\0';
}

static void warn(void *data, const char *piece, int more)
{
	struct warning *warning = data;

	if (!warning->continued && !more && piece[0] == '@') {
		if (strcmp(piece, "@on") == 0)
			warning->on = 1;
		else if (strcmp(piece, "@off") == 0)
			warning->on = 0;
		return;
	}
	if (!warning->continued)
		warning->length = 0;
	warning->continued = more;
	add_to_warning(warning, piece);
	if (more)
		return;
	/* What luaE_warnerror() says of a finalizer is an error that nobody else can report, so it is never switched off. */
	if (strncmp(warning->text, "error in ", 9) == 0)
		lunatik_warning(warning->L, warning->text, 1);
	else if (warning->on)
		lunatik_warning(warning->L, warning->text, 0);
}

void lunatik_openwarn(lua_State *L)
{
	static const char key;
	struct warning *warning = lua_newuserdatauv(L, sizeof(*warning), 0);

	warning->L = L;
	warning->on = 0;
	warning->continued = 0;
	warning->length = 0;
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	lua_setwarnf(L, warn, warning);
}
