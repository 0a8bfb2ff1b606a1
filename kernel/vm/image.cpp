// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "vm/image.hpp"

#include <new>

#include "helpers/helpers.h"

namespace lunatik {

void *Recorder::reallocate(void *recorder, void *block, std::size_t old_size, std::size_t new_size) noexcept
{
	// SAFETY: lua_newstate() was given this recorder.
	auto &self = *static_cast<Recorder *>(recorder);
	void *moved = Pool::reallocate(&self.pool_, block, old_size, new_size);
	if (new_size && !moved)
		return nullptr;
	// Lua writes a value's tag and leaves the rest of that word as it was. An address that somebody had there before would be taken for
	// one of the state's, and the tag be moved with it.
	std::size_t kept = !block ? 0 : old_size < new_size ? old_size : new_size;
	std::size_t whole = Pool::alone(new_size) ? new_size : (new_size + Pool::granule - 1) / Pool::granule * Pool::granule;
	if (new_size)
		__builtin_memset(static_cast<char *>(moved) + kept, 0, whole - kept);
	// Without a block, Lua says in its old size what it is for.
	if (block && Pool::alone(old_size)) {
		for (unsigned i = 0; i < self.count_; i++) {
			if (self.blocks_[i].begin == block)
				self.blocks_[i] = self.blocks_[--self.count_];
		}
	}
	if (new_size && Pool::alone(new_size)) {
		if (self.count_ < most)
			self.blocks_[self.count_++] = { moved, new_size };
		else
			self.complete_ = false;
	}
	return moved;
}

struct Image::Parts {
	static constexpr unsigned most = pages_most + Recorder::most + 1;

	Part list[most];
	unsigned count = 0;

	void add(const Part &part) noexcept { list[count++] = part; }
	/// Where the copy of what lies at `address` is.
	[[nodiscard]] Word find(Word address) const noexcept
	{
		for (unsigned i = 0; i < count; i++) {
			if (address - begin(i) < list[i].size)
				return word_of(list[i].page, list[i].offset + (address - begin(i)));
		}
		// A table knows the end of its nodes.
		for (unsigned i = 0; i < count; i++) {
			if (address == begin(i) + list[i].size)
				return word_of(list[i].page, list[i].offset + list[i].size);
		}
		return nowhere;
	}
	[[nodiscard]] Word find(const void *address) const noexcept
	{
		// SAFETY: an address, as a number.
		return find(reinterpret_cast<Word>(address));
	}

private:
	[[nodiscard]] Word begin(unsigned i) const noexcept
	{
		// SAFETY: an address, as a number.
		return reinterpret_cast<Word>(list[i].begin);
	}
};

// The pages that the pool has cut into chunks: each of these is in one of its lists.
bool Image::find_pages(const Pool &pool, Parts &parts) noexcept
{
	auto note = [&](Pool::Chunk *chunk) {
		for (; chunk; chunk = chunk->next) {
			const void *page = Pool::page_of(chunk);
			bool known = false;
			for (unsigned i = 0; i < parts.count; i++)
				known = known || parts.list[i].begin == page;
			if (known)
				continue;
			if (pages_ == pages_most)
				return false;
			parts.add({ page, Pool::page_size, pages_++, 0 });
		}
		return true;
	};
	bool fits = note(pool.full_) && note(pool.spare_);
	for (Pool::Chunk *list : pool.partial_)
		fits = fits && note(list);
	return fits;
}

// Finds room for the large blocks in pages of their own.
bool Image::pack(const Recorder &recorder, Parts &parts) noexcept
{
	std::size_t used[Pool::packs_most];
	for (unsigned i = 0; i < recorder.count_; i++) {
		const auto &block = recorder.blocks_[i];
		unsigned pack = 0;
		while (pack < packs_ && Pool::page_size - used[pack] < block.size)
			pack++;
		if (pack == packs_) {
			if (packs_ == Pool::packs_most || pages_ + packs_ == pages_most || block.size > Pool::page_size)
				return false;
			used[packs_++] = 0;
		}
		parts.add({ block.begin, block.size, pages_ + pack, used[pack] });
		used[pack] += (block.size + Pool::granule - 1) & ~(Pool::granule - 1);
	}
	pages_ += packs_;
	return recorder.complete_;
}

// Copies the parts and finds the addresses in them.
void Image::read(const Parts &parts) noexcept
{
	for (unsigned i = 0; i < parts.count; i++) {
		const Part &part = parts.list[i];
		// SAFETY: what is outside has no page here; the others are within theirs.
		if (part.page < pages_)
			__builtin_memcpy(reinterpret_cast<char *>(page(part.page)) + part.offset, part.begin, part.size);
	}
	unsigned count = 0;
	for (unsigned i = 0; i < pages_; i++) {
		for (std::size_t at = 0; at < page_words; at++) {
			Word &word = page(i)[at];
			Word found = word ? parts.find(word) : nowhere;
			if (found == nowhere)
				continue;
			word = found;
			places_[count++] = static_cast<unsigned short>(at);
		}
		ends_[i] = count;
	}
}

Image *Image::create(const Recorder &recorder, const Outside &outside, const Roots &roots) noexcept
{
	const Pool &pool = recorder.pool_;
	void *memory = lunatik_h_kmalloc(sizeof(Image), 0);
	void *scratch = lunatik_h_kmalloc(sizeof(Parts), 0);
	Image *image = memory ? ::new (memory) Image : nullptr;
	Parts *parts = scratch ? ::new (scratch) Parts : nullptr;
	bool fits = image && parts && image->find_pages(pool, *parts) && image->pack(recorder, *parts);
	if (fits) {
		parts->add({ outside.begin, outside.size, image->pages_, 0 });
		std::size_t words = image->pages_ * page_words;
		// SAFETY: zeroed memory for the pages, and for a place of each word.
		image->words_ = static_cast<Word *>(lunatik_h_kvzalloc(words * sizeof(Word), 0));
		image->places_ = static_cast<unsigned short *>(lunatik_h_kvmalloc(words * sizeof(unsigned short), 0));
		fits = image->words_ && image->places_;
	}
	if (fits) {
		image->read(*parts);
		for (std::size_t i = 0; i < Pool::classes; i++)
			image->heads_[i] = parts->find(pool.partial_[i]);
		image->heads_[Pool::classes] = parts->find(pool.full_);
		image->heads_[Pool::classes + 1] = parts->find(pool.spare_);
		for (unsigned i = 0; i < root_count; i++)
			image->roots_[i] = parts->find(roots[i]);
	} else if (image) {
		destroy(image);
		image = nullptr;
	}
	lunatik_h_kfree(scratch);
	return image;
}

void Image::destroy(Image *image) noexcept
{
	if (!image)
		return;
	lunatik_h_kvfree(image->words_);
	lunatik_h_kvfree(image->places_);
	lunatik_h_kfree(image);
}

bool Image::copy(Pool &pool, void *outside, Roots &roots) const noexcept
{
	__attribute__((uninitialized)) char *bases[pages_most + 1];
	std::size_t size = pages_ * Pool::page_size;
	if (!pool.account_.charge(size))
		return false;
	for (unsigned i = 0; i < pages_; i++) {
		// SAFETY: a page, or none. All of it is written below.
		bases[i] = static_cast<char *>(lunatik_h_page(pool.atomic_));
		if (bases[i])
			continue;
		while (i)
			lunatik_h_freepage(bases[--i]);
		pool.account_.discharge(size);
		return false;
	}
	// SAFETY: what the addresses are relative to.
	bases[pages_] = static_cast<char *>(outside);
	auto moved = [&bases](Word word) -> char * { return word == nowhere ? nullptr : bases[word >> 32] + static_cast<unsigned>(word); };
	const unsigned short *place = places_;
	for (unsigned i = 0; i < pages_; i++) {
		lunatik_h_copy_page(bases[i], page(i));
		// SAFETY: a page of words, of which those at the places are addresses; none of them is nowhere.
		auto *words = reinterpret_cast<Word *>(bases[i]);
		for (const unsigned short *end = places_ + ends_[i]; place < end; place++) {
			Word word = words[*place];
			words[*place] = reinterpret_cast<Word>(bases[word >> 32] + static_cast<unsigned>(word));
		}
	}
	// SAFETY: the heads of the pool's lists are chunks of its pages.
	for (std::size_t i = 0; i < Pool::classes; i++)
		pool.partial_[i] = reinterpret_cast<Pool::Chunk *>(moved(heads_[i]));
	pool.full_ = reinterpret_cast<Pool::Chunk *>(moved(heads_[Pool::classes]));
	pool.spare_ = reinterpret_cast<Pool::Chunk *>(moved(heads_[Pool::classes + 1]));
	for (unsigned i = 0; i < packs_; i++)
		pool.packs_[i] = bases[pages_ - packs_ + i];
	pool.pack_count_ = packs_;
	for (unsigned i = 0; i < root_count; i++)
		roots[i] = moved(roots_[i]);
	return true;
}

} // namespace lunatik
