// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The runtimes' memory pool on the host: what it gives, what it counts, and that it gives everything back. */
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../../kernel/vm/image.cpp"
#include "../../kernel/vm/pool.cpp"

using namespace lunatik;

// The kernel's side, counted.
namespace {
std::size_t pages = 0, blocks = 0;
std::size_t pages_most = ~std::size_t{ 0 };

// Memory is not empty: whoever had it before had addresses there, of this very memory even.
void *used(void *memory, std::size_t size)
{
	for (std::size_t at = 0; memory && at + sizeof(memory) <= size; at += sizeof(memory))
		std::memcpy(static_cast<char *>(memory) + at, &memory, sizeof(memory));
	return memory;
}
} // namespace

extern "C" {
int lunatik_h_failing = 0;
int lunatik_h_should_fail() { return 0; }
void *lunatik_h_page(int)
{
	if (pages == pages_most)
		return nullptr;
	pages++;
	return used(std::aligned_alloc(4096, 4096), 4096);
}
void lunatik_h_freepage(void *page)
{
	pages--;
	std::free(page);
}
void *lunatik_h_kvmalloc(std::size_t size, int)
{
	void *block = size < (std::size_t{ 1 } << 32) ? std::malloc(size) : nullptr;
	blocks += block != nullptr;
	return used(block, size);
}
void lunatik_h_kvfree(const void *memory)
{
	blocks -= memory != nullptr;
	std::free(const_cast<void *>(memory));
}
void *lunatik_h_kvzalloc(std::size_t size, int atomic)
{
	void *memory = lunatik_h_kvmalloc(size, atomic);
	return memory ? std::memset(memory, 0, size) : nullptr;
}
void *lunatik_h_kmalloc(std::size_t size, int atomic) { return lunatik_h_kvmalloc(size, atomic); }
void lunatik_h_kfree(const void *memory) { lunatik_h_kvfree(memory); }
void *lunatik_h_block(std::size_t size, int atomic) { return lunatik_h_kvmalloc(size, atomic); }
void lunatik_h_freeblock(void *memory, std::size_t) { lunatik_h_kvfree(memory); }
void lunatik_h_copy_page(void *to, const void *from) { std::memcpy(to, from, 4096); }
}

static void *resize(Pool &pool, void *block, std::size_t from, std::size_t to)
{
	return Pool::reallocate(&pool, block, from, to);
}

static bool filled(const char *block, std::size_t size, char with)
{
	return std::all_of(block, block + size, [with](char c) { return c == with; });
}

TEST_CASE("blocks of one size do not overlap, and are aligned")
{
	for (std::size_t size : { 1u, 16u, 17u, 100u, 255u, 256u, 257u, 5000u }) {
		Account account(1 << 20);
		Pool pool(account);
		std::vector<char *> given;
		for (int i = 0; i < 50; i++) {
			auto *block = static_cast<char *>(resize(pool, nullptr, 0, size));
			REQUIRE(block);
			CHECK(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
			std::memset(block, i, size);
			given.push_back(block);
		}
		for (int i = 0; i < 50; i++) {
			REQUIRE(filled(given[static_cast<std::size_t>(i)], size, static_cast<char>(i)));
			resize(pool, given[static_cast<std::size_t>(i)], size, 0);
		}
	}
	CHECK(pages == 0);
	CHECK(blocks == 0);
}

TEST_CASE("the cap holds for small and large blocks together")
{
	Account account(64 << 10);
	Pool pool(account);
	std::vector<void *> small;
	while (void *block = resize(pool, nullptr, 0, 64))
		small.push_back(block);
	CHECK(account.held() <= account.cap());
	CHECK(account.held() + 4096 > account.cap());
	CHECK(small.size() > 800);
	CHECK_FALSE(resize(pool, nullptr, 0, 1000));
	for (void *block : small)
		resize(pool, block, 64, 0);
	// What small blocks held is free for large ones again.
	CHECK(account.held() <= 4096);
	void *large = resize(pool, nullptr, 0, 50 << 10);
	CHECK(large);
	CHECK_FALSE(resize(pool, large, 50 << 10, 61 << 10));
	resize(pool, large, 50 << 10, 0);
}

TEST_CASE("a request that would wrap the count is refused")
{
	Account account(1 << 20);
	Pool pool(account);
	CHECK_FALSE(resize(pool, nullptr, 0, ~std::size_t{ 0 }));
	CHECK_FALSE(resize(pool, nullptr, 0, ~std::size_t{ 0 } - 4096));
	CHECK(account.held() == 0);
}

TEST_CASE("any sequence of requests keeps contents and gives all back")
{
	std::mt19937 random(42);
	for (int round = 0; round < 20; round++) {
		Account account(4 << 20);
		Pool pool(account);
		std::map<char *, std::size_t> live;
		for (int step = 0; step < 5000; step++) {
			std::size_t size = 1 + random() % (random() % 8 ? 300 : 9000);
			bool grow = live.size() < 200 || random() % 2;
			char *block = nullptr;
			std::size_t old = 0;
			if (!live.empty() && random() % 3) {
				auto it = std::next(live.begin(), static_cast<long>(random() % live.size()));
				block = it->first;
				old = it->second;
				live.erase(it);
				REQUIRE(filled(block, old, static_cast<char>(old)));
				if (!grow) {
					resize(pool, block, old, 0);
					continue;
				}
			}
			auto *moved = static_cast<char *>(resize(pool, block, old, size));
			if (!moved) {
				if (block)
					live[block] = old;
				continue;
			}
			REQUIRE(filled(moved, old < size ? old : size, static_cast<char>(old)));
			std::memset(moved, static_cast<char>(size), size);
			live[moved] = size;
			REQUIRE(account.held() <= account.cap());
		}
		for (auto [block, size] : live)
			resize(pool, block, size, 0);
	}
	CHECK(pages == 0);
	CHECK(blocks == 0);
}

TEST_CASE("small blocks that are in use go with their pages")
{
	Account account(1 << 20);
	Pool pool(account);
	for (int i = 0; i < 1000; i++)
		resize(pool, nullptr, 0, static_cast<std::size_t>(1 + i % 256));
	CHECK(pages > 0);
	pool.drain();
	CHECK(pages == 0);
	CHECK(account.held() == 0);
	// And it can be used again.
	void *block = resize(pool, nullptr, 0, 64);
	REQUIRE(block);
	resize(pool, block, 64, 0);
}

namespace {

// What stands for a state: objects that know each other, the large block of their addresses, and what is outside of it.
struct Node {
	Node *next;
	Node **all;
	Node **end;	// of all
	const char *outside;
	std::size_t number, size;
	char text[8];
	unsigned char tag;	// what comes behind it in its word is written by nobody
};

struct Host {
	char before[24];
	char inside[100];
};

constexpr std::size_t node_count = 150;

Node **make_state(void *(*allocate)(void *, void *, std::size_t, std::size_t), void *pool, Host &host)
{
	auto **all = static_cast<Node **>(allocate(pool, nullptr, 0, node_count * sizeof(Node *)));
	// Blocks that are gone leave holes, among the large ones too.
	void *gone = allocate(pool, nullptr, 0, 3000);
	void *small[200];
	for (auto *&block : small)
		block = allocate(pool, nullptr, 0, 40);
	for (std::size_t i = 0; i < node_count; i++) {
		// Some have blocks of their own.
		std::size_t size = i % 10 ? sizeof(Node) + i * 7 % 180 : 300;
		auto *node = static_cast<Node *>(allocate(pool, nullptr, 0, size));
		node->next = nullptr;
		node->all = all;
		node->end = all + node_count;
		node->outside = host.inside + i % 100;
		node->number = i;
		node->size = size;
		std::strcpy(node->text, "text");
		node->tag = 0x45;
		all[i] = node;
		if (i)
			all[i - 1]->next = node;
	}
	for (auto *block : small)
		allocate(pool, block, 40, 0);
	allocate(pool, gone, 3000, 0);
	return all;
}

void check_state(Node *const *all, const Host &host)
{
	for (std::size_t i = 0; i < node_count; i++) {
		const Node &node = *all[i];
		REQUIRE(node.next == (i + 1 < node_count ? all[i + 1] : nullptr));
		REQUIRE(node.all == all);
		REQUIRE(node.end == all + node_count);
		REQUIRE(node.outside == host.inside + i % 100);
		REQUIRE(node.number == i);
		REQUIRE(std::string(node.text) == "text");
		REQUIRE(node.tag == 0x45);
	}
}

void end_state(Pool &pool, Node **all)
{
	for (std::size_t i = 0; i < node_count; i++)
		resize(pool, all[i], all[i]->size, 0);
	resize(pool, all, node_count * sizeof(Node *), 0);
}

} // namespace

TEST_CASE("copies of an image are states of their own")
{
	Account account(1 << 20);
	auto first = std::make_unique<Host>();
	auto pool = std::make_unique<Pool>(account);
	auto recorder = std::make_unique<Recorder>(*pool);
	Node **all = make_state(&Recorder::reallocate, recorder.get(), *first);
	check_state(all, *first);
	Image *image = Image::create(*recorder, { first.get(), sizeof(Host) }, { all, all[7] });
	REQUIRE(image);
	end_state(*pool, all);
	// Nothing of the first is there any more.
	pool.reset();
	first.reset();
	CHECK(pages == 0);
	CHECK(account.held() == 0);

	struct Copy {
		Account account{ 1 << 20 };
		Pool pool{ account };
		Host host;
		Image::Roots roots;
	};
	std::vector<std::unique_ptr<Copy>> copies;
	for (int i = 0; i < 3; i++) {
		auto copy = std::make_unique<Copy>();
		REQUIRE(image->copy(copy->pool, &copy->host, copy->roots));
		copies.push_back(std::move(copy));
	}
	for (auto &copy : copies) {
		auto **own = static_cast<Node **>(const_cast<void *>(copy->roots[0]));
		CHECK(copy->roots[1] == own[7]);
		check_state(own, copy->host);
		// Blocks come from the holes and from new pages, and overwrite nothing.
		std::vector<char *> more;
		for (int i = 0; i < 500; i++) {
			more.push_back(static_cast<char *>(resize(copy->pool, nullptr, 0, 40)));
			std::memset(more.back(), 0xff, 40);
		}
		check_state(own, copy->host);
		for (char *block : more)
			resize(copy->pool, block, 40, 0);
		check_state(own, copy->host);
	}
	std::size_t held = copies[0]->account.held();
	CHECK(held == pages / 3 * 4096);
	// One gives its blocks back, the others are just left.
	end_state(copies[0]->pool, static_cast<Node **>(const_cast<void *>(copies[0]->roots[0])));
	CHECK(copies[0]->account.held() < held);
	for (auto &copy : copies) {
		copy->pool.drain();
		CHECK(copy->account.held() == 0);
	}
	CHECK(pages == 0);

	// Without memory for all of it, nothing is kept.
	Copy last;
	for (pages_most = 0; !image->copy(last.pool, &last.host, last.roots); pages_most++) {
		REQUIRE(pages == 0);
		REQUIRE(last.account.held() == 0);
	}
	CHECK(pages == pages_most);
	last.pool.drain();
	pages_most = ~std::size_t{ 0 };
	Account small(pages * 4096 + 4096);
	Pool poor(small);
	CHECK_FALSE(image->copy(poor, &last.host, last.roots));
	CHECK(small.held() == 0);
	Image::destroy(image);
	recorder.reset();
	CHECK(pages == 0);
	CHECK(blocks == 0);
}
