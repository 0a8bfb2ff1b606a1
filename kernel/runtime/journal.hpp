/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The journal: what scripts printed, the errors nobody caught, and when runtimes started and stopped. It is bounded for
 * each runtime and as a whole, outlives the runtimes, and is read by `lunatik log` without the kernel's log.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/list.hpp"
#include "base/text.hpp"

namespace lunatik {

/// A line in the journal.
struct StoredLine;
struct InJournal;

/// A runtime's part of the journal. Its lines stay when it goes. Context of every member: any but NMI; none sleeps.
class Journal final {
public:
	/// `network` is the cookie of the runtime's network namespace; `name` must outlive the journal.
	Journal(std::string_view name, std::uint64_t network) noexcept : name_(name), network_(network) {}
	~Journal();
	Journal(const Journal &) = delete;
	Journal &operator=(const Journal &) = delete;

	/// Adds a line of kind LUNATIK_RECORD_*, at the cost of the runtime's oldest ones; without memory it is lost.
	void add(unsigned kind, std::string_view text) noexcept;

private:
	friend struct StoredLine;
	std::string_view name_;
	std::uint64_t network_;
	unsigned lines_ = 0;
	std::size_t bytes_ = 0;
	List<StoredLine> own_;
};

namespace journal {

/// One line, by itself.
struct Line {
	static constexpr std::size_t text_max = 1000;
	std::uint64_t sequence = 0;
	std::uint64_t time = 0;
	unsigned kind = 0;
	std::uint64_t network = 0;
	Name<255> name;
	Name<text_max> text;
};

/// Which lines a reader wants.
struct Filter {
	std::uint64_t network;	// its cookie, which no other ever has; 0: of all namespaces
	std::string_view name;	// empty: of all runtimes
};

/// Goes through the journal from its beginning; what is added meanwhile comes too. Context: process.
class Reader final {
public:
	/// `filter.name` must outlive the reader. Without memory there is nothing to read.
	explicit Reader(const Filter &filter) noexcept;
	~Reader();
	Reader(const Reader &) = delete;
	Reader &operator=(const Reader &) = delete;
	/// Whether there was memory for its place.
	[[nodiscard]] bool valid() const noexcept { return place_; }
	/// The next line; false when there is none now. May sleep between lines that are passed over.
	[[nodiscard]] bool next(Line &line) noexcept;

private:
	const Filter filter_;
	StoredLine *place_;	// stands behind the last line read
};

/// Sets up the journal, and frees what is in it at the end.
void init() noexcept;
void exit() noexcept;

} // namespace journal

} // namespace lunatik
