// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The verbs, carried out against a fake kernel: what they ask, what they show, how they exit.
#include "catch.hpp"

#include <cerrno>

#include <unistd.h>

#include "commands.hpp"
#include "fake.hpp"
#include "repl.hpp"

using namespace lunatik::cli;
using namespace std::chrono_literals;
using fake::attribute;
using fake::raw;

namespace {

using Words = std::vector<std::string>;

struct Shown {
	int status = 0;
	std::string out;
	std::string err;
};

/* Everything a command needs, with no module loaded and nothing installed. */
struct Stage {
	fake::Directory directory;
	Environment environment;
	int loads = 0;
	std::vector<std::string> removed;

	Stage()
	{
		environment.device = directory.path() / "missing";
		environment.scripts = directory.path() / "scripts";
		environment.input = -1;
		environment.modules.sysfs = directory.path() / "sys";
		environment.modules.processes = directory.path() / "proc";
		environment.modules.load = [this](const std::string &) -> std::optional<ModuleHost::LoadError> {
			++loads;
			add_module("lunatik", {});
			return std::nullopt;
		};
		environment.modules.remove = [this](const std::string &name) {
			const auto module = directory.path() / "sys" / name;
			if (std::filesystem::exists(module / "busy"))
				return EWOULDBLOCK;
			removed.push_back(name);
			std::filesystem::remove_all(module);
			for (const auto &other : std::filesystem::directory_iterator(directory.path() / "sys"))
				std::filesystem::remove(other.path() / "holders" / name);
			return 0;
		};
	}

	void add_module(const std::string &name, const Words &holders)
	{
		const std::string base = "sys/" + name + "/";
		directory.write(base + "initstate", "live\n");
		directory.write(base + "version", "9.9.9\n");
		directory.write(base + "refcnt", std::to_string(holders.size()) + "\n");
		std::filesystem::create_directories(directory.path() / base / "holders");
		for (const std::string &holder : holders)
			directory.write(base + "holders/" + holder, "");
	}

	Shown run(const Words &words)
	{
		const Parsed parsed = parse(words);
		INFO(parsed.message);
		REQUIRE(parsed.options);
		const fake::Sink out, err;
		Console console(out.fd(), err.fd(), parsed.options->json, parsed.options->quiet);
		const int status = execute_reporting(*parsed.options, environment, console);
		return {status, out.text(), err.text()};
	}

	Shown run(const Words &words, const fake::Script &script)
	{
		fake::Listener listener(script);
		environment.device = listener.device();
		const Shown shown = run(words);
		listener.check();
		return shown;
	}
};

std::string item(const std::string &name, const std::string &more = {})
{
	return fake::frame(LUNATIK_ANSWER_ITEM, attribute(LUNATIK_ATTRIBUTE_NAME, name) + more);
}

/* A kernel that answers whatever comes with these bytes. */
fake::Script answering(const std::string &bytes)
{
	return [bytes](fake::Peer &peer) {
		while (peer.receive())
			peer.send(bytes);
	};
}

void require(bool condition, const char *what)
{
	if (!condition)
		throw std::runtime_error(what);
}

} // namespace

TEST_CASE("every status of the kernel is the exit status", "[commands]")
{
	Stage stage;
	for (const int status : {0, 1, 2, 3, 4, 5, 6, 7, 8, 130}) {
		CAPTURE(status);
		const std::string bytes = fake::done(static_cast<std::uint32_t>(status), fake::message("the reason"));
		for (const Words &words : {Words{"run", "x"}, Words{"spawn", "x"}, Words{"stop", "x"}, Words{"list"},
				Words{"run", "-e", "x"}}) {
			const Shown shown = stage.run(words, answering(bytes));
			CHECK(shown.status == status);
			CHECK(shown.out.empty());
			if (status != 0) {
				CHECK_THAT(shown.err, begins_with("lunatik: the reason\n"));
			}
		}
		const Shown json = stage.run({"-j", "stop", "x"}, answering(bytes));
		CHECK(json.status == status);
		CHECK(nlohmann::json::parse(json.out)["status"] == status);
	}
}

TEST_CASE("run -e shows its values, with a name and without one", "[commands]")
{
	Stage stage;
	for (const Words &name : {Words{}, Words{"--name", "mine"}}) {
		Words words{"run", "-e", "6 * 7"};
		words.insert(words.end(), name.begin(), name.end());
		const auto play = [&](fake::Peer &peer) {
			const fake::Received request = peer.expect(name.empty() ? LUNATIK_REQUEST_EVAL : LUNATIK_REQUEST_RUN);
			require(request.has(LUNATIK_ATTRIBUTE_EXPRESSION), "it is an expression");
			peer.send(fake::done(LUNATIK_STATUS_OK, attribute(LUNATIK_ATTRIBUTE_VALUE, "42")));
		};
		CHECK(stage.run(words, play).out == "42\n");
		words.insert(words.begin(), "-j");
		CHECK(nlohmann::json::parse(stage.run(words, play).out)["values"] == Words{"42"});
	}
}

TEST_CASE("run shows output as it comes, and the error with its traceback after it", "[commands]")
{
	Stage stage;
	const Shown shown = stage.run({"run", "x"}, [](fake::Peer &peer) {
		require(peer.expect(LUNATIK_REQUEST_RUN).one(LUNATIK_ATTRIBUTE_NAME) == "x", "name");
		peer.send(fake::output(std::string("a\0b\n", 4)) + fake::output("c") + fake::done(LUNATIK_STATUS_SCRIPT,
			fake::message("x:1: boom") + attribute(LUNATIK_ATTRIBUTE_TRACEBACK, "stack traceback:\n\t[C]: in ?")));
	});
	CHECK(shown.status == 1);
	CHECK(shown.out == std::string("a\0b\nc", 5));
	CHECK(shown.err == "lunatik: x:1: boom\nstack traceback:\n\t[C]: in ?\n");
}

TEST_CASE("what -e evaluates is shown", "[commands]")
{
	Stage stage;
	const Shown shown = stage.run({"run", "-e", "return 42 -- comment", "--", "one"}, [](fake::Peer &peer) {
		const fake::Received request = peer.expect(LUNATIK_REQUEST_EVAL);
		require(request.one(LUNATIK_ATTRIBUTE_SOURCE) == "return 42 -- comment", "source");
		require(request.one(LUNATIK_ATTRIBUTE_EXPRESSION).empty(), "expression");
		require(request.one(LUNATIK_ATTRIBUTE_ARGUMENT) == "one", "argument");
		peer.send(fake::output("printed\n") + fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "42") +
			attribute(LUNATIK_ATTRIBUTE_VALUE, "nil")));
	});
	CHECK(shown.status == 0);
	CHECK(shown.out == "printed\n42\tnil\n");
	CHECK(shown.err.empty());
}

TEST_CASE("standard input is a script, not an expression", "[commands]")
{
	Stage stage;
	const auto input = fake::input_of("#!shebang\nprint(1)\n");
	stage.environment.input = input.get();
	const Shown shown = stage.run({"run", "-"}, [](fake::Peer &peer) {
		const fake::Received request = peer.expect(LUNATIK_REQUEST_EVAL);
		require(request.one(LUNATIK_ATTRIBUTE_SOURCE) == "\nprint(1)\n", "source");
		require(!request.has(LUNATIK_ATTRIBUTE_EXPRESSION), "expression");
		peer.send(fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "unseen")));
	});
	CHECK(shown.status == 0);
	CHECK(shown.out.empty());
}

TEST_CASE("a file is sent, under its own name or a given one", "[commands]")
{
	Stage stage;
	const std::string file = stage.directory.write("hello.lua", "print 'hello'");
	stage.directory.write("scripts/installed.lua", "return 'installed'");
	const auto expecting = [&](const Words &words, const std::string &name, const std::optional<std::string> &source) {
		const Shown shown = stage.run(words, [&](fake::Peer &peer) {
			const fake::Received request = peer.expect(LUNATIK_REQUEST_RUN);
			require(request.one(LUNATIK_ATTRIBUTE_NAME) == name, "name");
			require(request.has(LUNATIK_ATTRIBUTE_SOURCE) == source.has_value(), "whether there is a source");
			require(!source || request.one(LUNATIK_ATTRIBUTE_SOURCE) == *source, "source");
			peer.send(fake::done());
		});
		CHECK(shown.status == 0);
	};
	expecting({"run", file}, "hello", "print 'hello'");
	expecting({"run", file, "--name", "other"}, "other", "print 'hello'");
	expecting({"run", "-e", "x = 1", "--name", "n"}, "n", "x = 1");
	expecting({"run", "installed"}, "installed", std::nullopt);
	expecting({"run", "installed.lua"}, "installed", std::nullopt);
	expecting({"run", "installed", "--name", "second"}, "second", "return 'installed'");

	const Shown missing = stage.run({"run", "./missing.lua"});
	CHECK(missing.status == 6);
	CHECK_THAT(missing.err, begins_with("lunatik: there is no file ./missing.lua\nhint: "));
}

TEST_CASE("replace stops first, whether or not it runs", "[commands]")
{
	Stage stage;
	for (const std::uint32_t stopped : {LUNATIK_STATUS_OK, LUNATIK_STATUS_NAME}) {
		const Shown shown = stage.run({"spawn", "x", "--replace"}, [&](fake::Peer &peer) {
			require(peer.expect(LUNATIK_REQUEST_STOP).one(LUNATIK_ATTRIBUTE_NAME) == "x", "name");
			peer.send(fake::done(stopped, fake::message("x is not running")));
			peer.expect(LUNATIK_REQUEST_SPAWN);
			peer.send(fake::done());
		});
		CHECK(shown.status == 0);
		CHECK(shown.err.empty());
	}
	const Shown shown = stage.run({"run", "x", "--replace"}, [](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_STOP);
		peer.send(fake::done(LUNATIK_STATUS_PERMISSION, fake::message("no")));
		require(!peer.receive(), "it was run although it could not be stopped");
	});
	CHECK(shown.status == 4);
}

TEST_CASE("restart keeps what the runtime was", "[commands]")
{
	Stage stage;
	stage.directory.write("scripts/examples/tap.lua", "");
	stage.environment.cpus = 4;
	// The cap that is listed is that of four states, and each gets its own again.
	const std::string tap = item("examples/tap", attribute(LUNATIK_ATTRIBUTE_CONTEXT, raw(1U)) +
		attribute(LUNATIK_ATTRIBUTE_PERCPU, "") + attribute(LUNATIK_ATTRIBUTE_MAXALLOC, raw(std::uint64_t{4 * 4096})) +
		attribute(LUNATIK_ATTRIBUTE_THREAD, raw(12U)));
	const Shown shown = stage.run({"restart", "examples/tap", "--", "again"}, [&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_LIST);
		peer.send(item("other") + tap + fake::done());
		require(peer.expect(LUNATIK_REQUEST_STOP).one(LUNATIK_ATTRIBUTE_NAME) == "examples/tap", "stop");
		peer.send(fake::done());
		const fake::Received request = peer.expect(LUNATIK_REQUEST_SPAWN);
		require(request.one(LUNATIK_ATTRIBUTE_NAME) == "examples/tap", "name");
		require(request.u32(LUNATIK_ATTRIBUTE_CONTEXT) == 1, "context");
		require(request.has(LUNATIK_ATTRIBUTE_PERCPU), "percpu");
		require(request.u64(LUNATIK_ATTRIBUTE_MAXALLOC) == 4096, "maxalloc");
		require(request.one(LUNATIK_ATTRIBUTE_ARGUMENT) == "again", "argument");
		require(!request.has(LUNATIK_ATTRIBUTE_SOURCE), "source");
		peer.send(fake::done());
	});
	CHECK(shown.status == 0);

	const auto lists_only = [&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_LIST);
		peer.send(item("typed") + fake::done());
		require(!peer.receive(), "something was done although nothing could be");
	};
	const Shown absent = stage.run({"restart", "examples/tap"}, lists_only);
	CHECK(absent.status == 6);
	CHECK_THAT(absent.err, has("'examples/tap' is not running"));
	// It runs, but from source that nobody kept: it must not be stopped for nothing.
	const Shown lost = stage.run({"restart", "typed"}, lists_only);
	CHECK(lost.status == 6);
	CHECK_THAT(lost.err, has("there is no"));
}

TEST_CASE("what wants another context is told how to get it", "[commands]")
{
	Stage stage;
	const auto wants = [](const std::string &context, const std::string &is) {
		return answering(fake::done(LUNATIK_STATUS_SCRIPT,
			fake::message("x.lua:1: 'new' of class 'c' needs a " + context + " runtime, this one is " + is)));
	};
	CHECK_THAT(stage.run({"run", "x"}, wants("softirq", "process")).err, has("\nhint: ") && has("lunatik run x softirq\n"));
	CHECK_THAT(stage.run({"run", "x", "softirq"}, wants("hardirq", "softirq")).err, has("lunatik run x hardirq\n"));
	CHECK_THAT(stage.run({"spawn", "x", "softirq"}, wants("process", "softirq")).err, has("lunatik spawn x process\n"));
	CHECK_THAT(stage.run({"run", "-e", "1"}, wants("softirq", "process")).err, has("lunatik run --name NAME -e CODE softirq\n"));
	// A runtime inside of it was of another context, which its own would not change.
	CHECK_THAT(stage.run({"run", "x"}, wants("hardirq", "softirq")).err, !has("hint"));
	CHECK_THAT(stage.run({"list"}, wants("hardirq", "process")).err, !has("hint"));
}

TEST_CASE("CPUs are counted", "[commands]")
{
	CHECK(count_cpus("0") == 1);
	CHECK(count_cpus("0-3\n") == 4);
	CHECK(count_cpus("0,2-3,8-11") == 7);
	CHECK(count_cpus("") == 1);
	CHECK(count_cpus("3-0") == 1);
	CHECK(count_cpus("many") == 1);
}

TEST_CASE("the list is a table, or JSON", "[commands]")
{
	Stage stage;
	const std::string bytes = item("passwd", attribute(LUNATIK_ATTRIBUTE_STATE, raw(1U)) +
		attribute(LUNATIK_ATTRIBUTE_MEMORY, raw(std::uint64_t{17'920})) +
		attribute(LUNATIK_ATTRIBUTE_MAXALLOC, raw(std::uint64_t{64} << 20)) +
		attribute(LUNATIK_ATTRIBUTE_CALLS, raw(std::uint64_t{12345})) +
		attribute(LUNATIK_ATTRIBUTE_AGE, raw(std::uint64_t{125'000'000'000}))) +
		item("examples/tap", attribute(LUNATIK_ATTRIBUTE_CONTEXT, raw(1U)) + attribute(LUNATIK_ATTRIBUTE_PERCPU, "") +
		attribute(LUNATIK_ATTRIBUTE_STATE, raw(2U)) + attribute(LUNATIK_ATTRIBUTE_THREAD, raw(77U)) +
		attribute(LUNATIK_ATTRIBUTE_ERRORS, raw(std::uint64_t{3}))) + fake::done();
	const Shown table = stage.run({"list"}, answering(bytes));
	CHECK(table.status == 0);
	CHECK(table.err.empty());
	CHECK(table.out ==
		"NAME          CONTEXT         STATE       MEMORY  CALLS  ERRORS    AGE\n"
		"examples/tap  softirq percpu  running        0/-      0       3     0s\n"
		"passwd        process         ready    17.5K/64M  12345       0  2m05s\n");

	const Shown json = stage.run({"list", "-j"}, answering(bytes));
	const auto object = nlohmann::json::parse(json.out);
	CHECK(object["status"] == 0);
	REQUIRE(object["runtimes"].size() == 2);
	CHECK(object["runtimes"][0]["name"] == "examples/tap");
	CHECK(object["runtimes"][0]["context"] == "softirq");
	CHECK(object["runtimes"][0]["percpu"] == true);
	CHECK(object["runtimes"][0]["thread"] == 77);
	CHECK(object["runtimes"][1]["age_ns"] == 125'000'000'000);
	CHECK_FALSE(object["runtimes"][1].contains("thread"));

	const Shown none = stage.run({"list"}, answering(fake::done()));
	CHECK(none.status == 0);
	CHECK(none.out.empty());
	CHECK_THAT(none.err, has("no runtime is running"));
	CHECK(stage.run({"list", "-q"}, answering(fake::done())).err.empty());
	CHECK(nlohmann::json::parse(stage.run({"list", "-j"}, answering(fake::done())).out)["runtimes"].empty());
	// Programs get names as they are.
	CHECK(stage.run({"list", "-0"}, answering(item("b c") + item("a$(x)\xff") + fake::done())).out == std::string("a$(x)\xff\0b c\0", 11));
	// A name cannot play tricks on the terminal.
	CHECK_THAT(stage.run({"list"}, answering(item("a\x1b[2Jb\n") + fake::done())).out, has("a?[2Jb?"));
}

TEST_CASE("run answers in JSON, with output that is no UTF-8 too", "[commands]")
{
	Stage stage;
	const Shown good = stage.run({"-j", "run", "-e", "f()"}, answering(fake::output("a\xff\n") + fake::output("b") +
		fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "1") + attribute(LUNATIK_ATTRIBUTE_VALUE, "x"))));
	auto object = nlohmann::json::parse(good.out);
	CHECK(good.status == 0);
	CHECK(object["output"] == "a\xef\xbf\xbd\nb");
	CHECK(object["values"] == nlohmann::json({"1", "x"}));
	CHECK_FALSE(object.contains("error"));

	const Shown bad = stage.run({"-j", "run", "x"}, answering(fake::output("a") + fake::done(6,
		attribute(LUNATIK_ATTRIBUTE_ERRNO, raw(static_cast<std::uint32_t>(EEXIST))) + fake::message("x is already running"))));
	object = nlohmann::json::parse(bad.out);
	CHECK(bad.status == 6);
	CHECK(bad.err.empty());
	CHECK(object["status"] == 6);
	CHECK(object["output"] == "a");
	CHECK(object["error"]["message"] == "x is already running");
	CHECK(object["error"]["errno"] == EEXIST);
	CHECK_THAT(object["error"]["hint"].get<std::string>(), has("--replace"));
}

TEST_CASE("a JSON answer has an end, whatever a script prints", "[commands]")
{
	Stage stage;
	const Shown shown = stage.run({"-j", "run", "-e", "while true do print(x) end"}, [](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		const std::string bytes = fake::output(std::string(1 << 20, 'x'));
		for (int i = 0; i < 65; ++i)
			peer.send(bytes);
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED));
	});
	CHECK(shown.status == 7);
	CHECK(nlohmann::json::parse(shown.out)["status"] == 7);
	CHECK(shown.out.size() < 1000);
}

TEST_CASE("a time limit has its own exit status", "[commands]")
{
	Stage stage;
	const Shown shown = stage.run({"run", "-e", "while true do end", "--timeout", "0.05"}, [](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED, fake::message("interrupted")));
	});
	CHECK(shown.status == 8);
	CHECK(shown.err == "lunatik: timed out after 0.05 s\n");
}

TEST_CASE("a script whose sleep was cut short was interrupted, unless it stays", "[commands]")
{
	Stage stage;
	const auto ending_well = [](fake::Peer &peer) {
		peer.receive();
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "99")));
	};
	const Shown passing = stage.run({"run", "-e", "linux.schedule(100)", "--timeout", "0.02"}, ending_well);
	CHECK(passing.status == 8);
	CHECK(passing.out == "99\n");
	const Shown json = stage.run({"-j", "run", "-e", "linux.schedule(100)", "--timeout", "0.02"}, ending_well);
	CHECK(json.status == 8);
	CHECK(nlohmann::json::parse(json.out)["status"] == 8);
	CHECK(stage.run({"run", "x", "--timeout", "0.02"}, ending_well).status == 0);

	lunatik::client::Answer answer;
	CHECK(exit_status(answer, true) == 0);
	answer.interrupted = true;
	CHECK(exit_status(answer, true) == 130);
	CHECK(exit_status(answer, false) == 0);
	answer.status = LUNATIK_STATUS_SCRIPT;
	CHECK(exit_status(answer, true) == 1);
}

TEST_CASE("without the module, nothing is tried silently", "[commands]")
{
	Stage stage;
	for (const Words &words : {Words{"list"}, Words{"stop", "x"}, Words{"restart", "x"}, Words{"unload"}, Words{"status"},
			Words{"run", "x"}, Words{"spawn", "x"}, Words{"run", "-e", "1"}}) {
		const Shown shown = stage.run(words);
		CAPTURE(words.front());
		CHECK(shown.status == 3);
		CHECK(shown.out.empty());
		CHECK_THAT(shown.err, begins_with("lunatik: the kernel module is not loaded"));
		CHECK_THAT(shown.err, has("\nhint: "));
	}
	CHECK(stage.loads == 0);

	// Root gets it loaded by the verbs that start something, and only by them.
	stage.environment.root = true;
	CHECK(stage.run({"list"}).status == 3);
	CHECK(stage.loads == 0);
	const Shown shown = stage.run({"run", "x"});
	CHECK(stage.loads == 1);
	CHECK_THAT(shown.err, begins_with("lunatik: loading the kernel module\n"));
	// It says so when the module is there and the device file is not.
	CHECK(shown.status == 3);
	CHECK_THAT(shown.err, has("is not its device file"));
}

TEST_CASE("loading fails with modprobe's words", "[commands]")
{
	Stage stage;
	stage.environment.root = true;
	const auto status_for = [&](const Words &words, const std::string &said) {
		stage.environment.modules.load = [&](const std::string &) {
			return std::optional(ModuleHost::LoadError{1, said});
		};
		const Shown shown = stage.run(words);
		CHECK_THAT(shown.err, has(said));
		CHECK_THAT(shown.err, has("\nhint: "));
		return shown.status;
	};
	CHECK(status_for({"load"}, "modprobe: FATAL: Module lunatik not found in directory /lib/modules/6.1") == 6);
	CHECK(status_for({"load"}, "modprobe: ERROR: could not insert 'lunatik': Operation not permitted") == 4);
	CHECK(status_for({"load"}, "modprobe: ERROR: could not insert 'lunatik': Exec format error") == 5);
	CHECK(status_for({"load"}, "modprobe: ERROR: could not insert 'lunatik': Key was rejected by service") == 4);
	CHECK(status_for({"load"}, "modprobe: ERROR: could not insert 'lunatik': Unknown symbol in module") == 1);
	// Who did not ask for loading only learns that the module is not there.
	CHECK(status_for({"run", "x"}, "modprobe: FATAL: Module lunatik not found in directory /lib/modules/6.1") == 3);
}

TEST_CASE("load and status", "[commands]")
{
	Stage stage;
	CHECK(stage.run({"load"}).status == 0);
	CHECK(stage.loads == 1);
	const Shown again = stage.run({"load"});
	CHECK(again.status == 0);
	CHECK(stage.loads == 1);
	CHECK(again.err == "lunatik is loaded already\n");

	stage.add_module("lunatik", {"lunatik_device"});
	stage.add_module("lunatik_device", {});
	stage.add_module("lunatikos", {});
	stage.directory.write("sys/lunatik_going/initstate", "going\n");
	const Shown status = stage.run({"status"});
	CHECK(status.status == 0);
	CHECK(status.out ==
		"MODULE          VERSION  USED\n"
		"lunatik         9.9.9    1 lunatik_device\n"
		"lunatik_device  9.9.9    0\n");
	const auto object = nlohmann::json::parse(stage.run({"status", "-j"}).out);
	CHECK(object["modules"].size() == 2);
	CHECK(object["modules"][0]["holders"][0] == "lunatik_device");
}

TEST_CASE("unload stops everything and removes users before what they use", "[commands]")
{
	Stage stage;
	stage.add_module("lunatik", {"lunatik_data", "lunatik_device", "lunatik_skb"});
	stage.add_module("lunatik_data", {"lunatik_skb"});
	stage.add_module("lunatik_device", {});
	stage.add_module("lunatik_skb", {});
	std::atomic<bool> shut{false};
	const Shown shown = stage.run({"unload"}, [&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_SHUTDOWN);
		shut = true;
		peer.send(fake::done());
		require(!peer.receive(), "the session is open while modules are removed");
	});
	CHECK(shown.status == 0);
	CHECK(shown.err.empty());
	CHECK(shut);
	CHECK(stage.removed == Words{"lunatik_device", "lunatik_skb", "lunatik_data", "lunatik"});
}

TEST_CASE("unload finds who holds a module before it stops anything", "[commands]")
{
	Stage stage;
	stage.add_module("lunatik", {"lunatik_device"});
	stage.add_module("lunatik_device", {});
	const auto refused = [&](const std::string &message, const std::string &hint) {
		const Shown shown = stage.run({"unload"}, [](fake::Peer &peer) { require(!peer.receive(), "something is stopped"); });
		CHECK(shown.status == 1);
		CHECK(shown.out.empty());
		CHECK_THAT(shown.err, begins_with("lunatik: " + message));
		CHECK_THAT(shown.err, has("\nhint: nothing was stopped; "));
		CHECK_THAT(shown.err, has(hint));
		CHECK(stage.removed.empty());
	};

	stage.directory.write("sys/lunatik/holders/mydevice", "");
	stage.directory.write("sys/lunatik_device/holders/other", "");
	refused("lunatik is in use by the kernel module mydevice; lunatik_device is in use by the kernel module other\n", "sudo rmmod mydevice other\n");
	std::filesystem::remove(stage.directory.path() / "sys/lunatik/holders/mydevice");
	std::filesystem::remove(stage.directory.path() / "sys/lunatik_device/holders/other");

	std::filesystem::create_directories(stage.directory.path() / "sys/lunatik_xtable/parameters");
	stage.add_module("lunatik_xtable", {});
	stage.directory.write("sys/lunatik_xtable/parameters/rules", "2\n");
	refused("lunatik_xtable is in use: a firewall has 2 rules for scripts\n", "iptables -S");
	stage.directory.write("sys/lunatik_xtable/parameters/rules", "0\n");

	stage.add_module("lunatik_xdp", {});
	stage.environment.modules.programs = [] { return Words{"ask (id 12)"}; };
	// Nobody is asked for programs while nothing holds the module.
	stage.directory.write("sys/lunatik_xdp/refcnt", "1\n");
	refused("lunatik_xdp is in use: 1 eBPF program calls it: ask (id 12)\n", "lunatik xdp unload DEVICE");
	stage.directory.write("sys/lunatik_xdp/refcnt", "0\n");

	// One process waits for nothing, another is in the middle of a request and will be told.
	const auto play = [&](const std::string &requests, const fake::Script &script) {
		fake::Listener listener(script);
		stage.environment.device = listener.device();
		stage.directory.write("proc/4711/comm", "repl\n");
		stage.directory.write("proc/4712/comm", "runs\n");
		for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
			const auto process = stage.directory.path() / ("proc/471" + std::to_string(i + 1));
			std::filesystem::remove_all(process / "fd");
			std::filesystem::create_directories(process / "fd");
			std::filesystem::create_symlink(listener.device(), process / "fd/3");
			stage.directory.write("proc/471" + std::to_string(i + 1) + "/fdinfo/3", "pos:\t0\nlunatik-request:\t" + requests.substr(i, 1) + "\n");
		}
		const Shown shown = stage.run({"unload"});
		listener.check();
		return std::pair{shown, listener.device()};
	};
	const auto [idle, device] = play("01", [](fake::Peer &peer) { require(!peer.receive(), "something is stopped"); });
	CHECK(idle.status == 1);
	CHECK(idle.err == "lunatik: lunatik is in use: " + device + " is open in 4711 (repl)\nhint: nothing was stopped; these have " + device +
		" or a device of a script's open and must end first: 4711 (repl)\n");
	CHECK(stage.removed.empty());
	std::atomic<bool> shut{false};
	CHECK(play("11", [&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_SHUTDOWN);
		shut = true;
		peer.send(fake::done());
	}).first.status == 0);
	CHECK(shut);
	CHECK(stage.removed.size() == 4);
}

TEST_CASE("unload that fails says who holds what, and its status is true", "[commands]")
{
	Stage stage;
	stage.add_module("lunatik", {"lunatik_device"});
	stage.add_module("lunatik_device", {});
	stage.directory.write("sys/lunatik_device/busy", "");
	stage.directory.write("sys/lunatik_device/refcnt", "2\n");
	fake::Listener listener(answering(fake::done()));
	stage.environment.device = listener.device();
	stage.directory.write("proc/4711/comm", "passwd-reader\n");
	std::filesystem::create_directories(stage.directory.path() / "proc/4711/fd");
	// A module that does not say who has a request is asked to stop what runs, and then holds.
	std::filesystem::create_symlink(listener.device(), stage.directory.path() / "proc/4711/fd/3");
	const Shown shown = stage.run({"unload"});
	listener.check();
	CHECK(shown.status == 1);
	CHECK_THAT(shown.err, has("lunatik_device is in use: 2 references"));
	CHECK_THAT(shown.err, has("lunatik is in use: 1 reference, used by lunatik_device"));
	CHECK_THAT(shown.err, has("4711 (passwd-reader)"));
	CHECK(stage.removed.empty());

	// When shutting down is refused, no module is touched.
	std::filesystem::remove(stage.directory.path() / "sys/lunatik_device/busy");
	const Shown refused = stage.run({"unload"}, answering(fake::done(LUNATIK_STATUS_SCRIPT, fake::message("no"))));
	CHECK(refused.status == 1);
	CHECK(stage.removed.empty());
}

TEST_CASE("unload waits a moment for what is being closed", "[commands]")
{
	Stage stage;
	stage.add_module("lunatik", {});
	int tries = 0;
	stage.environment.modules.remove = [&](const std::string &name) {
		if (++tries < 4)
			return EWOULDBLOCK;
		std::filesystem::remove_all(stage.directory.path() / "sys" / name);
		return 0;
	};
	CHECK(stage.run({"unload"}, answering(fake::done())).status == 0);
	CHECK(tries == 4);
}

TEST_CASE("modules of another version can be unloaded", "[commands]")
{
	Stage stage;
	stage.add_module("lunatik", {});
	const Shown shown = stage.run({"unload"}, answering(fake::frame(LUNATIK_ANSWER_DONE, "", LUNATIK_MAGIC, 9)));
	CHECK(shown.status == 0);
	CHECK(stage.removed == Words{"lunatik"});
	CHECK(stage.run({"list"}, answering(fake::frame(LUNATIK_ANSWER_DONE, "", LUNATIK_MAGIC, 9))).status == 5);
}

TEST_CASE("reload works from either state", "[commands]")
{
	Stage stage;
	CHECK(stage.run({"reload"}).status == 0);
	CHECK(stage.loads == 1);
	CHECK(stage.run({"reload"}, answering(fake::done())).status == 0);
	CHECK(stage.removed == Words{"lunatik"});
	CHECK(stage.loads == 2);
}

TEST_CASE("lines that are piped in are evaluated until one fails", "[commands]")
{
	Stage stage;
	const auto lines = fake::input_of("return 42 -- comment\n\n  \nfor i = 1, 2 do\r\nprint(i)\nend\nx = = 1\nnever\n");
	stage.environment.input = lines.get();
	const Shown shown = stage.run({}, [](fake::Peer &peer) {
		const auto source = [&] {
			const fake::Received request = peer.expect(LUNATIK_REQUEST_EVAL);
			require(request.has(LUNATIK_ATTRIBUTE_EXPRESSION), "expression");
			return request.one(LUNATIK_ATTRIBUTE_SOURCE);
		};
		const std::string incomplete = fake::done(1, fake::message("near <eof>") +
			attribute(LUNATIK_ATTRIBUTE_INCOMPLETE, ""));
		require(source() == "return 42 -- comment", "first line");
		peer.send(fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "42")));
		require(source() == "for i = 1, 2 do\r", "second line");
		peer.send(incomplete);
		require(source() == "for i = 1, 2 do\r\nprint(i)", "third line");
		peer.send(incomplete);
		require(source() == "for i = 1, 2 do\r\nprint(i)\nend", "fourth line");
		peer.send(fake::output("1\n2\n") + fake::done());
		require(source() == "x = = 1", "fifth line");
		peer.send(fake::done(1, fake::message("stdin:1: unexpected symbol near '='")));
		require(!peer.receive(), "a line after the error was evaluated");
	});
	CHECK(shown.status == 1);
	CHECK(shown.out == "42\n1\n2\n");
	CHECK(shown.err == "lunatik: stdin:1: unexpected symbol near '='\n");
}

TEST_CASE("piped lines that end in the middle of a statement are an error", "[commands]")
{
	Stage stage;
	const auto lines = fake::input_of("for i = 1, 2 do");
	stage.environment.input = lines.get();
	const Shown shown = stage.run({}, answering(fake::done(1, fake::message("stdin:1: 'end' expected near <eof>") +
		attribute(LUNATIK_ATTRIBUTE_INCOMPLETE, ""))));
	CHECK(shown.status == 1);
	CHECK(shown.err == "lunatik: stdin:1: 'end' expected near <eof>\n");
}

TEST_CASE("lines of any length and without an end are read", "[commands]")
{
	const std::string large(1 << 20, 'x');
	const auto input = fake::input_of(large + "\n\nlast");
	PlainSource source(input.get());
	std::string line;
	CHECK(source.read(false, line) == LineSource::Event::Line);
	CHECK(line == large);
	CHECK(source.read(false, line) == LineSource::Event::Line);
	CHECK(line.empty());
	CHECK(source.read(false, line) == LineSource::Event::Line);
	CHECK(line == "last");
	CHECK(source.read(false, line) == LineSource::Event::End);
	CHECK(source.read(false, line) == LineSource::Event::End);
}

TEST_CASE("hints say what to do", "[commands]")
{
	const auto hint_of = [](lunatik_status status, Verb verb, int code = 0) {
		Options options;
		options.verb = verb;
		options.script = "x";
		lunatik::client::Answer answer;
		answer.status = status;
		answer.code = code;
		return failure_of(answer, options).hint;
	};
	CHECK_THAT(hint_of(LUNATIK_STATUS_NAME, Verb::Run, EEXIST), has("lunatik stop x"));
	CHECK_THAT(hint_of(LUNATIK_STATUS_NAME, Verb::Run, ENOENT), has("/lib/modules/lua"));
	CHECK_THAT(hint_of(LUNATIK_STATUS_NAME, Verb::Stop, ENOENT), has("lunatik list"));
	CHECK_THAT(hint_of(LUNATIK_STATUS_LIMIT, Verb::Run, ENOMEM), has("--maxalloc"));
	CHECK(hint_of(LUNATIK_STATUS_LIMIT, Verb::Run, ETIME).empty());
	CHECK_THAT(hint_of(LUNATIK_STATUS_PERMISSION, Verb::List), has("sudo"));
	CHECK_THAT(hint_of(LUNATIK_STATUS_VERSION, Verb::List), has("reload"));
	CHECK(hint_of(LUNATIK_STATUS_SCRIPT, Verb::Run).empty());
}

TEST_CASE("sizes and ages are short", "[commands]")
{
	CHECK(format_bytes(0) == "0");
	CHECK(format_bytes(1023) == "1023");
	CHECK(format_bytes(1024) == "1K");
	CHECK(format_bytes(17'920) == "17.5K");
	CHECK(format_bytes((1 << 20) - 1) == "1M");
	CHECK(format_bytes(64 << 20) == "64M");
	CHECK(format_bytes(UINT64_MAX) == "16E");
	CHECK(format_age(0s) == "0s");
	CHECK(format_age(59'999ms) == "59s");
	CHECK(format_age(60s) == "1m00s");
	CHECK(format_age(7800s) == "2h10m");
	CHECK(format_age(5 * 24h + 3h) == "5d03h");
}

TEST_CASE("a full disk is an error, a reader that left is not one", "[commands]")
{
	std::FILE *full = std::fopen("/dev/full", "w");
	REQUIRE(full);
	const fake::Sink err;
	Console console(fileno(full), err.fd(), false, false);
	try {
		console.data("x");
		FAIL("a full disk takes everything");
	} catch (const Failure &failure) {
		CHECK(failure.status() == 1);
		CHECK_THAT(failure.what(), has("standard output"));
	}
	std::fclose(full);

	int ends[2];
	REQUIRE(pipe(ends) == 0);
	close(ends[0]);
	Console broken(ends[1], err.fd(), false, false);
	CHECK_THROWS_AS(broken.data("x"), OutputClosed);
	close(ends[1]);
}
