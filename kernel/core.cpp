// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The order in which the core is set up and torn down, and the few symbols C++ code refers to by itself. */
#include <cstddef>
#include <new>

#include "helpers/helpers.h"
#include "host.h"
#include "object/object.hpp"
#include "object/table.hpp"
#include "runtime/journal.hpp"
#include "runtime/registry.hpp"
#include "runtime/runtime.hpp"
#include "runtime/states.hpp"
#include "vm/edge.hpp"

using namespace lunatik;

extern "C" {
int lunatik_core_init();
void lunatik_core_exit();
void __cxa_pure_virtual();
}

int lunatik_core_init()
{
	if (int error = lunatik_h_memory_init())
		return error;
	if (auto result = objects_init(); !result) {
		lunatik_h_memory_exit();
		return result.negative();
	}
	lunatik_hash_factor = lunatik_h_random_u64() | 1;
	journal::init();
	registry::init();
	states::init();
	runtimes_init();
	if (auto result = tables_init(); !result) {
		runtimes_exit();
		objects_exit();
		journal::exit();
		lunatik_h_memory_exit();
		return result.negative();
	}
	return 0;
}

void lunatik_core_exit()
{
	tables_exit();
	runtimes_exit();
	objects_exit();
	// Its worker may have been about to tell when telling ended.
	lunatik_h_notice_exit();
	journal::exit();
	edge::exit();
	lunatik_h_memory_exit();
}

void __cxa_pure_virtual()
{
	lunatik_h_bug("pure virtual function called");
}

// Referenced by virtual destructors only; nothing here is made with new.
void operator delete(void *) noexcept
{
	lunatik_h_bug("operator delete called");
}

void operator delete(void *, std::size_t) noexcept
{
	lunatik_h_bug("operator delete called");
}
