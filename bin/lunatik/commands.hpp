// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * What each verb does.
 */
#ifndef LUNATIK_CLI_COMMANDS_HPP
#define LUNATIK_CLI_COMMANDS_HPP

#include <optional>
#include <string>
#include <vector>

#include <lunatik/client.hpp>

#include "console.hpp"
#include "modules.hpp"
#include "options.hpp"
#include "script.hpp"

namespace lunatik::cli {

/** How many CPUs a list such as `0-3,6` names; 1 for what is no such list. */
unsigned count_cpus(std::string_view list);

/** How many CPUs the kernel is prepared for: a per-CPU runtime has a state for each of them. */
unsigned possible_cpus();

/** What a command finds around it; tests put their own there. */
struct Environment {
	std::string device = client::Session::default_device();
	std::string scripts = "/lib/modules/lua";
	ModuleHost modules = ModuleHost::system();
	int input = 0;
	bool root = false;
	unsigned cpus = possible_cpus();
};

/** Carries out what was asked; returns the exit status or throws Failure, OutputClosed or client::Error. */
int execute(const Options &options, Environment &environment, Console &console);

/** The same with every exception reported to the user. OutputClosed passes through. */
int execute_reporting(const Options &options, Environment &environment, Console &console);

/** A session for the runtimes of the network namespace that was asked for, or of the caller's. */
client::Session open_session(const Options &options, const Environment &environment);

/** " --netns NAME", or nothing, for the command that a hint names: it is to be about the same runtimes. */
std::string netns_of(const Options &options);

/** What is said of a list that is empty, with the network namespace where that could surprise. */
std::string nothing_runs(const Options &options);

/** The request that runs or spawns a script whose source, if the client has read it, is `source`. */
client::Request script_request(const Options &options, const Script &script, const std::optional<std::string> &source);

/** Sends a request whose output streams to the terminal, and Ctrl-C interrupts. */
client::Answer evaluate(client::Session &session, Console &console, const client::Request &request,
	std::optional<std::chrono::milliseconds> timeout = std::nullopt);

/** Values as a REPL shows them: on one line, with tabs between. */
void show_values(Console &console, const client::Answer &answer);

/** An answer that is no success, with a hint that suits what was asked. */
Failure failure_of(const client::Answer &answer, const Options &options);

/** What a client library's exception means to the user. */
Failure failure_of(const client::Error &error, const Environment &environment);

/**
 * The exit status of an answer. `passing` says that the request leaves nothing behind: a script whose sleep was cut short
 * by an interrupt may well end without an error, but was interrupted nevertheless. One that stays and runs has succeeded.
 */
int exit_status(const client::Answer &answer, bool passing = false);

/** What runs, sorted by name. */
std::vector<client::Item> list_items(client::Session &session, Console &console);

/** A runtime as JSON shows it. */
nlohmann::ordered_json item_object(const client::Item &item);

/** The names of runtimes or states as they are, each with a zero byte behind it, which none contains. */
template <typename Named> std::string names_with_zeros(const std::vector<Named> &all)
{
	std::string names;
	for (const Named &one : all)
		names.append(one.name).append(1, '\0');
	return names;
}

/** The words for people. */
const char *name_of(lunatik_context context);
const char *name_of(lunatik_runtime_state state);

/** Control characters other than tabs, which scripts could send to the terminal, as question marks. */
std::string printable(std::string_view text);

/** Rows below each other: the first `words` columns to the left, the others, numbers, to the right. */
std::string aligned(const std::vector<std::vector<std::string>> &rows, std::size_t words);

/** An aligned table of runtimes, one line each below a head; empty for none. */
std::string runtime_table(const std::vector<client::Item> &items);

/** "512", "17.5K", "64M": at most five characters below an exabyte. */
std::string format_bytes(std::uint64_t bytes);

/** "42s", "3m05s", "2h10m", "5d03h". */
std::string format_age(std::chrono::nanoseconds age);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_COMMANDS_HPP
