/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the memory of a state looks like once Lua's libraries are open in it. To open them is to make some three hundred strings,
 * closures and tables, always the same; so that is done for the first state only, and the others begin as copies of its memory in
 * which each word that is an address within that memory has been moved.
 *
 * Such a word is known by its value. Nothing else in a state looks like it: numbers there are small, texts are ASCII, and what nobody
 * writes is zero.
 */
#pragma once

#include <cstddef>
#include <cstdint>

#include "vm/pool.hpp"

namespace lunatik {

/// Sees which blocks a state has outside of its pool's chunks while its libraries are opened: a lua_Alloc in front of a pool's own.
class Recorder final {
public:
	explicit Recorder(Pool &pool) noexcept : pool_(pool) {}
	Recorder(const Recorder &) = delete;
	Recorder &operator=(const Recorder &) = delete;

	/// A lua_Alloc: `recorder` is the Recorder.
	static void *reallocate(void *recorder, void *block, std::size_t old_size, std::size_t new_size) noexcept;

private:
	friend class Image;

	static constexpr unsigned most = Pool::pooled ? 32 : 1024;
	struct Block {
		void *begin;
		std::size_t size;
	};

	Pool &pool_;
	Block blocks_[most];
	unsigned count_ = 0;
	bool complete_ = true;
};

/// A state's memory, to be copied. It does not change once it is made. Context: any but for create() and destroy().
class Image final {
public:
	/// A part of the runtime that is no part of the state's memory, but that this refers to.
	struct Outside {
		void *begin;
		std::size_t size;
	};
	/// Addresses within the memory that the host needs.
	static constexpr unsigned root_count = 2;
	using Roots = const void *[root_count];

	/// Of what a pool has given and `recorder` has seen. nullptr without memory for it, or if it does not fit. Context: process.
	[[nodiscard]] static Image *create(const Recorder &recorder, const Outside &outside, const Roots &roots) noexcept;
	/// Context: process.
	static void destroy(Image *image) noexcept;

	/// Fills an empty pool, which its account is charged for; `outside` is the other runtime's. False, and the pool is empty,
	/// without memory.
	[[nodiscard]] bool copy(Pool &pool, void *outside, Roots &roots) const noexcept;

private:
	static constexpr unsigned pages_most = 24;
	static constexpr std::size_t page_words = Pool::page_size / sizeof(std::uint64_t);

	/// An address by the page, or what comes behind the last one, which is outside, and the offset.
	using Word = std::uint64_t;
	static constexpr Word nowhere = ~Word{ 0 };
	static constexpr Word word_of(unsigned page, std::size_t offset) noexcept { return Word{ page } << 32 | offset; }

	/// Memory of the state's, and where its copy lies.
	struct Part {
		const void *begin;
		std::size_t size;
		unsigned page;
		std::size_t offset;
	};
	struct Parts;

	Image() noexcept = default;
	[[nodiscard]] bool find_pages(const Pool &pool, Parts &parts) noexcept;
	[[nodiscard]] bool pack(const Recorder &recorder, Parts &parts) noexcept;
	void read(const Parts &parts) noexcept;
	[[nodiscard]] Word *page(unsigned index) const noexcept { return words_ + index * page_words; }

	unsigned pages_ = 0;		// in all
	unsigned packs_ = 0;		// of those, the last ones, with large blocks
	Word *words_ = nullptr;		// of the pages
	unsigned short *places_ = nullptr;	// which words of its page are addresses, page by page
	unsigned ends_[pages_most] = {};	// where the places of a page end
	Word heads_[Pool::classes + 2] = {};	// the pool's lists
	Word roots_[root_count] = {};
};

} // namespace lunatik
