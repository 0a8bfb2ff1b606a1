/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* sched.h: what there is to know about a task. The caller has a reference of it. */
#ifndef LUNATIK_THREAD_HELPERS_H
#define LUNATIK_THREAD_HELPERS_H

#ifdef __cplusplus
extern "C" {
#endif

struct task_struct;

/** pid_alive(): it has not been reaped. Context: any. */
int lunatik_h_pid_alive(const struct task_struct *task);
/** task_cpu(): the CPU it runs on, or ran on last. Context: any. */
unsigned int lunatik_h_task_cpu(const struct task_struct *task);
/** Its command, at most 15 bytes and a zero; @size bytes of room. Returns the length. Context: any. */
unsigned long lunatik_h_task_command(const struct task_struct *task, char *command, unsigned long size);
/** task_pid_nr(), task_tgid_nr(): in the initial pid namespace. Context: any. */
int lunatik_h_task_pid(struct task_struct *task);
int lunatik_h_task_tgid(struct task_struct *task);

#ifdef __cplusplus
}
#endif

#endif
