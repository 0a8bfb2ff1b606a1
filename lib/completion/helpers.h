/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* completion.h, swait.h. A completion lies in storage of the class', of LUNATIK_SIZEOF_COMPLETION bytes. */
#ifndef LUNATIK_COMPLETION_HELPERS_H
#define LUNATIK_COMPLETION_HELPERS_H

#ifdef __cplusplus
extern "C" {
#endif

/** init_completion(). Context: any. */
void lunatik_h_init_completion(void *completion);
/** complete(). Context: any but NMI. */
void lunatik_h_complete(void *completion);
/** complete_all(). Context: any but NMI. */
void lunatik_h_complete_all(void *completion);
/** try_wait_for_completion(): takes one of its signals, if there is one; never sleeps. Context: any but NMI. */
int lunatik_h_try_wait_for_completion(void *completion);
/** Where those who wait for it sleep, a struct swait_queue_head. */
void *lunatik_h_completion_queue(void *completion);
/** The state in which a task waits that a signal may wake. */
unsigned int lunatik_h_task_interruptible(void);

#ifdef __cplusplus
}
#endif

#endif
