/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The memory of one Lua state: small blocks from chunks it owns, large ones from the kernel, all of it charged to an
 * account. The kernel's own allocator costs about twice what Lua's small blocks are worth (kmalloc, kfree and the zeroing of
 * init_on_alloc), so blocks of up to 256 bytes are cut from chunks of 1 KiB, one size to a chunk; a chunk that empties
 * serves another size, and a page whose four chunks are empty goes back to the kernel. Charged are pages and large blocks,
 * what the runtime really holds.
 *
 * A pool may begin as a copy of another's memory (image.hpp). What were large blocks there lie in pages here that are not given
 * back before the rest.
 */
#pragma once

#include <cstddef>

#include "base/account.hpp"

namespace lunatik {

/// The allocator of one Lua state. No lock: it is used under the runtime's.
class Pool final {
public:
	/// Charges `account`, which must outlive it.
	explicit Pool(Account &account) noexcept : account_(account) {}
	~Pool() { drain(); }
	/// Gives back everything but large blocks, of which none may be in use. Small ones may: they go with their pages.
	void drain() noexcept;
	Pool(const Pool &) = delete;
	Pool &operator=(const Pool &) = delete;

	/// A lua_Alloc: `pool` is the Pool. Context: any, see atomic().
	static void *reallocate(void *pool, void *block, std::size_t old_size, std::size_t new_size) noexcept;

	/// Whether allocations may sleep (false) or must not (true). Set by whoever enters the runtime.
	void atomic(bool atomic) noexcept { atomic_ = atomic; }

	/// Whether small blocks are cut from pages. KASAN sees only what the kernel's allocator gives and takes, so with it every
	/// block is the kernel's, but for those that are copied from an image: these lie in pages as large ones do.
#ifdef LUNATIK_KASAN
	static constexpr bool pooled = false;
#else
	static constexpr bool pooled = true;
#endif
	static constexpr std::size_t page_size = 4096;

private:
	friend class Image;
	friend class Recorder;

	static constexpr std::size_t granule = 16;
	static constexpr std::size_t largest = 256;
	static constexpr std::size_t classes = largest / granule;
	static constexpr std::size_t chunk_size = 1024;
	static constexpr std::size_t packs_most = pooled ? 4 : 20;

	struct Cell {
		Cell *next;
	};
	/// Head of a chunk. The first chunk of a page also counts the page's chunks in use.
	struct Chunk {
		Chunk *next;
		Chunk *previous;
		Cell *free;
		unsigned short used;
		unsigned char size_class;
		unsigned char page_used;
		unsigned rest;	// zero: an image knows addresses by their looks, and this is half a word
	};
	static_assert(sizeof(Chunk) == 32);

	/// Whether a block of this size has one of the kernel's allocations to itself.
	static constexpr bool alone(std::size_t size) noexcept { return !pooled || size > largest; }
	static std::size_t size_class(std::size_t size) noexcept { return (size - 1) / granule; }
	static Chunk *chunk_of(void *block) noexcept;
	static Chunk *page_of(Chunk *chunk) noexcept;
	static void link(Chunk *&list, Chunk *chunk) noexcept;
	static void unlink(Chunk *&list, Chunk *chunk) noexcept;

	void *take(std::size_t size) noexcept;
	void give(void *block, std::size_t size) noexcept;
	Chunk *new_chunk(std::size_t index) noexcept;
	bool new_page() noexcept;
	void free_chunk(Chunk *chunk) noexcept;

	[[nodiscard]] bool packed(const void *block) const noexcept;
	Chunk *partial_[classes] = {};	// chunks with a free cell, for each size
	Chunk *full_ = nullptr;		// chunks without one
	Chunk *spare_ = nullptr;	// chunks of no size
	void *packs_[packs_most] = {};	// pages with large blocks of an image
	unsigned pack_count_ = 0;
	Account &account_;
	bool atomic_ = false;
};

} // namespace lunatik
