// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* notifier.h, keyboard.h, vt.h, vt_kern.h, netdevice.h */
#include <linux/keyboard.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vt.h>
#include <linux/vt_kern.h>
#include <linux/workqueue.h>
#include "lunatik/module.h"
#include "helpers.h"

#define NOTIFY(name) { #name, NOTIFY_##name }
const struct lunatik_constant lunatik_notifier_notify[] = {
	NOTIFY(DONE), NOTIFY(OK), NOTIFY(BAD), NOTIFY(STOP),
	{ NULL, 0 },
};

#define KBD(name) { #name, KBD_##name }
const struct lunatik_constant lunatik_notifier_kbd[] = {
	KBD(KEYCODE), KBD(UNBOUND_KEYCODE), KBD(UNICODE), KBD(KEYSYM), KBD(POST_KEYSYM),
	{ NULL, 0 },
};

#define VT(name) { #name, VT_##name }
const struct lunatik_constant lunatik_notifier_vt_events[] = {
	VT(ALLOCATE), VT(DEALLOCATE), VT(WRITE), VT(UPDATE), VT(PREWRITE),
	{ NULL, 0 },
};

/* netdev.h is made by the build, of the kernel's enum netdev_cmd. */
#define NETDEV(name) { #name, NETDEV_##name },
const struct lunatik_constant lunatik_notifier_netdev[] = {
#include "netdev.h"
	{ NULL, 0 },
};

/* Events that wait for a runtime to be free; more than that are lost. */
#define EVENTS_MAX 256
/* How long until the worker asks again. */
#define RETRY (HZ / 20)

struct event {
	struct list_head list;
	unsigned long event;
	char name[IFNAMSIZ];
};

struct lunatik_notifier {
	struct notifier_block block;
	lunatik_object_t *object;	/* which holds this: it is there for as long as the chain calls */
	void (*unregister)(struct lunatik_notifier *notifier);
	struct net *net;		/* the runtime's, which outlives this */
	bool stopping;
	spinlock_t lock;		/* of what follows */
	struct list_head events;
	unsigned int count;
	struct delayed_work work;
};

static struct lunatik_notifier *notifier_of(struct notifier_block *block)
{
	return container_of(block, struct lunatik_notifier, block);
}

/* ---- keyboard */
static int keyboard_event(struct notifier_block *block, unsigned long event, void *data)
{
	const struct keyboard_notifier_param *param = data;

	return lunatik_notifier_keyboard(notifier_of(block)->object, event, param->down, param->shift, param->value);
}

static void unregister_keyboard(struct lunatik_notifier *notifier)
{
	unregister_keyboard_notifier(&notifier->block);
}

/* ---- virtual terminals */
static int vt_event(struct notifier_block *block, unsigned long event, void *data)
{
	const struct vt_notifier_param *param = data;

	return lunatik_notifier_vt(notifier_of(block)->object, event, param->c, param->vc ? param->vc->vc_num : -1);
}

static void unregister_vt(struct lunatik_notifier *notifier)
{
	unregister_vt_notifier(&notifier->block);
}

/* ---- network devices */
static int netdevice_event(struct notifier_block *block, unsigned long event, void *data)
{
	struct lunatik_notifier *notifier = notifier_of(block);

	/* Taking a block off the chain tells it that every device goes; that is no event. */
	if (READ_ONCE(notifier->stopping))
		return NOTIFY_DONE;
	return lunatik_notifier_netdevice(notifier->object, notifier, event, netdev_notifier_info_to_dev(data)->name);
}

static void unregister_netdevice_block(struct lunatik_notifier *notifier)
{
	unregister_netdevice_notifier_net(notifier->net, &notifier->block);
}

/* Hands out the events that wait, in order; when the runtime is not free, tries again later: nobody else waits for it here. */
static void deliver(struct work_struct *work)
{
	struct lunatik_notifier *notifier = container_of(to_delayed_work(work), struct lunatik_notifier, work);
	struct event *event;

	while (!READ_ONCE(notifier->stopping)) {
		spin_lock(&notifier->lock);
		event = list_first_entry_or_null(&notifier->events, struct event, list);
		spin_unlock(&notifier->lock);
		if (!event)
			return;
		if (!lunatik_notifier_deliver(notifier->object, event->event, event->name)) {
			queue_delayed_work(system_unbound_wq, &notifier->work, RETRY);
			return;
		}
		/* It leaves the queue only now: what comes while it is delivered must wait behind it. */
		spin_lock(&notifier->lock);
		list_del(&event->list);
		notifier->count--;
		spin_unlock(&notifier->lock);
		kfree(event);
	}
}

bool lunatik_h_events_wait(struct lunatik_notifier *notifier)
{
	return READ_ONCE(notifier->count) != 0;
}

bool lunatik_h_queue_event(struct lunatik_notifier *notifier, unsigned long number, const char *name)
{
	struct event *event = kmalloc(sizeof(*event), GFP_ATOMIC | __GFP_NOWARN);
	bool full;

	if (!event)
		return false;
	event->event = number;
	strscpy(event->name, name, sizeof(event->name));
	spin_lock(&notifier->lock);
	full = notifier->count == EVENTS_MAX;
	if (!full) {
		list_add_tail(&event->list, &notifier->events);
		notifier->count++;
	}
	spin_unlock(&notifier->lock);
	if (full) {
		kfree(event);
		return false;
	}
	queue_delayed_work(system_unbound_wq, &notifier->work, 0);
	return true;
}

/* ---- all of them */
static struct lunatik_notifier *new_notifier(lunatik_object_t *object, notifier_fn_t call,
					     void (*unregister)(struct lunatik_notifier *notifier))
{
	struct lunatik_notifier *notifier = kzalloc(sizeof(*notifier), GFP_KERNEL);

	if (!notifier)
		return NULL;
	notifier->block.notifier_call = call;
	notifier->object = object;
	notifier->unregister = unregister;
	spin_lock_init(&notifier->lock);
	INIT_LIST_HEAD(&notifier->events);
	INIT_DELAYED_WORK(&notifier->work, deliver);
	return notifier;
}

static void drop_events(struct lunatik_notifier *notifier)
{
	struct event *event, *next;

	WRITE_ONCE(notifier->stopping, true);
	cancel_delayed_work_sync(&notifier->work);
	list_for_each_entry_safe(event, next, &notifier->events, list)
		kfree(event);
}

static int done(struct lunatik_notifier **result, struct lunatik_notifier *notifier, int error)
{
	if (error) {
		drop_events(notifier);
		kfree(notifier);
	} else {
		*result = notifier;
	}
	return error;
}

LUNATIK_BOOL lunatik_h_is_notify(long long value)
{
	long long rest = value & ~(long long)NOTIFY_STOP_MASK;

	return value == NOTIFY_DONE || value == NOTIFY_OK || (value != rest && rest >= 0 && rest <= NOTIFY_OK + MAX_ERRNO);
}

int lunatik_h_register_keyboard_notifier(struct lunatik_notifier **result, lunatik_object_t *object)
{
	struct lunatik_notifier *notifier = new_notifier(object, keyboard_event, unregister_keyboard);

	return notifier ? done(result, notifier, register_keyboard_notifier(&notifier->block)) : -ENOMEM;
}

int lunatik_h_register_vt_notifier(struct lunatik_notifier **result, lunatik_object_t *object)
{
	struct lunatik_notifier *notifier = new_notifier(object, vt_event, unregister_vt);

	return notifier ? done(result, notifier, register_vt_notifier(&notifier->block)) : -ENOMEM;
}

int lunatik_h_register_netdevice_notifier(struct lunatik_notifier **result, lunatik_object_t *object, struct net *net)
{
	struct lunatik_notifier *notifier;
	int error;

	/* A script may outlast its namespace. */
	if (!maybe_get_net(net))
		return -ENXIO;
	notifier = new_notifier(object, netdevice_event, unregister_netdevice_block);
	if (notifier)
		notifier->net = net;
	error = notifier ? done(result, notifier, register_netdevice_notifier_net(net, &notifier->block)) : -ENOMEM;
	put_net(net);
	return error;
}

void lunatik_h_unregister_notifier(struct lunatik_notifier *notifier)
{
	WRITE_ONCE(notifier->stopping, true);
	notifier->unregister(notifier);
	drop_events(notifier);
	kfree(notifier);
}

LUNATIK_MODULE(notifier, "Lua library: events of keyboards, virtual terminals and network devices");
