/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The class "rcu.table": a hash table that runtimes share, lunatik._ENV among them. Its keys are strings; its values booleans,
 * integers, strings and objects. Read without a lock and written from every context, hardirq included.
 *
 * The kernel's rhashtable would do for 6.12; in 6.1 its bucket locks only keep softirqs out ("rhashtable: Allow rhashtable
 * to be used from irq-safe contexts", e47877c7aa82, v6.4, changed that). So this is a list of its own, ordered by hash, with
 * shortcuts into it (Shalev and Shavit, "Split-ordered lists"): entries never move while it grows, and each step of growing
 * is short.
 */
#pragma once

#include "lunatik.hpp"

#include "base/atomic.hpp"
#include "base/list.hpp"
#include "helpers/sync.hpp"

namespace lunatik {

/// The class "rcu.table".
class RcuTable final : public Linked<RcuTable> {
public:
	static const lunatik_class_t info;
	static constexpr std::size_t key_max = 255;

	explicit RcuTable(lunatik_object_t &object) noexcept;
	~RcuTable();

	/// What is kept under `key`, as a result for Lua: nil if nothing is. A string is copied into `room`, of
	/// LUNATIK_SCRATCH bytes, or into BYTES; an object is a handle. Context: any. Errors: ENOMEM.
	Result<Value> get(lunatik_object_t &runtime, std::string_view key, char *room) noexcept;
	/// The same if it is nil, an integer, a boolean or an object, which is not held: only its address is good for anything. False if
	/// get() has to look. Context: any.
	/// `hash` is hash_of(key).
	[[nodiscard]] bool peek(unsigned hash, std::string_view key, Value &value) noexcept;
	/// Where a key belongs in all tables.
	[[nodiscard]] static unsigned hash_of(std::string_view key) noexcept;
	/// Keeps `value` under `key`; nil forgets it. Context: any. Errors: ENOMEM, E2BIG (a key above 255 bytes, a string above 1 MiB),
	/// and a message for an object that may not leave its runtime.
	Result<void> set(Caller &caller, std::string_view key, const Value &value) noexcept;

	/// A key of the table, kept outside of it.
	struct Key {
		std::size_t size;
		char text[key_max];
		[[nodiscard]] std::string_view view() const noexcept { return { text, size }; }
	};
	/// The pair behind `after` (nullptr: the first one) in the table's own order; `key` may be the same as `after`. Kind NONE:
	/// there is none. Context: any. Errors: ENOMEM.
	Result<Value> next(lunatik_object_t &runtime, const Key *after, Key &key, char *room) noexcept;

	/// Forgets everything. Context: process.
	void clear() noexcept;
	/// The one behind lunatik._ENV, alive as long as the module.
	[[nodiscard]] static lunatik_object_t &global() noexcept;

private:
	friend void tables_clear() noexcept;

	// What the list consists of, in ascending order: entries (odd) and shortcuts (even).
	struct Node {
		Atomic<Node *> next;
		unsigned long long order;
	};
	struct Entry;
	struct Link;

	// Shortcuts are numbered like a heap: those of level k, one for each value of the hash's k upper bits, from 2^k on. So a
	// shortcut's parent, which points at or before the same place, has half its number.
	static constexpr unsigned chunk_bits = 7, middle_bits = 8, top_bits = 6;
	static constexpr unsigned level_max = chunk_bits + middle_bits + top_bits - 1;
	static constexpr unsigned long long unlinked = ~0ULL;
	// Entries for each shortcut, before there are more of these.
	static constexpr unsigned long load = 2;

	struct Chunk {
		Node nodes[1 << chunk_bits];
		void init() noexcept;
	};
	struct Middle {
		Atomic<Chunk *> chunks[1 << middle_bits];
	};

	[[nodiscard]] Chunk *chunk(unsigned number) const noexcept;
	Node &start(unsigned hash, unsigned *missing = nullptr) noexcept;
	[[nodiscard]] Entry *find(unsigned hash, std::string_view key) noexcept;
	[[nodiscard]] Link locate(unsigned hash, std::string_view key) noexcept;
	void link(unsigned number) noexcept;
	void add_room(lunatik_object_t &runtime, unsigned number) noexcept;
	[[nodiscard]] bool set_in_place(unsigned hash, std::string_view key, const Value &value) noexcept;
	[[nodiscard]] static Entry *make(lunatik_object_t &runtime, unsigned hash, std::string_view key, const Value &value) noexcept;
	static void free(Entry *entry) noexcept;
	static void free_later(Entry *entry) noexcept;
	template <class Find>
	Result<Value> read(lunatik_object_t &runtime, char *room, Find find) noexcept;

	lunatik_object_t &object_;
	IrqSpinlock lock_;	// writers
	Atomic<unsigned> level_{ 3 };
	unsigned long count_ = 0;
	unsigned long cleared_ = 0;	// by which tables_clear(); guarded by the list's lock
	Atomic<Middle *> top_[1 << top_bits];
	Chunk first_;
};

/// Makes and drops the global one. Errors: ENOMEM.
Result<void> tables_init() noexcept;
void tables_exit() noexcept;
/// Forgets all values of all tables: they may keep modules in use, and tables each other. Context: process.
void tables_clear() noexcept;

/// rcu.map(table, callback), which may raise: vm/edge_rcu.cpp.
struct MapFunction {
	static constexpr Text name{ "map" };
	static constexpr lunatik_function function{ .name = name.value,
						    .body = nullptr,
						    .parameters = nullptr,
						    .parameter_count = 0,
						    .flags = LUNATIK_FUNCTION_VARARGS,
						    .size = 0,
						    .class_ = nullptr };
	static int call(lua_State *L) noexcept;
};

/// The library "rcu".
extern const lunatik_library lunatik_library_rcu;

} // namespace lunatik
