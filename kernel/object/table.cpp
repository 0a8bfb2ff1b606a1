// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "object/table.hpp"

#include "helpers/helpers.h"
#include "object/object.hpp"

namespace lunatik {

// What one write copies.
static constexpr std::size_t string_max = 1 << 20;

// Key, and the bytes of a string value, stand behind the entry. An object value is one handle. Nothing of it changes while it is
// in the list but an integer or boolean.
struct RcuTable::Entry final : Node {
	void *deferred[4];	// for lunatik_h_call_rcu(), and the entry itself
	std::size_t key_size;
	Value value;

	// SAFETY (both): make() allocates the bytes behind the entry.
	[[nodiscard]] char *text() noexcept { return reinterpret_cast<char *>(this + 1); }
	[[nodiscard]] std::string_view key() noexcept { return { text(), key_size }; }
	[[nodiscard]] static Entry *of(Node *node) noexcept
	{
		// SAFETY: nodes of odd order are entries.
		return static_cast<Entry *>(node);
	}
};

// A place in the list: the node before it, and the entry there that has the key.
struct RcuTable::Link {
	Node *before;
	Entry *entry;
};

// Guards the list of all tables.
static constinit IrqSpinlock tables_lock;
static constinit List<RcuTable> tables;
static constinit unsigned long clearings = 0;
// Keyed, since what comes in from outside may end up as a key; for all tables, so that a state can remember what a string's hash is.
static constinit unsigned long long hash_key[2];

static constexpr bool is_scalar(const Value &value) noexcept
{
	return value.kind == LUNATIK_INTEGER || value.kind == LUNATIK_BOOLEAN;
}

static constexpr unsigned long long order_of(unsigned hash) noexcept
{
	return static_cast<unsigned long long>(hash) << 1 | 1;
}

// As memcmp(), of strings of any length. Equal hashes are rare, so the order of keys costs nothing.
static int compare(std::string_view a, std::string_view b) noexcept
{
	int result = __builtin_memcmp(a.data(), b.data(), a.size() < b.size() ? a.size() : b.size());
	return result ? result : a.size() < b.size() ? -1 : a.size() > b.size();
}

void RcuTable::Chunk::init() noexcept
{
	for (Node &node : nodes) {
		node.next.store(nullptr);
		node.order = unlinked;
	}
}

RcuTable::RcuTable(lunatik_object_t &object) noexcept
	: object_(object)
{
	lock_.init(LUNATIK_H_TABLE);
	first_.init();
	// The root of all shortcuts is the list's head.
	first_.nodes[1].order = 0;
	IrqGuard guard(tables_lock);
	tables.push_back(*this);
}

RcuTable::~RcuTable()
{
	{
		IrqGuard guard(tables_lock);
		tables.remove(*this);
	}
	unsigned freed = 0;
	// Nobody has a reference: nobody reads.
	for (Node *node = first_.nodes[1].next.load(), *next = nullptr; node; node = next) {
		next = node->next.load();
		if (node->order & 1)
			free(Entry::of(node));
		if (!(++freed % 256))
			lunatik_h_cond_resched();
	}
	for (auto &top : top_) {
		Middle *middle = top.load();
		if (!middle)
			continue;
		for (auto &chunk : middle->chunks)
			lunatik_freebytes(chunk.load());
		lunatik_freebytes(middle);
	}
}

void RcuTable::free(Entry *entry) noexcept
{
	if (entry->value.kind == LUNATIK_OBJECT)
		Object::of(*entry->value.object).drop();
	lunatik_freebytes(entry);
}

// Readers may be at it: it goes when they are through.
void RcuTable::free_later(Entry *entry) noexcept
{
	entry->deferred[3] = entry;
	// SAFETY: the last word is the entry.
	lunatik_h_call_rcu(entry->deferred, [](void **deferred) { free(static_cast<Entry *>(deferred[3])); });
}

/* ---- the list ---- */

unsigned RcuTable::hash_of(std::string_view key) noexcept
{
	return lunatik_h_hsiphash(key.data(), key.size(), hash_key);
}

// Whether two keys of the same length are the same. They are short: a call would cost more than most of them.
[[gnu::always_inline]] static inline bool equal(const char *a, const char *b, std::size_t size) noexcept
{
	for (; size >= sizeof(std::uint64_t); a += sizeof(std::uint64_t), b += sizeof(std::uint64_t), size -= sizeof(std::uint64_t)) {
		std::uint64_t word = 0, other = 0;
		__builtin_memcpy(&word, a, sizeof(word));
		__builtin_memcpy(&other, b, sizeof(other));
		if (word != other)
			return false;
	}
	for (; size; a++, b++, size--) {
		if (*a != *b)
			return false;
	}
	return true;
}

RcuTable::Chunk *RcuTable::chunk(unsigned number) const noexcept
{
	Middle *middle = top_[number >> (chunk_bits + middle_bits)].load_acquire();
	return middle ? middle->chunks[number >> chunk_bits & ((1u << middle_bits) - 1)].load_acquire() : nullptr;
}

// The shortcut that lies nearest before the place of `hash`. `missing` becomes the number of the one that would lie there.
[[gnu::always_inline]] inline RcuTable::Node &RcuTable::start(unsigned hash, unsigned *missing) noexcept
{
	unsigned level = level_.load();
	unsigned number = (1u << level) + (hash >> (32 - level));
	if (missing)
		*missing = number;
	for (;; number >>= 1) {
		Chunk *there = &first_;
		if (number >= 1u << chunk_bits) {
			there = chunk(number);
			if (!there)
				continue;
		}
		Node &node = there->nodes[number & ((1u << chunk_bits) - 1)];
		if (__atomic_load_n(&node.order, __ATOMIC_ACQUIRE) != unlinked)
			return node;
	}
}

[[gnu::always_inline]] inline RcuTable::Entry *RcuTable::find(unsigned hash, std::string_view key) noexcept
{
	unsigned long long order = order_of(hash);
	Node *node = start(hash).next.load_acquire();
	while (node && node->order < order)
		node = node->next.load_acquire();
	for (; node && node->order == order; node = node->next.load_acquire()) {
		Entry *entry = Entry::of(node);
		if (entry->key_size == key.size() && equal(entry->text(), key.data(), key.size()))
			return entry;
	}
	return nullptr;
}

// Where the key is or belongs. Under the lock or RCU.
RcuTable::Link RcuTable::locate(unsigned hash, std::string_view key) noexcept
{
	unsigned long long order = order_of(hash);
	Node *before = &start(hash);
	for (;;) {
		Node *node = before->next.load_acquire();
		if (!node || node->order > order)
			return { before, nullptr };
		if (node->order == order) {
			int result = compare(Entry::of(node)->key(), key);
			if (result >= 0)
				return { before, result ? nullptr : Entry::of(node) };
		}
		before = node;
	}
}

// Puts a shortcut into the list, if there is memory for it. Under the lock.
void RcuTable::link(unsigned number) noexcept
{
	Chunk *there = number < 1u << chunk_bits ? &first_ : chunk(number);
	if (!there)
		return;
	Node &node = there->nodes[number & ((1u << chunk_bits) - 1)];
	if (node.order != unlinked)
		return;
	unsigned level = 31 - static_cast<unsigned>(__builtin_clz(number));
	unsigned hash = level ? (number - (1u << level)) << (32 - level) : 0;
	unsigned long long order = static_cast<unsigned long long>(hash) << 1;
	Node *before = &start(hash);
	for (Node *next = before->next.load(); next && next->order < order; next = before->next.load())
		before = next;
	node.next.store(before->next.load());
	__atomic_store_n(&node.order, order, __ATOMIC_RELEASE);
	before->next.store_release(&node);
}

// Memory for a shortcut, at most two blocks of 2 KiB, so that no write takes long. Without it the table works, more slowly.
void RcuTable::add_room(lunatik_object_t &runtime, unsigned number) noexcept
{
	if (number < 1u << chunk_bits || chunk(number))
		return;
	auto &top = top_[number >> (chunk_bits + middle_bits)];
	void *new_middle = nullptr;
	if (!top.load_acquire()) {
		new_middle = lunatik_bytes(&runtime, sizeof(Middle));
		if (!new_middle)
			return;
		__builtin_memset(new_middle, 0, sizeof(Middle));
	}
	// SAFETY: memory of that size, or none.
	auto *new_chunk = static_cast<Chunk *>(lunatik_bytes(&runtime, sizeof(Chunk)));
	if (new_chunk) {
		new_chunk->init();
		IrqGuard guard(lock_);
		if (!top.load()) {
			// SAFETY: zeroed memory of that size; where it is null here it was null before.
			top.store_release(static_cast<Middle *>(std::exchange(new_middle, nullptr)));
		}
		auto &place = top.load()->chunks[number >> chunk_bits & ((1u << middle_bits) - 1)];
		if (!place.load())
			place.store_release(std::exchange(new_chunk, nullptr));
	}
	lunatik_freebytes(new_chunk);
	lunatik_freebytes(new_middle);
}

/* ---- reading ---- */

// The value of the entry that find() finds, under RCU. A string is copied out into memory found outside of that; it may have
// been replaced by a longer one since it was measured.
template <class Find>
[[gnu::always_inline]] inline Result<Value> RcuTable::read(lunatik_object_t &runtime, char *room, Find find) noexcept
{
	std::size_t have = LUNATIK_SCRATCH;
	void *memory = nullptr;
	for (;;) {
		{
			RcuGuard guard;
			Entry *entry = find();
			unsigned kind = entry ? entry->value.kind : static_cast<unsigned>(LUNATIK_NIL);
			bool fits = kind != LUNATIK_STRING || entry->value.bytes.size <= have;
			if (fits) {
				Value value{ .kind = static_cast<unsigned char>(kind) };
				if (kind == LUNATIK_INTEGER) {
					value.integer = __atomic_load_n(&entry->value.integer, __ATOMIC_RELAXED);
				} else if (kind == LUNATIK_BOOLEAN) {
					value.boolean = __atomic_load_n(&entry->value.boolean, __ATOMIC_RELAXED);
				} else if (kind == LUNATIK_OBJECT) {
					// The entry's own handle goes after this section: it is not the last one.
					value.object = entry->value.object;
					Object::of(*value.object).hold();
				} else if (kind == LUNATIK_STRING) {
					// SAFETY: memory of `have` bytes.
					char *to = memory ? static_cast<char *>(std::exchange(memory, nullptr)) : room;
					value.kind = to == room ? LUNATIK_STRING : LUNATIK_BYTES;
					value.bytes = { to, entry->value.bytes.size };
					__builtin_memcpy(to, entry->value.bytes.data, entry->value.bytes.size);
				}
				if (memory) [[unlikely]]
					lunatik_freebytes(memory);
				return value;
			}
			have = entry->value.bytes.size;
		}
		lunatik_freebytes(memory);
		memory = lunatik_bytes(&runtime, have);
		if (!memory)
			return Error(ENOMEM);
	}
}

Result<Value> RcuTable::get(lunatik_object_t &runtime, std::string_view key, char *room) noexcept
{
	if (key.size() > key_max)
		return Value{ .kind = LUNATIK_NIL };
	unsigned place = hash_of(key);
	return read(runtime, room, [&] { return find(place, key); });
}

[[gnu::always_inline]] inline bool RcuTable::peek(unsigned hash, std::string_view key, Value &value) noexcept
{
	// Fields come here, whose names are short strings of Lua's: less than key_max.
	RcuSchedGuard guard;
	Entry *entry = find(hash, key);
	value.kind = entry ? entry->value.kind : static_cast<unsigned char>(LUNATIK_NIL);
	if (value.kind == LUNATIK_INTEGER)
		value.integer = __atomic_load_n(&entry->value.integer, __ATOMIC_RELAXED);
	else if (value.kind == LUNATIK_BOOLEAN)
		value.boolean = __atomic_load_n(&entry->value.boolean, __ATOMIC_RELAXED);
	else if (value.kind == LUNATIK_OBJECT)
		value.object = entry->value.object;
	return value.kind != LUNATIK_STRING;
}

Result<Value> RcuTable::next(lunatik_object_t &runtime, const Key *after, Key &key, char *room) noexcept
{
	bool found = false;
	auto search = [&]() -> Entry * {
		Node *node = &first_.nodes[1];
		if (after) {
			Link link = locate(hash_of(after->view()), after->view());
			node = link.entry ? link.entry : link.before;
		}
		do {
			node = node->next.load_acquire();
		} while (node && !(node->order & 1));
		found = node != nullptr;
		return node ? Entry::of(node) : nullptr;
	};
	// The key is copied aside: where it goes may be where it was searched from.
	Key next_key;
	auto value = read(runtime, room, [&] {
		Entry *entry = search();
		if (entry) {
			next_key.size = entry->key_size;
			__builtin_memcpy(next_key.text, entry->text(), entry->key_size);
		}
		return entry;
	});
	if (!value)
		return value;
	if (!found)
		return Value{ .kind = LUNATIK_NONE };
	key.size = next_key.size;
	__builtin_memcpy(key.text, next_key.text, next_key.size);
	return value;
}

/* ---- writing ---- */

RcuTable::Entry *RcuTable::make(lunatik_object_t &runtime, unsigned hash, std::string_view key, const Value &value) noexcept
{
	std::size_t text_size = value.kind == LUNATIK_STRING ? value.bytes.size : 0;
	void *memory = lunatik_bytes(&runtime, sizeof(Entry) + key.size() + text_size);
	if (!memory)
		return nullptr;
	auto *entry = ::new (memory) Entry;
	entry->order = order_of(hash);
	entry->key_size = key.size();
	entry->value = value;
	__builtin_memcpy(entry->text(), key.data(), key.size());
	if (value.kind == LUNATIK_STRING) {
		entry->value.bytes.data = entry->text() + key.size();
		__builtin_memcpy(entry->value.bytes.data, value.bytes.data, text_size);
	} else if (value.kind == LUNATIK_OBJECT) {
		Object::of(*value.object).hold();
	}
	return entry;
}

// An integer that becomes another, a boolean likewise: no memory is needed.
bool RcuTable::set_in_place(unsigned hash, std::string_view key, const Value &value) noexcept
{
	IrqGuard guard(lock_);
	Entry *entry = find(hash, key);
	if (!entry || entry->value.kind != value.kind)
		return false;
	if (value.kind == LUNATIK_INTEGER)
		__atomic_store_n(&entry->value.integer, value.integer, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&entry->value.boolean, value.boolean, __ATOMIC_RELAXED);
	return true;
}

Result<void> RcuTable::set(Caller &caller, std::string_view key, const Value &value) noexcept
{
	if (key.size() > key_max)
		return caller.fail("key is too long: at most 255 bytes", E2BIG);
	if (value.kind == LUNATIK_STRING && value.bytes.size > string_max)
		return caller.fail("string is too long: at most 1 MiB; a data object holds more", E2BIG);
	if (value.kind == LUNATIK_OBJECT && Object::of(*value.object).opt & LUNATIK_OPT_SINGLE)
		return caller.fail("this object cannot leave its runtime");
	unsigned place = hash_of(key);
	if (is_scalar(value) && set_in_place(place, key, value))
		return {};
	Entry *added = nullptr;
	unsigned number = 0;
	if (value.kind != LUNATIK_NIL) {
		added = make(caller.runtime(), place, key, value);
		if (!added && caller.may_sleep() && lunatik_h_preemptible_sleep()) {
			// What was taken out may wait for readers still.
			lunatik_h_rcu_barrier();
			added = make(caller.runtime(), place, key, value);
		}
		if (!added)
			return Error(ENOMEM);
		start(place, &number);
		add_room(caller.runtime(), number);
	}
	Entry *removed = nullptr;
	{
		IrqGuard guard(lock_);
		if (added)
			link(number);
		Link there = locate(place, key);
		removed = there.entry;
		if (added) {
			added->next.store(removed ? removed->next.load() : there.before->next.load());
			there.before->next.store_release(added);
		} else if (removed) {
			there.before->next.store_release(removed->next.load());
		}
		count_ += (added ? 1u : 0u) - (removed ? 1u : 0u);
		if (count_ >> level_.load() >= load && level_.load() < level_max)
			level_.store(level_.load() + 1);
	}
	if (removed)
		free_later(removed);
	return {};
}

void RcuTable::clear() noexcept
{
	// Shortcuts stay where they are, so that one of them is where the search goes on.
	for (Node *before = &first_.nodes[1]; before;) {
		Entry *entry = nullptr;
		{
			IrqGuard guard(lock_);
			Node *node = before->next.load();
			if (node && node->order & 1) {
				entry = Entry::of(node);
				before->next.store_release(entry->next.load());
				count_--;
			} else {
				before = node;
			}
		}
		if (entry)
			free_later(entry);
		lunatik_h_cond_resched();
	}
}

/* ---- for Lua ---- */

static Result<Value> get_field(RcuTable &self, Caller &caller, std::string_view key) noexcept
{
	return self.get(caller.runtime(), key, caller.scratch());
}

static Result<void> set_field(RcuTable &self, Caller &caller, std::string_view key, Value value) noexcept
{
	return self.set(caller, key, value);
}

// table([size]) -> an empty table. It grows by itself: the size is only looked at. Context: any.
static Result<void> create(New<RcuTable> slot, Caller &caller, std::optional<Within<1, 1LL << 30>>) noexcept
{
	slot.emplace(caller.object());
	return {};
}

// Without an owner: the global table lives as long as the module, and must not keep it; tables in a circle must not either.
constinit const lunatik_class_t RcuTable::info = [] {
	auto info = define_class<RcuTable, Functions<Method<"__index", get_field>, Method<"__newindex", set_field>>>(
		"rcu.table", LUNATIK_OPT_HARDIRQ);
	info.owner = nullptr;
	info.index = [](void *self, const char *key, unsigned long size, lunatik_value *value) -> int {
		// SAFETY: an object of this class, and the bytes of a string of Lua's.
		return static_cast<RcuTable *>(self)->peek(static_cast<unsigned>(value->integer), { key, size }, *value);
	};
	return info;
}();

using Library = Functions<Constructor<"table", create>, MapFunction>;

constinit const lunatik_library lunatik_library_rcu = detail::make_library<Library>("rcu", Classes<RcuTable>::list);

static constinit Object *global_table = nullptr;

lunatik_object_t &RcuTable::global() noexcept
{
	return *global_table;
}

Result<void> tables_init() noexcept
{
	tables_lock.init(LUNATIK_H_TABLES);
	hash_key[0] = lunatik_h_random_u64();
	hash_key[1] = lunatik_h_random_u64();
	Object *object = Object::create(RcuTable::info, sizeof(RcuTable), LUNATIK_OPT_NONE, {});
	if (!object)
		return Error(ENOMEM);
	::new (object->private_) RcuTable(*object);
	object->constructed();
	global_table = object;
	return {};
}

void tables_exit() noexcept
{
	tables_clear();
	std::exchange(global_table, nullptr)->put();
	lunatik_h_rcu_barrier();
}

void tables_clear() noexcept
{
	unsigned long clearing = 0;
	{
		IrqGuard guard(tables_lock);
		clearing = ++clearings;
	}
	for (;;) {
		RcuTable *found = nullptr;
		{
			IrqGuard guard(tables_lock);
			for (RcuTable *table = tables.first(); table && !found; table = tables.next(*table)) {
				if (table->cleared_ == clearing)
					continue;
				table->cleared_ = clearing;
				if (lunatik_h_refcount_inc_not_zero(&Object::of(table->object_).references))
					found = table;
			}
		}
		if (!found)
			break;
		found->clear();
		Object::of(found->object_).put();
	}
	// What they held is let go before anybody asks whether a module is in use.
	lunatik_h_rcu_barrier();
	lunatik_h_defer_flush();
}

} // namespace lunatik
