// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* kernel/base on the host: errors as values, references, lists, bounded strings, attributes of a request. */
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "frame.hpp"
#include "list.hpp"
#include "ref.hpp"
#include "result.hpp"
#include "text.hpp"

using namespace lunatik;

namespace {

/// Counts how many of it are alive.
struct Tracked {
	static inline int alive = 0;
	int value;
	explicit Tracked(int v) : value(v) { alive++; }
	Tracked(Tracked &&other) noexcept : value(other.value) { alive++; }
	Tracked &operator=(Tracked &&) = delete;
	~Tracked() { alive--; }
};

Result<Tracked> make(int value)
{
	if (value < 0)
		return Error(EINVAL);
	return Tracked(value);
}

Result<int> twice(int value)
{
	Tracked tracked = TRY(make(value));
	return tracked.value * 2;
}

struct Counted {
	int references = 1;
};

void get(Counted &counted) { counted.references++; }
void put(Counted &counted) { counted.references--; }

struct Item : Linked<Item> {
	int number;
	explicit Item(int n) : number(n) {}
};

std::vector<int> numbers(const List<Item> &list)
{
	std::vector<int> result;
	for (Item *item = list.first(); item; item = list.next(*item))
		result.push_back(item->number);
	return result;
}

std::string attribute(std::uint32_t type, const std::string &value)
{
	lunatik_attribute head{ type, static_cast<__u32>(value.size()) };
	std::string bytes(reinterpret_cast<const char *>(&head), sizeof(head));
	return bytes + value + std::string((4 - value.size() % 4) % 4, '\0');
}

} // namespace

TEST_CASE("an Error is never success")
{
	CHECK(Error(ENOMEM).code() == ENOMEM);
	CHECK(Error(-ENOMEM).code() == ENOMEM);
	CHECK(Error(ENOMEM).negative() == -ENOMEM);
}

TEST_CASE("TRY hands on values and errors, and destroys what it held")
{
	auto good = twice(21);
	REQUIRE(good);
	CHECK(*good == 42);
	auto bad = twice(-1);
	REQUIRE_FALSE(bad);
	CHECK(bad.error() == Error(EINVAL));
	CHECK(Tracked::alive == 0);
}

TEST_CASE("a Result of a kernel function's return value")
{
	CHECK(checked<int>(7).take() == 7);
	CHECK(checked<int>(-ENOENT).error() == Error(ENOENT));
	CHECK(Result<void>::from(0));
	CHECK(Result<void>::from(-EIO).negative() == -EIO);
}

TEST_CASE("a Ref pairs every get with a put")
{
	Counted counted;
	{
		auto first = Ref<Counted>::share(counted);
		CHECK(counted.references == 2);
		auto second = std::move(first);
		CHECK_FALSE(first);
		CHECK(counted.references == 2);
		auto third = Ref<Counted>::share(*second);
		third = std::move(second);
		CHECK(counted.references == 2);
		CHECK(third.release() == &counted);
		CHECK(counted.references == 2);
		put(counted);
	}
	CHECK(counted.references == 1);
}

TEST_CASE("a List keeps order whatever is taken out")
{
	for (int removed = 0; removed < 3; removed++) {
		List<Item> list;
		Item items[] = { Item(0), Item(1), Item(2) };
		for (Item &item : items)
			list.push_back(item);
		CHECK(list.last() == &items[2]);
		list.remove(items[removed]);
		CHECK_FALSE(items[removed].linked());
		std::vector<int> expected{ 0, 1, 2 };
		expected.erase(expected.begin() + removed);
		CHECK(numbers(list) == expected);
		list.push_back(items[removed]);
		expected.push_back(removed);
		CHECK(numbers(list) == expected);
		for (int number : expected)
			CHECK(list.pop_front()->number == number);
		CHECK(list.empty());
		CHECK(list.pop_front() == nullptr);
		CHECK(list.last() == nullptr);
	}
}

TEST_CASE("a List takes elements at both ends")
{
	List<Item> list;
	Item items[] = { Item(0), Item(1), Item(2) };
	list.push_front(items[1]);
	CHECK(list.last() == &items[1]);
	list.push_front(items[0]);
	list.push_back(items[2]);
	CHECK(numbers(list) == std::vector<int>{ 0, 1, 2 });
	for (int number : { 0, 1, 2 })
		CHECK(list.pop_front()->number == number);
	CHECK(list.empty());
}

TEST_CASE("a Name holds what fits and ends with zero")
{
	Name<4> name("abcdef");
	CHECK(name.view() == "abcd");
	CHECK(std::strlen(name.c_str()) == 4);
	CHECK(name.full());
	name.append("x");
	CHECK(name.view() == "abcd");
	name.clear();
	CHECK(name.empty());
	name.append("ab");
	name.append("cde");
	CHECK(name.view() == "abcd");
	CHECK(Name<4>::fits("abcd"));
	Name<12> number("n ");
	number.append_decimal(0);
	number.append_decimal(4294967295U);
	CHECK(number.view() == "n 0429496729"); // as long as there is room
	CHECK_FALSE(Name<4>::fits("abcde"));
}

TEST_CASE("cut never leaves its text")
{
	CHECK(cut("hello", 1, 3) == "ell");
	CHECK(cut("hello", 3) == "lo");
	CHECK(cut("hello", 5).empty());
	CHECK(cut("hello", 9).empty());
	CHECK(cut("hello", 0, 99) == "hello");
	CHECK(cut("", 1, 1).empty());
}

TEST_CASE("attributes are read in order, padded or not")
{
	for (std::size_t size = 0; size < 9; size++) {
		std::string value(size, 'v');
		std::string payload = attribute(1, value) + attribute(2, "last");
		Attributes attributes(payload);
		Attribute found;
		REQUIRE(attributes.next(found));
		CHECK(found.type == 1);
		CHECK(found.value == value);
		REQUIRE(attributes.next(found));
		CHECK(found.value == "last");
		CHECK_FALSE(attributes.next(found));
		CHECK_FALSE(attributes.bad());
	}
}

TEST_CASE("every truncation of attributes is told from their end")
{
	std::string first = attribute(1, "abcde");
	std::string payload = first + attribute(2, "xy");
	for (std::size_t size = 0; size <= payload.size(); size++) {
		Attributes attributes(std::string_view(payload).substr(0, size));
		Attribute found;
		while (attributes.next(found)) {
		}
		bool whole = size == 0 || size == first.size() || size == payload.size();
		CHECK(attributes.bad() == !whole);
	}
}

TEST_CASE("an attribute whose length wraps is refused")
{
	for (__u32 length : { 0xffffffffu, 0xfffffffdu, 0x80000000u, 5u }) {
		lunatik_attribute head{ 1, length };
		std::string payload(reinterpret_cast<const char *>(&head), sizeof(head));
		payload += "1234";
		Attributes attributes(payload);
		Attribute found;
		CHECK_FALSE(attributes.next(found));
		CHECK(attributes.bad());
	}
}

TEST_CASE("an attribute is read as an integer only in its own size")
{
	Attribute four{ 1, std::string_view("\1\0\0\0", 4) };
	__u32 small = 0;
	__u64 large = 0;
	CHECK(four.read(small));
	CHECK(small == 1);
	CHECK_FALSE(four.read(large));
}
