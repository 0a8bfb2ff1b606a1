/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* lua/overlay.h defines Lua's own names for setjmp and longjmp. */
