/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the two halves of the C API, capi.c and vm/edge_capi.cpp, know of each other. */
#ifndef LUNATIK_CAPI_H
#define LUNATIK_CAPI_H

#ifdef __cplusplus
extern "C" {
#endif

/** Whether the lock of a runtime of that context (enum lunatik_context) may be taken where the caller is. Any context. */
int lunatik_h_may_enter(int context);

#ifdef __cplusplus
}
#endif

#endif
