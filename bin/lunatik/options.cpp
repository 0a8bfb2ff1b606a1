// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "describe.hpp"

namespace lunatik::cli {

namespace {

using Words = std::vector<std::string>;

constexpr std::array verbs{
	std::pair{"load", Verb::Load}, std::pair{"unload", Verb::Unload}, std::pair{"reload", Verb::Reload},
	std::pair{"status", Verb::Status}, std::pair{"list", Verb::List}, std::pair{"run", Verb::Run},
	std::pair{"spawn", Verb::Spawn}, std::pair{"stop", Verb::Stop}, std::pair{"restart", Verb::Restart},
	std::pair{"top", Verb::Top}, std::pair{"stats", Verb::Stats}, std::pair{"log", Verb::Log},
	std::pair{"check", Verb::Check}, std::pair{"doctor", Verb::Doctor}, std::pair{"test", Verb::Test},
	std::pair{"state", Verb::State}, std::pair{"monitor", Verb::Monitor}, std::pair{"xdp", Verb::Xdp},
};

/* What CLI11 fills in, as text; it is decoded afterwards so that every complaint is ours. */
struct Typed {
	std::array<std::string, 3> positional;
	std::string code;
	std::optional<std::string> name, maxalloc, timeout, count, interval, netns, mode, program;
	bool json = false, quiet = false, replace = false, follow = false, null = false;
};

Parsed complain(std::string message, std::string hint)
{
	Parsed parsed;
	parsed.status = LUNATIK_STATUS_USAGE;
	parsed.message = std::move(message);
	parsed.hint = std::move(hint);
	return parsed;
}

Parsed no_time(const std::string &word)
{
	return complain(fmt::format("--timeout: '{}' is not a time", word), "a number of seconds above zero: --timeout 2.5");
}

bool is_eval_option(const std::string &word)
{
	return word == "-e" || word == "--eval";
}

/* Cuts the words at the first `--` that is not the value of -e; what follows belongs to the script. */
std::optional<Words> cut_arguments(Words &words)
{
	for (auto word = words.begin(); word != words.end(); ++word) {
		if (*word == "--" && (word == words.begin() || !is_eval_option(*std::prev(word)))) {
			Words arguments(std::next(word), words.end());
			words.erase(word, words.end());
			return arguments;
		}
	}
	return std::nullopt;
}

/* Puts words into the first places that are free; false if these are too few. */
bool fill_places(Typed &typed, std::size_t places, const Words &words)
{
	const auto place = std::find(typed.positional.begin(), typed.positional.begin() + static_cast<std::ptrdiff_t>(places), "");
	if (words.size() > places - static_cast<std::size_t>(place - typed.positional.begin()))
		return false;
	std::copy(words.begin(), words.end(), place);
	return true;
}

void add_netns_option(CLI::App &verb, Typed &typed)
{
	verb.add_option("--netns", typed.netns, "In this network namespace (of ip netns, or a path) instead of one's own")->option_text("NAME");
}

void add_script_options(CLI::App &app, Typed &typed, const char *script)
{
	app.add_option("script", typed.positional[0], script)->option_text(" ");
	app.add_option("context", typed.positional[1], "process (default), softirq or hardirq")->option_text(" ");
	app.add_option("percpu", typed.positional[2], "The word percpu, after softirq: one Lua state for each CPU")->option_text(" ");
	app.add_option("-e,--eval", typed.code, "Run CODE instead of a script")->option_text("CODE");
	app.add_option("--name", typed.name, "Name of the runtime")->option_text("NAME");
	app.add_option("--maxalloc", typed.maxalloc, "Memory cap of the runtime")->option_text("BYTES[K|M|G]");
	app.add_option("--timeout", typed.timeout, "Interrupt the script after this time; exit 8")->option_text("SECONDS");
	app.add_flag("--replace", typed.replace, "Stop a runtime of the same name first");
	add_netns_option(app, typed);
	app.footer("Words after -- are the script's arguments, strings in its `...`.\n"
		"A script is a name below /lib/modules/lua, a file (./file.lua), or - for standard input.");
}

std::string usage_hint(const std::string &verb)
{
	return verb.empty() ? "lunatik --help" : fmt::format("lunatik {} --help", verb);
}

/* Decodes [script] [context] [percpu], where -e leaves no place for a script. */
Parsed decode_script(const std::string &verb, const Typed &typed, bool code_given, std::optional<Words> arguments)
{
	Options options;
	Words words;
	for (const std::string &word : typed.positional) {
		if (!word.empty())
			words.push_back(word);
	}

	if (code_given) {
		options.code = typed.code;
	} else {
		if (words.empty())
			return complain(fmt::format("{} needs a script", verb),
				fmt::format("lunatik {0} NAME, lunatik {0} ./file.lua or lunatik {0} -e CODE", verb));
		options.script = words.front();
		words.erase(words.begin());
	}

	bool context_given = false;
	for (const std::string &word : words) {
		const std::optional<lunatik_context> context = parse_context(word);
		if (context && !context_given && !options.percpu) {
			options.context = *context;
			context_given = true;
		} else if (word == "percpu" && !options.percpu) {
			options.percpu = true;
		} else {
			return complain(fmt::format("'{}' is not a context", word), fmt::format(
				"the contexts are process, softirq and hardirq; the script's own arguments stand after --: "
				"lunatik {} {} -- {}", verb, options.script.empty() ? "-e CODE" : options.script, word));
		}
	}

	options.name = typed.name;
	if (typed.name && (typed.name->empty() || typed.name->size() > LUNATIK_NAME_MAX))
		return complain(fmt::format("--name: a name has 1 to {} bytes", LUNATIK_NAME_MAX), usage_hint(verb));
	if (typed.maxalloc) {
		const std::optional<std::uint64_t> bytes = parse_bytes(*typed.maxalloc);
		if (!bytes)
			return complain(fmt::format("--maxalloc: '{}' is not a size", *typed.maxalloc),
				"a number of bytes above zero, or one with K, M or G: --maxalloc 16M");
		options.maxalloc = *bytes;
	}
	if (typed.timeout && !(options.timeout = parse_seconds(*typed.timeout)))
		return no_time(*typed.timeout);
	options.replace = typed.replace;
	options.arguments = std::move(arguments).value_or(Words());

	const bool nameless = (options.code || options.script == "-") && !options.name;
	if (nameless && verb != "run")
		return complain(fmt::format("{} needs --name with -e and -", verb),
			fmt::format("lunatik {} --name NAME ...", verb));
	if (nameless && (context_given || options.percpu || options.maxalloc != 0 || options.replace))
		return complain("a context, percpu, --maxalloc and --replace are for a runtime of its own, which needs a name",
			"add --name NAME");

	Parsed parsed;
	parsed.options = std::move(options);
	return parsed;
}

Parsed decode_top(const Typed &typed)
{
	Options options;
	if (typed.count) {
		options.count = parse_count(*typed.count);
		if (!options.count)
			return complain(fmt::format("-n: '{}' is not a number above zero", *typed.count), "a count: -n 10");
	}
	if (typed.interval) {
		options.interval = parse_seconds(*typed.interval);
		if (!options.interval)
			return complain(fmt::format("-d: '{}' is not a time", *typed.interval),
				"a number of seconds above zero: lunatik top -d 0.5");
	}
	Parsed parsed;
	parsed.options = std::move(options);
	return parsed;
}

Parsed decode_state(const Typed &typed, bool code_given)
{
	constexpr std::array actions{std::pair{"list", Action::List}, std::pair{"create", Action::Create},
		std::pair{"exec", Action::Exec}, std::pair{"close", Action::Close}};
	const auto &[action, name, code] = typed.positional;
	const auto found = std::find_if(actions.begin(), actions.end(), [&](const auto &entry) { return action == entry.first; });
	if (found == actions.end())
		return complain(action.empty() ? "state needs to know what to do" : fmt::format("state cannot '{}'", action),
			"lunatik state create NAME, exec NAME CODE, close NAME, or list");
	Options options;
	options.action = found->second;
	options.script = name;
	if (typed.null && options.action != Action::List)
		return complain(fmt::format("state {} takes no --null", action), usage_hint("state"));
	if (options.action == Action::List ? !name.empty() : name.empty())
		return complain(options.action == Action::List ? "state list takes no name" :
			fmt::format("state {} needs the name of a state", action), usage_hint("state"));
	if (name.size() > LUNATIK_NAME_MAX)
		return complain(fmt::format("a name has 1 to {} bytes", LUNATIK_NAME_MAX), usage_hint("state"));
	if (options.action == Action::Exec) {
		if (code_given == !code.empty())
			return complain("state exec needs code, once", fmt::format("lunatik state exec {0} CODE, or lunatik state exec {0} - for standard input", name));
		options.code = code_given ? typed.code : code;
	} else if (code_given || !code.empty()) {
		return complain(fmt::format("state {} takes no code", action), usage_hint("state"));
	}
	if (typed.maxalloc) {
		const std::optional<std::uint64_t> bytes = parse_bytes(*typed.maxalloc);
		if (!bytes || options.action != Action::Create)
			return complain(bytes ? fmt::format("state {} takes no --maxalloc", action) :
				fmt::format("--maxalloc: '{}' is not a size", *typed.maxalloc),
				"a number of bytes above zero, or one with K, M or G: lunatik state create NAME --maxalloc 16M");
		options.maxalloc = *bytes;
	}
	if (typed.timeout && options.action != Action::Exec)
		return complain(fmt::format("state {} takes no --timeout", action), usage_hint("state"));
	if (typed.timeout && !(options.timeout = parse_seconds(*typed.timeout)))
		return no_time(*typed.timeout);
	Parsed parsed;
	parsed.options = std::move(options);
	return parsed;
}

Parsed decode_xdp(const Typed &typed)
{
	constexpr std::array operations{std::pair{"list", Operation::List}, std::pair{"load", Operation::Load},
		std::pair{"unload", Operation::Unload}};
	const auto &[operation, second, third] = typed.positional;
	const auto found = std::find_if(operations.begin(), operations.end(), [&](const auto &entry) { return operation == entry.first; });
	if (found == operations.end())
		return complain(operation.empty() ? "xdp needs to know what to do" : fmt::format("xdp cannot '{}'", operation),
			"lunatik xdp load OBJECT DEVICE, unload DEVICE, or list");
	Options options;
	options.operation = found->second;
	const bool loads = options.operation == Operation::Load;
	if (loads && third.empty())
		return complain("xdp load needs an object file and a device", "lunatik xdp load ./program.o eth0");
	if (options.operation == Operation::Unload && (second.empty() || !third.empty()))
		return complain("xdp unload needs a device, and nothing else", "lunatik xdp unload eth0; lunatik xdp list shows which have a program");
	if (options.operation == Operation::List && !second.empty())
		return complain("xdp list takes no name", usage_hint("xdp"));
	if (!loads && (typed.mode || typed.program || typed.replace))
		return complain(fmt::format("xdp {} takes no --mode, --program or --replace", operation), usage_hint("xdp"));
	options.script = loads ? second : std::string();
	options.device = loads ? third : second;
	options.program = typed.program.value_or(std::string());
	options.replace = typed.replace;
	if (typed.mode == "native")
		options.mode = AttachMode::Native;
	else if (typed.mode == "generic")
		options.mode = AttachMode::Generic;
	else if (typed.mode)
		return complain(fmt::format("--mode: '{}' is not a mode", *typed.mode), "native, by the driver, or generic, by the kernel for every driver");
	Parsed parsed;
	parsed.options = std::move(options);
	return parsed;
}

Parsed decode(const std::string &verb, Typed typed, bool code_given, std::optional<Words> arguments)
{
	Parsed parsed;
	// Behind `--` a name may begin with a dash: what there is can be asked about, and ended, whatever it is called.
	const std::size_t places = verb == "state" ? 3 : verb == "stop" || verb == "stats" || verb == "log" || verb == "check" ? 1 : 0;
	if (arguments && places && fill_places(typed, places, *arguments))
		arguments.reset();
	if (verb == "run" || verb == "spawn") {
		parsed = decode_script(verb, typed, code_given, std::move(arguments));
	} else if (verb == "stop" || verb == "restart") {
		if (typed.positional[0].empty())
			return complain(fmt::format("{} needs the name of a runtime", verb), "lunatik list shows them");
		if (arguments && verb == "stop")
			return complain("stop takes no arguments for the script", usage_hint(verb));
		parsed.options.emplace();
		parsed.options->script = typed.positional[0];
		parsed.options->arguments = std::move(arguments).value_or(Words());
	} else if (verb == "check" && typed.positional[0].empty()) {
		return complain("check needs a script", "lunatik check NAME, lunatik check ./file.lua or lunatik check -");
	} else if (verb == "state") {
		if (arguments)
			return complain("there are too many words behind --", usage_hint(verb));
		parsed = decode_state(typed, code_given);
	} else if (verb == "xdp" && !arguments) {
		parsed = decode_xdp(typed);
	} else if ((verb == "top" || verb == "monitor") && !arguments) {
		parsed = decode_top(typed);
	} else if (arguments) {
		return complain(verb.empty() ? "there is no script before --" : fmt::format("{} takes no arguments", verb),
			usage_hint(verb));
	} else if (verb.empty() && typed.json) {
		return complain("there is no JSON without a verb", "lunatik --json run -e CODE");
	} else {
		parsed.options.emplace();
		parsed.options->script = typed.positional[0];
		parsed.options->follow = typed.follow;
	}
	if (!parsed.options)
		return parsed;
	if (typed.null && typed.json)
		return complain("--null and --json are two answers", usage_hint(verb));

	const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const auto &entry) { return entry.first == verb; });
	parsed.options->verb = found == verbs.end() ? Verb::Repl : found->second;
	parsed.options->netns = typed.netns;
	parsed.options->json = typed.json;
	parsed.options->null = typed.null;
	parsed.options->quiet = typed.quiet;
	return parsed;
}

/* The first word that is no option, which has to be a verb. */
const std::string *find_verb(const Words &words)
{
	const auto found = std::find_if(words.begin(), words.end(), [](const std::string &word) {
		return word == "-" || word.empty() || word.front() != '-';
	});
	return found == words.end() ? nullptr : &*found;
}

/* A positional word. Its kind is no part of the help. */
void add_word(CLI::App &verb, const char *name, std::string &value, const char *description)
{
	verb.add_option(name, value, description)->option_text(" ");
}

void add_null_option(CLI::App &verb, Typed &typed, const char *description)
{
	verb.add_flag("-0,--null", typed.null, description);
}

struct Command {
	const char *name, *description;
	void (*describe)(CLI::App &verb, Typed &typed) = nullptr;
	// What stands behind it, a line for each form: CLI11 itself cannot know what must be there, since we complain of that.
	const char *usage = "[OPTIONS]";
};

constexpr Command commands[] = {
	{"load", "Load the kernel module"},
	{"unload", "Stop every runtime and remove the kernel modules"},
	{"reload", "unload, then load"},
	{"status", "Show the loaded kernel modules"},
	{"list", "Show the runtimes", [](CLI::App &verb, Typed &typed) {
		add_null_option(verb, typed, "Only their names, for programs: each with a zero byte behind it, as xargs -0 takes them");
		add_netns_option(verb, typed);
	}},
	{"run", "Run a script in a runtime of its own", [](CLI::App &verb, Typed &typed) {
		add_script_options(verb, typed, "The script to run");
	}, "[OPTIONS] script [context] [percpu] [-- argument...]\n[OPTIONS] -e CODE [-- argument...]\n"
		"[OPTIONS] --name NAME -e CODE [context] [percpu] [-- argument...]"},
	{"spawn", "Run a script, and the function it returns in a kernel thread", [](CLI::App &verb, Typed &typed) {
		add_script_options(verb, typed, "The script to spawn");
	}, "[OPTIONS] script [context] [percpu] [-- argument...]\n[OPTIONS] --name NAME -e CODE [context] [percpu] [-- argument...]"},
	{"stop", "Stop a runtime, even one that loops or blocks", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "name", typed.positional[0], "The runtime, or the file it was run from");
		add_netns_option(verb, typed);
	}, "[OPTIONS] [--] name"},
	{"restart", "Stop a runtime and run its script again", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "name", typed.positional[0], "The runtime, or the file it was run from");
		add_netns_option(verb, typed);
		verb.footer("Words after -- are the script's arguments; the context, percpu, memory cap and thread stay as they were.");
	}, "[OPTIONS] name [-- argument...]"},
	{"stats", "Show what each runtime has done and holds", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "name", typed.positional[0], "Only this runtime");
		add_netns_option(verb, typed);
	}, "[OPTIONS] [name]"},
	{"top", "Show the busiest runtimes, again and again", [](CLI::App &verb, Typed &typed) {
		verb.add_option("-d,--delay", typed.interval, "Time between two looks (default 2)")->option_text("SECONDS");
		verb.add_option("-n,--count", typed.count, "Look as often as this, then end")->option_text("COUNT");
		add_netns_option(verb, typed);
	}},
	{"log", "Show what scripts printed, and their errors", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "name", typed.positional[0], "Only of this runtime");
		verb.add_flag("-f,--follow", typed.follow, "Go on with what comes");
		add_netns_option(verb, typed);
	}, "[OPTIONS] [name]"},
	{"check", "Compile a script without running it, and name the globals it does not know", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "script", typed.positional[0], "The script");
	}, "[OPTIONS] script"},
	{"doctor", "Look at kernel, modules and permissions, and say what to mend"},
	{"test", "Run the installed test suites", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "suite", typed.positional[0], "Only this one");
	}, "[OPTIONS] [suite]"},
	{"state", "Make, use, show and close named Lua states, over generic netlink", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "action", typed.positional[0], "create, exec, list or close");
		add_word(verb, "state", typed.positional[1], "Name of the state");
		add_word(verb, "code", typed.positional[2], "What exec runs; - is standard input");
		verb.add_option("-e,--eval", typed.code, "The same; it may begin with a dash")->option_text("CODE");
		add_null_option(verb, typed, "list: only the names, each with a zero byte behind it, as xargs -0 takes them");
		add_netns_option(verb, typed);
		verb.add_option("--maxalloc", typed.maxalloc, "create: its memory cap")->option_text("BYTES[K|M|G]");
		verb.add_option("--timeout", typed.timeout, "exec: end the code after this time; exit 8")->option_text("SECONDS");
	}, "create [OPTIONS] [--] state\nexec [OPTIONS] [--] state code\nexec [OPTIONS] state -e CODE\nclose [OPTIONS] [--] state\nlist [OPTIONS]"},
	{"monitor", "Show what happens to the runtimes of a network namespace, as it happens", [](CLI::App &verb, Typed &typed) {
		add_netns_option(verb, typed);
		verb.add_option("-n,--count", typed.count, "Show as many events as this, then end")->option_text("COUNT");
	}},
	{"xdp", "Attach eBPF programs, which ask scripts about packets, to network devices", [](CLI::App &verb, Typed &typed) {
		add_word(verb, "operation", typed.positional[0], "load, unload or list");
		add_word(verb, "object", typed.positional[1], "load: the object file; unload: the device");
		add_word(verb, "device", typed.positional[2], "load: the device");
		verb.add_option("--mode", typed.mode, "load: native or generic, where the default is native if the driver can")
			->option_text("MODE");
		verb.add_option("--program", typed.program, "load: the program of this name instead of the first")->option_text("NAME");
		verb.add_flag("--replace", typed.replace, "load: in place of a program that is attached");
	}, "load [OPTIONS] object device\nunload [OPTIONS] device\nlist [OPTIONS]"},
};

std::vector<std::string> usage_of(const std::string &name)
{
	std::vector<std::string> lines;
	for (const Command &command : commands) {
		if (name != command.name)
			continue;
		for (std::string_view rest = command.usage; !rest.empty();) {
			lines.emplace_back(rest.substr(0, rest.find('\n')));
			rest.remove_prefix(std::min(rest.size(), lines.back().size() + 1));
		}
	}
	return lines;
}

/* A help whose usage says which words must be there. */
class Help : public CLI::Formatter {
public:
	std::string make_usage(const CLI::App *app, std::string name) const override
	{
		const std::vector<std::string> lines = usage_of(app->get_name());
		if (lines.empty())
			return CLI::Formatter::make_usage(app, name);
		std::string text;
		for (const std::string &line : lines)
			text += fmt::format("{} {} {}\n", text.empty() ? "Usage:" : "      ", name, line);
		return text;
	}
};

/*
 * The description that parses the words, and that --help, the manual and the shells' completions are made of; with one verb alone, where
 * it is known, since describing them all takes longer than most verbs.
 */
void build(CLI::App &app, Typed &typed, const std::string *only = nullptr)
{
	app.name("lunatik");
	app.formatter(std::make_shared<Help>());
	app.description("Lua, safe inside the running Linux kernel. Without a verb: read, evaluate, print, line by line.");
	app.fallthrough();
	app.require_subcommand(0, 1);
	app.set_version_flag("-V,--version", fmt::format("lunatik {} (protocol {})", version(), LUNATIK_PROTOCOL));
	app.add_flag("-j,--json", typed.json, "Answer in JSON, errors too");
	app.add_flag("-q,--quiet", typed.quiet, "No talk on standard error, only errors");
	app.footer("Exit status: 0 done, 1 the script failed, 2 usage, 3 module not loaded, 4 not permitted,\n"
		"5 versions differ, 6 not found or already running, 7 memory cap or time budget, 8 timed out, 130 interrupted.");

	for (const Command &command : commands) {
		if (only && *only != command.name)
			continue;
		CLI::App *verb = app.add_subcommand(command.name, command.description);
		if (command.describe)
			command.describe(*verb, typed);
	}
}

bool code_given(const CLI::App &app)
{
	for (const CLI::App *verb : app.get_subcommands()) {
		const CLI::Option *code = verb->get_option_no_throw("-e");
		if (code && code->count() != 0)
			return true;
	}
	return false;
}

/* The option that a word means: `name` with neither dashes nor value. */
const CLI::Option *find_option(const CLI::App &app, const std::string &name, bool is_long)
{
	for (const CLI::Option *option : app.get_options()) {
		if (is_long ? option->check_lname(name) : option->check_sname(name))
			return option;
	}
	for (const CLI::App *verb : app.get_subcommands({})) {
		if (const CLI::Option *option = find_option(*verb, name, is_long))
			return option;
	}
	return nullptr;
}

/*
 * Whether a flag was asked for, among words that are no command line as a whole: the parser ends at the first that is wrong, and
 * takes nothing of them.
 */
bool asks(const Words &words, const CLI::App &app, const CLI::Option &flag)
{
	const auto takes_value = [](const CLI::Option *option) { return option && option->get_items_expected_max() > 0; };
	Words found;
	for (auto word = words.begin(); word != words.end(); ++word) {
		bool skip = false;
		if (word->starts_with("--")) {
			const std::size_t equals = word->find('=');
			const CLI::Option *option = find_option(app, word->substr(2, equals == std::string::npos ? equals : equals - 2), true);
			if (option == &flag)
				found.push_back(*word);
			skip = equals == std::string::npos && takes_value(option);
		} else if (word->starts_with('-')) {
			for (std::size_t i = 1; i < word->size(); ++i) {
				const CLI::Option *option = find_option(app, word->substr(i, 1), false);
				if (option == &flag)
					found.push_back("-" + word->substr(i, 1));
				if (!takes_value(option))
					continue;
				skip = i + 1 == word->size();
				break;
			}
		}
		if (skip && std::next(word) != words.end())
			++word;
	}
	// What a spelling such as --json=off means is the parser's to say.
	CLI::App alone;
	bool asked = false;
	alone.add_flag(flag.get_name(false, true), asked);
	try {
		std::reverse(found.begin(), found.end());
		alone.parse(found);
	} catch (const CLI::ParseError &) {
		return false;
	}
	return asked;
}

Parsed parse_with(CLI::App &app, const Typed &typed, Words words, std::optional<Words> arguments)
{
	std::string verb;
	try {
		std::reverse(words.begin(), words.end());
		app.parse(words);
	} catch (const CLI::CallForHelp &) {
		Parsed parsed;
		parsed.text = app.help();
		return parsed;
	} catch (const CLI::CallForVersion &version) {
		Parsed parsed;
		parsed.text = fmt::format("{}\n", version.what());
		parsed.asks_version = true;
		return parsed;
	} catch (const CLI::ParseError &error) {
		for (const CLI::App *chosen : app.get_subcommands())
			verb = chosen->get_name();
		return complain(error.what(), usage_hint(verb));
	}
	for (const CLI::App *chosen : app.get_subcommands())
		verb = chosen->get_name();
	return decode(verb, typed, code_given(app), std::move(arguments));
}

} // namespace

Parsed parse(Words words)
{
	// Lunatik 3.0 had options for these two; it is the only place where an option stands for a verb.
	if (!words.empty() && (words.front() == "--run" || words.front() == "--stop"))
		words.front().erase(0, 2);

	std::optional<Words> arguments = cut_arguments(words);
	const bool verbless_code = !words.empty() && is_eval_option(words.front());
	const std::string *word = find_verb(words);
	const std::string verb = verbless_code ? "run" : word ? *word : "";
	const bool known = verb.empty() || std::any_of(verbs.begin(), verbs.end(), [&](const auto &entry) { return entry.first == verb; });

	CLI::App app;
	Typed typed;
	build(app, typed, word || verbless_code ? &verb : nullptr);
	Parsed parsed;
	if (verbless_code)
		parsed = complain("-e stands behind a verb", "lunatik run -e CODE");
	else if (!known || (word && word->empty()))
		parsed = complain(fmt::format("there is no verb '{}'", verb),
			fmt::format("lunatik --help shows the verbs; a script is run by lunatik run {}", verb));
	else
		parsed = parse_with(app, typed, words, std::move(arguments));

	if (parsed.options) {
		parsed.json = parsed.options->json;
	} else {
		parsed.json = asks(words, app, *app.get_option("--json"));
		const CLI::Option *follow = find_option(app, "follow", true);
		parsed.lines = verb == "top" || verb == "monitor" || (verb == "log" && follow && asks(words, app, *follow));
	}
	// A message of CLI11 may have several lines; ours are always one.
	std::replace(parsed.message.begin(), parsed.message.end(), '\n', ' ');
	return parsed;
}

std::vector<Description> describe()
{
	CLI::App app;
	Typed typed;
	build(app, typed);
	std::vector<Description> descriptions;
	const auto add = [&](const CLI::App &verb, const std::string &name) {
		Description description{name, verb.get_description(), verb.get_footer(), {}, usage_of(name)};
		for (const CLI::Option *option : verb.get_options()) {
			Word word{option->get_name(), {}, {}, option->get_description()};
			for (const std::string &spelling : option->get_snames())
				word.spellings.push_back("-" + spelling);
			for (const std::string &spelling : option->get_lnames())
				word.spellings.push_back("--" + spelling);
			// "-d,--delay SECONDS" in the help: the text behind the names. Of a flag CLI11 wants nothing.
			if (!word.spellings.empty() && option->get_items_expected_max() > 0)
				word.value = option->get_option_text();
			description.words.push_back(std::move(word));
		}
		descriptions.push_back(std::move(description));
	};
	add(app, "");
	for (const CLI::App *verb : app.get_subcommands({}))
		add(*verb, verb->get_name());
	return descriptions;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text)
{
	std::uint64_t value = 0;
	const char *end = text.data() + text.size();
	const auto [rest, error] = std::from_chars(text.data(), end, value);
	if (error != std::errc() || value == 0)
		return std::nullopt;

	// SAFETY: from_chars() leaves `rest` within the text it was given.
	const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
	unsigned shift = 0;
	if (unit == "K" || unit == "k")
		shift = 10;
	else if (unit == "M" || unit == "m")
		shift = 20;
	else if (unit == "G" || unit == "g")
		shift = 30;
	else if (!unit.empty())
		return std::nullopt;
	if (value > std::numeric_limits<std::uint64_t>::max() >> shift)
		return std::nullopt;
	return value << shift;
}

std::optional<std::uint64_t> parse_count(std::string_view text)
{
	std::uint64_t value = 0;
	const char *end = text.data() + text.size();
	const auto [rest, error] = std::from_chars(text.data(), end, value);
	if (error != std::errc() || rest != end || value == 0)
		return std::nullopt;
	return value;
}

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text)
{
	double seconds = 0;
	const char *end = text.data() + text.size();
	const auto [rest, error] = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
	constexpr double year = 366.0 * 24 * 60 * 60;
	// Written so that a NaN fails too.
	if (error != std::errc() || rest != end || !(seconds > 0 && seconds <= year))
		return std::nullopt;
	const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
	return milliseconds;
}

std::optional<lunatik_context> parse_context(std::string_view text)
{
	if (text == "process" || text == "true")
		return LUNATIK_CONTEXT_PROCESS;
	if (text == "softirq" || text == "false")
		return LUNATIK_CONTEXT_SOFTIRQ;
	if (text == "hardirq")
		return LUNATIK_CONTEXT_HARDIRQ;
	return std::nullopt;
}

std::string version()
{
	return LUNATIK_VERSION;
}

} // namespace lunatik::cli
