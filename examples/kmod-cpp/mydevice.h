/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Kernel headers are C: what module.c does with them and what mydevice.cpp decides meet here. */
#ifndef MYDEVICE_H
#define MYDEVICE_H

#ifdef __cplusplus
extern "C" {
#endif

/* mydevice.cpp */
int mydevice_start(void);
void mydevice_stop(void);
long mydevice_read(void *buffer, unsigned long size, long long *offset);

/* module.c: copy_to_user() to a buffer of read(2); 0 or -EFAULT. */
int mydevice_to_user(void *buffer, const void *from, unsigned long size);

#ifdef __cplusplus
}
#endif

#endif
