/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Ref<T>: owns one reference of something that counts its own. The count belongs to the thing (the kernel's, or our
 * objects'); Ref only pairs every get with its put.
 */
#pragma once

#include <utility>

namespace lunatik {

/// Owns one reference to a T, or none. T says how through the free functions `get(T &)` and `put(T &)`.
template <class T>
class [[nodiscard]] Ref final {
public:
	constexpr Ref() noexcept = default;
	Ref(Ref &&other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
	Ref &operator=(Ref &&other) noexcept
	{
		if (this != &other) {
			reset();
			target_ = std::exchange(other.target_, nullptr);
		}
		return *this;
	}
	Ref(const Ref &) = delete;
	Ref &operator=(const Ref &) = delete;
	~Ref() { reset(); }

	/// Takes over a reference the caller holds already.
	static Ref adopt(T *target) noexcept
	{
		Ref ref;
		ref.target_ = target;
		return ref;
	}
	/// Takes a reference of its own.
	static Ref share(T &target) noexcept
	{
		get(target);
		return adopt(&target);
	}

	void reset() noexcept
	{
		if (T *target = std::exchange(target_, nullptr))
			put(*target);
	}
	/// Gives the reference away: the caller must put it.
	[[nodiscard]] T *release() noexcept { return std::exchange(target_, nullptr); }

	[[nodiscard]] explicit operator bool() const noexcept { return target_ != nullptr; }
	[[nodiscard]] T *raw() const noexcept { return target_; }
	T &operator*() const noexcept { return *target_; }
	T *operator->() const noexcept { return target_; }

private:
	T *target_ = nullptr;
};

} // namespace lunatik
