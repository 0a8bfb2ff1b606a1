// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Frames and attributes: what is encoded, every way to be malformed, every place to be cut.
#include "catch.hpp"

#include <lunatik/client.hpp>

#include "fake.hpp"

using namespace lunatik::client;
using fake::raw;

namespace {

/* The fault that `bytes`, fed at once and then ended, are refused with; nothing if they are taken. */
std::optional<Fault> fault_of(const std::string &bytes, std::size_t largest = largest_answer)
{
	try {
		FrameDecoder decoder(largest);
		decoder.feed(bytes);
		while (decoder.next())
			;
		decoder.finish();
	} catch (const ProtocolError &error) {
		return error.fault();
	}
	return std::nullopt;
}

template <typename Function>
std::optional<Fault> fault_in(Function function)
{
	try {
		function();
	} catch (const ProtocolError &error) {
		return error.fault();
	}
	return std::nullopt;
}

std::string head(std::uint32_t magic, std::uint16_t version, std::uint16_t type, std::uint32_t length,
	std::uint32_t reserved)
{
	return raw(magic) + raw(version) + raw(type) + raw(length) + raw(reserved);
}

} // namespace

TEST_CASE("a frame is encoded as the header says", "[frame]")
{
	CHECK(encode_frame(LUNATIK_REQUEST_LIST, "") == head(0x4b544e4c, 1, 4, 0, 0));
	CHECK(encode_frame(LUNATIK_REQUEST_EVAL, "abc") == head(0x4b544e4c, 1, 5, 3, 0) + "abc");
	CHECK(encode_frame(1, "").substr(0, 4) == "LNTK");
}

TEST_CASE("attributes are padded to a multiple of four", "[frame]")
{
	for (std::size_t length = 0; length < 9; ++length) {
		std::string payload;
		append_attribute(payload, 6, std::string(length, 'x'));
		append_attribute(payload, 5, std::uint64_t{1} << 40);
		append_attribute(payload, 3, std::uint32_t{2});
		CAPTURE(length);
		CHECK(payload == fake::attribute(6, std::string(length, 'x')) + fake::attribute(5, raw(std::uint64_t{1} << 40)) +
			fake::attribute(3, raw(std::uint32_t{2})));
		const std::vector<Attribute> attributes = decode_attributes(payload);
		REQUIRE(attributes.size() == 3);
		CHECK(attributes[0].value == std::string(length, 'x'));
		CHECK(attributes[1].u64() == std::uint64_t{1} << 40);
		CHECK(attributes[2].u32() == 2);
	}
}

TEST_CASE("frames are found wherever the stream is cut", "[frame]")
{
	const std::string zeros("\0with\0zeros\0", 12);
	const std::string stream = fake::output("") + fake::output("hello") + fake::output(zeros) + fake::done(1);
	const auto check = [&](const std::vector<Frame> &frames) {
		REQUIRE(frames.size() == 4);
		CHECK(frames[0].payload.empty());
		CHECK(frames[1].payload == "hello");
		CHECK(frames[2].payload == zeros);
		CHECK(frames[3].type == LUNATIK_ANSWER_DONE);
	};
	for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
		CAPTURE(cut);
		FrameDecoder decoder;
		std::vector<Frame> frames;
		for (const std::string &piece : {stream.substr(0, cut), stream.substr(cut)}) {
			decoder.feed(piece);
			while (auto frame = decoder.next())
				frames.push_back(*frame);
		}
		decoder.finish();
		CHECK(decoder.empty());
		check(frames);
	}

	FrameDecoder decoder;
	std::vector<Frame> frames;
	for (const char byte : stream) {
		decoder.feed({&byte, 1});
		while (auto frame = decoder.next())
			frames.push_back(*frame);
	}
	decoder.finish();
	check(frames);
}

TEST_CASE("a stream that ends early is truncated, at every position but the ends of frames", "[frame]")
{
	const std::string first = fake::output("hello");
	const std::string stream = first + fake::done();
	for (std::size_t end = 0; end <= stream.size(); ++end) {
		CAPTURE(end);
		const bool whole = end == 0 || end == first.size() || end == stream.size();
		CHECK(fault_of(stream.substr(0, end)) == (whole ? std::nullopt : std::optional(Fault::Truncated)));
	}
}

TEST_CASE("every malformed head has its own fault", "[frame]")
{
	CHECK(fault_of(head(LUNATIK_MAGIC + 1, 1, 64, 0, 0)) == Fault::Magic);
	CHECK(fault_of("GET / HTTP/1.1\r\n\r\n") == Fault::Magic);
	CHECK(fault_of(std::string(16, '\0')) == Fault::Magic);
	CHECK(fault_of(head(LUNATIK_MAGIC, 0, 64, 0, 0)) == Fault::Version);
	CHECK(fault_of(head(LUNATIK_MAGIC, 2, 64, 0, 0)) == Fault::Version);
	CHECK(fault_of(head(LUNATIK_MAGIC, 1, 64, 0, 1)) == Fault::Reserved);
	CHECK(fault_of(head(LUNATIK_MAGIC, 1, 64, UINT32_MAX, 0)) == Fault::Oversized);
	CHECK(fault_of(fake::output("12345"), 4) == Fault::Oversized);
	CHECK(fault_of(fake::output("1234"), 4) == std::nullopt);
	CHECK(fault_of(fake::done() + head(0, 1, 64, 0, 0)) == Fault::Magic);
}

TEST_CASE("an oversized frame is refused before its payload arrives", "[frame]")
{
	FrameDecoder decoder(LUNATIK_REQUEST_MAX);
	decoder.feed(head(LUNATIK_MAGIC, 1, 64, LUNATIK_REQUEST_MAX, 0));
	CHECK_FALSE(decoder.next());
	FrameDecoder other(LUNATIK_REQUEST_MAX);
	other.feed(head(LUNATIK_MAGIC, 1, 64, LUNATIK_REQUEST_MAX + 1, 0));
	CHECK_THROWS_AS(other.next(), ProtocolError);
}

TEST_CASE("a fault has the exit status that suits it", "[frame]")
{
	CHECK(ProtocolError(Fault::Version, "").status() == LUNATIK_STATUS_VERSION);
	CHECK(ProtocolError(Fault::Magic, "").status() == LUNATIK_STATUS_VERSION);
	CHECK(ProtocolError(Fault::Oversized, "").status() == LUNATIK_STATUS_USAGE);
}

TEST_CASE("malformed attributes are refused", "[frame]")
{
	const auto fault = [](const std::string &payload) { return fault_in([&] { decode_attributes(payload); }); };
	const std::string good = fake::attribute(10, "hello");

	CHECK(fault("") == std::nullopt);
	CHECK(fault(good) == std::nullopt);
	// Cut anywhere: in the head and in the value it overruns, and then its padding is missing.
	for (std::size_t end = 1; end < good.size(); ++end) {
		CAPTURE(end);
		CHECK(fault(good.substr(0, end)) == (end < 8 + 5 ? Fault::AttributeOverrun : Fault::AttributePadding));
		CHECK(fault(good + good.substr(0, end)) == (end < 8 + 5 ? Fault::AttributeOverrun : Fault::AttributePadding));
	}
	CHECK(fault(raw(10U) + raw(UINT32_MAX) + "abcd") == Fault::AttributeOverrun);
	CHECK(fault(raw(10U) + raw(5U) + "hello" + std::string("\0\0x", 3)) == Fault::AttributePadding);
	CHECK(fault(raw(10U) + raw(5U) + "hellox" + std::string("\0\0", 2)) == Fault::AttributePadding);
	CHECK(fault(good + "x") == Fault::AttributeOverrun);
}

TEST_CASE("an integer of the wrong size is refused", "[frame]")
{
	for (std::size_t size = 0; size < 12; ++size) {
		const std::string value(size, '\1');
		CAPTURE(size);
		CHECK(fault_in([&] { Attribute{8, value}.u32(); }) ==
			(size == 4 ? std::nullopt : std::optional(Fault::AttributeSize)));
		CHECK(fault_in([&] { Attribute{8, value}.u64(); }) ==
			(size == 8 ? std::nullopt : std::optional(Fault::AttributeSize)));
	}
}

TEST_CASE("an answer is decoded", "[frame]")
{
	const std::string payload = fake::attribute(LUNATIK_ATTRIBUTE_STATUS, raw(7U)) +
		fake::attribute(LUNATIK_ATTRIBUTE_ERRNO, raw(12U)) + fake::message("not enough memory") +
		fake::attribute(LUNATIK_ATTRIBUTE_TRACEBACK, "stack traceback:\n\t...") +
		fake::attribute(LUNATIK_ATTRIBUTE_VALUE, "1") + fake::attribute(LUNATIK_ATTRIBUTE_VALUE, "") +
		fake::attribute(LUNATIK_ATTRIBUTE_INCOMPLETE, "") + fake::attribute(9999, "from the future");
	const Answer answer = decode_answer(payload);
	CHECK(answer.status == LUNATIK_STATUS_LIMIT);
	CHECK(answer.code == 12);
	CHECK(answer.message == "not enough memory");
	CHECK(answer.traceback == "stack traceback:\n\t...");
	CHECK(answer.values == std::vector<std::string>{"1", ""});
	CHECK(answer.incomplete);
	CHECK_FALSE(answer.ok());

	CHECK(fault_in([] { decode_answer(""); }) == Fault::AttributeMissing);
	CHECK(fault_in([] { decode_answer(fake::message("x")); }) == Fault::AttributeMissing);
	CHECK(fault_in([] { decode_answer(fake::attribute(LUNATIK_ATTRIBUTE_STATUS, raw(99U))); }) == Fault::AttributeValue);
	CHECK(fault_in([] { decode_answer(fake::attribute(LUNATIK_ATTRIBUTE_STATUS, "x")); }) == Fault::AttributeSize);
}

TEST_CASE("a runtime is decoded", "[frame]")
{
	const std::string name = fake::attribute(LUNATIK_ATTRIBUTE_NAME, "examples/tap");
	const Item item = decode_item(name + fake::attribute(LUNATIK_ATTRIBUTE_CONTEXT, raw(1U)) +
		fake::attribute(LUNATIK_ATTRIBUTE_STATE, raw(2U)) +
		fake::attribute(LUNATIK_ATTRIBUTE_MEMORY, raw(std::uint64_t{17'920})) +
		fake::attribute(LUNATIK_ATTRIBUTE_MAXALLOC, raw(std::uint64_t{1} << 33)) +
		fake::attribute(LUNATIK_ATTRIBUTE_CALLS, raw(std::uint64_t{5})) +
		fake::attribute(LUNATIK_ATTRIBUTE_ERRORS, raw(std::uint64_t{6})) +
		fake::attribute(LUNATIK_ATTRIBUTE_AGE, raw(std::uint64_t{1'500'000'000})) +
		fake::attribute(LUNATIK_ATTRIBUTE_NETNS, raw(4026531840U)) + fake::attribute(LUNATIK_ATTRIBUTE_PERCPU, "") +
		fake::attribute(LUNATIK_ATTRIBUTE_THREAD, raw(77U)));
	CHECK(item.name == "examples/tap");
	CHECK(item.context == LUNATIK_CONTEXT_SOFTIRQ);
	CHECK(item.state == LUNATIK_STATE_RUNNING);
	CHECK(item.memory == 17'920);
	CHECK(item.maxalloc == std::uint64_t{1} << 33);
	CHECK(item.calls == 5);
	CHECK(item.errors == 6);
	CHECK(item.age == std::chrono::milliseconds(1500));
	CHECK(item.netns == 4026531840U);
	CHECK(item.percpu);
	CHECK(item.thread == 77U);

	const Item bare = decode_item(name);
	CHECK_FALSE(bare.percpu);
	CHECK_FALSE(bare.thread);
	CHECK(fault_in([] { decode_item(""); }) == Fault::AttributeMissing);
	CHECK(fault_in([&] { decode_item(name + fake::attribute(LUNATIK_ATTRIBUTE_CONTEXT, raw(3U))); }) ==
		Fault::AttributeValue);
	CHECK(fault_in([&] { decode_item(name + fake::attribute(LUNATIK_ATTRIBUTE_STATE, raw(4U))); }) ==
		Fault::AttributeValue);
}

TEST_CASE("a request may be as large as the limit and no larger", "[frame]")
{
	const std::string most(LUNATIK_REQUEST_MAX - sizeof(lunatik_attribute), 'x');
	CHECK(Request(LUNATIK_REQUEST_EVAL).source(most).frame().size() == sizeof(lunatik_frame) + LUNATIK_REQUEST_MAX);
	const Request larger = Request(LUNATIK_REQUEST_EVAL).source(most + "x");
	CHECK(fault_in([&] { larger.frame(); }) == Fault::Oversized);
}
