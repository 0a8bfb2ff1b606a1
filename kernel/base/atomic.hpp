/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Atomic<T>: a word that more than one context reads and writes. The compiler's own atomics, so that the host's unit
 * tests and the kernel get the same code.
 */
#pragma once

namespace lunatik {

/// A word shared without a lock. Relaxed unless the name says otherwise.
template <class T>
class Atomic final {
public:
	constexpr Atomic() noexcept = default;
	constexpr explicit Atomic(T value) noexcept : value_(value) {}
	Atomic(const Atomic &) = delete;
	Atomic &operator=(const Atomic &) = delete;

	[[nodiscard]] T load() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
	[[nodiscard]] T load_acquire() const noexcept { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
	void store(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
	void store_release(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }
	/// Full barrier.
	T exchange(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_SEQ_CST); }
	/// Full barrier. Returns the value before.
	T fetch_add(T value) noexcept { return __atomic_fetch_add(&value_, value, __ATOMIC_SEQ_CST); }
	T fetch_sub(T value) noexcept { return __atomic_fetch_sub(&value_, value, __ATOMIC_SEQ_CST); }
	T fetch_or(T value) noexcept { return __atomic_fetch_or(&value_, value, __ATOMIC_SEQ_CST); }
	T fetch_and(T value) noexcept { return __atomic_fetch_and(&value_, value, __ATOMIC_SEQ_CST); }
	/// Counts without a locked instruction: only where one writer at a time is certain.
	void count() noexcept { store(load() + 1); }

private:
	T value_{};
};

} // namespace lunatik
