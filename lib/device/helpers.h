/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef LUNATIK_DEVICE_HELPERS_H
#define LUNATIK_DEVICE_HELPERS_H

#include "lunatik/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes /dev/<name> whose files hold references of @object. Context: process. Returns its minor, or -EEXIST, -ENOSPC,
 * -ENOMEM; -EINTR in a task that is killed or exits.
 */
int lunatik_h_device_add(lunatik_object_t *object, const char *name, unsigned int mode);
/** Takes /dev/<name> away; files that are open stay. Context: process. */
void lunatik_h_device_remove(int minor);

/* What the file operations call, device.cpp; all in process context, may sleep. */
int lunatik_device_open(lunatik_object_t *object);
void lunatik_device_release(lunatik_object_t *object);
long lunatik_device_read(lunatik_object_t *object, void *user, unsigned long size, long long *offset);
long lunatik_device_write(lunatik_object_t *object, const void *user, unsigned long size, long long *offset);

#ifdef __cplusplus
}
#endif

#endif
