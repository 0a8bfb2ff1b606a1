// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "completion": one runtime says that something is done, another waits for it. */
#include "lunatik.hpp"

#include "base/atomic.hpp"
#include "helpers.h"
#include "helpers/sync.hpp"

namespace lunatik {

namespace {

class Completion final {
public:
	static const lunatik_class_t info;

	Completion() noexcept { lunatik_h_init_completion(completion_.address()); }
	/// Somebody closed it: nobody shall wait any more for what cannot come.
	void stop() noexcept
	{
		closed_.store_release(true);
		complete_all();
	}
	void complete() noexcept { lunatik_h_complete(completion_.address()); }
	void complete_all() noexcept { lunatik_h_complete_all(completion_.address()); }
	[[nodiscard]] bool closed() const noexcept { return closed_.load_acquire(); }
	/// Those of lunatik_wait().
	[[nodiscard]] long wait(lunatik_object_t &runtime, long milliseconds) noexcept
	{
		return lunatik_wait(&runtime, lunatik_h_completion_queue(completion_.address()), &taken, completion_.address(),
				    milliseconds, lunatik_h_task_interruptible());
	}

private:
	static int taken(void *completion) noexcept { return lunatik_h_try_wait_for_completion(completion); }

	Opaque<LUNATIK_SIZEOF_COMPLETION> completion_;
	Atomic<bool> closed_{ false };
};

// new() -> a completion that nobody has signalled. Context: any.
Result<void> create(New<Completion> slot) noexcept
{
	slot.emplace();
	return {};
}

// complete(): lets one wait() through, now or later. Source: complete(). Context: any.
Result<void> complete(Completion &self) noexcept
{
	self.complete();
	return {};
}

// complete_all(): lets every wait() through from now on. Source: complete_all(). Context: any.
Result<void> complete_all(Completion &self) noexcept
{
	self.complete_all();
	return {};
}

// wait([milliseconds]) -> true, or nil and "timeout" or "interrupt". Errors: EBADF, closed meanwhile. Context: process.
Result<OrReason<bool>> wait(Completion &self, Caller &caller,
			    std::optional<Within<0, std::numeric_limits<Integer>::max()>> milliseconds) noexcept
{
	// schedule_timeout() counts no further.
	constexpr Integer longest = std::numeric_limits<int>::max();
	Integer wanted = !milliseconds ? -1 : Integer{ *milliseconds } < longest ? Integer{ *milliseconds } : longest;
	long left = self.wait(caller.runtime(), static_cast<long>(wanted));
	if (self.closed())
		return Error(EBADF);
	if (left > 0)
		return OrReason<bool>(true);
	return OrReason<bool>::none(!left ? "timeout" : left == -EINTR ? "interrupt" : "unknown");
}

using Methods = Functions<Method<"complete", complete>, Method<"complete_all", complete_all>,
			  Method<"wait", wait, LUNATIK_FUNCTION_SLEEPS>>;
using Library = Functions<Constructor<"new", create>>;

} // namespace

// The kernel's completion has a lock of its own, which disables interrupts: the object's is not used.
constinit const lunatik_class_t Completion::info = define_class<Completion, Methods>("completion", LUNATIK_OPT_HARDIRQ);

LUNATIK_LIBRARY(completion, Library, Classes<Completion>::list)

} // namespace lunatik
