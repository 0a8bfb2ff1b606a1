/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Named states: runtimes that other kernel modules and user space (lunatik/netlink.h) make, find and close by name. For kernel
 * C and C++. A state is a process runtime in the one registry that `lunatik list` shows, and every runtime there is a state: each
 * network namespace has names of its own. When a namespace goes, its states are closed. The runtimes that kernel modules make with
 * lunatik_runtime() (lunatik/runtime.h), and those that scripts make, are not there and no states.
 *
 * Code runs in a state through lunatik_run(s->runtime, ...) (lunatik.h) or Entry::enter(*s->runtime) (lunatik.hpp), which take its
 * lock. Who does so has a reference of lunatik_getstate().
 */
#ifndef LUNATIK_STATES_H
#define LUNATIK_STATES_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a state's name with its terminating zero. */
#define LUNATIK_NAME_MAXSIZE 256

/**
 * struct lunatik_instance - the set that a state belongs to
 * @net: its network namespace. To be compared; it is not kept for whoever reads this
 */
struct lunatik_instance {
	struct net *net;
};

/**
 * struct lunatik_state - what is known of a state; to be read only
 * @curralloc: bytes it holds at this moment: its Lua state, and objects and strings that others keep for it
 * @maxalloc: the most it may hold
 * @users: references of lunatik_getstate()
 * @inuse: whether user space runs code in it at this moment
 * @scriptsize: bytes of the code that user space ran in it last
 * @instance: where it belongs
 * @runtime: what lunatik_run() takes
 * @L: its Lua state, NULL once it is closed. To be used inside lunatik_run() only
 * @name: unique in its namespace, zero-terminated
 *
 * The lock, the hash node, the code buffer and the netlink part that the structure once had are the runtime's and the netlink
 * family's own.
 */
typedef struct lunatik_state {
	__SIZE_TYPE__ curralloc;
	__SIZE_TYPE__ maxalloc;
	unsigned int users;
	LUNATIK_BOOL inuse;
	__SIZE_TYPE__ scriptsize;
	struct lunatik_instance instance;
	lunatik_object_t *runtime;
	struct lua_State *L;
	unsigned char name[LUNATIK_NAME_MAXSIZE];
} lunatik_State;

/**
 * lunatik_netnewstate - makes a state
 * @name: 1 to 255 bytes without control characters, not beginning or ending with '/', without a component ".."
 * @maxalloc: its memory cap in bytes; 0 is the module parameter maxalloc
 * @net: its network namespace, which the caller holds
 *
 * Context: process, may sleep. Returns the state without a reference, or NULL: the name is in use or none, no memory, or a cap
 * too small for a Lua state.
 */
lunatik_State *lunatik_netnewstate(const char *name, __SIZE_TYPE__ maxalloc, struct net *net);

/**
 * lunatik_netstatelookup - finds a state by its name, or NULL
 *
 * Context: process, may sleep. The caller has no reference: lunatik_getstate() says whether the state is still there.
 */
lunatik_State *lunatik_netstatelookup(const char *name, struct net *net);

/**
 * lunatik_netclosestate - closes a state: ends what runs in it, and forgets its name
 *
 * Context: process, may sleep; not from inside the state. Returns 0; -1 if there is no state of that name or somebody has a
 * reference.
 */
int lunatik_netclosestate(const char *name, struct net *net);

/** lunatik_newstate - lunatik_netnewstate() in the initial network namespace. */
lunatik_State *lunatik_newstate(const char *name, __SIZE_TYPE__ maxalloc);
/** lunatik_statelookup - lunatik_netstatelookup() in the initial network namespace. */
lunatik_State *lunatik_statelookup(const char *name);
/** lunatik_close - lunatik_netclosestate() in the initial network namespace. */
int lunatik_close(const char *name);

/**
 * lunatik_getstate - takes a reference
 * @s: a state, or what was one: it is looked up by its address, and not touched unless it is there. An address may be another
 *	state's later: who keeps it while nobody has a reference compares name and instance.net afterwards
 *
 * Context: any but NMI. Returns true if the caller has a reference now, false if the state is closed. A state with a reference is
 * not closed by lunatik_close(); one that goes with its namespace, or by `lunatik stop`, is, and lunatik_run() gives -ENXIO then.
 */
LUNATIK_BOOL lunatik_getstate(lunatik_State *s);

/** lunatik_putstate - drops a reference of lunatik_getstate(). Context: any but NMI. */
void lunatik_putstate(lunatik_State *s);

/** lunatik_getenv - the state that @L belongs to, without a reference. Context: inside it. */
lunatik_State *lunatik_getenv(struct lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
