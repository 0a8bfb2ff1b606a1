/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A table that all runtimes share: lunatik._ENV. Its keys are strings; its values booleans, integers, strings and objects.
 * Read and written from every context, so its lock disables interrupts.
 */
#pragma once

#include "lunatik.hpp"

#include "base/list.hpp"
#include "helpers/sync.hpp"

namespace lunatik {

/// The class "shared".
class SharedTable final {
public:
	static const lunatik_class_t info;

	SharedTable() noexcept;
	~SharedTable();

	/// What is kept under `key`, as a result for Lua: nil if nothing is. Context: any. Errors: ENOMEM.
	Result<Value> get(Caller &caller, std::string_view key) noexcept;
	/// Keeps `value` under `key`; nil forgets it. Context: any. Errors: ENOMEM, E2BIG (a key above 255 bytes, a string above 1 MiB),
	/// and a message for an object that may not leave its runtime.
	Result<void> set(Caller &caller, std::string_view key, const Value &value) noexcept;

	/// Forgets everything. Context: process.
	void clear() noexcept;
	/// The one behind lunatik._ENV, alive as long as the module.
	[[nodiscard]] static lunatik_object_t &global() noexcept;

private:
	struct Entry;
	static constexpr unsigned bucket_count = 1024;

	[[nodiscard]] Entry *find(std::string_view key) noexcept;
	static void free(Entry *entry) noexcept;
	List<Entry> &bucket(std::string_view key) noexcept;

	IrqSpinlock lock_;
	List<Entry> buckets_[bucket_count];
};

/// Makes and drops the global one. Errors: ENOMEM.
Result<void> shared_init() noexcept;
void shared_exit() noexcept;
/// Forgets all values of the global one: they may keep modules in use.
void shared_clear() noexcept;

} // namespace lunatik
