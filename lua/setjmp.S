/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's errors. The kernel has no setjmp, and klibc's for x86-64 does not pass objtool (a naked ret, an indirect
 * jump). longjmp leaves by a return, not by a jump through a register: a jump would need a retpoline, and an ENDBR
 * at its target on kernels with IBT.
 */
#ifndef __x86_64__

/* Everywhere else klibc's serves, which lua/fetch-klibc gets; tried by assembling it for arm64, run nowhere. */
#define setjmp lunatik_setjmp
#define longjmp lunatik_longjmp
#include "klibc-setjmp.S"

#else

#ifdef __KERNEL__
#include <linux/linkage.h>
#include <asm/nospec-branch.h>
#else
#define SYM_FUNC_START(name) .globl name; .type name, @function; name:
#define SYM_FUNC_END(name) .size name, . - name
#define RET ret
	.section .note.GNU-stack, "", @progbits
#endif

	.text

/* int lunatik_setjmp(lunatik_jump_buffer buffer) */
SYM_FUNC_START(lunatik_setjmp)
	movq	(%rsp), %rax
	movq	%rbx, 0(%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	movq	%rsp, 48(%rdi)
	movq	%rax, 56(%rdi)
	xorl	%eax, %eax
	RET
SYM_FUNC_END(lunatik_setjmp)

/* void lunatik_longjmp(lunatik_jump_buffer buffer, int value) */
SYM_FUNC_START(lunatik_longjmp)
	movl	%esi, %eax
	movq	56(%rdi), %rdx
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	movq	%rdx, (%rsp)
	RET
SYM_FUNC_END(lunatik_longjmp)

#endif
