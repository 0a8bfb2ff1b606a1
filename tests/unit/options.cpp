// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command line as typed: what each spelling means, and what every wrong one is told.
#include "catch.hpp"

#include "commands.hpp"
#include "fake.hpp"
#include "options.hpp"

using namespace lunatik::cli;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

Options good(const Words &words)
{
	const Parsed parsed = parse(words);
	INFO(parsed.message);
	REQUIRE(parsed.options);
	CHECK(parsed.status == 0);
	return *parsed.options;
}

/* Checks that the words are refused as a usage error that says `part` and has a hint. */
void refused(const Words &words, const std::string &part)
{
	std::string typed;
	for (const std::string &word : words)
		typed += word.substr(0, 60) + ' ';
	CAPTURE(typed);
	const Parsed parsed = parse(words);
	REQUIRE_FALSE(parsed.options);
	CHECK(parsed.status == LUNATIK_STATUS_USAGE);
	CHECK_THAT(parsed.message, has(part));
	CHECK(parsed.message.find('\n') == std::string::npos);
	CHECK_FALSE(parsed.hint.empty());
}

} // namespace

TEST_CASE("every verb is known", "[options]")
{
	CHECK(good({}).verb == Verb::Repl);
	CHECK(good({"load"}).verb == Verb::Load);
	CHECK(good({"unload"}).verb == Verb::Unload);
	CHECK(good({"reload"}).verb == Verb::Reload);
	CHECK(good({"status"}).verb == Verb::Status);
	CHECK(good({"list"}).verb == Verb::List);
	CHECK(good({"run", "x"}).verb == Verb::Run);
	CHECK(good({"spawn", "x"}).verb == Verb::Spawn);
	CHECK(good({"stop", "x"}).verb == Verb::Stop);
	CHECK(good({"restart", "x"}).verb == Verb::Restart);
	CHECK(good({"stats"}).verb == Verb::Stats);
	CHECK(good({"stats", "x"}).script == "x");
	CHECK(good({"top"}).verb == Verb::Top);
	CHECK(good({"log"}).verb == Verb::Log);
	CHECK(good({"check", "x"}).verb == Verb::Check);
	CHECK(good({"doctor"}).verb == Verb::Doctor);
	CHECK(good({"test", "data"}).script == "data");
	// The name of a verb is no bad name for a script.
	CHECK(good({"run", "list"}).script == "list");
	CHECK(good({"stop", "run"}).script == "run");
}

TEST_CASE("a plain run has the defaults", "[options]")
{
	const Options options = good({"run", "passwd"});
	CHECK(options.script == "passwd");
	CHECK_FALSE(options.code);
	CHECK_FALSE(options.name);
	CHECK(options.context == LUNATIK_CONTEXT_PROCESS);
	CHECK_FALSE(options.percpu);
	CHECK(options.maxalloc == 0);
	CHECK_FALSE(options.timeout);
	CHECK_FALSE(options.replace);
	CHECK_FALSE(options.json);
	CHECK_FALSE(options.quiet);
	CHECK(options.arguments.empty());
}

TEST_CASE("contexts, of this version and of older ones", "[options]")
{
	CHECK(good({"run", "x", "process"}).context == LUNATIK_CONTEXT_PROCESS);
	CHECK(good({"run", "x", "softirq"}).context == LUNATIK_CONTEXT_SOFTIRQ);
	CHECK(good({"run", "x", "hardirq"}).context == LUNATIK_CONTEXT_HARDIRQ);
	CHECK(good({"run", "x", "true"}).context == LUNATIK_CONTEXT_PROCESS);
	CHECK(good({"run", "x", "false"}).context == LUNATIK_CONTEXT_SOFTIRQ);
	CHECK(good({"run", "x", "percpu"}).percpu);
	const Options both = good({"run", "x", "softirq", "percpu"});
	CHECK(both.context == LUNATIK_CONTEXT_SOFTIRQ);
	CHECK(both.percpu);

	refused({"run", "x", "irq"}, "'irq' is not a context");
	refused({"run", "x", "Process"}, "'Process' is not a context");
	refused({"run", "x", "softirq", "hardirq"}, "'hardirq' is not a context");
	refused({"run", "x", "percpu", "softirq"}, "'softirq' is not a context");
	refused({"run", "x", "percpu", "percpu"}, "'percpu' is not a context");
	refused({"run", "x", "softirq", "percpu", "more"}, "more");
}

TEST_CASE("how long to look, and how often", "[options]")
{
	CHECK_FALSE(good({"log"}).follow);
	CHECK(good({"log", "-f", "x"}).follow);
	CHECK(good({"log", "x", "--follow"}).script == "x");
	CHECK_FALSE(good({"top"}).count);
	CHECK(good({"top", "-n", "3"}).count == 3);
	CHECK(good({"top", "-d", "0.5"}).interval == std::chrono::milliseconds(500));
	refused({"top", "-n", "0"}, "not a number above zero");
	refused({"top", "-n", "2x"}, "not a number above zero");
	refused({"top", "-d", "-1"}, "");
	refused({"top", "-d", "never"}, "not a time");
	refused({"top", "--", "x"}, "takes no arguments");
	refused({"monitor", "--", "x"}, "takes no arguments");
	refused({"check"}, "check needs a script");
	refused({"log", "x", "--", "y"}, "takes no arguments");
}

TEST_CASE("another network namespace", "[options]")
{
	for (const std::string verb : {"list", "run", "spawn", "stop", "restart", "stats", "top", "log", "monitor", "state"}) {
		CAPTURE(verb);
		Words words{verb, "--netns", "blue"};
		if (verb == "state")
			words.insert(words.begin() + 1, "list");
		else if (verb == "run" || verb == "spawn" || verb == "stop" || verb == "restart")
			words.emplace_back("x");
		CHECK(good(words).netns == "blue");
	}
	CHECK_FALSE(good({"list"}).netns);
	refused({"check", "x", "--netns", "blue"}, "--netns");
	refused({"load", "--netns", "blue"}, "--netns");
}

TEST_CASE("Lunatik 3.0 spelled run and stop as options", "[options]")
{
	CHECK(good({"--run", "passwd"}).verb == Verb::Run);
	CHECK(good({"--run", "passwd"}).script == "passwd");
	CHECK(good({"--stop", "passwd"}).verb == Verb::Stop);
	CHECK(good({"--stop", "passwd"}).script == "passwd");
}

TEST_CASE("arguments of the script follow --", "[options]")
{
	CHECK(good({"run", "x", "--"}).arguments.empty());
	CHECK(good({"run", "x", "softirq", "--", "a", "-q", "", "--", "b"}).arguments == Words{"a", "-q", "", "--", "b"});
	CHECK_FALSE(good({"run", "x", "--", "-q", "-j"}).quiet);
	CHECK(good({"run", "-e", "print(...)", "--", "1"}).arguments == Words{"1"});
	CHECK(good({"restart", "x", "--", "1"}).arguments == Words{"1"});
	refused({"run", "--", "x"}, "run needs a script");
	refused({"stop", "x", "--", "y"}, "no arguments");
	refused({"stop", "--"}, "needs the name");
	for (const char *verb : {"stop", "stats", "log", "check"})
		CHECK(good({verb, "--", "-x"}).script == "-x");
	refused({"list", "--"}, "no arguments");
	refused({"--", "x"}, "no script");
}

TEST_CASE("code is taken as it stands", "[options]")
{
	for (const std::string code : {"return 42", "", "-1", "--", "-- comment", "--json", "-e", "[1]", "{}", "a,b", "\"x\"",
			"'x'", "\n\n", "%%", "x=1", "\\n", " "}) {
		CAPTURE(code);
		const Options options = good({"run", "-e", code});
		CHECK(options.code == code);
		CHECK(options.script.empty());
	}
	CHECK(good({"run", "--eval", "1"}).code == "1");
	CHECK(good({"run", "-e", "1", "--name", "n", "softirq", "percpu"}).context == LUNATIK_CONTEXT_SOFTIRQ);
	CHECK(good({"run", "-e", "1", "--name", "n", "softirq", "percpu"}).percpu);
	CHECK(good({"spawn", "-e", "1", "--name", "n"}).verb == Verb::Spawn);
	CHECK(good({"run", "-"}).script == "-");

	refused({"run", "-e"}, "-e");
	refused({"-e", "1"}, "-e stands behind a verb");
	refused({"--eval", "print(1)"}, "-e stands behind a verb");
	refused({"run", "-e", "1", "x"}, "'x' is not a context");
	refused({"run", "-e", "1", "softirq"}, "needs a name");
	refused({"run", "-", "percpu"}, "needs a name");
	refused({"run", "-e", "1", "--maxalloc", "1M"}, "needs a name");
	refused({"run", "-", "--replace"}, "needs a name");
	refused({"spawn", "-e", "1"}, "spawn needs --name");
	refused({"spawn", "-"}, "spawn needs --name");
}

TEST_CASE("options stand before or after the verb", "[options]")
{
	for (const Words &words : {Words{"-j", "-q", "list"}, Words{"list", "--json", "--quiet"}, Words{"-q", "list", "-j"}}) {
		const Options options = good(words);
		CHECK(options.verb == Verb::List);
		CHECK(options.json);
		CHECK(options.quiet);
	}
	const Options options = good({"run", "--name", "n", "x", "--replace", "--maxalloc", "16M", "--timeout=1.5"});
	CHECK(options.script == "x");
	CHECK(options.name == "n");
	CHECK(options.replace);
	CHECK(options.maxalloc == 16 << 20);
	CHECK(options.timeout == 1500ms);
}

TEST_CASE("a wrong command line is a usage error, whatever finds it", "[options]")
{
	refused({"passwd"}, "no verb 'passwd'");
	refused({"Run", "x"}, "no verb 'Run'");
	refused({""}, "no verb ''");
	refused({"-"}, "no verb '-'");
	refused({"--nonsense"}, "--nonsense");
	refused({"run", "x", "--nonsense"}, "--nonsense");
	refused({"list", "x"}, "x");
	refused({"list", "--null", "--json"}, "two answers");
	refused({"state", "create", "x", "-0"}, "takes no --null");
	CHECK(good({"state", "list", "--null"}).null);
	CHECK_FALSE(good({"list"}).null);
	refused({"run"}, "run needs a script");
	refused({"run", ""}, "run needs a script");
	refused({"stop"}, "stop needs");
	refused({"stop", "x", "y"}, "y");
	refused({"restart"}, "restart needs");
	refused({"stop", "x", "--replace"}, "--replace");
	refused({"run", "x", "--name"}, "--name");
	refused({"run", "x", "--name", ""}, "1 to 255 bytes");
	refused({"run", "x", "--name", std::string(256, 'n')}, "1 to 255 bytes");
	refused({"run", "x", "--maxalloc", "much"}, "--maxalloc: 'much' is not a size");
	refused({"run", "x", "--maxalloc", "0"}, "--maxalloc");
	refused({"run", "x", "--timeout", "-1"}, "--timeout: '-1' is not a time");
	refused({"run", "x", "--timeout", "soon"}, "--timeout");
	refused({"--json"}, "JSON");
	CHECK(parse({"-j", "nonsense"}).json);
	CHECK_FALSE(parse({"nonsense", "--", "-j"}).json);
}

TEST_CASE("JSON may be asked for in every spelling that the parser takes, also of what cannot be parsed", "[options]")
{
	for (const Words &words : {Words{"-jq", "start"}, Words{"-qj", "start"}, Words{"start", "-qj"}, Words{"--json=true", "start"},
			Words{"--json=1", "start"}, Words{"--json=on", "start"}, Words{"--json=false", "--json", "start"}, Words{"-jV"}, Words{"-Vj"},
			Words{"-jh"}, Words{"-hj"}, Words{"run", "-jh"}, Words{"run", "-qj"}, Words{"--json=yes", "--version"}, Words{"top", "-n0", "-j"},
			Words{"top", "-jn", "0"}, Words{"top", "-n", "-j"}, Words{"list", "-n", "-j"}, Words{"run", "--nosuch", "x", "-qj"}, Words{"-e", "1", "-j"},
			Words{"run", "-qje", "1", "--maxalloc", "0"}, Words{"-j", ""}, Words{"--json=t", "stop"}}) {
		CAPTURE(words);
		const Parsed parsed = parse(words);
		CHECK_FALSE(parsed.options);
		// Of these two the word is the value of -n.
		CHECK(parsed.json == (words != Words{"top", "-n", "-j"}));
	}
	for (const Words &words : {Words{"-jq", "list"}, Words{"list", "-qj"}, Words{"--json=true", "list"}, Words{"list", "--json=1"},
			Words{"run", "-je", "1"}}) {
		CAPTURE(words);
		CHECK(good(words).json);
		CHECK(parse(words).json);
	}
	// Asked for and taken back, a value, an argument of the script's, or no spelling of it.
	for (const Words &words : {Words{"--json=false", "start"}, Words{"-j", "--json=0", "start"}, Words{"run", "-e", "-j", "--maxalloc", "0"},
			Words{"run", "--name", "-j", "--nosuch", "x"}, Words{"run", "-eqj", "--maxalloc", "0"}, Words{"run", "--", "-j"},
			Words{"run", "-e", "--json", "--timeout", "0"}, Words{"--json=maybe", "start"}, Words{"--jso", "start"}}) {
		CAPTURE(words);
		CHECK_FALSE(parse(words).options);
		CHECK_FALSE(parse(words).json);
	}
	CHECK_FALSE(good({"list", "--json=off"}).json);
	CHECK_FALSE(parse({"run", "-e", "-j"}).json);
}

TEST_CASE("what a verb that answers in lines says of wrong uses is a line", "[options]")
{
	for (const Words &words : {Words{"-j", "top", "-n", "0"}, Words{"-j", "monitor", "--bad"}, Words{"-j", "log", "-f", "--bad"},
			Words{"log", "-jf", "--bad"}, Words{"log", "--follow=true", "a", "b"}, Words{"log", "--bad", "-f"}, Words{"top", "--bad", "x"}}) {
		CAPTURE(words);
		CHECK(parse(words).lines);
	}
	for (const Words &words : {Words{"-j", "log", "--bad"}, Words{"log", "--bad", "--follow=no"}, Words{"stop"}, Words{"topp"}, Words{"run", "-f"}}) {
		CAPTURE(words);
		CHECK_FALSE(parse(words).lines);
	}
}

TEST_CASE("help and version go to standard output", "[options]")
{
	for (const Words &words : {Words{"--help"}, Words{"-h"}, Words{"run", "--help"}, Words{"stop", "-h"},
			Words{"list", "--help"}, Words{"restart", "--help"}}) {
		const Parsed parsed = parse(words);
		CHECK_FALSE(parsed.options);
		CHECK(parsed.status == 0);
		CHECK(parsed.message.empty());
		CHECK_THAT(parsed.text, has("Usage: lunatik"));
	}
	CHECK_THAT(parse({"run", "--help"}).text, has("--maxalloc"));
	const Parsed parsed = parse({"--version"});
	CHECK(parsed.status == 0);
	CHECK(parsed.text == "lunatik " + version() + " (protocol 1)\n");
}

TEST_CASE("sizes", "[options]")
{
	CHECK(parse_bytes("1") == 1);
	CHECK(parse_bytes("65536") == 65536);
	CHECK(parse_bytes("64K") == 65536);
	CHECK(parse_bytes("64k") == 65536);
	CHECK(parse_bytes("2M") == 2 << 20);
	CHECK(parse_bytes("3G") == std::uint64_t{3} << 30);
	CHECK(parse_bytes("18446744073709551615") == UINT64_MAX);
	CHECK(parse_bytes("17179869183G") == std::uint64_t{17179869183} << 30);
	for (const char *wrong : {"", "0", "0K", "-1", "+1", " 1", "1 ", "1KB", "K", "1.5M", "0x10", "1T", "1e3",
			"17179869184G", "18446744073709551616"}) {
		CAPTURE(wrong);
		CHECK_FALSE(parse_bytes(wrong));
	}
}

TEST_CASE("times", "[options]")
{
	CHECK(parse_seconds("1") == 1000ms);
	CHECK(parse_seconds("2.5") == 2500ms);
	CHECK(parse_seconds(".5") == 500ms);
	CHECK(parse_seconds("0.0001") == 1ms);
	CHECK(parse_seconds("86400") == 86'400'000ms);
	for (const char *wrong : {"", "0", "0.0", "-1", "1s", "nan", "inf", "1e3", " 1", "1 ", "99999999999", "1,5"}) {
		CAPTURE(wrong);
		CHECK_FALSE(parse_seconds(wrong));
	}
}

TEST_CASE("a script is installed or a file", "[options]")
{
	const fake::Directory directory;
	const std::string file = directory.write("local/thing.lua", "");
	const std::string bare = directory.write("local/bare", "");
	const std::string before = std::filesystem::current_path();
	std::filesystem::current_path(directory.path());

	CHECK(find_script("passwd").name == "passwd");
	CHECK_FALSE(find_script("passwd").file);
	CHECK(find_script("examples/tap").name == "examples/tap");
	CHECK_FALSE(find_script("examples/tap").file);
	CHECK(find_script("examples/tap.lua").name == "examples/tap");
	CHECK_FALSE(find_script("examples/tap.lua").file);
	CHECK(find_script(file).name == "thing");
	CHECK(find_script(file).file == file);
	CHECK(find_script("local/thing.lua").file == "local/thing.lua");
	CHECK_FALSE(find_script("local/thing").file);
	CHECK_FALSE(find_script("local/bare").file);
	CHECK(find_script("./local/bare").name == "bare");
	CHECK(find_script("./missing.lua").file == "./missing.lua");
	CHECK(find_script("../x").name == "x");
	// A directory of that name is not the script.
	CHECK_FALSE(find_script("local/").file);
	directory.write("evaluator.lua/x", "");
	CHECK(find_script("evaluator.lua").name == "evaluator");
	CHECK_FALSE(find_script("evaluator.lua").file);
	CHECK(find_script("evaluator").name == "evaluator");
	std::filesystem::current_path(before);
}

TEST_CASE("the source of a file", "[options]")
{
	const fake::Directory directory;
	const auto source_of = [&](const std::string &text) { return read_source(directory.write("x.lua", text), -1); };
	CHECK(source_of("return 1\n") == "return 1\n");
	CHECK(source_of("").empty());
	CHECK(source_of("#!/usr/sbin/lunatik run\nreturn 1\n") == "\nreturn 1\n");
	CHECK(source_of("#!only").empty());
	CHECK(source_of("\xef\xbb\xbfreturn 1") == "return 1");
	CHECK(source_of(std::string("a\0b", 3)) == std::string("a\0b", 3));
	CHECK(read_source("-", fake::input_of("return 2").get()) == "return 2");

	const auto status_of = [&](const std::string &path) {
		try {
			read_source(path, -1);
		} catch (const Failure &failure) {
			return failure.status();
		}
		return LUNATIK_STATUS_OK;
	};
	CHECK(status_of(directory.path() / "missing.lua") == LUNATIK_STATUS_NAME);
	CHECK(status_of(directory.path()) == LUNATIK_STATUS_NAME);
	CHECK(status_of("-") == LUNATIK_STATUS_NAME);
	CHECK(status_of("/dev/zero") == LUNATIK_STATUS_USAGE);
}

TEST_CASE("what was asked becomes a request", "[options]")
{
	const auto payload = [](const Words &words, const std::optional<std::string> &source) {
		const Options options = good(words);
		return script_request(options, {options.script, std::nullopt}, source);
	};
	using fake::attribute;
	using fake::raw;
	const lunatik::client::Request plain = payload({"run", "x"}, std::nullopt);
	CHECK(plain.type() == LUNATIK_REQUEST_RUN);
	CHECK(plain.payload() == attribute(LUNATIK_ATTRIBUTE_NAME, "x") + attribute(LUNATIK_ATTRIBUTE_CONTEXT, raw(0U)));
	const lunatik::client::Request full = payload({"spawn", "x", "false", "percpu", "--maxalloc", "1K", "--", "a", "b"}, "s");
	CHECK(full.type() == LUNATIK_REQUEST_SPAWN);
	CHECK(full.payload() == attribute(LUNATIK_ATTRIBUTE_NAME, "x") + attribute(LUNATIK_ATTRIBUTE_SOURCE, "s") +
		attribute(LUNATIK_ATTRIBUTE_CONTEXT, raw(1U)) + attribute(LUNATIK_ATTRIBUTE_PERCPU, "") +
		attribute(LUNATIK_ATTRIBUTE_MAXALLOC, raw(std::uint64_t{1024})) + attribute(LUNATIK_ATTRIBUTE_ARGUMENT, "a") +
		attribute(LUNATIK_ATTRIBUTE_ARGUMENT, "b"));
}

TEST_CASE("xdp")
{
	const Parsed load = parse({"xdp", "load", "./ask.o", "eth0", "--mode", "generic", "--program", "ask", "--replace"});
	REQUIRE(load.options);
	CHECK(load.options->verb == Verb::Xdp);
	CHECK(load.options->operation == Operation::Load);
	CHECK(load.options->script == "./ask.o");
	CHECK(load.options->device == "eth0");
	CHECK(load.options->mode == AttachMode::Generic);
	CHECK(load.options->program == "ask");
	CHECK(load.options->replace);
	CHECK(parse({"xdp", "load", "x.o", "lo", "--mode", "native"}).options->mode == AttachMode::Native);
	CHECK(parse({"xdp", "load", "x.o", "lo"}).options->mode == AttachMode::Any);
	const Parsed unload = parse({"-j", "xdp", "unload", "eth0"});
	REQUIRE(unload.options);
	CHECK(unload.options->json);
	CHECK(unload.options->operation == Operation::Unload);
	CHECK(unload.options->device == "eth0");
	CHECK(parse({"xdp", "list"}).options->operation == Operation::List);
	for (const std::vector<std::string> &words : std::vector<std::vector<std::string>>{{"xdp"}, {"xdp", "burn"}, {"xdp", "load"},
		     {"xdp", "load", "x.o"}, {"xdp", "load", "x.o", "lo", "more"}, {"xdp", "load", "x.o", "lo", "--mode", "fast"}, {"xdp", "unload"},
		     {"xdp", "unload", "a", "b"}, {"xdp", "list", "a"}, {"xdp", "unload", "a", "--replace"}, {"xdp", "list", "--mode", "native"},
		     {"xdp", "list", "--", "x"}}) {
		const Parsed wrong = parse(words);
		CHECK(wrong.status == LUNATIK_STATUS_USAGE);
		CHECK(!wrong.options);
		CHECK(!wrong.message.empty());
	}
}

TEST_CASE("state and monitor")
{
	const Parsed create = parse({"state", "create", "mine", "--maxalloc", "1M", "--netns", "blue"});
	REQUIRE(create.options);
	CHECK(create.options->verb == Verb::State);
	CHECK(create.options->action == Action::Create);
	CHECK(create.options->script == "mine");
	CHECK(create.options->maxalloc == 1 << 20);
	CHECK(create.options->netns == "blue");
	const Parsed exec = parse({"-j", "state", "exec", "mine", "return 1"});
	REQUIRE(exec.options);
	CHECK(exec.options->json);
	CHECK(exec.options->action == Action::Exec);
	CHECK(exec.options->code == "return 1");
	CHECK(parse({"state", "exec", "mine", "-e", "-- nothing"}).options->code == "-- nothing");
	CHECK_FALSE(exec.options->timeout);
	CHECK(parse({"state", "exec", "mine", "return 1", "--timeout", "0.5"}).options->timeout == 500ms);
	CHECK(parse({"state", "list"}).options->action == Action::List);
	CHECK(parse({"state", "close", "--", "-x"}).options->script == "-x");
	CHECK(parse({"state", "--", "exec", "-x", "-1"}).options->code == "-1");
	CHECK(parse({"state", "exec", "x", "--timeout", "1", "--", "--"}).options->code == "--");
	CHECK(parse({"state", "list", "--"}).options->action == Action::List);
	const Parsed monitor = parse({"monitor", "-n", "3", "--netns", "blue"});
	REQUIRE(monitor.options);
	CHECK(monitor.options->count == 3);
	CHECK(monitor.options->netns == "blue");
	for (const std::vector<std::string> &words : std::vector<std::vector<std::string>>{{"state"}, {"state", "burn", "x"},
		     {"state", "create"}, {"state", "list", "x"}, {"state", "exec", "x"}, {"state", "exec", "x", "1", "-e", "2"},
		     {"state", "close", "x", "1"}, {"state", "close", "x", "--maxalloc", "1M"}, {"state", "create", "x", "--maxalloc", "y"},
		     {"state", "list", "--", "x"}, {"state", "close", "--"}, {"state", "close", "x", "--", "y"},
		     {"state", "exec", "x", "1", "--", "2"}, {"state", "list", "--timeout", "1"}, {"state", "exec", "x", "1", "--timeout", "0"},
		     {"state", "create", "x", "--timeout", "1"}, {"monitor", "x"}, {"monitor", "-n", "0"},
		     {"state", "create", std::string(256, 'x')}}) {
		const Parsed wrong = parse(words);
		CHECK(wrong.status == LUNATIK_STATUS_USAGE);
		CHECK(!wrong.options);
		CHECK(!wrong.message.empty());
	}
}
