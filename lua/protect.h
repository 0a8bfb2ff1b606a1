/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The two halves of a protected call, as lua_pcall() has them in one: lunatik_protect_save() before the setjmp, which is
 * its caller's, and lunatik_protect_leave() after what it protects.
 */
#ifndef LUNATIK_PROTECT_H
#define LUNATIK_PROTECT_H

#include "ldo.h"
#include "lstate.h"

/* ldo.c keeps this to itself; its throw fills in the status and jumps to b. */
struct lua_longjmp {
	struct lua_longjmp *previous;
	luai_jmpbuf b;
	volatile int status;
};

/* The beginning of struct lunatik_protect (include/lunatik.h). */
struct protect {
	struct lua_longjmp jump;
	lua_State *L;
	CallInfo *frame;
	ptrdiff_t top;
	ptrdiff_t error_function;
	l_uint32 calls;
	lu_byte hooks;
};

_Static_assert(offsetof(struct protect, jump.b) == sizeof(void *) &&
	       offsetof(struct protect, L) == sizeof(void *) + sizeof(luai_jmpbuf) + sizeof(long) &&
	       offsetof(struct protect, hooks) == offsetof(struct protect, L) + 4 * sizeof(long) + sizeof(int),
	       "struct lunatik_protect has another layout");

/* What a protected call restores; what it drops after an error begins at @base. */
static inline void lunatik_protect_save(struct protect *protect, lua_State *L, StkId base)
{
	protect->L = L;
	protect->frame = L->ci;
	protect->top = savestack(L, base);
	protect->error_function = L->errfunc;
	protect->calls = L->nCcalls;
	protect->hooks = L->allowhook;
	protect->jump.status = LUA_OK;
	protect->jump.previous = L->errorJmp;
	L->errorJmp = &protect->jump;
}

int lunatik_protect_leave(struct protect *protect);

/*
 * luaV_execute(@L, @frame) with errors caught by @buffer: @thrown is nonzero if one was. In the kernel the buffer is filled in line, as
 * lunatik_setjmp() does it, and the call stands between that and where lunatik_longjmp() returns to. So the compiler sees one
 * statement and no function that returns twice, around which it would keep everything in memory.
 */
#if defined(__x86_64__) && defined(__KERNEL__)
/* A statement that calls needs the frame of the function around it. */
register unsigned long lunatik_stack_pointer __asm__("rsp");

#define LUNATIK_TRY_CALL(thrown, buffer, function, L, frame) \
	do { \
		unsigned long *buffer_ = (buffer); \
		lua_State *L_ = (L); \
		CallInfo *frame_ = (frame); \
		\
		__asm__ volatile("movq %%rbx, 0(%[to])\n\t" \
				 "movq %%rbp, 8(%[to])\n\t" \
				 "movq %%r12, 16(%[to])\n\t" \
				 "movq %%r13, 24(%[to])\n\t" \
				 "movq %%r14, 32(%[to])\n\t" \
				 "movq %%r15, 40(%[to])\n\t" \
				 /* lunatik_longjmp() puts the address here and returns to it. */ \
				 "leaq -8(%%rsp), %%rax\n\t" \
				 "movq %%rax, 48(%[to])\n\t" \
				 "leaq 1f(%%rip), %%rax\n\t" \
				 "movq %%rax, 56(%[to])\n\t" \
				 "call " #function "\n\t" \
				 "xorl %%eax, %%eax\n" \
				 "1:" \
				 : "=&a"(thrown), "+r"(lunatik_stack_pointer), "+D"(L_), "+S"(frame_), [to] "+d"(buffer_) \
				 : \
				 : "rcx", "r8", "r9", "r10", "r11", "cc", "memory"); \
	} while (0)
#define LUNATIK_TRY_EXECUTE(thrown, buffer, L, frame) \
	do { \
		if (lunatik_dispatch_goto) \
			LUNATIK_TRY_CALL(thrown, buffer, luaV_execute_goto, L, frame); \
		else \
			LUNATIK_TRY_CALL(thrown, buffer, luaV_execute, L, frame); \
	} while (0)
#else
#define LUNATIK_TRY_EXECUTE(thrown, buffer, L, frame) \
	do { \
		thrown = lunatik_setjmp(buffer); \
		if (!thrown) \
			luaV_execute(L, frame); \
	} while (0)
#endif

/* The same, without a call where nothing went wrong and nothing is to be closed. */
static inline int lunatik_protect_end(struct protect *protect)
{
	lua_State *L = protect->L;

	if (luai_unlikely(protect->jump.status != LUA_OK || L->tbclist.p >= restorestack(L, protect->top)))
		return lunatik_protect_leave(protect);
	L->errorJmp = protect->jump.previous;
	L->nCcalls = protect->calls;
	L->ci = protect->frame;
	L->errfunc = protect->error_function;
	return LUA_OK;
}

#endif
