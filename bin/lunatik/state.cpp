// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "state.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "observe.hpp"
#include "terminal.hpp"

namespace lunatik::cli {

namespace {

using client::NetlinkError;
using client::Record;
using client::Result;
using client::State;
using client::States;
using Json = nlohmann::ordered_json;

Json state_object(const State &state)
{
	return {{"name", state.name}, {"context", name_of(state.context)}, {"state", name_of(state.state)},
		{"memory", state.memory}, {"maxalloc", state.maxalloc}, {"calls", state.calls}, {"errors", state.errors},
		{"age_ns", state.age.count()}, {"busy_ns", state.busy.count()}, {"users", state.users},
		{"script_size", state.script_size}, {"in_use", state.in_use}};
}

/* What the kernel refused, of the state of that name or, without one, of all; and what can be done. */
Failure refused(const NetlinkError &error, const std::string &name, const Options &options, const Environment &environment)
{
	const Failure known = failure_of(error, environment);
	if (error.status() == LUNATIK_STATUS_NOMODULE)
		return known;
	const std::string word = (name.starts_with('-') ? "-- " : "") + name;
	std::string hint = known.hint;
	// What root lacks is in the words, and is not the same for all that can be asked for.
	if (error.code() == EPERM && environment.root)
		hint.clear();
	else if (error.code() == ENOENT && name.empty())
		hint = "ip netns list shows them";
	else if (error.code() == ENOENT)
		hint = fmt::format("lunatik state list{0} shows them; lunatik state create{0} {1} makes it", netns_of(options), word);
	else if (error.code() == EEXIST)
		hint = fmt::format("close it first: sudo lunatik state close{} {}", netns_of(options), word);
	Failure failure(error.status(), name.empty() ? known.what() : fmt::format("'{}': {}", printable(name), known.what()), hint);
	failure.code = error.code();
	return failure;
}

/* The states of the namespace that was asked for; of what goes wrong here no state is the cause. */
States open_states(const Options &options, const Environment &environment)
{
	try {
		return States(options.netns.value_or(std::string()));
	} catch (const NetlinkError &error) {
		throw refused(error, {}, options, environment);
	}
}

int done(Console &console)
{
	if (console.json())
		console.object({{"status", 0}});
	return LUNATIK_STATUS_OK;
}

int list(States &states, const Options &options, Console &console)
{
	const std::vector<State> found = states.list();
	if (options.null) {
		console.data(names_with_zeros(found));
		return LUNATIK_STATUS_OK;
	}
	if (console.json()) {
		Json all = Json::array();
		for (const State &state : found)
			all.push_back(state_object(state));
		console.object({{"status", 0}, {"states", all}});
		return LUNATIK_STATUS_OK;
	}
	if (found.empty()) {
		console.note("there is no state");
		return LUNATIK_STATUS_OK;
	}
	std::vector<std::vector<std::string>> rows{{"NAME", "CONTEXT", "STATE", "MEMORY", "CALLS", "ERRORS", "USERS", "AGE"}};
	for (const State &state : found)
		rows.push_back({printable(state.name), name_of(state.context), name_of(state.state),
			fmt::format("{}/{}", format_bytes(state.memory), format_bytes(state.maxalloc)), fmt::to_string(state.calls),
			fmt::to_string(state.errors), fmt::to_string(state.users), format_age(state.age)});
	console.data(aligned(rows, 3));
	return LUNATIK_STATUS_OK;
}

int exec(States &states, const Options &options, Environment &environment, Console &console)
{
	const std::string code = *options.code == "-" ? read_source("-", environment.input) : *options.code;
	const Result result = states.exec(options.script, code, options.timeout.value_or(std::chrono::milliseconds(0)));
	client::Answer answer;
	answer.status = result.status;
	answer.timed_out = result.status == LUNATIK_STATUS_TIMEOUT;
	answer.code = result.code;
	answer.message = result.message;
	answer.traceback = result.traceback;
	answer.values = result.values;
	if (console.json()) {
		Json object{{"status", static_cast<int>(result.status)}, {"output", result.output}, {"values", result.values}};
		if (result.lost)
			object["lost"] = result.lost;
		if (!result.ok())
			object["error"] = error_object(failure_of(answer, options));
		console.object(object);
		return result.status;
	}
	console.data(result.output);
	if (result.lost)
		console.note(fmt::format("lunatik: {} more bytes were printed than an answer holds", result.lost));
	if (!result.ok())
		throw failure_of(answer, options);
	show_values(console, answer);
	return LUNATIK_STATUS_OK;
}

} // namespace

int do_state(const Options &options, Environment &environment, Console &console)
{
	States states = open_states(options, environment);
	try {
		switch (options.action) {
		case Action::List:
			return list(states, options, console);
		case Action::Create:
			states.create(options.script, options.maxalloc);
			return done(console);
		case Action::Close:
			states.close(options.script);
			return done(console);
		default:
			return exec(states, options, environment, console);
		}
	} catch (const NetlinkError &error) {
		throw refused(error, options.script, options, environment);
	}
}

int do_monitor(const Options &options, Environment &environment, Console &console)
{
	console.lines();
	States states = open_states(options, environment);
	try {
		states.listen();
	} catch (const NetlinkError &error) {
		throw refused(error, {}, options, environment);
	}
	if (!console.json())
		console.note("waiting for events; Ctrl-C ends");

	// To look on until Ctrl-C is what was asked for.
	NotedSignals signals(NotedSignals::interrupt);
	std::uint64_t shown = 0;
	const auto enough = [&] { return options.count && shown >= *options.count; };
	bool come = false;
	while (!enough()) {
		// What has come is taken when it can be shown.
		std::array<pollfd, 2> polled{pollfd{console.output(), static_cast<short>(come ? POLLOUT : 0), 0},
			pollfd{come ? -1 : states.descriptor(), POLLIN, 0}};
		if (!signals.wait(polled) && signals.take(SIGINT))
			break;
		if (polled[0].revents & (POLLERR | POLLHUP))
			throw OutputClosed();
		if (polled[1].revents)
			come = true;
		if (!polled[0].revents)
			continue;
		come = false;
		bool all = true;
		try {
			all = states.wait([&](const Record &record) {
				if (enough())
					return;
				++shown;
				console.stream(console.json() ? record_object(record).dump(-1, ' ', false, Json::error_handler_t::replace) + '\n' :
					record_line(record, console));
			});
		} catch (const NetlinkError &error) {
			// Whether it is loaded again by now does not matter: events of that one do not come here.
			throw error.code() == ENODEV ? Failure(error.status(), error.what(), "sudo lunatik load") : refused(error, {}, options, environment);
		}
		console.finish();
		if (!all)
			console.note("lunatik: events came faster than they were taken, and some are lost");
	}
	return LUNATIK_STATUS_OK;
}

} // namespace lunatik::cli
