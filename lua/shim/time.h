/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* lua/overlay.h replaces what Lua uses the clock for. */
