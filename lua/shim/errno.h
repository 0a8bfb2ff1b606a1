/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* lua/overlay.h defines errno where it is used: it is a field of the state's gauge. */
