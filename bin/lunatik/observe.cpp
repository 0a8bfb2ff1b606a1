// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "observe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <functional>
#include <limits>
#include <optional>
#include <span>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "interrupts.hpp"
#include "terminal.hpp"

namespace lunatik::cli {

namespace {

using client::Answer;
using client::Item;
using client::Record;
using client::Request;
using client::Session;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

const char *name_of(lunatik_kind_of_record kind)
{
	switch (kind) {
	case LUNATIK_RECORD_PRINT:
		return "print";
	case LUNATIK_RECORD_ERROR:
		return "error";
	case LUNATIK_RECORD_STARTED:
		return "started";
	case LUNATIK_RECORD_STOPPED:
		return "stopped";
	case LUNATIK_RECORD_KILLED:
		return "killed";
	case LUNATIK_RECORD_DETACHED:
		return "detached";
	default:
		return "event";
	}
}

const Item *find(const std::vector<Item> &items, const std::string &name)
{
	const auto found = std::find_if(items.begin(), items.end(), [&](const Item &item) { return item.name == name; });
	return found == items.end() ? nullptr : &*found;
}

/* Only the runtime of that name, which has to be there; all without a name. */
std::vector<Item> only(std::vector<Item> items, const std::string &name, const Options &options)
{
	if (name.empty())
		return items;
	const Item *item = find(items, name);
	if (!item)
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("'{}' is not running", name),
			fmt::format("lunatik list{} shows what runs", netns_of(options)));
	return {*item};
}

double per_second(std::uint64_t before, std::uint64_t after, std::chrono::duration<double> between)
{
	return after <= before ? 0 : static_cast<double>(after - before) / std::max(between.count(), 1e-9);
}

struct Share {
	const Item *item;
	double cpu, calls, errors;
};

std::vector<Share> shares(const std::vector<Item> &before, const std::vector<Item> &after, std::chrono::duration<double> between)
{
	std::vector<Share> result;
	for (const Item &item : after) {
		const Item *earlier = find(before, item.name);
		// A runtime of the same name that is younger than the last look is another one.
		const bool same = earlier && earlier->age <= item.age;
		const double busy = static_cast<double>((item.busy - (same ? earlier->busy : std::chrono::nanoseconds(0))).count());
		result.push_back({&item, std::min(100.0, busy / 1e7 / std::max(between.count(), 1e-9)),
			per_second(same ? earlier->calls : 0, item.calls, between),
			per_second(same ? earlier->errors : 0, item.errors, between)});
	}
	std::stable_sort(result.begin(), result.end(), [](const Share &a, const Share &b) {
		return a.cpu != b.cpu ? a.cpu > b.cpu : a.calls > b.calls;
	});
	return result;
}

/*
 * What `top` does between its looks: shows what it has seen, and answers keys and signals. A terminal is its own while it lives, if it
 * shows a screen there and is typed at.
 */
class Screen {
public:
	Screen(Console &console, int input, bool shown)
		: console_(console), input_(input),
		  signals_(shown ? std::span<const int>(NotedSignals::terminal) : std::span<const int>(NotedSignals::interrupt))
	{
		if (shown && isatty(input))
			keys_.emplace(input);
	}

	/** Whether keys are taken. */
	bool has_keys() const { return keys_.has_value(); }

	/** What wait() is to show: now, and on a screen again when that has changed. */
	void show(std::function<void()> draw)
	{
		draw_ = std::move(draw);
		due_ = true;
	}

	/** Shows, and waits until then; false if the user ends it. Throws OutputClosed when nobody looks any more. */
	bool wait(Clock::time_point until)
	{
		for (;;) {
			const auto left = std::max(std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()), std::chrono::milliseconds(0));
			if (!due_ && left.count() == 0)
				return true;
			// Nothing is written before there is room: a terminal that was stopped with Ctrl-S must not keep signals away.
			std::array<pollfd, 2> polled{pollfd{console_.output(), static_cast<short>(due_ ? POLLOUT : 0), 0},
				pollfd{keys_ ? input_ : -1, POLLIN, 0}};
			const bool quiet = due_ ? signals_.wait(polled) : signals_.wait(polled, left);
			if (!quiet && !answer_signals())
				return false;
			if (polled[0].revents & (POLLERR | POLLHUP))
				throw OutputClosed();
			if (polled[1].revents && !answer_key())
				return false;
			if (polled[0].revents & POLLOUT) {
				due_ = false;
				draw_();
			}
		}
	}

private:
	/* False if the user ends it. What ends the program does not come back. */
	bool answer_signals()
	{
		for (const int number : {SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
			if (!NotedSignals::take(number))
				continue;
			if (keys_)
				keys_->restore();
			signals_.obey(number);
			own_again();
		}
		// Stopped by SIGSTOP, or moved to the foreground: the shell has had the terminal meanwhile.
		if (NotedSignals::take(SIGCONT))
			own_again();
		if (NotedSignals::take(SIGWINCH))
			due_ = draw_ != nullptr;
		return !NotedSignals::take(SIGINT);
	}

	void own_again()
	{
		if (keys_)
			keys_->take_over();
		due_ = draw_ != nullptr;
	}

	bool answer_key()
	{
		char key = 0;
		const ssize_t got = read(input_, &key, 1);
		// A terminal that is gone ends it too.
		return got < 0 ? errno == EINTR || errno == EAGAIN : got == 1 && key != 'q';
	}

	Console &console_;
	int input_;
	// The signals outlive the keys, so that none comes between.
	NotedSignals signals_;
	std::optional<Keys> keys_;
	std::function<void()> draw_;
	bool due_ = false;
};

/* The part of a text that a terminal of that size has room for, in letters of one column each. */
std::string clipped(const std::string &text, std::size_t lines, std::size_t columns)
{
	std::string result;
	std::size_t column = 0;
	for (const char c : text) {
		if (c == '\n') {
			if (lines-- == 1)
				break;
			column = 0;
		} else if ((c & 0xc0) != 0x80) {
			// The bytes of a letter that follow its first belong to the same column.
			++column;
		}
		if (column <= columns)
			result += c;
	}
	return result;
}

} // namespace

Json record_object(const Record &record)
{
	return {{"sequence", record.sequence}, {"time_ns", record.time.count()}, {"kind", name_of(record.kind)},
		{"name", record.name}, {"text", record.text}};
}

std::string record_line(const Record &record, const Console &console)
{
	const bool said = record.kind == LUNATIK_RECORD_PRINT || record.kind == LUNATIK_RECORD_ERROR;
	const char *killed = record.kind == LUNATIK_RECORD_KILLED ? "killed: " : record.kind == LUNATIK_RECORD_DETACHED ? "detached: " : "";
	const std::string text = said ? printable(record.text) : fmt::format("[{}{}]", killed, printable(record.text));
	return fmt::format("{} {}: {}\n", format_time(record.time), printable(record.name),
		record.kind == LUNATIK_RECORD_ERROR ? console.in_red(text) : text);
}

int do_log(const Options &options, Environment &environment, Console &console)
{
	if (options.follow)
		console.lines();
	Session session = open_session(options, environment);
	Request request(LUNATIK_REQUEST_LOG);
	if (!options.script.empty())
		request.name(find_script(options.script).name);
	if (options.follow)
		request.follow();
	request.frame();

	Json records = Json::array();
	client::Callbacks callbacks;
	bool told = false;
	// With -f the next record may be far away: who has read enough has not to wait for it.
	if (options.follow)
		callbacks.watched = console.output();
	callbacks.record = [&](const Record &record) {
		// With -f there is no end to put an array around: one object a line.
		if (console.json() && !options.follow) {
			records.push_back(record_object(record));
			return;
		}
		const std::string line = console.json() ? record_object(record).dump(-1, ' ', false,
			Json::error_handler_t::replace) + '\n' : record_line(record, console);
		if (!console.stream(line) && !std::exchange(told, true))
			session.interrupt();
	};
	std::optional<Answer> answer;
	{
		Interrupts interrupts(session);
		answer = session.request(request, callbacks, options.timeout);
	}
	console.finish();
	if (options.follow && console.reader_gone())
		throw OutputClosed();
	// To follow until Ctrl-C is what was asked for.
	if (!(options.follow && answer->status == LUNATIK_STATUS_INTERRUPTED) && !answer->ok())
		throw failure_of(*answer, options);
	if (console.json() && !options.follow)
		console.object({{"status", 0}, {"records", records}});
	return LUNATIK_STATUS_OK;
}

int do_stats(const Options &options, Environment &environment, Console &console)
{
	Session session = open_session(options, environment);
	const std::vector<Item> items = only(list_items(session, console),
		options.script.empty() ? std::string() : find_script(options.script).name, options);
	if (console.json()) {
		Json list = Json::array();
		for (const Item &item : items)
			list.push_back(item_object(item));
		console.object({{"status", 0}, {"runtimes", list}});
		return LUNATIK_STATUS_OK;
	}
	if (items.empty())
		console.note(nothing_runs(options));
	for (const Item &item : items) {
		const double seconds = static_cast<double>(item.age.count()) / 1e9;
		console.data(fmt::format("{}\n  context  {}{}\n  state    {}\n  thread   {}\n  netns    {}\n  age      {}\n"
			"  memory   {} of {}\n  calls    {} ({:.1f}/s)\n  errors   {}\n  busy     {:.2f} s ({:.1f}% of a CPU)\n",
			printable(item.name), name_of(item.context), item.percpu ? " percpu" : "", name_of(item.state),
			item.thread ? fmt::to_string(*item.thread) : "-", item.netns, format_age(item.age), format_bytes(item.memory),
			item.maxalloc == 0 ? "-" : format_bytes(item.maxalloc), item.calls,
			seconds > 0 ? static_cast<double>(item.calls) / seconds : 0, item.errors,
			static_cast<double>(item.busy.count()) / 1e9,
			item.age.count() > 0 ? 100.0 * static_cast<double>(item.busy.count()) / static_cast<double>(item.age.count()) : 0));
	}
	return LUNATIK_STATUS_OK;
}

int do_top(const Options &options, Environment &environment, Console &console)
{
	console.lines();
	Session session = open_session(options, environment);
	const bool terminal = isatty(console.output()) && !console.json();
	const std::chrono::milliseconds interval = options.interval.value_or(std::chrono::seconds(2));
	std::vector<Item> before = list_items(session, console), after;
	Clock::time_point then = Clock::now();
	std::chrono::duration<double> between{};
	Screen screen(console, environment.input, terminal);
	std::string time;

	const auto draw = [&] {
		if (console.json()) {
			Json list = Json::array();
			for (const Share &share : shares(before, after, between)) {
				Json object = item_object(*share.item);
				object["cpu_percent"] = share.cpu;
				object["calls_per_second"] = share.calls;
				object["errors_per_second"] = share.errors;
				list.push_back(object);
			}
			console.object({{"status", 0}, {"runtimes", list}});
		} else if (terminal) {
			winsize size{};
			// A terminal that tells no size is as large as they once were.
			if (ioctl(console.output(), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
				size = {24, 80, 0, 0};
			console.data("\033[H\033[J" + clipped(fmt::format("{} runtimes, {}  ({} ends)\n\n{}", after.size(), time,
				screen.has_keys() ? "q" : "Ctrl-C", top_table(before, after, between)), size.ws_row - 1u, size.ws_col));
		} else {
			console.data(top_table(before, after, between) + "\n");
		}
	};
	for (std::uint64_t n = 0; !options.count || n < *options.count; ++n) {
		// The first look of a terminal comes soon: what happened meanwhile is all there is to show.
		if (!screen.wait(then + (n == 0 && terminal ? std::min(interval, std::chrono::milliseconds(500)) : interval)))
			return LUNATIK_STATUS_OK;
		if (n != 0)
			before = std::move(after);
		after = list_items(session, console);
		const Clock::time_point now = Clock::now();
		between = now - then;
		then = now;
		time = format_time(std::chrono::system_clock::now().time_since_epoch());
		screen.show(draw);
	}
	screen.wait(then);
	return LUNATIK_STATUS_OK;
}

std::string format_time(std::chrono::nanoseconds since_1970)
{
	const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
	const std::time_t time = seconds.count();
	std::tm local{};
	localtime_r(&time, &local);
	return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
		local.tm_hour, local.tm_min, local.tm_sec, (since_1970 - seconds).count() / 1'000'000);
}

std::string top_table(const std::vector<Item> &before, const std::vector<Item> &after, std::chrono::duration<double> between)
{
	std::vector<std::vector<std::string>> rows{{"NAME", "CONTEXT", "STATE", "CPU%", "CALLS/S", "ERRORS/S", "MEMORY", "AGE"}};
	for (const Share &share : shares(before, after, between))
		rows.push_back({printable(share.item->name),
			fmt::format("{}{}", name_of(share.item->context), share.item->percpu ? " percpu" : ""), name_of(share.item->state),
			fmt::format("{:.1f}", share.cpu), fmt::format("{:.0f}", share.calls), fmt::format("{:.0f}", share.errors),
			format_bytes(share.item->memory), format_age(share.item->age)});
	return aligned(rows, 3);
}

} // namespace lunatik::cli
