// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A class in C++: queue, a bounded queue of integers (the ring of ../c). Its methods are plain functions: what they take and
 * give says what scripts must pass and what they get, and no Lua error can jump over them. queue.lua uses all of it.
 */
#include <lunatik.hpp>

using namespace lunatik;

namespace {

constexpr Integer size_max = 65536;

class Queue final {
public:
	static const lunatik_class_t info;

	Queue(Bytes values, std::size_t size) noexcept : values_(values.release()), size_(size) {}
	Queue(const Queue &) = delete;
	Queue &operator=(const Queue &) = delete;
	~Queue() { lunatik_freebytes(values_); }

	/// Errors: ENOSPC.
	Result<void> push(Integer value) noexcept
	{
		if (count_ == size_)
			return Error(ENOSPC);
		at(count_++) = value;
		return {};
	}
	/// Errors: ENODATA.
	Result<Integer> pop() noexcept
	{
		if (!count_)
			return Error(ENODATA);
		Integer value = at(0);
		first_ = (first_ + 1) % size_;
		count_--;
		return value;
	}
	[[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
	Integer &at(std::size_t i) noexcept
	{
		// SAFETY: the memory holds size_ integers and is aligned for any type.
		return reinterpret_cast<Integer *>(values_)[(first_ + i) % size_];
	}

	char *values_;
	std::size_t size_, first_ = 0, count_ = 0;
};

// new{size = 16}: charged to the runtime. Errors: ENOMEM.
Result<void> create(New<Queue> slot, Caller &caller, Table, Field<"size", std::optional<Within<1, size_max>>> size) noexcept
{
	auto count = static_cast<std::size_t>(*size ? (*size)->value : 16);
	auto values = TRY(Bytes::allocate(caller.runtime(), count * sizeof(Integer)));
	slot.emplace(std::move(values), count);
	return {};
}

// push(value): raises "ENOSPC" when it is full.
Result<void> push(Queue &self, Integer value) noexcept
{
	return self.push(value);
}

// pop() -> value, values left: raises "ENODATA" when it is empty.
Result<std::tuple<Integer, std::size_t>> pop(Queue &self) noexcept
{
	Integer value = TRY(self.pop());
	return std::tuple(value, self.count());
}

// #q: how many values it holds.
Result<std::size_t> length(Queue &self) noexcept
{
	return self.count();
}

using Methods = Functions<Method<"push", push>, Method<"pop", pop>, Method<"__len", length>, Stop<"close", Queue>>;
using Library = Functions<Constructor<"new", create>>;

} // namespace

// Monitored: methods take the object's lock, for queues that several runtimes share.
constinit const lunatik_class_t Queue::info = define_class<Queue, Methods>("queue", LUNATIK_OPT_MONITOR);

LUNATIK_LIBRARY(queue, Library, Classes<Queue>::list)
