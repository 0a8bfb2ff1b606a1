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

/// A runtime's part of the journal. Its lines stay when it goes. Context of every member: any but NMI; none sleeps.
class Journal final {
public:
	/// `network` is the inode number of the runtime's network namespace; `name` must outlive the journal.
	Journal(std::string_view name, unsigned network) noexcept : name_(name), network_(network) {}
	~Journal();
	Journal(const Journal &) = delete;
	Journal &operator=(const Journal &) = delete;

	/// Adds a line of kind LUNATIK_RECORD_*, at the cost of the runtime's oldest ones; without memory it is lost.
	void add(unsigned kind, std::string_view text) noexcept;

private:
	friend struct StoredLine;
	std::string_view name_;
	unsigned network_;
	std::size_t bytes_ = 0;
	List<StoredLine> records_;
};

namespace journal {

/// One line, by itself.
struct Line {
	static constexpr std::size_t text_max = 1000;
	std::uint64_t sequence = 0;
	std::uint64_t time = 0;
	unsigned kind = 0;
	Name<255> name;
	Name<text_max> text;
};

/// Which lines a reader wants.
struct Filter {
	unsigned network;
	std::string_view name;	// empty: of all runtimes
};

/// Finds the first line after number `after`. Returns false, and the number of the newest line in line.sequence, when there is
/// none. Context: process; may sleep between lines it passes over.
[[nodiscard]] bool next(std::uint64_t after, const Filter &filter, Line &line) noexcept;

/// Sets up the journal, and frees what is in it at the end.
void init() noexcept;
void exit() noexcept;

} // namespace journal

} // namespace lunatik
