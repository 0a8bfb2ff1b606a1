// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "runtime/journal.hpp"

#include <new>

#include "helpers/helpers.h"
#include "helpers/sync.hpp"

namespace lunatik {

// Lines in all; a power of two, so that a line's number gives its place.
static constexpr std::size_t places = 8192;
// What one runtime may have of them.
static constexpr std::size_t bytes_of_one = 64 << 10;
// Places that a reader looks at with interrupts off.
static constexpr unsigned look_at_once = 64;

static constinit IrqSpinlock lock;		// guards everything here, and every Journal
static constinit StoredLine *ring[places];		// by sequence
static constinit std::uint64_t newest;		// sequence of the line added last; the first is 1
static constinit List<StoredLine> dead;		// to be freed where that is allowed

// A handler with interrupts off may have come from below the allocator's own locks: its lines live here, the last ones.
static constexpr std::size_t reserved_lines = 64;
static constexpr std::size_t reserved_text = 240;

struct StoredLine : Linked<StoredLine> {
	Journal *owner;		// nullptr once its runtime is gone
	std::uint64_t sequence;
	std::uint64_t time;
	unsigned kind;
	unsigned network;
	unsigned short name_size;
	unsigned short text_size;
	bool reserved;

	[[nodiscard]] std::size_t size() const noexcept { return sizeof(StoredLine) + name_size + text_size; }
	// SAFETY: make() allocates room for both texts behind the record.
	[[nodiscard]] char *bytes() noexcept { return reinterpret_cast<char *>(this + 1); }
	[[nodiscard]] std::string_view name() noexcept { return { bytes(), name_size }; }
	[[nodiscard]] std::string_view text() noexcept { return { bytes() + name_size, text_size }; }

	void fill(std::string_view name, std::string_view text) noexcept
	{
		name_size = static_cast<unsigned short>(name.size());
		text_size = static_cast<unsigned short>(text.size());
		__builtin_memcpy(bytes(), name.data(), name.size());
		__builtin_memcpy(bytes() + name.size(), text.data(), text.size());
	}
	[[nodiscard]] static StoredLine *make(std::string_view name, std::string_view text) noexcept
	{
		void *memory = lunatik_h_kmalloc(sizeof(StoredLine) + name.size() + text.size(), 1);
		if (!memory)
			return nullptr;
		auto *record = ::new (memory) StoredLine;
		record->reserved = false;
		record->fill(name, text);
		return record;
	}
	/// Takes it out of its owner's list. Under the lock.
	void disown() noexcept
	{
		if (!owner)
			return;
		owner->records_.remove(*this);
		owner->bytes_ -= size();
		owner = nullptr;
	}
	[[nodiscard]] bool wanted(const journal::Filter &filter) noexcept
	{
		return network == filter.network && (filter.name.empty() || filter.name == name());
	}
};

static StoredLine *&place_of(std::uint64_t sequence) noexcept
{
	return ring[sequence % places];
}

// What makes room for a new line: of the ring's oldest, and of the runtime's own. Under the lock.
static void forget(StoredLine *record) noexcept
{
	if (!record)
		return;
	record->disown();
	place_of(record->sequence) = nullptr;
	if (!record->reserved)
		dead.push_back(*record);
	else
		record->sequence = 0;
}

// Frees what was forgotten. Not under the lock.
static void bury() noexcept
{
	for (;;) {
		StoredLine *record = nullptr;
		{
			IrqGuard guard(lock);
			record = dead.pop_front();
		}
		if (!record)
			return;
		lunatik_h_kfree(record);
	}
}

namespace {
struct Reserve {
	StoredLine line;
	char bytes[255 + reserved_text];
};
} // namespace
static constinit Reserve reserve[reserved_lines];
static constinit unsigned next_reserve;

// The reserve's next line, whatever was in it. Under the lock.
static StoredLine *take_reserve(std::string_view name, std::string_view text) noexcept
{
	StoredLine &record = reserve[next_reserve++ % reserved_lines].line;
	if (record.sequence)
		forget(&record);
	record.reserved = true;
	record.fill(name, cut(text, 0, reserved_text));
	return &record;
}

Journal::~Journal()
{
	IrqGuard guard(lock);
	while (StoredLine *record = records_.first())
		record->disown();
}

void Journal::add(unsigned kind, std::string_view text) noexcept
{
	bool interrupts_off = lunatik_h_irqs_disabled();
	StoredLine *record = nullptr;
	if (!interrupts_off) {
		record = StoredLine::make(name_, cut(text, 0, journal::Line::text_max));
		if (!record)
			return;
	}
	{
		IrqGuard guard(lock);
		if (interrupts_off)
			record = take_reserve(name_, text);
		record->kind = kind;
		record->network = network_;
		record->time = lunatik_h_fast_real_clock();
		while (!records_.empty() && bytes_ + record->size() > bytes_of_one)
			forget(records_.first());
		record->sequence = ++newest;
		forget(place_of(record->sequence));
		place_of(record->sequence) = record;
		record->owner = this;
		records_.push_back(*record);
		bytes_ += record->size();
	}
	if (!interrupts_off)
		bury();
}

namespace journal {

bool next(std::uint64_t after, const Filter &filter, Line &line) noexcept
{
	std::uint64_t sequence = after + 1;
	for (;;) {
		{
			IrqGuard guard(lock);
			// What is further back has been overwritten.
			if (newest >= places && sequence <= newest - places)
				sequence = newest - places + 1;
			for (unsigned looked = 0; looked < look_at_once; looked++, sequence++) {
				if (sequence > newest) {
					line.sequence = newest;
					return false;
				}
				StoredLine *record = place_of(sequence);
				if (!record || record->sequence != sequence || !record->wanted(filter))
					continue;
				line.sequence = sequence;
				line.time = record->time;
				line.kind = record->kind;
				line.name.assign(record->name());
				line.text.assign(record->text());
				return true;
			}
		}
		lunatik_h_cond_resched();
	}
}

void init() noexcept
{
	lock.init(LUNATIK_H_JOURNAL);
}

void exit() noexcept
{
	{
		IrqGuard guard(lock);
		for (auto *record : ring)
			forget(record);
	}
	bury();
}

} // namespace journal

} // namespace lunatik
