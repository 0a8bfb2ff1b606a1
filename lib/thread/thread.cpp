// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "thread": kernel threads that run the function a runtime's script returned. */
#include "lunatik.hpp"

#include "base/text.hpp"
#include "helpers.h"
#include "helpers/helpers.h"

inline void get(task_struct &task) noexcept { lunatik_h_get_task(&task); }
inline void put(task_struct &task) noexcept { lunatik_h_put_task(&task); }

namespace lunatik {

namespace {

constexpr std::size_t name_max = 63;

class Thread final {
public:
	static const lunatik_class_t info;

	/// `runtime` is the one whose thread the task is; none if it is some other task. `mine`: it was started for this object.
	Thread(Ref<task_struct> task, ObjectRef runtime, bool mine) noexcept
		: task_(std::move(task)), runtime_(std::move(runtime)), mine_(mine)
	{
	}
	/// Somebody closed it, or it has ended: while it runs it keeps a handle itself.
	void stop() noexcept
	{
		if (mine_)
			lunatik_endthread(runtime_.raw(), task_.raw(), nullptr);
	}
	/// Errors: EDEADLK, EINTR, ETIMEDOUT.
	Result<void> end(lunatik_object_t &by) noexcept
	{
		return Result<void>::from(lunatik_endthread(runtime_.raw(), task_.raw(), &by));
	}
	[[nodiscard]] bool of_a_runtime() const noexcept { return static_cast<bool>(runtime_); }
	[[nodiscard]] bool ended() const noexcept
	{
		if (runtime_ && !lunatik_threadruns(runtime_.raw(), task_.raw()))
			return true;
		return !lunatik_h_pid_alive(task_.raw());
	}
	[[nodiscard]] task_struct *task() const noexcept { return task_.raw(); }

private:
	Ref<task_struct> task_;
	ObjectRef runtime_;
	bool mine_;
};

bool is_thread_name(std::string_view name) noexcept
{
	for (char c : name) {
		if (static_cast<unsigned char>(c) < ' ' || c == 127)
			return false;
	}
	return !name.empty() && name.size() <= name_max;
}

// run(runtime, name) -> the thread, which has been woken. Errors: EBUSY, ENXIO, ENOMEM, EINTR. Source: kthread_run(). Context:
// process.
Result<void> run(New<Thread> slot, Caller &caller, RuntimeObject runtime, std::string_view name) noexcept
{
	if (!is_thread_name(name))
		return caller.fail("bad argument #2 to 'run' (1 to 63 bytes without control characters expected)");
	Name<name_max> thread_name(name);
	task_struct *task = nullptr;
	int error = lunatik_spawn(&runtime.object, &caller.runtime(), &caller.object(), thread_name.c_str(), &task);
	if (error == -EOPNOTSUPP)
		return caller.fail("bad argument #1 to 'run' (process runtime expected)");
	if (error == -ENOENT)
		return caller.fail("the script of the runtime has returned no function to run");
	if (error)
		return Error(error);
	slot.emplace(Ref<task_struct>::adopt(task), ObjectRef::share(runtime.object), true);
	return {};
}

// current() -> the thread that runs this script. Context: process.
Result<void> current(New<Thread> slot, Caller &caller) noexcept
{
	lunatik_object_t *owner = lunatik_threadowner(&caller.runtime());
	slot.emplace(Ref<task_struct>::share(*lunatik_h_current()), owner ? ObjectRef::share(*owner) : ObjectRef(), false);
	return {};
}

// shouldstop() -> whether the thread that runs this script is asked to end. Context: any.
Result<bool> should_stop(Caller &caller) noexcept
{
	return lunatik_shouldstop(&caller.runtime());
}

// stop(): ends the thread and waits for that. Errors: EDEADLK, EINTR, ETIMEDOUT. Context: process.
Result<void> stop(Thread &self, Caller &caller) noexcept
{
	if (!self.of_a_runtime())
		return caller.fail("this is not the thread of a script");
	return self.end(caller.runtime());
}

using Task = Record<Field<"cpu", unsigned>, Field<"command", std::string_view>, Field<"pid", int>, Field<"tgid", int>>;

// task() -> what the kernel knows about the thread. Errors: ESRCH, it has ended. Context: process.
Result<Task> task(Thread &self, Caller &caller) noexcept
{
	if (self.ended())
		return Error(ESRCH);
	task_struct *task = self.task();
	unsigned long length = lunatik_h_task_command(task, caller.scratch(), Caller::scratch_size);
	return Task(lunatik_h_task_cpu(task), std::string_view(caller.scratch(), length), lunatik_h_task_pid(task),
		    lunatik_h_task_tgid(task));
}

using Methods = Functions<Method<"stop", stop, LUNATIK_FUNCTION_SLEEPS>, Method<"task", task>>;
using Library = Functions<Constructor<"run", run, LUNATIK_FUNCTION_SLEEPS>, Constructor<"current", current, LUNATIK_FUNCTION_SLEEPS>,
			  LibraryFunction<"shouldstop", should_stop>>;

} // namespace

constinit const lunatik_class_t Thread::info = define_class<Thread, Methods>("thread", LUNATIK_OPT_NONE);

LUNATIK_LIBRARY(thread, Library, Classes<Thread>::list)

} // namespace lunatik
