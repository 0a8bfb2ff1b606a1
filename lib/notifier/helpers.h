/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_NOTIFIER_HELPERS_H
#define LUNATIK_NOTIFIER_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct net;
struct lunatik_notifier;

extern const struct lunatik_constant lunatik_notifier_notify[];
extern const struct lunatik_constant lunatik_notifier_kbd[];
extern const struct lunatik_constant lunatik_notifier_netdev[];
extern const struct lunatik_constant lunatik_notifier_vt_events[];

/**
 * Puts a block for @object on a chain of notifiers. Context: process, may sleep. Returns 0 and the block, or -ENOMEM.
 */
int lunatik_h_register_keyboard_notifier(struct lunatik_notifier **notifier, lunatik_object_t *object);
int lunatik_h_register_vt_notifier(struct lunatik_notifier **notifier, lunatik_object_t *object);
/** The same for the devices of one namespace. Calls back for each device that is there. Takes the rtnl lock. -ENXIO: it goes or is gone. */
int lunatik_h_register_netdevice_notifier(struct lunatik_notifier **notifier, lunatik_object_t *object, struct net *net);
/** Takes the block from its chain, and waits for calls that are on their way. Context: process, may sleep. */
void lunatik_h_unregister_notifier(struct lunatik_notifier *notifier);

/** Whether a number is one that a chain is told: NOTIFY_DONE, NOTIFY_OK, NOTIFY_STOP, NOTIFY_BAD, or of notifier_from_errno(). */
LUNATIK_BOOL lunatik_h_is_notify(long long value);

/**
 * Keeps an event for later; a worker calls lunatik_notifier_deliver() then. Context: process. False when too many wait already,
 * or without memory.
 */
LUNATIK_BOOL lunatik_h_queue_event(struct lunatik_notifier *notifier, unsigned long event, const char *name);
/** Whether events wait. */
LUNATIK_BOOL lunatik_h_events_wait(struct lunatik_notifier *notifier);

/* notifier.cpp. Each returns what the chain is told, NOTIFY_*. */
int lunatik_notifier_keyboard(lunatik_object_t *object, unsigned long event, LUNATIK_BOOL down, LUNATIK_BOOL shift,
			      unsigned int key);
int lunatik_notifier_vt(lunatik_object_t *object, unsigned long event, unsigned int character, int console);
int lunatik_notifier_netdevice(lunatik_object_t *object, struct lunatik_notifier *notifier, unsigned long event,
			       const char *name);
/** An event from the queue, in a worker without locks. False: not now. */
LUNATIK_BOOL lunatik_notifier_deliver(lunatik_object_t *object, unsigned long event, const char *name);

#ifdef __cplusplus
}
#endif

#endif
