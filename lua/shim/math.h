/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the code for floats calls: it is compiled with lua_Number being an integer, and never runs. */
#ifndef LUNATIK_SHIM_MATH_H
#define LUNATIK_SHIM_MATH_H

#define floor(x) (x)
#define ldexp(x, e) ((void)(e), (x))
#define HUGE_VAL LLONG_MAX
#define HUGE_VALF LLONG_MAX

#endif
