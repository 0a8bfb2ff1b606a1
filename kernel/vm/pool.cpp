// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "vm/pool.hpp"

#include <cstdint>
#include <utility>

#include "helpers/helpers.h"

namespace lunatik {

Pool::Chunk *Pool::chunk_of(void *block) noexcept
{
	// SAFETY: every small block lies in a chunk, and chunks are aligned to their size.
	return reinterpret_cast<Chunk *>(reinterpret_cast<std::uintptr_t>(block) & ~(chunk_size - 1));
}

Pool::Chunk *Pool::page_of(Chunk *chunk) noexcept
{
	// SAFETY: chunks are cut from whole pages; the page's first chunk is at its start.
	return reinterpret_cast<Chunk *>(reinterpret_cast<std::uintptr_t>(chunk) & ~(page_size - 1));
}

void Pool::link(Chunk *&list, Chunk *chunk) noexcept
{
	chunk->previous = nullptr;
	chunk->next = list;
	if (list)
		list->previous = chunk;
	list = chunk;
}

void Pool::unlink(Chunk *&list, Chunk *chunk) noexcept
{
	if (chunk->previous)
		chunk->previous->next = chunk->next;
	else
		list = chunk->next;
	if (chunk->next)
		chunk->next->previous = chunk->previous;
}

bool Pool::new_page() noexcept
{
	if (!account_.charge(page_size))
		return false;
	void *page = lunatik_h_page(atomic_);
	if (!page) {
		account_.discharge(page_size);
		return false;
	}
	// SAFETY: the page is ours, aligned, and large enough for four chunks.
	auto *bytes = static_cast<unsigned char *>(page);
	for (std::size_t offset = page_size; offset; offset -= chunk_size) {
		auto *chunk = reinterpret_cast<Chunk *>(bytes + offset - chunk_size);
		*chunk = {};
		link(spare_, chunk);
	}
	return true;
}

Pool::Chunk *Pool::new_chunk(std::size_t index) noexcept
{
	if (!spare_ && !new_page())
		return nullptr;
	Chunk *chunk = spare_;
	unlink(spare_, chunk);
	page_of(chunk)->page_used++;

	std::size_t size = (index + 1) * granule;
	// SAFETY: the cells lie between the head and the end of the chunk.
	auto *bytes = reinterpret_cast<unsigned char *>(chunk);
	Cell *list = nullptr;
	for (std::size_t cells = (chunk_size - sizeof(Chunk)) / size; cells; cells--) {
		auto *cell = reinterpret_cast<Cell *>(bytes + sizeof(Chunk) + (cells - 1) * size);
		cell->next = list;
		list = cell;
	}
	chunk->free = list;
	chunk->used = 0;
	chunk->size_class = static_cast<unsigned char>(index);
	link(partial_[index], chunk);
	return chunk;
}

void Pool::free_chunk(Chunk *chunk) noexcept
{
	Chunk *page = page_of(chunk);
	link(spare_, chunk);
	if (--page->page_used)
		return;
	// SAFETY: all four chunks of the page are spare; they leave the list before the page goes.
	auto *bytes = reinterpret_cast<unsigned char *>(page);
	for (std::size_t offset = 0; offset < page_size; offset += chunk_size)
		unlink(spare_, reinterpret_cast<Chunk *>(bytes + offset));
	lunatik_h_freepage(page);
	account_.discharge(page_size);
}

void *Pool::take(std::size_t size) noexcept
{
	if (alone(size)) {
		if (!account_.charge(size))
			return nullptr;
		void *block = lunatik_h_block(size, atomic_);
		if (!block)
			account_.discharge(size);
		return block;
	}
	// Who fails Lunatik's allocations counts this one here, and larger ones where the kernel is asked for them.
	if (lunatik_h_failing && lunatik_h_should_fail()) [[unlikely]]
		return nullptr;
	std::size_t index = size_class(size);
	Chunk *chunk = partial_[index];
	if (!chunk && !(chunk = new_chunk(index))) [[unlikely]]
		return nullptr;
	Cell *cell = chunk->free;
	chunk->free = cell->next;
	chunk->used++;
	if (!chunk->free) {
		unlink(partial_[index], chunk);
		link(full_, chunk);
	}
	return cell;
}

// Whether a large block lies in a page of the image's.
bool Pool::packed(const void *block) const noexcept
{
	for (unsigned i = 0; i < pack_count_; i++) {
		// SAFETY: addresses, as numbers; pages are aligned to their size.
		if (!((reinterpret_cast<std::uintptr_t>(block) ^ reinterpret_cast<std::uintptr_t>(packs_[i])) & ~(page_size - 1)))
			return true;
	}
	return false;
}

void Pool::give(void *block, std::size_t size) noexcept
{
	if (alone(size)) {
		if (packed(block))
			return;
		account_.discharge(size);
		lunatik_h_freeblock(block, size);
		return;
	}
	Chunk *chunk = chunk_of(block);
	Chunk *&list = partial_[chunk->size_class];
	// SAFETY: the block is free; its first word links it.
	auto *cell = static_cast<Cell *>(block);
	if (!chunk->free) {
		unlink(full_, chunk);
		link(list, chunk);
	}
	cell->next = chunk->free;
	chunk->free = cell;
	// The last chunk of a size stays, so that one block taken and given in turn moves no chunk.
	if (!--chunk->used && (list != chunk || chunk->next)) {
		unlink(list, chunk);
		free_chunk(chunk);
	}
}

void *Pool::reallocate(void *pool, void *block, std::size_t old_size, std::size_t new_size) noexcept
{
	// SAFETY: lua_newstate() was given this pool.
	auto &self = *static_cast<Pool *>(pool);

	if (!block)
		return new_size ? self.take(new_size) : nullptr;
	if (!new_size) {
		if (old_size)
			self.give(block, old_size);
		return nullptr;
	}
	if (!alone(old_size) && !alone(new_size) && size_class(old_size) == size_class(new_size))
		return block;
	void *moved = self.take(new_size);
	// A block is never shrunk in place: it would hold more than the cap counts.
	if (!moved)
		return nullptr;
	__builtin_memcpy(moved, block, old_size < new_size ? old_size : new_size);
	self.give(block, old_size);
	return moved;
}

void Pool::drain() noexcept
{
	Chunk *pages = nullptr;
	// A page's first chunk stands for it. Its way to the next chunk is free for one to the next page when that has been read.
	auto gather = [&pages](Chunk *chunk) {
		while (chunk) {
			Chunk *next = chunk->next;
			if (page_of(chunk) == chunk) {
				chunk->next = pages;
				pages = chunk;
			}
			chunk = next;
		}
	};
	for (Chunk *&list : partial_)
		gather(std::exchange(list, nullptr));
	gather(std::exchange(full_, nullptr));
	gather(std::exchange(spare_, nullptr));
	std::size_t count = 0;
	for (; pages; count++) {
		Chunk *page = std::exchange(pages, pages->next);
		lunatik_h_freepage(page);
	}
	for (; pack_count_; count++)
		lunatik_h_freepage(packs_[--pack_count_]);
	account_.discharge(count * page_size);
}

} // namespace lunatik
