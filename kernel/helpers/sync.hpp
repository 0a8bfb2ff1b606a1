/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel's locks and wait queues as C++ types. The type of a guard says what it does to the CPU.
 */
#pragma once

#include "helpers.h"
#include "sizes.h"

namespace lunatik {

/// Storage for a kernel structure that only C helpers look into.
template <unsigned long Size>
class Opaque {
public:
	// SAFETY: Size is the kernel's own sizeof for the structure the helpers take this for.
	[[nodiscard]] void *address() noexcept { return bytes_; }

private:
	alignas(8) unsigned char bytes_[Size ? Size : 1];
};

/// A mutex of the core. Context: process, may sleep. init() before use: there are no static constructors.
class Mutex final {
public:
	void init(lunatik_h_key key) noexcept { lunatik_h_mutex_init(mutex_.address(), key); }
	/// 0, or -EINTR on a signal.
	[[nodiscard]] int lock_interruptible() noexcept { return lunatik_h_mutex_lock_interruptible(mutex_.address()); }
	void lock() noexcept { lunatik_h_mutex_lock(mutex_.address()); }
	void unlock() noexcept { lunatik_h_mutex_unlock(mutex_.address()); }

private:
	Opaque<LUNATIK_SIZEOF_MUTEX> mutex_;
};

/// A raw spinlock taken with interrupts off. Context: any but NMI.
class IrqSpinlock final {
public:
	void init(lunatik_h_key key) noexcept { lunatik_h_spin_init(lock_.address(), key); }
	[[nodiscard]] unsigned long lock() noexcept { return lunatik_h_spin_lock_irqsave(lock_.address()); }
	void unlock(unsigned long flags) noexcept { lunatik_h_spin_unlock_irqrestore(lock_.address(), flags); }

private:
	Opaque<LUNATIK_SIZEOF_SPIN> lock_;
};

/// Holds a Mutex for a scope.
class [[nodiscard]] MutexGuard final {
public:
	explicit MutexGuard(Mutex &mutex) noexcept : mutex_(mutex) { mutex_.lock(); }
	~MutexGuard() { mutex_.unlock(); }
	MutexGuard(const MutexGuard &) = delete;
	MutexGuard &operator=(const MutexGuard &) = delete;

private:
	Mutex &mutex_;
};

/// Holds an IrqSpinlock, and interrupts off, for a scope.
class [[nodiscard]] IrqGuard final {
public:
	explicit IrqGuard(IrqSpinlock &lock) noexcept : lock_(lock), flags_(lock.lock()) {}
	~IrqGuard() { lock_.unlock(flags_); }
	IrqGuard(const IrqGuard &) = delete;
	IrqGuard &operator=(const IrqGuard &) = delete;

private:
	IrqSpinlock &lock_;
	unsigned long flags_;
};

/// A read-side critical section of RCU for a scope.
class [[nodiscard]] RcuGuard final {
public:
	RcuGuard() noexcept { lunatik_h_rcu_read_lock(); }
	~RcuGuard() { lunatik_h_rcu_read_unlock(); }
	RcuGuard(const RcuGuard &) = delete;
	RcuGuard &operator=(const RcuGuard &) = delete;
};

/// The same for a few instructions, without preemption: grace periods wait for that too.
class [[nodiscard]] RcuSchedGuard final {
public:
	RcuSchedGuard() noexcept { lunatik_h_rcu_read_lock_sched(); }
	~RcuSchedGuard() { lunatik_h_rcu_read_unlock_sched(); }
	RcuSchedGuard(const RcuSchedGuard &) = delete;
	RcuSchedGuard &operator=(const RcuSchedGuard &) = delete;
};

/// Where tasks sleep until something becomes true.
class WaitQueue final {
public:
	void init() noexcept { lunatik_h_waitqueue_init(queue_.address()); }
	/// The kernel's wait_queue_head_t.
	[[nodiscard]] void *address() noexcept { return queue_.address(); }
	/// Context: any. Wakes every sleeper; each looks at its condition again.
	void wake() noexcept { lunatik_h_wake_up(queue_.address()); }
	/// Sleeps until `condition()`; see lunatik_h_wait(). Context: process, may sleep.
	template <class Condition>
	long wait(Condition &condition, long milliseconds, bool interruptible) noexcept
	{
		return lunatik_h_wait(queue_.address(), &check<Condition>, &condition, milliseconds, interruptible);
	}
	/// The same in a given task state, and in a second queue unless that is null; see lunatik_h_wait_state().
	template <class Condition>
	long wait_state(Condition &condition, long milliseconds, unsigned state, void *also = nullptr) noexcept
	{
		return lunatik_h_wait_state(queue_.address(), also, &check<Condition>, &condition, milliseconds, state);
	}

private:
	template <class Condition>
	static int check(void *condition) noexcept
	{
		// SAFETY: wait() passes the address of its own Condition.
		return (*static_cast<Condition *>(condition))();
	}
	Opaque<LUNATIK_SIZEOF_WAITQUEUE> queue_;
};

/// Lets a bounded number of log lines pass each second.
class RateLimit final {
public:
	void init(int lines_per_second) noexcept { lunatik_h_ratelimit_init(state_.address(), lines_per_second); }
	[[nodiscard]] bool pass() noexcept { return lunatik_h_ratelimit(state_.address()); }

private:
	Opaque<LUNATIK_SIZEOF_RATELIMIT> state_;
};

} // namespace lunatik
