// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "observe.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <limits>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "interrupts.hpp"

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
std::vector<Item> only(std::vector<Item> items, const std::string &name)
{
	if (name.empty())
		return items;
	const Item *item = find(items, name);
	if (!item)
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("'{}' is not running", name), "lunatik list shows what runs");
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

/* Waits; false if a signal or a q on the terminal ends it. */
bool pause_for(std::chrono::milliseconds time, int input)
{
	const Clock::time_point until = Clock::now() + time;
	for (;;) {
		const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
		if (left <= 0)
			return true;
		pollfd polled{isatty(input) ? input : -1, POLLIN, 0};
		if (poll(&polled, 1, static_cast<int>(std::min<long>(left, 60'000))) < 0)
			return false;
		char key = 0;
		if (polled.revents && read(input, &key, 1) == 1 && (key == 'q' || key == '\3'))
			return false;
		if (polled.revents & (POLLHUP | POLLERR))
			return false;
	}
}

volatile std::sig_atomic_t ended = 0;

/* Ctrl-C ends top as `q` does, and is no error. */
class EndOnInterrupt {
public:
	EndOnInterrupt()
	{
		struct sigaction action{};
		action.sa_handler = [](int) { ended = 1; };
		sigemptyset(&action.sa_mask);
		ended = 0;
		sigaction(SIGINT, &action, &previous_);
	}
	~EndOnInterrupt() { sigaction(SIGINT, &previous_, nullptr); }
	EndOnInterrupt(const EndOnInterrupt &) = delete;
	EndOnInterrupt &operator=(const EndOnInterrupt &) = delete;

private:
	struct sigaction previous_{};
};

std::string clipped(const std::string &text, std::size_t lines)
{
	std::size_t at = 0;
	for (; lines > 0; --lines) {
		at = text.find('\n', at);
		if (at == std::string::npos)
			return text;
		++at;
	}
	return text.substr(0, at);
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
	Session session = Session::open(environment.device);
	Request request(LUNATIK_REQUEST_LOG);
	if (!options.script.empty())
		request.name(find_script(options.script).name);
	if (options.follow)
		request.follow();
	request.frame();

	Json records = Json::array();
	client::Callbacks callbacks;
	bool told = false;
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
	// To follow until Ctrl-C is what was asked for.
	if (!(options.follow && answer->status == LUNATIK_STATUS_INTERRUPTED) && !answer->ok())
		throw failure_of(*answer, options);
	if (console.json() && !options.follow)
		console.object({{"status", 0}, {"records", records}});
	return LUNATIK_STATUS_OK;
}

int do_stats(const Options &options, Environment &environment, Console &console)
{
	Session session = Session::open(environment.device);
	const std::vector<Item> items = only(list_items(session, console),
		options.script.empty() ? std::string() : find_script(options.script).name);
	if (console.json()) {
		Json list = Json::array();
		for (const Item &item : items)
			list.push_back(item_object(item));
		console.object({{"status", 0}, {"runtimes", list}});
		return LUNATIK_STATUS_OK;
	}
	if (items.empty())
		console.note("no runtime is running");
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
	Session session = Session::open(environment.device);
	const bool terminal = isatty(STDOUT_FILENO) && !console.json();
	const std::chrono::milliseconds interval = options.interval.value_or(std::chrono::seconds(2));
	std::vector<Item> before = list_items(session, console);
	Clock::time_point then = Clock::now();
	const EndOnInterrupt guard;

	for (std::uint64_t n = 0; !ended && (!options.count || n < *options.count); ++n) {
		// The first look of a terminal comes soon: what happened meanwhile is all there is to show.
		if (!pause_for(n == 0 && terminal ? std::min(interval, std::chrono::milliseconds(500)) : interval, environment.input))
			break;
		std::vector<Item> after = list_items(session, console);
		const Clock::time_point now = Clock::now();
		const std::chrono::duration<double> between = now - then;
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
			// A terminal that tells no size is as high as they once were.
			if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 4)
				size.ws_row = 24;
			console.data(fmt::format("\033[H\033[J{} runtimes, {}  (q ends)\n\n{}", after.size(),
				format_time(std::chrono::system_clock::now().time_since_epoch()),
				clipped(top_table(before, after, between), size.ws_row - 3u)));
		} else {
			console.data(top_table(before, after, between) + "\n");
		}
		before = std::move(after);
		then = now;
	}
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
