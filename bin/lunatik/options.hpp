// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The command line as typed, decoded: a pure function from the words to what they ask for.
 */
#ifndef LUNATIK_CLI_OPTIONS_HPP
#define LUNATIK_CLI_OPTIONS_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lunatik/uapi.h>

namespace lunatik::cli {

enum class Verb { Repl, Load, Unload, Reload, Status, List, Run, Spawn, Stop, Restart, Top, Stats, Log, Check, Doctor, Test, State, Monitor, Xdp };

/** What `lunatik state` is to do. */
enum class Action { List, Create, Exec, Close };

/** What `lunatik xdp` is to do. */
enum class Operation { List, Load, Unload };

/** How a program is attached: as the driver can, or always the one way. */
enum class AttachMode { Any, Native, Generic };

/** What the user asked for. */
struct Options {
	Verb verb = Verb::Repl;
	bool json = false;
	bool quiet = false;
	std::optional<std::string> code;	/* -e CODE */
	std::string script;			/* the script as typed; "-" is standard input */
	std::optional<std::string> name;	/* --name */
	lunatik_context context = LUNATIK_CONTEXT_PROCESS;
	bool percpu = false;
	std::uint64_t maxalloc = 0;		/* 0: the module's default */
	std::optional<std::chrono::milliseconds> timeout;
	bool replace = false;
	bool follow = false;			/* log -f */
	bool null = false;			/* list -0, state list -0 */
	Action action = Action::List;		/* of state; `script` is the state's name, `code` what exec runs */
	Operation operation = Operation::List;	/* of xdp; `script` is the object file */
	std::string device;			/* xdp */
	std::string program;			/* xdp --program, or empty: the first */
	AttachMode mode = AttachMode::Any;	/* xdp --mode */
	std::optional<std::string> netns;	/* --netns: where to look for runtimes, and to start them */
	std::optional<std::uint64_t> count;	/* top -n, monitor -n */
	std::optional<std::chrono::milliseconds> interval;	/* top -d */
	std::vector<std::string> arguments;	/* what stood after -- */
};

/** The options, or how to leave without any: text for stdout (--help), or a complaint. */
struct Parsed {
	std::optional<Options> options;
	int status = 0;
	bool json = false;	/* complaints and texts are wanted as JSON */
	bool lines = false;	/* each on one line: the verb is one that answers in lines */
	std::string text;	/* for stdout */
	bool asks_version = false;	/* the text is the version, not a help */
	std::string message;	/* what is wrong, one line */
	std::string hint;
};

/** Decodes the words after the program's name. */
Parsed parse(std::vector<std::string> words);

/** "64K", "16M", "1G" or plain bytes; nothing if it is none of these, zero, or too large. */
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/** A plain number above zero. */
std::optional<std::uint64_t> parse_count(std::string_view text);

/** Seconds, with an optional fraction; nothing unless more than zero and at most a year. */
std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text);

/** "process", "softirq", "hardirq", and the older "true" (process) and "false" (softirq). */
std::optional<lunatik_context> parse_context(std::string_view text);

/** Version of this program. */
std::string version();

} // namespace lunatik::cli

#endif // LUNATIK_CLI_OPTIONS_HPP
