/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The C++ core's view of the kernel: kernel headers do not compile as C++, so each kernel function it needs has a flat C
 * function here, lunatik_h_<its name>, with no policy of its own. One .c file for each kernel header. Contexts and locks
 * are those of the kernel function behind each.
 *
 * Opaque kernel structures live in storage whose size sizes.h takes from the kernel being built for.
 */
#ifndef LUNATIK_HELPERS_H
#define LUNATIK_HELPERS_H

#ifdef __cplusplus
extern "C" {
#endif

struct task_struct;
struct net;
struct file;
struct module;

typedef __SIZE_TYPE__ lunatik_h_size;

/* ---- slab.h, mm.h, vmalloc.h: memory; @atomic picks GFP_ATOMIC; never warns, NULL when there is none ---- */
void *lunatik_h_kmalloc(lunatik_h_size size, int atomic);
void lunatik_h_kfree(const void *memory);
void *lunatik_h_kvmalloc(lunatik_h_size size, int atomic);	/* atomic: at most what kmalloc gives */
void *lunatik_h_kvzalloc(lunatik_h_size size, int atomic);
void lunatik_h_kvfree(const void *memory);
/* What may hold what an earlier block of this kind held: for those who write all that anybody reads. */
void *lunatik_h_block(lunatik_h_size size, int atomic);
void lunatik_h_freeblock(void *block, lunatik_h_size size);
void *lunatik_h_page(int atomic);	/* one page, aligned to its size */
void lunatik_h_freepage(void *page);
void lunatik_h_copy_page(void *to, const void *from);
int lunatik_h_memory_init(void);
void lunatik_h_memory_exit(void);

/**
 * Makes the @nth allocation of the calling task from now on fail, and every one after it, here and in the runtimes'
 * pools; 0 ends that. For the tests: one task at a time, -EBUSY otherwise.
 */
int lunatik_h_fail_allocation(unsigned long nth);
/** Nonzero while that is on for any task; then lunatik_h_should_fail() says whether this one fails. */
extern int lunatik_h_failing;
int lunatik_h_should_fail(void);

/* The core's own locks: lockdep follows each kind by itself. */
enum lunatik_h_key {
	LUNATIK_H_REGISTRY,
	LUNATIK_H_SESSION,
	LUNATIK_H_SESSION_INPUT,
	LUNATIK_H_SESSION_OUTPUT,
	LUNATIK_H_RUNTIMES,
	LUNATIK_H_ENDINGS,
	LUNATIK_H_TABLE,
	LUNATIK_H_TABLES,
	LUNATIK_H_JOURNAL,
	LUNATIK_H_STATES,
	LUNATIK_H_KEYS,
};

/* ---- mutex.h, spinlock.h: the lock of an object, by context (0 process, 1 softirq, 2 hardirq) ---- */
void lunatik_h_lock_init(void *lock, int context);
/** Says that it is a runtime's: lockdep then knows that those of the objects its script uses are taken inside it. */
void lunatik_h_lock_of_runtime(void *lock, int context);
void lunatik_h_lock_destroy(void *lock, int context);
/** Locks. Process: killable by signals unless @uninterruptible, then returns -EINTR; @depth is lockdep's nesting. */
int lunatik_h_lock(void *lock, int context, int uninterruptible, int depth, unsigned long *flags);
int lunatik_h_trylock(void *lock);	/* a process lock; nonzero when it has it */
/** Waits for a process lock for @milliseconds at most: -ETIMEDOUT then; and, if @interruptible, until a signal: -EINTR. */
int lunatik_h_lock_briefly(void *lock, unsigned int milliseconds, int interruptible);
void lunatik_h_unlock(void *lock, int context, unsigned long flags);

/** A raw spinlock with interrupts off: short critical sections of the core itself. */
void lunatik_h_spin_init(void *lock, enum lunatik_h_key key);
unsigned long lunatik_h_spin_lock_irqsave(void *lock);
void lunatik_h_spin_unlock_irqrestore(void *lock, unsigned long flags);
/** A mutex of the core itself. */
void lunatik_h_mutex_init(void *mutex, enum lunatik_h_key key);
void lunatik_h_mutex_lock(void *mutex);
int lunatik_h_mutex_lock_interruptible(void *mutex);	/* 0 or -EINTR */
void lunatik_h_mutex_unlock(void *mutex);

/* ---- refcount.h ---- */
void lunatik_h_refcount_set(unsigned int *count, unsigned int value);
void lunatik_h_refcount_inc(unsigned int *count);
int lunatik_h_refcount_inc_not_zero(unsigned int *count);
int lunatik_h_refcount_dec_and_test(unsigned int *count);

/* ---- rcupdate.h ---- */
void lunatik_h_rcu_read_lock(void);
void lunatik_h_rcu_read_unlock(void);
void lunatik_h_rcu_read_lock_sched(void);	/* the same without preemption, for a few instructions */
void lunatik_h_rcu_read_unlock_sched(void);
void lunatik_h_rcu_barrier(void);
/** Runs @release on @node (three words of the caller) when no reader of now is left, in softirq context. Context: any but NMI. */
void lunatik_h_call_rcu(void **node, void (*release)(void **node));

/* ---- sched.h, preempt.h, stack ---- */
struct task_struct *lunatik_h_current(void);
unsigned long long lunatik_h_task_time(void);	/* nanoseconds this task has run, as of the last tick */
int lunatik_h_pid(struct task_struct *task);	/* in the initial pid namespace */
int lunatik_h_tgid(struct task_struct *task);
void lunatik_h_cond_resched(void);
int lunatik_h_fatal_signal_pending(void);	/* this task is about to die of a signal; process context */
int lunatik_h_preemptible_sleep(void);	/* sleeping is legal here: task context, nothing held that forbids it */
int lunatik_h_irqs_disabled(void);
int lunatik_h_is_kthread(void);
int lunatik_h_cpu(void);
unsigned int lunatik_h_cpus(void);	/* nr_cpu_ids */
int lunatik_h_next_cpu(int cpu);	/* the possible CPU after that one, -1 before the first; -1 behind the last */
/** Where the calling code runs, gathered in one call: every entry into a runtime needs all of it. */
struct lunatik_h_place {
	struct task_struct *task;	/* the current one, in an interrupt the one it interrupted */
	unsigned long stack_pointer;
	unsigned long stack_left;	/* bytes to the end of the stack it is on, a safe guess on an interrupt stack */
	int may_sleep;			/* as lunatik_h_preemptible_sleep() */
};
void lunatik_h_here(struct lunatik_h_place *place);
/** Where the calling code runs, in registers: for the short ways into a runtime. */
struct lunatik_h_locked {
	struct task_struct *task;	/* as lunatik_h_here()'s; NULL: it is not locked */
	long limit;			/* the lowest address of the stack that may be used; or a negative errno */
};
/** Of a limit: bottom halves, or interrupts, were on, which the unlocking wants to know. */
#define LUNATIK_H_DISABLED 1
/**
 * Takes the spinning lock of a softirq runtime for an event of the kernel, and says where its stack ends: @most bytes of it at most,
 * and so that @reserve are left below. -EDEADLK in a hard or non-maskable interrupt, and where this CPU is inside a spinning lock
 * of ours already, since waiting might not end then; -EOVERFLOW with less than @least bytes above those.
 */
struct lunatik_h_locked lunatik_h_lock_softirq(void *lock, unsigned long reserve, unsigned long least, unsigned long most);
void lunatik_h_unlock_softirq(void *lock, long limit);
/**
 * The same of a hardirq runtime, with interrupts off: an event may come in a hard interrupt, and below a softirq runtime's lock.
 * -ETIMEDOUT after 20 milliseconds: it may come below a spinning lock of the kernel's that whoever is inside waits for.
 */
struct lunatik_h_locked lunatik_h_lock_hardirq(void *lock, unsigned long reserve, unsigned long least, unsigned long most);
void lunatik_h_unlock_hardirq(void *lock, long limit);
/** The same without a lock, where it may sleep: a task of NULL where it may not, or has too little stack. */
struct lunatik_h_locked lunatik_h_sleeper(unsigned long reserve, unsigned long least, unsigned long most);
/** The lock of a process runtime: 0, or -EINTR on a signal. */
int lunatik_h_lock_process(void *lock);
/** A signal to one of our threads was only to wake it: it goes. */
void lunatik_h_unlock_process(void *lock);

/* ---- kthread.h ---- */
typedef int (*lunatik_h_thread)(void *argument);
/** Makes a stopped thread that accepts SIGTERM and owns a reference to this module; NULL and @error on failure. */
struct task_struct *lunatik_h_kthread_create(lunatik_h_thread function, void *argument, const char *name, int *error);
void lunatik_h_wake_up_process(struct task_struct *task);
void lunatik_h_get_task(struct task_struct *task);
void lunatik_h_put_task(struct task_struct *task);
/** Wakes a task that sleeps interruptibly: with SIGTERM for one of our threads, harmless for any other. */
void lunatik_h_interrupt_task(struct task_struct *task);
/** True while the scheduler runs the task, or would: it waits for nothing. The task must not have been freed. */
int lunatik_h_is_running(const struct task_struct *task);
int lunatik_h_is_exiting(void);	/* the calling task is on its way out */
/** Drops what lunatik_h_interrupt_task() left pending for the calling thread of ours. */
void lunatik_h_flush_signals(void);

/* ---- wait.h ---- */
void lunatik_h_waitqueue_init(void *waitqueue);
void lunatik_h_wake_up(void *waitqueue);
typedef int (*lunatik_h_condition)(void *argument);
/**
 * Sleeps until @condition(@argument), a wake up with it true, @milliseconds passed (negative: no limit) or, if
 * @interruptible, a signal. Returns the milliseconds left (at least 1) if the condition holds, 0 on time-out, -EINTR.
 */
long lunatik_h_wait(void *waitqueue, lunatik_h_condition condition, void *argument, long milliseconds, int interruptible);
/**
 * The same with the task state of <linux/sched.h> given; returns also when woken by a signal the state allows. @also is a
 * second queue, a struct swait_queue_head that can be woken from hard interrupts, or NULL.
 */
long lunatik_h_wait_state(void *waitqueue, void *also, lunatik_h_condition condition, void *argument, long milliseconds,
			  unsigned int state);

/* ---- ktime.h, hrtimer.h ---- */
unsigned long long lunatik_h_ktime_get_ns(void);
void lunatik_h_msleep(unsigned int milliseconds);	/* process context */
unsigned long long lunatik_h_ktime_get_real_ns(void);
unsigned long long lunatik_h_fast_real_clock(void);	/* the time of day, any context */
unsigned long long lunatik_h_fast_clock(void);	/* any context, NMI too; goes on while interrupts are off */
/** A hard-interrupt timer that calls @tick every @period ns for as long as it returns nonzero. */
void lunatik_h_timer_init(void *timer, int (*tick)(void *argument), void *argument);
void lunatik_h_timer_start(void *timer, unsigned long long period);
void lunatik_h_timer_cancel(void *timer);	/* returns when it does not run */

/* ---- workqueue.h, llist.h: release in process context ---- */
/** Runs @release on @node (two words of the caller, free for its use until then) soon, in process context. Any context, any number of callers. */
void lunatik_h_defer(void **node, void (*release)(void **node));
/** Waits until everything deferred so far has run. Process context. */
void lunatik_h_defer_flush(void);
int lunatik_h_defer_init(void);
void lunatik_h_defer_exit(void);

/* ---- irq_work.h: telling of something new, from any context ---- */
/** From now on lunatik_h_notice() has @look called soon, in process context, one at a time. */
void lunatik_h_notice_init(void (*look)(void));
/** Context: any. Does nothing unless somebody looks. */
void lunatik_h_notice(void);
void lunatik_h_notice_exit(void);	/* waits for @look; process context */

/* ---- printk.h, ratelimit.h ---- */
/* Where interrupts are off these two print soon, not now: any context is fine. */
void lunatik_h_info(const char *text, lunatik_h_size size, const char *name);	/* "lunatik: name: text" */
void lunatik_h_error(const char *text, lunatik_h_size size, const char *name);
void lunatik_h_print_exit(void);	/* waits for that; process context */
void lunatik_h_objects_left(long count);
void lunatik_h_ratelimit_init(void *ratelimit, int lines_per_second);
int lunatik_h_ratelimit(void *ratelimit);
int lunatik_h_snprintf(char *buffer, lunatik_h_size size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lunatik_h_bug(const char *what);

/* ---- random.h ---- */
unsigned long long lunatik_h_random_u64(void);

/* ---- siphash.h ---- */
unsigned int lunatik_h_hsiphash(const void *data, lunatik_h_size size, const unsigned long long key[2]);

/* ---- verification.h, security.h ---- */
/* Whether only signed scripts may run: the parameter require_signature, or lockdown. */
int lunatik_h_signature_required(void);
/* Bytes that a signed script ends with. */
enum { lunatik_h_signature_mark = 28 };
/* Bytes of the text before the signature; -ENODATA without one, -EBADMSG if it makes no sense. Reads no key. */
long lunatik_h_signed_text(const char *script, lunatik_h_size size);
/* The same once the signature is found good; -ENOKEY, -EKEYREJECTED, -ENOPKG, -ENOMEM. May sleep. */
long lunatik_h_verify(const char *script, lunatik_h_size size);
int lunatik_h_signature_init(void);
void lunatik_h_signature_exit(void);

/* ---- fs.h: files for require() and scripts ---- */
/* A regular file, read only, as init would open it, whoever calls. Process context. */
struct file *lunatik_h_filp_open(const char *name, int *error);
long lunatik_h_kernel_read(struct file *file, void *buffer, lunatik_h_size size, long long *position);
long long lunatik_h_file_size(struct file *file);
void lunatik_h_filp_close(struct file *file);
/* Whether init finds something of that name, a symbolic link too: 0, or -ENOENT, -ENOMEM and what else keeps it from looking. Process context. */
int lunatik_h_look_for(const char *name);

/* ---- module.h, kmod.h ---- */
int lunatik_h_request_module(const char *name);			/* "lunatik:<name>" */
void *lunatik_h_symbol_get(const char *symbol);			/* pins its module */
void lunatik_h_symbol_put(const char *symbol);
int lunatik_h_try_module_get(struct module *module);
void lunatik_h_module_put(struct module *module);

/* ---- net_namespace.h ---- */
struct net *lunatik_h_current_net(void);	/* with a reference */
struct net *lunatik_h_init_net(void);		/* with a reference */
void lunatik_h_put_net(struct net *net);
/** Keeps the memory of a namespace, but not the namespace: it may go. The caller has a reference, or another of these. */
void lunatik_h_keep_net(struct net *net);
void lunatik_h_unkeep_net(struct net *net);
/**
 * Has a worker call @gone for each namespace that goes, before anything in it does, and for all there are at lunatik_h_pernet_exit(). The
 * namespace waits for it, but no longer than @milliseconds; its memory stays until @gone returns. 0 or -ENOMEM. Process context.
 */
int lunatik_h_pernet_init(void (*gone)(struct net *net), unsigned int milliseconds);
/** Returns when no call of @gone runs. Process context. */
void lunatik_h_pernet_exit(void);
unsigned int lunatik_h_net_inode(struct net *net);
/** A number that no other namespace has, nor will have: inode numbers come again. */
unsigned long long lunatik_h_net_cookie(struct net *net);

/* ---- errno ---- */
/** "EAGAIN" for 11; NULL for a number without a name. */
const char *lunatik_h_errname(int error);

/* ---- cpufeature.h ---- */
int lunatik_h_retpolines(void);	/* indirect jumps of this module are retpolines now */

/* ---- uaccess.h ---- */
int lunatik_h_copy_to_user(void *to, const void *from, lunatik_h_size size);
/* The same, but fails instead of waiting for a page: for use under a lock. */
int lunatik_h_copy_to_user_nofault(void *to, const void *from, lunatik_h_size size);
int lunatik_h_copy_from_user(void *to, const void *from, lunatik_h_size size);
int lunatik_h_copy_from_user_nofault(void *to, const void *from, lunatik_h_size size);

#ifdef __cplusplus
}
#endif

#endif
