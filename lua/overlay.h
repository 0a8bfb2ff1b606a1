/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Turns Lua 5.4 into an integer-only language that can live in the kernel, almost without touching its text. kbuild.mk
 * force-includes it in front of each of Lua's files: it reads the original headers and then redefines what they
 * defined; the files' own #includes find them read already. What cannot be said this way is in patches/. api.h
 * includes the first part alone (LUNATIK_PUBLIC_ONLY): what decides the shape of the public API.
 *
 * LUNATIK_TU_<file> is defined for each file, for what only that one needs.
 */
#ifndef LUNATIK_OVERLAY_H
#define LUNATIK_OVERLAY_H

#ifndef LUNATIK_PUBLIC_ONLY
#define LUA_CORE
#define LUA_LIB

/* Definitions that Lua's headers only make where there is none. */
#define luai_likely(x) __builtin_expect(((x) != 0), 1)
#define luai_unlikely(x) __builtin_expect(((x) != 0), 0)
#define lua_getlocaledecpoint() '.'
#define l_signalT int
#define LUAI_MAXCCALLS 200

/* Bytes a state may grow between two collections, however small it is. */
#define LUNATIK_COLLECTOR_REST (128 << 10)

/*
 * objtool has a list of the kernel's own functions that never return and believes every other call to come back; one
 * that is declared not to leaves a "fall through to the next function" behind. Lua's code is correct either way.
 */
#define l_noret void
#endif

#include <stddef.h>
#include <limits.h>
#include "luaconf.h"

/* ---- luaconf.h: the shape of the API ---- */

#if !defined(LUA_NUMBER) || !defined(LUA_EXTRASPACE) || !defined(LUAI_MAXSTACK) || !defined(LUAL_BUFFERSIZE) || \
	!defined(LUAI_MAXALIGN) || !defined(LUA_KCONTEXT) || !defined(LUAI_FUNC) || !defined(lua_str2number)
#error "lua/overlay.h does not fit this version of Lua's luaconf.h"
#endif

#undef LUA_NUMBER
#define LUA_NUMBER long long
#undef LUAI_UACNUMBER
#define LUAI_UACNUMBER long long
#undef LUA_NUMBER_FRMLEN
#define LUA_NUMBER_FRMLEN "ll"
#undef LUA_NUMBER_FMT
#define LUA_NUMBER_FMT "%lld"

/* struct lunatik_extra of host.h: the runtime and its gauge. */
#undef LUA_EXTRASPACE
#define LUA_EXTRASPACE (2 * sizeof(void *))

/* intptr_t in C and ptrdiff_t in C++ otherwise, which is the same only by luck. */
#undef LUA_KCONTEXT
#define LUA_KCONTEXT ptrdiff_t

/* A Lua stack is one block of 16 bytes per slot: this many fit in 1 MiB, which the kernel's allocators can give. */
#undef LUAI_MAXSTACK
#define LUAI_MAXSTACK 60000

/* luaL_Buffer lives on the C stack: 1 KiB of it per buffer is more than a 16 KiB stack can give. */
#undef LUAL_BUFFERSIZE
#define LUAL_BUFFERSIZE 128

#undef LUAI_MAXALIGN
#define LUAI_MAXALIGN lua_Number n; void *s; lua_Integer i; long l

#ifndef LUNATIK_PUBLIC_ONLY

#include <stdio.h>
#include <string.h>
#include "host.h"

/* ---- luaconf.h: the inside ---- */

#undef l_floatatt
#define l_floatatt(attribute) LUNATIK_FLOAT_##attribute
#define LUNATIK_FLOAT_MANT_DIG 63
#define LUNATIK_FLOAT_MAX_10_EXP 18
#undef l_mathop
#define l_mathop(operation) operation

/* No string is a float: what is not an integer is a malformed number. */
#undef lua_str2number
#define lua_str2number(s, end) (*(end) = (char *)(s), 0)
#undef lua_numbertointeger
#define lua_numbertointeger(n, i) (*(i) = (n), 1)

/* "internal" visibility promises that no pointer to the function leaves the module, which nobody checks. */
#undef LUAI_FUNC
#define LUAI_FUNC extern

#define lua_writestring(s, n) lunatik_print(L, s, n)
#define lua_writeline() lunatik_printline(L)
#define lua_writestringerror(format, argument) lunatik_message(format, argument)
#define l_randomizePivot lunatik_random32
#define l_hashfloat(n) ((void)(n), 0)

/* lua_newstate() makes the seed before anything could look at the gauge. */
#define luai_makeseed(L) (lunatik_init_extra(L), lunatik_random32())

/* Arithmetic of floats is compiled and never reached. */
#define luai_numidiv(L, a, b) ((void)(a), (void)(b), 0)
#define luai_numdiv(L, a, b) ((void)(a), (void)(b), 0)
#define luai_nummod(L, a, b, m) ((void)(a), (void)(b), (m) = 0)
#define luai_numpow(L, a, b) ((void)(a), (void)(b), 0)

/* ---- non-local exits ---- */

/* rbx, rbp, r12-r15, rsp and the return address: see setjmp.S. */
#define LUNATIK_JUMP_RSP 6
typedef unsigned long lunatik_jump_buffer[LUNATIK_JUMP_WORDS];

extern int lunatik_setjmp(lunatik_jump_buffer buffer) __attribute__((returns_twice, nothrow));

/* Not declared noreturn, for the reason given at l_noret. */
extern void lunatik_longjmp(lunatik_jump_buffer buffer, int value);

#ifdef __SANITIZE_ADDRESS__
/*
 * KASAN surrounds the variables of each frame with poisoned bytes that the function's end removes. The frames that
 * longjmp skips have no end: without this their poison makes the next user of that stack look guilty.
 */
extern void __asan_allocas_unpoison(void *low, long high);
#define LUNATIK_UNPOISON(jump) \
	__asan_allocas_unpoison((char *)__builtin_frame_address(0) - 512, (long)(jump)->b[LUNATIK_JUMP_RSP])
#else
#define LUNATIK_UNPOISON(jump) ((void)0)
#endif

#define LUAI_THROW(L, jump) (LUNATIK_UNPOISON(jump), lunatik_longjmp((jump)->b, 1))
#define LUAI_TRY(L, jump, action) if (lunatik_setjmp((jump)->b) == 0) { action }
#define luai_jmpbuf lunatik_jump_buffer

/* ---- the second interpreter loop (goto.c) has names of its own ---- */

/*
 * What the interpreter calls metamethods with: a field of some objects is read without a call (callback.c). And luaD_precall() for the
 * method of an object that has a leaf, at @function with @arguments, itself among them; zero: nothing was done. It never raises.
 */
#include "lobject.h"
extern int lunatik_leafcall(lua_State *L, StkId function, int arguments, int wanted);
extern void lunatik_calltm(lua_State *L, const TValue *f, const TValue *p1, const TValue *p2, StkId result);
/* The same where @f is a function in C, @p1 a full userdata and @p2 a short string. It is the last thing a caller does, and saves nothing. */
extern void lunatik_field(lua_State *L, const TValue *f, const TValue *p1, const TValue *p2, StkId result)
	/* Its variables have their address taken, none is an array: what a stack protector looks for cannot begin here. */
	__attribute__((no_stack_protector));
#if defined(LUNATIK_TU_lvm) || defined(LUNATIK_TU_goto)
#define luaT_callTMres lunatik_calltm
#endif

#ifdef LUNATIK_TU_goto
#define luaV_concat luaV_concat_goto
#define luaV_equalobj luaV_equalobj_goto
#define luaV_execute luaV_execute_goto
#define luaV_finishget luaV_finishget_goto
#define luaV_finishOp luaV_finishOp_goto
#define luaV_finishset luaV_finishset_goto
#define luaV_flttointeger luaV_flttointeger_goto
#define luaV_idiv luaV_idiv_goto
#define luaV_lessequal luaV_lessequal_goto
#define luaV_lessthan luaV_lessthan_goto
#define luaV_mod luaV_mod_goto
#define luaV_modf luaV_modf_goto
#define luaV_objlen luaV_objlen_goto
#define luaV_shiftl luaV_shiftl_goto
#define luaV_tointeger luaV_tointeger_goto
#define luaV_tointegerns luaV_tointegerns_goto
#define luaV_tonumber_ luaV_tonumber_goto_
#define LUNATIK_TU_lvm
#endif

/* ---- internal headers ---- */

#include "lua.h"
#include "lauxlib.h"
#include "llimits.h"
#include "lobject.h"
#include "lvm.h"
#include "ldebug.h"
#include "lstate.h"

#if !defined(ttisfloat) || !defined(nvalue) || !defined(setfltvalue) || !defined(tonumber) || \
	!defined(tonumberns) || !defined(luai_numisnan) || !defined(getCcalls)
#error "lua/overlay.h does not fit this version of Lua's internal headers"
#endif

/* No value is a float. */
#undef ttisfloat
#define ttisfloat(o) ((void)(o), 0)
#undef nvalue
#define nvalue(o) ivalue(o)
#undef setfltvalue
#define setfltvalue(o, x) setivalue(o, x)
#undef tonumberns
#define tonumberns(o, n) ((void)(o), (n) = 0, 0)

/* The constant folder refuses every result that is not an integer. */
#undef luai_numisnan
#define luai_numisnan(n) ((void)(n), 1)

/* ---- the gauge: stopping and the C stack ---- */

#define lunatik_gauge(L) (((struct lunatik_extra *)lua_getextraspace(L))->gauge)

#define lunatik_stopped(L) __atomic_load_n(&lunatik_gauge(L)->stop, __ATOMIC_RELAXED)

/* Whether what runs is to end, and not only to look in. */
#define lunatik_ending(L) (lunatik_stopped(L) & ~LUNATIK_STOP_LOOK)

/* For loops in C that may run long without entering the VM. The caller must be able to raise. */
#define lunatik_check(L) (luai_unlikely(lunatik_stopped(L)) ? lunatik_poll(L) : (void)0)

#define LUNATIK_STACK_POINTER() ((unsigned long)__builtin_frame_address(0))

/* True at the end of the error zone, where C code that recurses without luaE_incCstack() must stop as well. */
#define lunatik_stackfull(L) \
	luai_unlikely(LUNATIK_STACK_POINTER() + LUNATIK_STACK_ERROR_ZONE < lunatik_gauge(L)->stack_limit)

/* True if a finalizer could fail for lack of stack: the collector's own frames and a call. */
#define lunatik_stacklow(L) (LUNATIK_STACK_POINTER() < lunatik_gauge(L)->stack_limit + LUNATIK_STACK_FINALIZER)

/*
 * Lua counts C calls and gives up at LUAI_MAXCCALLS. One call takes from 60 bytes to 1.3 KiB of stack here, so no
 * count fits a stack of 16 KiB: the count is made to look exceeded when the bytes are. Between the limit and the end
 * of the error zone it reads LUAI_MAXCCALLS ("C stack overflow" is raised, its handler may run), below that it reads
 * as what Lua answers with "error in error handling".
 */
#undef getCcalls
#define getCcalls(L) \
	(luai_likely(LUNATIK_STACK_POINTER() >= lunatik_gauge(L)->stack_limit) ? lunatik_ccalls(L) : \
	 lunatik_stackfull(L) ? LUAI_MAXCCALLS / 10 * 11 : \
	 lunatik_ccalls(L) < LUAI_MAXCCALLS ? LUAI_MAXCCALLS : lunatik_ccalls(L))
#define lunatik_ccalls(L) ((L)->nCcalls & 0xffff)

/* ---- support.c ---- */

extern void lunatik_init_extra(lua_State *L);
extern void lunatik_clearhashes(global_State *g);
extern void lunatik_checkloop(lua_State *L);
extern void lunatik_pollvm(lua_State *L, CallInfo *ci, const Instruction *pc);
extern l_noret lunatik_opinterror(lua_State *L, const TValue *p1, const TValue *p2, const char *message);
extern l_noret lunatik_nofloat(lua_State *L, int arg);
extern FILE *lunatik_stdin(lua_State *L);
extern FILE *lunatik_fopen(lua_State *L, const char *name);

#ifdef LUNATIK_TU_lgc
/* Lua's own cache of strings is cleared where strings may be freed soon. */
#include "lstring.h"
#define luaS_clearcache(g) (lunatik_clearhashes(g), luaS_clearcache(g))
#endif

#ifdef LUNATIK_TU_lstate
/*
 * luaE_checkcstack() raises only if the count is exactly the maximum; what is above lets the error's handler run. So
 * an overflow of bytes sets the count to the maximum for the time of the error; the protected call restores it.
 */
#define luaG_runerror(L, message) \
	((L)->nCcalls += LUAI_MAXCCALLS - lunatik_ccalls(L), luaG_runerror(L, message))
#endif

/* ---- the interpreter ---- */

#ifdef LUNATIK_TU_lvm
/* Some variables of its own have their address taken, none is an array: what a stack protector looks for cannot begin here. */
extern void luaV_execute(lua_State *L, CallInfo *ci) __attribute__((no_stack_protector));

#include "index.h"

/* luaV_finishget() is this one: what is short saves no register for what is long (patches/). */
static __attribute__((__noinline__)) void lunatik_finishget(lua_State *L, const TValue *t, TValue *key, StkId val, const TValue *slot);
void luaV_finishget(lua_State *L, const TValue *t, TValue *key, StkId val, const TValue *slot)
{
	const TValue *index = ttisshrstring(key) ? lunatik_indexof(L, t) : NULL;

	if (index && ttislcf(index))
		lunatik_field(L, index, t, key, val);
	else
		lunatik_finishget(L, t, key, val, slot);
}

/* In a numeric 'for' whatever is not an integer is an error, which forprep() and forlimit() report. */
#undef tonumber
#define tonumber(o, n) (*(n) = ttisinteger(o) ? ivalue(o) : 0, ttisinteger(o))

/* patches/ makes the loop come here when the gauge says stop; both want the state that luaG_traceexec() makes. */
#define luaG_traceexec(L, pc) \
	((luai_unlikely(lunatik_stopped(L)) ? lunatik_pollvm(L, ci, pc) : (void)0), luaG_traceexec(L, pc))

/*
 * Where the gauge only wants to be looked at, the first look at a function that the kernel called is left out: nothing has run yet, and
 * in a hardirq runtime, whose gauge always says so, it would be most of what a short handler costs. One that calls itself by tail
 * calls is at its first instruction again, which its frame says. packet_run() alone jumps by the gauge's: a finalizer, or what a
 * module's own handler calls, is none of these, since one entry may run many of them.
 */
#define lunatik_first_look(L, ci) \
	(!lunatik_ending(L) && !(L)->hookmask && (ci)->callstatus == CIST_FRESH && \
	 (ci)->previous == &G(L)->mainthread->base_ci && (const void *)(L)->errorJmp == (const void *)lunatik_gauge(L)->jump && \
	 (ci)->u.l.savedpc == ci_func(ci)->p->code)
#define luaG_tracecall(L) (lunatik_first_look(L, ci) ? 0 : luaG_tracecall(L))

/* objtool takes a table of jump targets for one only in the section that this kernel has for them (kbuild.mk). */
#ifdef LUNATIK_JUMP_TABLE_SECTION
#define LUNATIK_JUMP_TABLE __attribute__((section(LUNATIK_JUMP_TABLE_SECTION)))
#else
#define LUNATIK_JUMP_TABLE
#endif
#endif

#if defined(LUNATIK_TU_ldo) || defined(LUNATIK_TU_callback)
extern void luaV_execute_goto(lua_State *L, CallInfo *ci);
#define luaV_execute(L, ci) (lunatik_dispatch_goto ? luaV_execute_goto(L, ci) : luaV_execute(L, ci))
#endif

#ifdef LUNATIK_TU_lcode
/* constfolding() looks at the result without asking whether there is one. */
#define luaO_rawarith(L, op, a, b, result) (settt_(result, LUA_VNIL), luaO_rawarith(L, op, a, b, result))
#endif

#ifdef LUNATIK_TU_ltm
/* Division and power of two numbers end here, after __div and __pow were looked for. */
#define luaG_opinterror lunatik_opinterror
#endif

#ifdef LUNATIK_TU_llex
#include "lzio.h"
#undef zgetc
#define zgetc(z) (lunatik_check((z)->L), ((z)->n--) > 0 ? cast_uchar(*(z)->p++) : luaZ_fill(z))
#endif

/* ---- the libraries ---- */

#ifdef LUNATIK_TU_lauxlib
/* 'FILE' is what lunatik_file_open() returns, and errno belongs to the state, not to the CPU. */
#define errno (lunatik_gauge(L)->error)
#define stdin lunatik_stdin(L)
#define fopen(name, mode) lunatik_fopen(L, name)
#define freopen(name, mode, f) (fclose(f), lunatik_fopen(L, name))
#define ferror(f) ((errno = lunatik_file_error(f)) != 0)

/*
 * findfield() walks all of package.loaded, which belongs to the script. It finds nothing when the script must end:
 * raising here would end the very traceback that says where it was.
 */
#define lua_next(L, index) \
	(luai_unlikely(lunatik_ending(L)) ? (lua_pop(L, 1), 0) : \
	 (lunatik_check(L), lua_next(L, index)))
#endif

#ifdef LUNATIK_TU_lbaselib
#undef LUA_VERSION
#define LUA_VERSION "Lua 5.4-kernel"

/* The only number that is not an integer: collectgarbage("count"), made of k KiB and b bytes. */
#define lua_pushnumber(L, n) lua_pushinteger(L, ((lua_Integer)k << 10) + b)
#endif

#ifdef LUNATIK_TU_lstrlib
/* MatchState is on the C stack: 16 captures of 16 bytes less. */
#define LUA_MAXCAPTURES 16

/* %a, %e, %f, %g and the formats f, d, n of pack and unpack. */
#undef lua_number2strx
#define lua_number2strx(L, b, sz, f, n) ((void)(n), 0)
#define luaL_checknumber(L, arg) (lunatik_nofloat(L, arg), 0)
#define lua_pushnumber(L, n) lunatik_nofloat(L, 1)

/* Loops that build a string byte by byte. */
#undef luaL_addchar
#define luaL_addchar(B, c) \
	(lunatik_check((B)->L), ((void)((B)->n < (B)->size || luaL_prepbuffsize((B), 1)), ((B)->b[(B)->n++] = (c))))
#endif

#ifdef LUNATIK_TU_ltablib
/*
 * Every loop of the table library reads or writes an element in each step, and the bounds are the script's
 * (table.move(t, 1, math.maxinteger - 1, 2) ends in centuries). sort() recurses, 31 levels if __len says so.
 */
#define lua_geti(L, index, n) (lunatik_checkloop(L), lua_geti(L, index, n))
#define lua_seti(L, index, n) (lunatik_checkloop(L), lua_seti(L, index, n))
#endif

#ifdef LUNATIK_TU_ldblib
#include "guard.h"
#endif

#endif /* !LUNATIK_PUBLIC_ONLY */
#endif
