// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "commands.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <utility>

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "diagnose.hpp"
#include "editor.hpp"
#include "interrupts.hpp"
#include "observe.hpp"
#include "repl.hpp"
#include "state.hpp"
#include "xdp.hpp"

namespace lunatik::cli {

namespace {

using client::Answer;
using client::Item;
using client::Request;
using client::Session;
using Json = nlohmann::ordered_json;

/* A script that prints for ever must not take the memory of user space either. */
constexpr std::size_t json_output_max = std::size_t{64} << 20;

bool is_loaded(const Environment &environment)
{
	struct stat what{};
	if (stat(environment.device.c_str(), &what) == 0)
		return true;
	return !loaded_modules(environment.modules).empty();
}

[[noreturn]] void fail_not_loaded()
{
	throw Failure(LUNATIK_STATUS_NOMODULE, "the kernel module is not loaded", "sudo lunatik load");
}

/* For the verbs that start something: root gets the module loaded, and is told. */
void load_if_needed(Environment &environment, Console &console)
{
	if (is_loaded(environment) || !environment.root)
		return;
	console.note("lunatik: loading the kernel module");
	try {
		load_modules(environment.modules);
	} catch (const Failure &failure) {
		// Nobody asked to load anything: to the caller, the module is simply not there.
		throw Failure(LUNATIK_STATUS_NOMODULE, fmt::format("the kernel module is not loaded: {}", failure.what()),
			failure.hint);
	}
}

/* Throws unless the answer is a success. */
void require_ok(const Answer &answer, const Options &options)
{
	if (!answer.ok())
		throw failure_of(answer, options);
}

/* How to run what has failed because it belongs into another context; of all other messages nothing. */
std::string context_hint(std::string_view message, const Options &options, bool own_session)
{
	for (const lunatik_context context : {LUNATIK_CONTEXT_PROCESS, LUNATIK_CONTEXT_SOFTIRQ, LUNATIK_CONTEXT_HARDIRQ}) {
		if (!message.ends_with(fmt::format("needs a {} runtime, this one is {}", name_of(context), name_of(options.context))))
			continue;
		return fmt::format("its context stands behind the script: lunatik {} {}{} {}", options.verb == Verb::Spawn ? "spawn" : "run",
			own_session ? "--name NAME " : "", options.code ? "-e CODE" : options.script, name_of(context));
	}
	return {};
}

/* A request without output: stop, shutdown. */
Answer ask(Session &session, const Request &request)
{
	Interrupts interrupts(session);
	return session.request(request);
}

void done(Console &console, const std::string &note)
{
	if (console.json())
		console.object({{"status", 0}});
	else if (!note.empty())
		console.note(note);
}

/*
 * The verbs
 */

int do_load(const Options &, Environment &environment, Console &console)
{
	const bool was_loaded = !loaded_modules(environment.modules).empty();
	if (!was_loaded)
		load_modules(environment.modules);
	done(console, was_loaded ? "lunatik is loaded already" : "");
	return 0;
}

void unload(Environment &environment)
{
	if (!is_loaded(environment))
		throw Failure(LUNATIK_STATUS_NOMODULE, "the kernel module is not loaded", "there is nothing to unload");
	try {
		// The session holds the module too, so it ends before the module is removed.
		Session session = open_session(Options(), environment);
		// What would keep the module anyway is found before anything is stopped in vain.
		require_unused(environment.modules, environment.device);
		Options options;
		options.verb = Verb::Unload;
		require_ok(ask(session, Request(LUNATIK_REQUEST_SHUTDOWN)), options);
	} catch (const client::Error &error) {
		// Modules that cannot be talked to, such as those of another version, can still be removed.
		if (error.status() != LUNATIK_STATUS_NOMODULE && error.status() != LUNATIK_STATUS_VERSION)
			throw;
	}
	remove_modules(environment.modules, environment.device);
}

int do_unload(const Options &, Environment &environment, Console &console)
{
	unload(environment);
	done(console, "");
	return 0;
}

int do_reload(const Options &, Environment &environment, Console &console)
{
	if (is_loaded(environment))
		unload(environment);
	load_modules(environment.modules);
	done(console, "");
	return 0;
}

int do_status(const Options &, Environment &environment, Console &console)
{
	const std::vector<Module> modules = loaded_modules(environment.modules);
	if (modules.empty())
		fail_not_loaded();

	if (console.json()) {
		Json list = Json::array();
		for (const Module &module : modules)
			list.push_back({{"name", module.name}, {"version", module.version}, {"references", module.references},
				{"holders", module.holders}});
		console.object({{"status", 0}, {"modules", list}});
		return 0;
	}
	std::size_t name = 6, version = 7;
	for (const Module &module : modules) {
		name = std::max(name, module.name.size());
		version = std::max(version, module.version.size());
	}
	std::string text = fmt::format("{:{}}  {:{}}  {}\n", "MODULE", name, "VERSION", version, "USED");
	for (const Module &module : modules) {
		text += fmt::format("{:{}}  {:{}}  {}", module.name, name, module.version.empty() ? "-" : module.version, version,
			module.references);
		if (!module.holders.empty())
			text += fmt::format(" {}", fmt::join(module.holders, ","));
		text += '\n';
	}
	console.data(text);
	return 0;
}

int do_list(const Options &options, Environment &environment, Console &console)
{
	Session session = open_session(options, environment);
	const std::vector<Item> items = list_items(session, console);
	if (options.null) {
		console.data(names_with_zeros(items));
	} else if (console.json()) {
		Json list = Json::array();
		for (const Item &item : items)
			list.push_back(item_object(item));
		console.object({{"status", 0}, {"runtimes", list}});
	} else if (items.empty()) {
		console.note(nothing_runs(options));
	} else {
		console.data(runtime_table(items));
	}
	return 0;
}

std::string timed_out_after(const Options &options)
{
	return fmt::format("timed out after {} s", static_cast<double>(options.timeout.value_or(
		std::chrono::milliseconds(0)).count()) / 1000);
}

/* Runs a request that may print, and shows how it ended; as JSON all at once, as text while it happens. */
int show_run(Session &session, Console &console, const Options &options, const Request &request, bool values)
{
	const bool passing = request.type() == LUNATIK_REQUEST_EVAL;
	if (!console.json()) {
		const Answer answer = evaluate(session, console, request, options.timeout);
		require_ok(answer, options);
		if (values)
			show_values(console, answer);
		const int status = exit_status(answer, passing);
		// It took the interrupt for an error of its own and ended well: why the status says otherwise has to be said.
		if (status == LUNATIK_STATUS_TIMEOUT)
			console.report(Failure(LUNATIK_STATUS_TIMEOUT, timed_out_after(options)));
		return status;
	}

	std::string output;
	client::Callbacks callbacks;
	bool overflown = false;
	callbacks.output = [&](std::string_view bytes) {
		if (output.size() + bytes.size() <= json_output_max)
			output += bytes;
		else if (!std::exchange(overflown, true))
			session.interrupt();
	};
	std::optional<Answer> answer;
	{
		Interrupts interrupts(session);
		answer = session.request(request, callbacks, options.timeout);
	}
	if (overflown)
		throw Failure(LUNATIK_STATUS_LIMIT, fmt::format("the script printed more than the {} MiB that fit into a JSON answer",
			json_output_max >> 20), "without --json, output of any size streams");
	const int status = exit_status(*answer, passing);
	Json object{{"status", status}, {"output", output}, {"values", answer->values}};
	if (!answer->ok())
		object["error"] = error_object(failure_of(*answer, options));
	else if (status != LUNATIK_STATUS_OK)
		// It took the interrupt for an error of its own and ended well, as above.
		object["error"] = error_object(Failure(static_cast<lunatik_status>(status),
			status == LUNATIK_STATUS_TIMEOUT ? timed_out_after(options) : "interrupted"));
	console.object(object);
	return status;
}

int do_eval(const Options &options, Environment &environment, Console &console)
{
	const std::string source = options.code ? *options.code : read_source("-", environment.input);
	Request request(LUNATIK_REQUEST_EVAL);
	request.name(options.code ? "(command line)" : "stdin").source(source);
	if (options.code)
		request.expression();
	for (const std::string &argument : options.arguments)
		request.argument(argument);
	request.frame(); // refuses what is too large before anything is opened
	load_if_needed(environment, console);
	Session session = open_session(options, environment);
	return show_run(session, console, options, request, options.code.has_value());
}

/* The script of run and spawn; its source is read here if the kernel cannot read it by that name. */
std::pair<Script, std::optional<std::string>> load_script(const Options &options, const Environment &environment)
{
	Script script;
	std::optional<std::string> source;
	if (options.code) {
		source = *options.code;
	} else if (options.script == "-") {
		source = read_source("-", environment.input);
	} else {
		script = find_script(options.script);
		if (script.file)
			source = read_source(*script.file, environment.input);
		else if (options.name && *options.name != script.name)
			source = read_source(fmt::format("{}/{}.lua", environment.scripts, script.name), environment.input);
	}
	if (options.name)
		script.name = *options.name;
	return {std::move(script), std::move(source)};
}

/* Stops a runtime; one that does not run is no error here. */
void stop_if_running(Session &session, const std::string &name)
{
	Options options;
	options.verb = Verb::Stop;
	options.script = name;
	const Answer answer = ask(session, Request(LUNATIK_REQUEST_STOP).name(name));
	if (answer.status != LUNATIK_STATUS_NAME)
		require_ok(answer, options);
}

int do_run(const Options &options, Environment &environment, Console &console)
{
	const bool own_session = (options.code || options.script == "-") && !options.name;
	if (own_session)
		return do_eval(options, environment, console);

	const auto [script, source] = load_script(options, environment);
	const Request request = script_request(options, script, source);
	request.frame();
	load_if_needed(environment, console);
	Session session = open_session(options, environment);
	if (options.replace)
		stop_if_running(session, script.name);
	return show_run(session, console, options, request, options.code.has_value());
}

int do_stop(const Options &options, Environment &environment, Console &console)
{
	Session session = open_session(options, environment);
	require_ok(ask(session, Request(LUNATIK_REQUEST_STOP).name(find_script(options.script).name)), options);
	done(console, "");
	return 0;
}

int do_restart(const Options &options, Environment &environment, Console &console)
{
	const Script script = find_script(options.script);
	std::optional<std::string> source;
	if (script.file)
		source = read_source(*script.file, environment.input);
	// What ran from a file, from -e or from standard input cannot be found by its name; better said before it is stopped.
	struct stat what{};
	const std::string installed = fmt::format("{}/{}.lua", environment.scripts, script.name);

	Session session = open_session(options, environment);
	const std::vector<Item> items = list_items(session, console);
	const auto item = std::find_if(items.begin(), items.end(), [&](const Item &one) { return one.name == script.name; });
	if (item == items.end())
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("'{}' is not running", script.name),
			fmt::format("lunatik list{} shows what runs; lunatik run starts a script", netns_of(options)));
	if (!source && stat(installed.c_str(), &what) != 0)
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("{} runs, but there is no {} to restart it from", script.name,
			installed), fmt::format("start it from its file: lunatik run ./file.lua --name {} --replace", script.name));

	Options again = options;
	again.verb = item->thread ? Verb::Spawn : Verb::Run;
	again.context = item->context;
	again.percpu = item->percpu;
	// What is listed is the sum of all states, what is asked for is the cap of one.
	again.maxalloc = item->percpu ? item->maxalloc / environment.cpus : item->maxalloc;
	const Request request = script_request(again, script, source);
	request.frame();
	stop_if_running(session, script.name);
	return show_run(session, console, again, request, false);
}

int do_repl(const Options &options, Environment &environment, Console &console)
{
	load_if_needed(environment, console);
	Session session = open_session(options, environment);
	if (!isatty(environment.input)) {
		PlainSource lines(environment.input);
		return repl(session, lines, console);
	}

	const std::vector<Module> modules = loaded_modules(environment.modules);
	utsname kernel{};
	uname(&kernel);
	std::string module = modules.empty() || modules.front().version.empty() ? version() : modules.front().version;
	// Prompts belong to the person: not into a pipe that takes the values.
	std::FILE *terminal = isatty(STDOUT_FILENO) ? stdout : stderr;
	if (!console.quiet()) {
		std::fputs(fmt::format("Lunatik {}  protocol {}, {} {} {}\n", module, LUNATIK_PROTOCOL, kernel.sysname,
			kernel.release, kernel.machine).c_str(), terminal);
		std::fflush(terminal);
	}
	Editor lines(stdin, terminal, history_path(), console, [&](std::string_view text) {
		// A kernel module that has gone, or is busy, has no words; the next line says what is wrong.
		try {
			return session.request(Request(LUNATIK_REQUEST_COMPLETE).source(text), {}, std::chrono::seconds(1)).values;
		} catch (const client::Error &) {
			return std::vector<std::string>();
		}
	});
	return repl(session, lines, console);
}

} // namespace

Session open_session(const Options &options, const Environment &environment)
{
	return Session::open(environment.device, options.netns.value_or(std::string()));
}

std::string netns_of(const Options &options)
{
	return options.netns ? " --netns " + *options.netns : "";
}

std::string nothing_runs(const Options &options)
{
	if (options.netns)
		return fmt::format("no runtime is running in the network namespace '{}'", *options.netns);
	// In that of init nobody has to be told which one it is.
	struct stat own{}, first{};
	const bool elsewhere = stat("/proc/self/ns/net", &own) == 0 && stat("/proc/1/ns/net", &first) == 0 && own.st_ino != first.st_ino;
	return elsewhere ? "no runtime is running in this network namespace" : "no runtime is running";
}

const char *name_of(lunatik_context context)
{
	switch (context) {
	case LUNATIK_CONTEXT_SOFTIRQ:
		return "softirq";
	case LUNATIK_CONTEXT_HARDIRQ:
		return "hardirq";
	default:
		return "process";
	}
}

const char *name_of(lunatik_runtime_state state)
{
	switch (state) {
	case LUNATIK_STATE_LOADING:
		return "loading";
	case LUNATIK_STATE_READY:
		return "ready";
	case LUNATIK_STATE_RUNNING:
		return "running";
	default:
		return "stopping";
	}
}

std::vector<Item> list_items(Session &session, Console &console)
{
	std::vector<Item> items;
	client::Callbacks callbacks;
	callbacks.item = [&](const Item &item) { items.push_back(item); };
	Interrupts interrupts(session);
	const Answer answer = session.request(Request(LUNATIK_REQUEST_LIST), callbacks);
	console.finish();
	require_ok(answer, Options());
	std::sort(items.begin(), items.end(), [](const Item &a, const Item &b) { return a.name < b.name; });
	return items;
}

Json item_object(const Item &item)
{
	Json object{
		{"name", item.name}, {"context", name_of(item.context)}, {"percpu", item.percpu}, {"state", name_of(item.state)},
		{"memory", item.memory}, {"maxalloc", item.maxalloc}, {"calls", item.calls}, {"errors", item.errors},
		{"age_ns", item.age.count()}, {"busy_ns", item.busy.count()}, {"netns", item.netns},
	};
	if (item.thread)
		object["thread"] = *item.thread;
	return object;
}

std::string printable(std::string_view text)
{
	std::string clean(text);
	std::replace_if(clean.begin(), clean.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; }, '?');
	return clean;
}

Request script_request(const Options &options, const Script &script, const std::optional<std::string> &source)
{
	Request request(options.verb == Verb::Spawn ? LUNATIK_REQUEST_SPAWN : LUNATIK_REQUEST_RUN);
	request.name(script.name);
	if (source)
		request.source(*source);
	if (source && script.file)
		request.path(*script.file);
	if (options.code)
		request.expression();
	request.context(options.context);
	if (options.percpu)
		request.percpu();
	if (options.maxalloc != 0)
		request.maxalloc(options.maxalloc);
	for (const std::string &argument : options.arguments)
		request.argument(argument);
	return request;
}

Answer evaluate(Session &session, Console &console, const Request &request,
	std::optional<std::chrono::milliseconds> timeout)
{
	client::Callbacks callbacks;
	bool told = false;
	callbacks.output = [&](std::string_view bytes) {
		// A script that prints for ever to nobody would never end by itself.
		if (!console.stream(bytes) && !std::exchange(told, true))
			session.interrupt();
	};
	std::optional<Answer> answer;
	{
		Interrupts interrupts(session);
		answer = session.request(request, callbacks, timeout);
	}
	console.finish();
	return *std::move(answer);
}

void show_values(Console &console, const Answer &answer)
{
	if (answer.values.empty())
		return;
	std::string text = fmt::format("{}\n", fmt::join(answer.values, "\t"));
	// What a value holds must not move the cursor of a terminal; a program behind a pipe gets the bytes as they are.
	if (console.on_terminal())
		std::replace_if(text.begin(), text.end(), [](char byte) {
			return (byte >= 0 && byte < ' ' && byte != '\n' && byte != '\t') || byte == 127;
		}, '?');
	console.data(text);
}

int exit_status(const Answer &answer, bool passing)
{
	const bool ended_by_it = answer.status == LUNATIK_STATUS_INTERRUPTED || (passing && answer.ok());
	// The limit is this side's: the kernel saw an interrupt like any other.
	if (answer.timed_out && ended_by_it)
		return LUNATIK_STATUS_TIMEOUT;
	if (answer.interrupted && ended_by_it)
		return LUNATIK_STATUS_INTERRUPTED;
	return answer.status;
}

Failure failure_of(const Answer &answer, const Options &options)
{
	const auto status = static_cast<lunatik_status>(exit_status(answer));
	const bool runs = options.verb == Verb::Run || options.verb == Verb::Spawn;
	const std::string name = options.name.value_or(options.script);
	const bool own_session = (options.code || options.script == "-") && !options.name;
	std::string message = answer.message, hint;

	switch (status) {
	case LUNATIK_STATUS_USAGE:
		hint = "lunatik --help";
		break;
	case LUNATIK_STATUS_NOMODULE:
		hint = "sudo lunatik load";
		break;
	case LUNATIK_STATUS_PERMISSION:
		if (answer.code == EKEYREJECTED || answer.code == ENOKEY || answer.code == EBADMSG || answer.code == ENOPKG)
			hint = "only signed scripts run here; cat /sys/module/lunatik/parameters/require_signature /sys/kernel/security/lockdown";
		else
			hint = "run it as root: sudo lunatik";
		break;
	case LUNATIK_STATUS_VERSION:
		hint = "the command and the module must be of one installation: sudo lunatik reload";
		break;
	case LUNATIK_STATUS_NAME:
		if (runs && answer.code == EEXIST)
			hint = fmt::format("stop it first: sudo lunatik stop{} {}, or add --replace", netns_of(options), name);
		else if (runs)
			hint = "scripts are installed below /lib/modules/lua; a file is run by its path: lunatik run ./file.lua";
		else
			hint = fmt::format("lunatik list{} shows what runs", netns_of(options));
		break;
	case LUNATIK_STATUS_LIMIT:
		// The words themselves take memory.
		if (message.empty())
			message = "not enough memory, not even to say for what";
		if (runs && answer.code != ETIME && answer.code != ETIMEDOUT)
			hint = fmt::format("a larger memory cap: {}--maxalloc 256M",
				own_session ? "--name NAME " : "");
		break;
	case LUNATIK_STATUS_SCRIPT:
		if (runs)
			hint = context_hint(message, options, own_session);
		break;
	case LUNATIK_STATUS_TIMEOUT:
		if (answer.timed_out)
			message = timed_out_after(options);
		break;
	case LUNATIK_STATUS_INTERRUPTED:
		if (message.empty())
			message = "interrupted";
		break;
	default:
		break;
	}
	if (message.empty())
		message = fmt::format("failed with status {}, and no reason was given", static_cast<int>(status));
	Failure failure(status, message, hint, answer.traceback);
	failure.code = answer.code;
	return failure;
}

Failure failure_of(const client::Error &error, const Environment &environment)
{
	std::string hint;
	switch (error.status()) {
	case LUNATIK_STATUS_NOMODULE:
		hint = "sudo lunatik load";
		if (!loaded_modules(environment.modules).empty()) {
			Failure failure(error.status(), fmt::format("the kernel module is loaded, but {} is not its device file",
				environment.device), "is a devtmpfs mounted on /dev? sudo lunatik reload makes the file again");
			return failure;
		}
		break;
	case LUNATIK_STATUS_PERMISSION:
		hint = environment.root ? "it needs CAP_SYS_ADMIN in the initial user namespace, not a container's" :
			"run it as root: sudo lunatik";
		break;
	case LUNATIK_STATUS_NAME:
		hint = "ip netns list shows them";
		break;
	case LUNATIK_STATUS_VERSION:
		hint = "the command and the module must be of one installation: sudo make install && sudo lunatik reload";
		break;
	case LUNATIK_STATUS_TIMEOUT:
		hint = "lunatik list shows whether it still runs; sudo lunatik stop ends it";
		break;
	default:
		break;
	}
	return Failure(error.status(), error.what(), hint);
}

int execute(const Options &options, Environment &environment, Console &console)
{
	switch (options.verb) {
	case Verb::Load:
		return do_load(options, environment, console);
	case Verb::Unload:
		return do_unload(options, environment, console);
	case Verb::Reload:
		return do_reload(options, environment, console);
	case Verb::Status:
		return do_status(options, environment, console);
	case Verb::List:
		return do_list(options, environment, console);
	case Verb::Run:
	case Verb::Spawn:
		return do_run(options, environment, console);
	case Verb::Stop:
		return do_stop(options, environment, console);
	case Verb::Restart:
		return do_restart(options, environment, console);
	case Verb::Top:
		return do_top(options, environment, console);
	case Verb::Stats:
		return do_stats(options, environment, console);
	case Verb::Log:
		return do_log(options, environment, console);
	case Verb::Check:
		return do_check(options, environment, console);
	case Verb::Doctor:
		return do_doctor(options, environment, console);
	case Verb::Test:
		return do_test(options, environment, console);
	case Verb::State:
		if (options.action == Action::Create)
			load_if_needed(environment, console);
		return do_state(options, environment, console);
	case Verb::Monitor:
		return do_monitor(options, environment, console);
	case Verb::Xdp:
		return do_xdp(options, environment, console);
	case Verb::Repl:
		break;
	}
	return do_repl(options, environment, console);
}

int execute_reporting(const Options &options, Environment &environment, Console &console)
{
	try {
		return execute(options, environment, console);
	} catch (const Failure &failure) {
		console.report(failure);
		return failure.status();
	} catch (const client::Error &error) {
		console.report(failure_of(error, environment));
		return error.status();
	} catch (const std::bad_alloc &) {
		console.report(Failure(LUNATIK_STATUS_SCRIPT, "out of memory"));
		return LUNATIK_STATUS_SCRIPT;
	}
}

std::string runtime_table(const std::vector<Item> &items)
{
	if (items.empty())
		return {};
	std::vector<std::vector<std::string>> rows{{"NAME", "CONTEXT", "STATE", "MEMORY", "CALLS", "ERRORS", "AGE"}};
	for (const Item &item : items) {
		rows.push_back({printable(item.name), fmt::format("{}{}", name_of(item.context), item.percpu ? " percpu" : ""),
			name_of(item.state), fmt::format("{}/{}", format_bytes(item.memory),
			item.maxalloc == 0 ? "-" : format_bytes(item.maxalloc)), fmt::to_string(item.calls),
			fmt::to_string(item.errors), format_age(item.age)});
	}
	return aligned(rows, 3);
}

std::string aligned(const std::vector<std::vector<std::string>> &rows, std::size_t words)
{
	std::vector<std::size_t> widths;
	for (const auto &row : rows) {
		widths.resize(std::max(widths.size(), row.size()));
		for (std::size_t i = 0; i < row.size(); ++i)
			widths[i] = std::max(widths[i], row[i].size());
	}
	std::string table;
	for (const auto &row : rows) {
		std::string line;
		for (std::size_t i = 0; i < row.size(); ++i)
			line += i < words ? fmt::format("{:<{}}  ", row[i], widths[i]) : fmt::format("{:>{}}  ", row[i], widths[i]);
		// No blanks at the end of a line.
		line.erase(line.find_last_not_of(' ') + 1);
		table += line + '\n';
	}
	return table;
}

unsigned count_cpus(std::string_view list)
{
	unsigned count = 0;
	while (!list.empty()) {
		const std::string_view range = list.substr(0, list.find(','));
		list.remove_prefix(std::min(list.size(), range.size() + 1));
		const std::size_t dash = std::min(range.find('-'), range.size());
		const auto number = [](std::string_view text) -> std::optional<unsigned> {
			unsigned value = 0;
			const char *end = text.data() + text.size();
			const auto [rest, error] = std::from_chars(text.data(), end, value);
			// The file ends with a line end.
			return error == std::errc() && (rest == end || *rest == '\n') ? std::optional(value) : std::nullopt;
		};
		const std::optional<unsigned> first = number(range.substr(0, dash));
		const std::optional<unsigned> last = dash == range.size() ? first : number(range.substr(dash + 1));
		if (!first || !last || *last < *first)
			return 1;
		count += *last - *first + 1;
	}
	return std::max(count, 1u);
}

unsigned possible_cpus()
{
	std::ifstream file("/sys/devices/system/cpu/possible");
	std::string list;
	std::getline(file, list);
	return count_cpus(list);
}

std::string format_bytes(std::uint64_t bytes)
{
	if (bytes < 1024)
		return fmt::to_string(bytes);
	constexpr std::string_view units = "KMGTPE";
	std::size_t unit = 0;
	auto value = static_cast<double>(bytes) / 1024;
	// 1023.95 would be shown as 1024.0, so the step up comes a little before.
	while (value >= 1023.95 && unit + 1 < units.size()) {
		value /= 1024;
		++unit;
	}
	std::string text = fmt::format("{:.1f}", value);
	if (text.ends_with(".0"))
		text.resize(text.size() - 2);
	return text + units[unit];
}

std::string format_age(std::chrono::nanoseconds age)
{
	const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
	if (seconds < 60)
		return fmt::format("{}s", seconds);
	if (seconds < 60 * 60)
		return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
	if (seconds < 24 * 60 * 60)
		return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
	return fmt::format("{}d{:02}h", seconds / 86400, seconds / 3600 % 24);
}

} // namespace lunatik::cli
