/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the parts of the test module share. */
#ifndef CAPI_H
#define CAPI_H

#include <lunatik.h>

#ifdef __cplusplus
extern "C" {
#endif

/* capi.c: reports a test; integers that must be equal. */
void capi_is(const char *name, long long got, long long wanted);

/* classes.c: objects of the test classes that were released, and whose stop was called. */
int capi_released(void);
int capi_stopped(void);
void test_objects(void);
void test_registry(void);
void test_fields(void);
void test_memory(void);
int classes_init(void);
void classes_exit(void);

/* capi.c: calls f(arg) in another context and waits until it has run. */
enum where { PROCESS, SOFTIRQ, HARDIRQ, IRQS_OFF, BH_OFF, SPINLOCK, RCU, WHERE_MAX };
void capi_in(enum where where, void (*f)(void *), void *arg);

/* cxx.cpp: lunatik.h and lunatik/runtime.hpp in C++. */
void test_cxx(void);

#ifdef __cplusplus
}
#endif

#ifdef __KERNEL__
#ifndef __cplusplus
/* capi.c */
lunatik_object_t *capi_start(const char *script, lunatik_opt_t opt);
int capi_eval(lunatik_object_t *runtime, const char *code);
int l_eval(lua_State *L, const char *code);
int l_call(lua_State *L, const char *name);
#endif
#endif

#endif
