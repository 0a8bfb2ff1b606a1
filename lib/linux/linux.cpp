// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The library "linux": random numbers, time, sleep, byte order, and constants of the kernel's headers. */
#include "lunatik.hpp"

#include "helpers.h"
#include "helpers/helpers.h"

namespace lunatik {

namespace {

using Unsigned = unsigned long long;

// A number below `limit`, each equally likely; 0 stands for 2^64.
Unsigned random_below(Unsigned limit) noexcept
{
	if (!limit)
		return lunatik_h_random_u64();
	// The high half of a 64 by 64 bit product is uniform once the few low halves that would favour some results are
	// refused; that happens less than once in two tries.
	Unsigned refused = (0 - limit) % limit;
	for (;;) {
		__extension__ unsigned __int128 product = lunatik_h_random_u64();
		product *= limit;
		if (static_cast<Unsigned>(product) >= refused)
			return static_cast<Unsigned>(product >> 64);
	}
}

// random() | random(n) | random(m, n). Source: get_random_u64(). Context: any.
Result<Integer> random(Caller &caller, std::optional<Integer> m, std::optional<Integer> n) noexcept
{
	if (!m)
		return static_cast<Integer>(lunatik_h_random_u64());
	Integer low = n ? *m : 1;
	Integer high = n ? *n : *m;
	// As math.random(): zero asks for all bits.
	if (!n && !*m)
		return static_cast<Integer>(lunatik_h_random_u64());
	if (low > high)
		return caller.fail(n ? "bad argument #2 to 'random' (interval is empty)"
				     : "bad argument #1 to 'random' (interval is empty)");
	return static_cast<Integer>(static_cast<Unsigned>(low) +
				    random_below(static_cast<Unsigned>(high) - static_cast<Unsigned>(low) + 1));
}

// time() -> nanoseconds since the epoch. Source: ktime_get_real_ns(). Context: any but NMI.
Result<Integer> time() noexcept
{
	return static_cast<Integer>(lunatik_h_ktime_get_real_ns());
}

// difftime(t2, t1) -> t2 - t1, both of time().
Result<Integer> difftime(Integer t2, Integer t1) noexcept
{
	return static_cast<Integer>(static_cast<Unsigned>(t2) - static_cast<Unsigned>(t1));
}

// schedule([milliseconds [, state]]) -> milliseconds left. Source: schedule_timeout(). Context: process.
// `lunatik stop`, thread:stop() and Ctrl-C end it early whatever the state.
Result<Integer> schedule(Caller &caller, std::optional<Integer> milliseconds, std::optional<Integer> state) noexcept
{
	Integer wanted = state.value_or(lunatik_h_task_interruptible());
	bool known = false;
	for (const lunatik_constant *task = lunatik_linux_task; task->name; task++)
		known = known || task->value == wanted;
	if (!known)
		return caller.fail("bad argument #2 to 'schedule' (a state of linux.task expected)");
	if (milliseconds && *milliseconds < 0)
		return caller.fail("bad argument #1 to 'schedule' (milliseconds cannot be negative)");
	constexpr Integer longest = std::numeric_limits<int>::max();
	long left = lunatik_sleep(&caller.runtime(), milliseconds ? static_cast<long>(*milliseconds < longest ? *milliseconds : longest) : -1,
				  static_cast<unsigned>(wanted));
	return static_cast<Integer>(left < 0 ? 0 : left);
}

// Byte order: the low bits of the argument, swapped if the two orders differ. Source: asm/byteorder.h. Context: any.
template <auto Swap>
Result<Integer> swapped(Integer value) noexcept
{
	using Word = decltype(Swap(0));
	return static_cast<Integer>(Swap(static_cast<Word>(value)));
}


#define BE(bits) swapped<lunatik_h_cpu_to_be##bits>
#define LE(bits) swapped<lunatik_h_cpu_to_le##bits>
#define CONVERSIONS(bits) \
	LibraryFunction<"hton" #bits, BE(bits)>, LibraryFunction<"ntoh" #bits, BE(bits)>, \
	LibraryFunction<"htobe" #bits, BE(bits)>, LibraryFunction<"be" #bits "toh", BE(bits)>, \
	LibraryFunction<"htole" #bits, LE(bits)>, LibraryFunction<"le" #bits "toh", LE(bits)>

using Library = Functions<LibraryFunction<"random", random>, LibraryFunction<"time", time>, LibraryFunction<"difftime", difftime>,
			  LibraryFunction<"schedule", schedule, LUNATIK_FUNCTION_SLEEPS>, CONVERSIONS(16), CONVERSIONS(32),
			  CONVERSIONS(64)>;

const lunatik_constants constants[] = {
	{ "stat", lunatik_linux_stat },
	{ "task", lunatik_linux_task },
	{ "errno", lunatik_linux_errno },
	{ nullptr, nullptr },
};

} // namespace

LUNATIK_LIBRARY(linux, Library, nullptr, constants)

} // namespace lunatik
