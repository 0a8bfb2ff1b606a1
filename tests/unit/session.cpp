// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Sessions with a kernel that behaves, and with ones that do not.
#include "catch.hpp"

#include <chrono>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lunatik/client.hpp>

#include "fake.hpp"

using namespace lunatik::client;
using namespace std::chrono_literals;
using fake::raw;

namespace {

std::optional<Fault> fault_of_request(const fake::Script &script)
{
	fake::Kernel kernel(script);
	Session session(kernel.take_client());
	try {
		session.request(Request(LUNATIK_REQUEST_LIST));
	} catch (const ProtocolError &error) {
		return error.fault();
	}
	return std::nullopt;
}

} // namespace

TEST_CASE("a request carries every attribute, and output streams before the end", "[session]")
{
	std::atomic<bool> seen{false};
	fake::Kernel kernel([&](fake::Peer &peer) {
		const fake::Received request = peer.expect(LUNATIK_REQUEST_RUN);
		if (request.one(LUNATIK_ATTRIBUTE_NAME) != "passwd" || request.one(LUNATIK_ATTRIBUTE_SOURCE) != "print(...)" ||
			request.u32(LUNATIK_ATTRIBUTE_CONTEXT) != LUNATIK_CONTEXT_HARDIRQ ||
			!request.one(LUNATIK_ATTRIBUTE_PERCPU).empty() || request.u64(LUNATIK_ATTRIBUTE_MAXALLOC) != 1 << 20 ||
			request.all(LUNATIK_ATTRIBUTE_ARGUMENT) != std::vector<std::string>{"a", "", "b c"})
			throw std::runtime_error("the request is not what was asked for");
		peer.send(fake::output("one\n"));
		// The next frame is sent only after the first has been shown: nothing may wait for DONE.
		for (int tries = 0; !seen && tries < 2000; ++tries)
			std::this_thread::sleep_for(1ms);
		peer.send(fake::output(seen ? "two\n" : "late\n") + fake::done());
	});
	Session session(kernel.take_client());
	std::string output;
	Callbacks callbacks;
	callbacks.output = [&](std::string_view bytes) {
		output += bytes;
		seen = true;
	};
	const Answer answer = session.request(Request(LUNATIK_REQUEST_RUN).name("passwd").source("print(...)")
		.context(LUNATIK_CONTEXT_HARDIRQ).percpu().maxalloc(1 << 20).argument("a").argument("").argument("b c"),
		callbacks);
	kernel.join();
	CHECK(answer.ok());
	CHECK(output == "one\ntwo\n");
}

TEST_CASE("a session takes one request after another", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_STOP);
		peer.send(fake::done(LUNATIK_STATUS_NAME, fake::message("x is not running")));
		peer.expect(LUNATIK_REQUEST_LIST);
		peer.send(fake::frame(LUNATIK_ANSWER_ITEM, fake::attribute(LUNATIK_ATTRIBUTE_NAME, "y")) + fake::done());
	});
	Session session(kernel.take_client());
	const Answer first = session.request(Request(LUNATIK_REQUEST_STOP).name("x"));
	CHECK(first.status == LUNATIK_STATUS_NAME);
	CHECK(first.message == "x is not running");
	std::vector<std::string> names;
	Callbacks callbacks;
	callbacks.item = [&](const Item &item) { names.push_back(item.name); };
	CHECK(session.request(Request(LUNATIK_REQUEST_LIST), callbacks).ok());
	kernel.join();
	CHECK(names == std::vector<std::string>{"y"});
}

TEST_CASE("an answer that dribbles in byte by byte is put together", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_LIST);
		for (const char byte : fake::output("hello") + fake::done(0, fake::attribute(LUNATIK_ATTRIBUTE_VALUE, "42")))
			peer.send(std::string(1, byte));
	});
	Session session(kernel.take_client());
	CHECK(session.request(Request(LUNATIK_REQUEST_LIST)).values == std::vector<std::string>{"42"});
	kernel.join();
}

TEST_CASE("requests and answers larger than any buffer pass", "[session]")
{
	const std::string large(8 << 20, 'x');
	fake::Kernel kernel([&](fake::Peer &peer) {
		const fake::Received request = peer.expect(LUNATIK_REQUEST_EVAL);
		peer.send(fake::output(request.one(LUNATIK_ATTRIBUTE_SOURCE)) +
			fake::done(0, fake::attribute(LUNATIK_ATTRIBUTE_VALUE, large)));
	});
	Session session(kernel.take_client());
	std::size_t printed = 0;
	Callbacks callbacks;
	callbacks.output = [&](std::string_view bytes) { printed += bytes.size(); };
	const Answer answer = session.request(Request(LUNATIK_REQUEST_EVAL).source(large), callbacks);
	kernel.join();
	CHECK(printed == large.size());
	CHECK(answer.values == std::vector<std::string>{large});
}

TEST_CASE("interrupt() sends one frame and waits for the end", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.send(fake::output("running"));
		const fake::Received interrupt = peer.expect(LUNATIK_REQUEST_INTERRUPT);
		if (!interrupt.payload.empty())
			throw std::runtime_error("an interrupt has no attributes");
		peer.send(fake::output("last words") + fake::done(LUNATIK_STATUS_INTERRUPTED));
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.send(fake::done());
	});
	Session session(kernel.take_client());
	std::string output;
	Callbacks callbacks;
	callbacks.output = [&](std::string_view bytes) {
		if (output.empty())
			session.interrupt();
		output += bytes;
	};
	const Answer answer = session.request(Request(LUNATIK_REQUEST_EVAL).source("while true do end"), callbacks);
	CHECK(answer.status == LUNATIK_STATUS_INTERRUPTED);
	CHECK(answer.interrupted);
	CHECK_FALSE(answer.timed_out);
	CHECK(output == "runninglast words");
	CHECK(session.request(Request(LUNATIK_REQUEST_EVAL).source("1")).ok());
	kernel.join();
}

TEST_CASE("abandon() leaves a kernel that does not answer", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		while (peer.receive())
			;
	});
	{
		Session session(kernel.take_client());
		std::thread other([&] {
			std::this_thread::sleep_for(20ms);
			session.interrupt();
			std::this_thread::sleep_for(20ms);
			session.abandon();
		});
		CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_EVAL).source("x")), AbandonedError);
		other.join();
		// The answer to the first request could still come, so a second one is refused.
		CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_LIST)), ClosedError);
	}
	kernel.join();
}

TEST_CASE("an interrupt that came too early is forgotten when asked to", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_LIST);
		peer.send(fake::done());
		if (!peer.closed())
			throw std::runtime_error("an interrupt was sent after all");
	});
	{
		Session session(kernel.take_client());
		session.abandon();
		session.forget_interrupts();
		CHECK(session.request(Request(LUNATIK_REQUEST_LIST)).ok());
	}
	kernel.join();
}

TEST_CASE("a time limit interrupts", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED));
	});
	Session session(kernel.take_client());
	const auto begin = std::chrono::steady_clock::now();
	const Answer answer = session.request(Request(LUNATIK_REQUEST_EVAL).source("while true do end"), {}, 50ms);
	const auto took = std::chrono::steady_clock::now() - begin;
	kernel.join();
	CHECK(answer.timed_out);
	CHECK(answer.status == LUNATIK_STATUS_INTERRUPTED);
	CHECK(took >= 50ms);
	CHECK(took < 4s);
}

TEST_CASE("a time limit that is not reached changes nothing", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.send(fake::done());
	});
	Session session(kernel.take_client());
	const Answer answer = session.request(Request(LUNATIK_REQUEST_EVAL).source("1"), {}, 1min);
	CHECK_FALSE(answer.timed_out);
	CHECK_FALSE(answer.interrupted);
	kernel.join();
}

TEST_CASE("a kernel that ignores the interrupt of a time limit is left", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		while (peer.receive())
			;
	});
	{
		Session session(kernel.take_client());
		const auto begin = std::chrono::steady_clock::now();
		CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_EVAL).source("x"), {}, 10ms), TimeoutError);
		CHECK(std::chrono::steady_clock::now() - begin >= Session::grace);
	}
	kernel.join();
}

TEST_CASE("a session that is closed early is an error of its own", "[session]")
{
	for (const std::string &last : {std::string(), fake::output("words")}) {
		fake::Kernel kernel([&](fake::Peer &peer) {
			peer.expect(LUNATIK_REQUEST_LIST);
			peer.send(last);
		});
		Session session(kernel.take_client());
		CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_LIST)), ClosedError);
		CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_LIST)), ClosedError);
	}
}

TEST_CASE("malformed answers are refused with their fault", "[session]")
{
	const auto answering = [](const std::string &bytes) {
		return fault_of_request([bytes](fake::Peer &peer) {
			peer.expect(LUNATIK_REQUEST_LIST);
			peer.send(bytes);
		});
	};
	CHECK(answering(fake::done()) == std::nullopt);
	CHECK(answering(fake::done().substr(0, 20)) == Fault::Truncated);
	CHECK(answering(fake::frame(66, "", 1)) == Fault::Magic);
	CHECK(answering(fake::frame(66, "", LUNATIK_MAGIC, 9)) == Fault::Version);
	CHECK(answering(fake::frame(66, "", LUNATIK_MAGIC, 1, 1)) == Fault::Reserved);
	CHECK(answering(fake::frame(99, "")) == Fault::UnknownFrame);
	CHECK(answering(fake::frame(LUNATIK_REQUEST_LIST, "")) == Fault::UnknownFrame);
	CHECK(answering(fake::frame(66, "abc")) == Fault::AttributeOverrun);
	CHECK(answering(fake::frame(66, "")) == Fault::AttributeMissing);
}

TEST_CASE("a second answer to one request is not taken for the answer to the next", "[session]")
{
	fake::Kernel kernel([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_LIST);
		peer.send(fake::done() + fake::done(1));
		peer.closed();
	});
	{
		Session session(kernel.take_client());
		CHECK(session.request(Request(LUNATIK_REQUEST_LIST)).ok());
		CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_LIST)), ProtocolError);
	}
	kernel.join();
}

TEST_CASE("an answer that comes before the whole request was taken is shown, and ends the session", "[session]")
{
	std::atomic<bool> tried{false};
	fake::Kernel kernel([&](fake::Peer &peer) {
		peer.send(fake::done(LUNATIK_STATUS_USAGE, fake::message("too large")));
		// It stays open and reads nothing, so only the client can know that the next request would be out of step.
		while (!tried)
			std::this_thread::sleep_for(1ms);
	});
	Session session(kernel.take_client());
	const Answer answer = session.request(Request(LUNATIK_REQUEST_EVAL).source(std::string(8 << 20, 'x')));
	CHECK(answer.status == LUNATIK_STATUS_USAGE);
	CHECK(answer.message == "too large");
	CHECK_THROWS_AS(session.request(Request(LUNATIK_REQUEST_LIST), {}, 10ms), ClosedError);
	tried = true;
	kernel.join();
}

TEST_CASE("opening says what is wrong", "[session]")
{
	const fake::Directory directory;
	const auto status_of = [](const std::string &device) {
		try {
			Session session = Session::open(device);
		} catch (const DeviceError &error) {
			return error.status();
		}
		return LUNATIK_STATUS_OK;
	};
	CHECK(Session::default_device() == "/dev/lunatik");
	CHECK(status_of(directory.path() / "missing") == LUNATIK_STATUS_NOMODULE);
	// A file that somebody's redirection left in place of the device is not written to.
	const std::string plain = directory.write("plain", "keep me");
	CHECK(status_of(plain) == LUNATIK_STATUS_NOMODULE);
	CHECK(std::filesystem::file_size(plain) == 7);
	CHECK(status_of(directory.path()) == LUNATIK_STATUS_NOMODULE);
	CHECK(status_of("/dev/" + std::string(5000, 'x')) == LUNATIK_STATUS_SCRIPT);
	if (geteuid() != 0) {
		CHECK(status_of("/dev/mem") == LUNATIK_STATUS_PERMISSION);
	}
	fake::Listener listener([](fake::Peer &) {});
	CHECK(status_of(listener.device()) == LUNATIK_STATUS_OK);
}
