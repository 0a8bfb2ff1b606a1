// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "runtime/journal.hpp"

#include <new>

#include "helpers/helpers.h"
#include "helpers/sync.hpp"

namespace lunatik {

// Lines of all together.
static constexpr unsigned lines_max = 8192;
// What one runtime may have of them.
static constexpr unsigned lines_of_one = 1024;
static constexpr std::size_t bytes_of_one = 64 << 10;
// Lines that a reader passes over with interrupts off.
static constexpr unsigned look_at_once = 64;

// A handler with interrupts off may have come from below the allocator's own locks: its lines live here, the last ones.
static constexpr std::size_t reserved_lines = 64;
static constexpr std::size_t reserved_text = 240;

/// Every line is in the list of all, in order, and as long as its runtime lives in the runtime's own.
struct StoredLine : Linked<StoredLine>, Linked<StoredLine, InJournal> {
	Journal *owner;		// nullptr once its runtime is gone, and for a reader's place
	std::uint64_t sequence;	// 0: a reader's place
	std::uint64_t time;
	unsigned kind;
	std::uint64_t network;
	unsigned short name_size;
	unsigned short text_size;
	bool reserved;

	[[nodiscard]] std::size_t size() const noexcept { return sizeof(StoredLine) + name_size + text_size; }
	// SAFETY: make() allocates room for both texts behind the line.
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
		auto *line = ::new (memory) StoredLine;
		line->owner = nullptr;
		line->sequence = 0;
		line->reserved = false;
		line->fill(name, text);
		return line;
	}
	/// Takes it out of its runtime's list. Under the lock.
	void disown() noexcept
	{
		if (!owner)
			return;
		owner->own_.remove(*this);
		owner->bytes_ -= size();
		owner->lines_--;
		owner = nullptr;
	}
	void adopt(Journal &journal) noexcept
	{
		owner = &journal;
		owner->own_.push_back(*this);
		owner->bytes_ += size();
		owner->lines_++;
	}
	[[nodiscard]] bool wanted(const journal::Filter &filter) noexcept
	{
		return sequence && (!filter.network || network == filter.network) && (filter.name.empty() || filter.name == name());
	}
};

static constinit IrqSpinlock lock;		// guards everything here, and every Journal
static constinit List<StoredLine, InJournal> all;
static constinit unsigned count;		// lines in it, without readers' places
static constinit std::uint64_t newest;		// number of the line added last; the first is 1
static constinit List<StoredLine> dead;		// to be freed where that is allowed

// Takes out a line that makes room for another. Under the lock.
static void forget(StoredLine &line) noexcept
{
	line.disown();
	all.remove(line);
	count--;
	line.sequence = 0;
	if (!line.reserved)
		dead.push_back(line);
}

// Frees what was forgotten. Not under the lock.
static void bury() noexcept
{
	for (;;) {
		StoredLine *line = nullptr;
		{
			IrqGuard guard(lock);
			line = dead.pop_front();
		}
		if (!line)
			return;
		lunatik_h_kfree(line);
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
static StoredLine &take_reserve(std::string_view name, std::string_view text) noexcept
{
	StoredLine &line = reserve[next_reserve++ % reserved_lines].line;
	if (line.sequence)
		forget(line);
	line.reserved = true;
	line.fill(name, cut(text, 0, reserved_text));
	return line;
}

Journal::~Journal()
{
	IrqGuard guard(lock);
	while (StoredLine *line = own_.first())
		line->disown();
}

void Journal::add(unsigned kind, std::string_view text) noexcept
{
	bool interrupts_off = lunatik_h_irqs_disabled();
	StoredLine *line = nullptr;
	if (!interrupts_off) {
		line = StoredLine::make(name_, cut(text, 0, journal::Line::text_max));
		if (!line)
			return;
	}
	{
		IrqGuard guard(lock);
		if (interrupts_off)
			line = &take_reserve(name_, text);
		line->kind = kind;
		line->network = network_;
		line->time = lunatik_h_fast_real_clock();
		while (lines_ >= lines_of_one || (lines_ && bytes_ + line->size() > bytes_of_one))
			forget(*own_.first());
		for (StoredLine *oldest = all.first(); count >= lines_max && oldest;) {
			StoredLine *next = all.next(*oldest);
			if (oldest->sequence)
				forget(*oldest);
			oldest = next;
		}
		line->sequence = ++newest;
		all.push_back(*line);
		count++;
		line->adopt(*this);
	}
	if (!interrupts_off)
		bury();
	lunatik_h_notice();
}

namespace journal {

Reader::Reader(const Filter &filter) noexcept : filter_(filter), place_(StoredLine::make({}, {}))
{
	if (!place_)
		return;
	IrqGuard guard(lock);
	all.push_front(*place_);
}

Reader::~Reader()
{
	if (!place_)
		return;
	{
		IrqGuard guard(lock);
		all.remove(*place_);
	}
	lunatik_h_kfree(place_);
}

bool Reader::next(Line &line) noexcept
{
	while (place_) {
		{
			IrqGuard guard(lock);
			StoredLine *candidate = place_;
			for (unsigned looked = 0; looked < look_at_once; looked++) {
				StoredLine *following = all.next(*candidate);
				if (!following && candidate == place_)
					return false;
				if (!following)
					break;
				candidate = following;
				if (candidate->wanted(filter_))
					break;
			}
			all.remove(*place_);
			all.insert_after(*candidate, *place_);
			if (candidate->wanted(filter_)) {
				line.sequence = candidate->sequence;
				line.time = candidate->time;
				line.kind = candidate->kind;
				line.network = candidate->network;
				line.name.assign(candidate->name());
				line.text.assign(candidate->text());
				return true;
			}
		}
		lunatik_h_cond_resched();
	}
	return false;
}

void init() noexcept
{
	lock.init(LUNATIK_H_JOURNAL);
}

void exit() noexcept
{
	{
		IrqGuard guard(lock);
		while (StoredLine *line = all.first())
			forget(*line);
	}
	bury();
}

} // namespace journal

} // namespace lunatik
