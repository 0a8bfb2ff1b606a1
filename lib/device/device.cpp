// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The class "device": character devices whose file operations are functions of a Lua table. */
#include "lunatik.hpp"

#include "base/text.hpp"
#include "helpers.h"
#include "helpers/helpers.h"

namespace lunatik {

namespace {

// A write(2) takes at most this much at once; the rest is the next write's, as with any device. Every writer that waits for
// the runtime has that much in memory of nobody's account.
constexpr unsigned long write_max = 64UL << 10;

class Device final {
public:
	static const lunatik_class_t info;

	Device(ObjectRef runtime) noexcept : runtime_(std::move(runtime)) {}

	/// Errors: those of lunatik_h_device_add().
	Result<void> add(lunatik_object_t &object, const char *name, unsigned mode) noexcept
	{
		minor_ = TRY(checked<int>(lunatik_h_device_add(&object, name, mode)));
		return {};
	}
	/// The last handle is gone, or the script said stop: open files get ENXIO from here on.
	void stop() noexcept
	{
		if (minor_ >= 0)
			lunatik_h_device_remove(std::exchange(minor_, -1));
	}
	[[nodiscard]] lunatik_object_t &runtime() const noexcept { return *runtime_; }

	/// The device behind a file's object.
	[[nodiscard]] static Device &of(lunatik_object_t &object) noexcept
	{
		// SAFETY: files hold objects of this class only; their storage lives as long as they do.
		return *static_cast<Device *>(object.private_);
	}

private:
	ObjectRef runtime_;
	int minor_ = -1;
};

bool is_file_name(std::string_view name) noexcept
{
	// '!' stands for '/' in the names of devices.
	return !name.empty() && name.size() <= 63 && name != "." && name != ".." &&
	       name.find_first_of(std::string_view("/!\0", 3)) == name.npos;
}

// new(driver): see docs/api/device.md. Context: process. Errors: EEXIST, ENOSPC, ENOMEM.
Result<void> create(New<Device> slot, Caller &caller, Table, Field<"name", std::string_view> name,
		    Field<"mode", std::optional<Integer>> mode) noexcept
{
	if (!is_file_name(*name))
		return caller.fail("bad field 'name' in argument #1 to 'new' (1 to 63 characters, without '/' and '!', expected)");
	auto &device = slot.emplace(ObjectRef::share(caller.runtime()));
	Name<63> path(*name);
	auto added = device.add(caller.object(), path.c_str(), static_cast<unsigned>(mode->value_or(0600)) & 0777);
	if (!added)
		device.~Device();
	return added;
}

using Methods = Functions<Stop<"stop", Device>, Stop<"delete", Device>>;
using Library = Functions<Constructor<"new", create,
				      LUNATIK_FUNCTION_SLEEPS | LUNATIK_FUNCTION_PIN | LUNATIK_FUNCTION_EXACT>>;

/// Memory between a task's and the runtime's.
class Bounce final {
public:
	Bounce() noexcept = default;
	Bounce(const Bounce &) = delete;
	Bounce &operator=(const Bounce &) = delete;
	~Bounce()
	{
		if (data_) [[unlikely]]
			lunatik_h_kvfree(data_);
	}
	[[nodiscard]] bool allocate(unsigned long size) noexcept
	{
		// SAFETY: memory of that size, or none.
		data_ = static_cast<char *>(lunatik_h_kvmalloc(size ? size : 1, 0));
		return data_ != nullptr;
	}
	[[nodiscard]] bool fill(const char *bytes, unsigned long size) noexcept
	{
		if (!allocate(size))
			return false;
		__builtin_memcpy(data_, bytes, size);
		return true;
	}
	[[nodiscard]] char *data() noexcept { return data_; }

private:
	char *data_ = nullptr;
};

/// Runs one callback of the driver table and looks at its results while they are there.
template <class Look>
long callback(lunatik_object_t &object, unsigned flags, lunatik_callback &call, Look look) noexcept
{
	call.object = &object;
	auto entry = Entry::enter_and_run(Device::of(object).runtime(), call, flags);
	if (!entry) [[unlikely]]
		return entry.error().negative();
	return look(call);
}

void set_integer(lunatik_value &argument, Integer value) noexcept
{
	argument.kind = LUNATIK_INTEGER;
	argument.integer = value;
}

// What the callback says the offset is now, or what it would be by itself.
long long next_offset(const lunatik_value &result, long long otherwise) noexcept
{
	return result.kind == LUNATIK_INTEGER ? result.integer : otherwise;
}

} // namespace

constinit const lunatik_class_t Device::info = define_class<Device, Methods>("device", LUNATIK_OPT_SINGLE);

LUNATIK_LIBRARY(device, Library, Classes<Device>::list)

} // namespace lunatik

using namespace lunatik;

// A driver without open or release has nothing to do then; without read or write it has no such operation.
int lunatik_device_open(lunatik_object_t *object)
{
	__attribute__((uninitialized)) lunatik_callback call;
	call.field = "open";
	call.argument_count = 0;
	call.result_count = 0;
	long result = callback(*object, 0, call, [](lunatik_callback &) { return 0L; });
	return result == -ENOENT ? 0 : static_cast<int>(result);
}

void lunatik_device_release(lunatik_object_t *object)
{
	__attribute__((uninitialized)) lunatik_callback call;
	call.field = "release";
	call.argument_count = 0;
	call.result_count = 0;
	// The driver hears of every close(2), even of a task that is being killed; but such a task must not wait for a script
	// that does not end.
	constexpr int not_run = 1;
	auto heard = [](lunatik_callback &) { return 0L; };
	unsigned flags = lunatik_h_is_exiting() ? static_cast<unsigned>(LUNATIK_ENTER_BRIEFLY) : 0u;
	call.outcome = not_run;
	if (callback(*object, flags, call, heard) == -EINTR && call.outcome == not_run)
		callback(*object, LUNATIK_ENTER_BRIEFLY, call, heard);
}

long lunatik_device_read(lunatik_object_t *object, void *user, unsigned long size, long long *offset)
{
	__attribute__((uninitialized)) lunatik_callback call;
	call.field = "read";
	call.argument_count = 2;
	set_integer(call.arguments[0], static_cast<Integer>(size));
	set_integer(call.arguments[1], *offset);
	call.result_count = 2;
	Bounce bounce;
	long long next = *offset;
	long result = callback(*object, 0, call, [&](lunatik_callback &done) -> long {
		const lunatik_value &text = done.results[0];
		if (text.kind == LUNATIK_NIL)
			return 0;
		if (text.kind != LUNATIK_STRING)
			return -EINVAL;
		unsigned long count = text.bytes.size < size ? text.bytes.size : size;
		next = next_offset(done.results[1], *offset + static_cast<long long>(count));
		// The reader's memory may take any time to be there, and the runtime is locked: wait for it outside.
		if (lunatik_h_copy_to_user_nofault(user, text.bytes.data, count) == 0)
			return static_cast<long>(count);
		return bounce.fill(text.bytes.data, count) ? static_cast<long>(count) : -ENOMEM;
	});
	if (result >= 0 && bounce.data() && lunatik_h_copy_to_user(user, bounce.data(), static_cast<unsigned long>(result)))
		return -EFAULT;
	if (result >= 0)
		*offset = next;
	return result == -ENOENT ? -ENXIO : result;
}

long lunatik_device_write(lunatik_object_t *object, const void *user, unsigned long size, long long *offset)
{
	size = size < write_max ? size : write_max;
	__attribute__((uninitialized)) lunatik_callback call;
	call.field = "write";
	call.argument_count = 2;
	// SAFETY: only read.
	call.arguments[0] = { .kind = LUNATIK_USER, .bytes = { static_cast<char *>(const_cast<void *>(user)), size } };
	set_integer(call.arguments[1], *offset);
	call.result_count = 2;
	auto look = [&](lunatik_callback &done) -> long {
		unsigned long count = size;
		if (done.results[0].kind == LUNATIK_INTEGER) {
			Integer said = done.results[0].integer;
			if (said < 0)
				return -EINVAL;
			count = static_cast<unsigned long>(said) < size ? static_cast<unsigned long>(said) : size;
		}
		*offset = next_offset(done.results[1], *offset + static_cast<long long>(count));
		return static_cast<long>(count);
	};
	long result = callback(*object, 0, call, look);
	if (result == -EFAULT) {
		// The writer's memory may take any time to be there, and the runtime was locked: wait for it outside.
		Bounce bounce;
		if (!bounce.allocate(size))
			return -ENOMEM;
		if (lunatik_h_copy_from_user(bounce.data(), user, size))
			return -EFAULT;
		call.arguments[0] = { .kind = LUNATIK_STRING, .bytes = { bounce.data(), size } };
		result = callback(*object, 0, call, look);
	}
	return result == -ENOENT ? -ENXIO : result;
}
