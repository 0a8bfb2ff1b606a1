// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "object/shared.hpp"

#include "helpers/helpers.h"
#include "host.h"
#include "object/object.hpp"

namespace lunatik {

static constexpr std::size_t key_max = 255;
// Strings are copied with interrupts off.
static constexpr std::size_t string_max = 1 << 20;

// Key, and the bytes of a string value, stand behind the entry. An object value is one handle.
struct SharedTable::Entry final : Linked<Entry> {
	std::size_t key_size;
	Value value;

	// SAFETY (both): set() allocates the bytes behind the entry.
	[[nodiscard]] char *text() noexcept { return reinterpret_cast<char *>(this + 1); }
	[[nodiscard]] std::string_view key() noexcept { return { text(), key_size }; }
};

SharedTable::SharedTable() noexcept
{
	lock_.init(LUNATIK_H_SHARED);
}

SharedTable::~SharedTable()
{
	clear();
}

void SharedTable::free(Entry *entry) noexcept
{
	if (entry->value.kind == LUNATIK_OBJECT)
		Object::of(*entry->value.object).drop();
	lunatik_freebytes(entry);
}

List<SharedTable::Entry> &SharedTable::bucket(std::string_view key) noexcept
{
	// Seeded, since what comes in from outside may end up as a key.
	unsigned long long hash = lunatik_hash_factor;
	for (char c : key)
		hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
	return buckets_[(hash ^ hash >> 32) % bucket_count];
}

SharedTable::Entry *SharedTable::find(std::string_view key) noexcept
{
	auto &list = bucket(key);
	for (Entry *entry = list.first(); entry; entry = list.next(*entry)) {
		if (entry->key() == key)
			return entry;
	}
	return nullptr;
}

Result<Value> SharedTable::get(Caller &caller, std::string_view key) noexcept
{
	if (key.size() > key_max)
		return Value{ .kind = LUNATIK_NIL };
	std::size_t size = 0;
	for (;;) {
		// A string is copied out into memory found before the lock is taken; it may have grown since it was measured.
		void *copy = nullptr;
		if (size && !(copy = lunatik_bytes(&caller.runtime(), size)))
			return Error(ENOMEM);
		std::size_t room = std::exchange(size, 0);
		{
			IrqGuard guard(lock_);
			Entry *entry = find(key);
			Value value = entry ? entry->value : Value{ .kind = LUNATIK_NIL };
			if (value.kind == LUNATIK_STRING && value.bytes.size > room) {
				size = value.bytes.size;
			} else if (value.kind == LUNATIK_STRING && value.bytes.size) {
				__builtin_memcpy(copy, value.bytes.data, value.bytes.size);
				// SAFETY: bytes that were copied into memory of their size.
				return Value{ .kind = LUNATIK_BYTES, .bytes = { static_cast<char *>(copy), value.bytes.size } };
			} else if (value.kind == LUNATIK_OBJECT) {
				Object::of(*value.object).hold();
			}
			if (!size && !copy)
				return value.kind == LUNATIK_STRING ? Value{ .kind = LUNATIK_STRING, .bytes = { nullptr, 0 } } : value;
			if (!size) {
				lunatik_freebytes(copy);
				return value;
			}
		}
		lunatik_freebytes(copy);
	}
}

Result<void> SharedTable::set(Caller &caller, std::string_view key, const Value &value) noexcept
{
	if (key.size() > key_max)
		return caller.fail("key is too long: at most 255 bytes", E2BIG);
	if (value.kind == LUNATIK_STRING && value.bytes.size > string_max)
		return caller.fail("string is too long: at most 1 MiB; a data object holds more", E2BIG);
	if (value.kind == LUNATIK_OBJECT && Object::of(*value.object).opt & LUNATIK_OPT_SINGLE)
		return caller.fail("this object cannot leave its runtime");
	Entry *added = nullptr;
	if (value.kind != LUNATIK_NIL) {
		std::size_t text_size = value.kind == LUNATIK_STRING ? value.bytes.size : 0;
		void *memory = lunatik_bytes(&caller.runtime(), sizeof(Entry) + key.size() + text_size);
		if (!memory)
			return Error(ENOMEM);
		added = ::new (memory) Entry;
		added->key_size = key.size();
		added->value = value;
		__builtin_memcpy(added->text(), key.data(), key.size());
		if (value.kind == LUNATIK_STRING) {
			added->value.bytes.data = added->text() + key.size();
			__builtin_memcpy(added->value.bytes.data, value.bytes.data, text_size);
		} else if (value.kind == LUNATIK_OBJECT) {
			Object::of(*value.object).hold();
		}
	}
	Entry *removed = nullptr;
	{
		IrqGuard guard(lock_);
		removed = find(key);
		if (removed)
			bucket(key).remove(*removed);
		if (added)
			bucket(key).push_back(*added);
	}
	if (removed)
		free(removed);
	return {};
}

/* ---- for Lua ---- */

static Result<Value> get_field(SharedTable &self, Caller &caller, std::string_view key) noexcept
{
	return self.get(caller, key);
}

static Result<void> set_field(SharedTable &self, Caller &caller, std::string_view key, Value value) noexcept
{
	return self.set(caller, key, value);
}

// Without an owner: the global table lives as long as the module, and must not keep it.
constinit const lunatik_class_t SharedTable::info = [] {
	auto info = define_class<SharedTable, Functions<Method<"__index", get_field>, Method<"__newindex", set_field>>>(
		"shared", LUNATIK_OPT_HARDIRQ);
	info.owner = nullptr;
	return info;
}();

static constinit Object *global_table = nullptr;

lunatik_object_t &SharedTable::global() noexcept
{
	return *global_table;
}

void SharedTable::clear() noexcept
{
	for (auto &list : buckets_) {
		for (;;) {
			Entry *entry = nullptr;
			{
				IrqGuard guard(lock_);
				entry = list.pop_front();
			}
			if (!entry)
				break;
			free(entry);
		}
	}
}

Result<void> shared_init() noexcept
{
	Object *object = Object::create(SharedTable::info, sizeof(SharedTable), LUNATIK_OPT_NONE, {});
	if (!object)
		return Error(ENOMEM);
	::new (object->private_) SharedTable;
	object->constructed();
	global_table = object;
	return {};
}

void shared_exit() noexcept
{
	std::exchange(global_table, nullptr)->put();
}

void shared_clear() noexcept
{
	// SAFETY: the global table's storage is a SharedTable.
	static_cast<SharedTable *>(global_table->private_)->clear();
}

} // namespace lunatik
