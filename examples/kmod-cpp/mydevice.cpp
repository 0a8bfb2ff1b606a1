// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The device of examples/kmod-c in C++: no lua_State, and so nothing that a Lua error could jump over. It runs the same
 * script, mydevice.lua. Both register the device "mydevice": remove one module before the other is loaded. Otherwise
 * that is refused, and the kernel's log has a warning of sysfs, "cannot create duplicate filename".
 */
#include <lunatik/runtime.hpp>

#include "mydevice.h"

using namespace lunatik;

static constinit lunatik_object_t *runtime = nullptr;

int mydevice_start()
{
	return lunatik_runtime(&runtime, "mydevice", true);
}

void mydevice_stop()
{
	lunatik_stop(runtime);
}

long mydevice_read(void *buffer, unsigned long size, long long *offset)
{
	auto entry = Entry::enter(*runtime);
	if (!entry)
		return entry.error().negative();
	GlobalCall call(*runtime, "myread");
	if (auto called = call.run(2, size, *offset); !called)
		return called.negative();

	auto text = call.string(0);
	if (!text)
		return -EINVAL;
	unsigned long count = text->size() < size ? text->size() : size;
	if (int error = mydevice_to_user(buffer, text->data(), count))
		return error;
	*offset = call.integer(1).value_or(*offset + static_cast<long long>(count));
	return static_cast<long>(count);
}
