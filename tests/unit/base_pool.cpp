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
#include <random>
#include <vector>

#include "../../kernel/vm/pool.cpp"

using namespace lunatik;

// The kernel's side, counted.
namespace {
std::size_t pages = 0, blocks = 0;
} // namespace

extern "C" {
int lunatik_h_failing = 0;
int lunatik_h_should_fail() { return 0; }
void *lunatik_h_page(int)
{
	pages++;
	return std::aligned_alloc(4096, 4096);
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
	return block;
}
void lunatik_h_kvfree(const void *memory)
{
	blocks -= memory != nullptr;
	std::free(const_cast<void *>(memory));
}
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
