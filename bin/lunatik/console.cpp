// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "console.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "interrupts.hpp"

namespace lunatik::cli {

namespace {

/* Whether a pipe or terminal takes PIPE_BUF bytes without waiting. */
bool takes_now(int fd)
{
	pollfd polled{fd, POLLOUT, 0};
	return poll(&polled, 1, 0) != 0;
}

/* Writes everything; returns 0 or the errno. After Ctrl-C, what cannot be written without waiting is given up. */
int write_all(int fd, std::string_view bytes)
{
	while (!bytes.empty()) {
		std::size_t count = bytes.size();
		if (Interrupts::pending()) {
			if (!takes_now(fd))
				return 0;
			count = std::min<std::size_t>(count, PIPE_BUF);
		}
		const ssize_t put = write(fd, bytes.data(), count);
		if (put >= 0) {
			bytes.remove_prefix(static_cast<std::size_t>(put));
		} else if (errno == EAGAIN) {
			pollfd polled{fd, POLLOUT, 0};
			poll(&polled, 1, -1);
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

bool wants_colour(int fd)
{
	const char *no_colour = std::getenv("NO_COLOR");
	const char *terminal = std::getenv("TERM");
	return isatty(fd) && !(no_colour && *no_colour) && !(terminal && std::strcmp(terminal, "dumb") == 0);
}

} // namespace

Console::Console(int out, int err, bool json, bool quiet)
	: out_(out), err_(err), json_(json), quiet_(quiet), colour_(wants_colour(err))
{
}

void Console::data(std::string_view bytes)
{
	stream(bytes);
	finish();
}

bool Console::stream(std::string_view bytes) noexcept
{
	if (failed_ == 0)
		failed_ = write_all(out_, bytes);
	return failed_ == 0;
}

bool Console::reader_gone() const
{
	pollfd polled{out_, 0, 0};
	return poll(&polled, 1, 0) == 1 && polled.revents & (POLLERR | POLLHUP);
}

bool Console::on_terminal() const
{
	return isatty(out_);
}

std::string Console::in_red(std::string text) const
{
	return wants_colour(out_) ? fmt::format("\033[31m{}\033[0m", text) : text;
}

void Console::finish()
{
	const int code = failed_;
	failed_ = 0;
	if (code == EPIPE)
		throw OutputClosed();
	if (code != 0)
		throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("cannot write to standard output: {}", std::strerror(code)));
}

void Console::object(const nlohmann::ordered_json &object)
{
	data(object.dump(lines_ ? -1 : 2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
}

void Console::note(std::string_view text)
{
	if (!quiet_)
		write_all(err_, fmt::format("{}\n", text));
}

void Console::report(const Failure &failure)
{
	if (json_) {
		object({{"status", static_cast<int>(failure.status())}, {"error", error_object(failure)}});
		return;
	}
	std::string text = fmt::format("{} {}\n", colour_ ? "\033[1;31mlunatik:\033[0m" : "lunatik:", failure.what());
	if (!failure.traceback.empty()) {
		text += failure.traceback;
		if (text.back() != '\n')
			text += '\n';
	}
	if (!failure.hint.empty())
		text += fmt::format("{} {}\n", colour_ ? "\033[1;36mhint:\033[0m" : "hint:", failure.hint);
	write_all(err_, text);
}

nlohmann::ordered_json error_object(const Failure &failure)
{
	nlohmann::ordered_json error{{"message", failure.what()}};
	if (!failure.hint.empty())
		error["hint"] = failure.hint;
	if (!failure.traceback.empty())
		error["traceback"] = failure.traceback;
	if (failure.code != 0)
		error["errno"] = failure.code;
	return error;
}

} // namespace lunatik::cli
