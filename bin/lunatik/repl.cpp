// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "repl.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include <fmt/format.h>

#include "commands.hpp"

namespace lunatik::cli {

LineSource::Event PlainSource::read(bool, std::string &line)
{
	std::size_t searched = start_;
	for (;;) {
		const std::size_t end = buffer_.find('\n', searched);
		if (end != std::string::npos) {
			line = buffer_.substr(start_, end - start_);
			start_ = end + 1;
			return Event::Line;
		}
		if (ended_) {
			line = buffer_.substr(start_);
			start_ = buffer_.size();
			return line.empty() ? Event::End : Event::Line;
		}
		buffer_.erase(0, start_);
		start_ = 0;
		searched = buffer_.size();
		if (searched > LUNATIK_REQUEST_MAX)
			throw Failure(LUNATIK_STATUS_USAGE, fmt::format("a line longer than a script may be ({} MiB)",
				LUNATIK_REQUEST_MAX >> 20));

		std::array<char, 16 * 1024> bytes;
		const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
		if (got > 0)
			buffer_.append(bytes.data(), static_cast<std::size_t>(got));
		else if (got == 0)
			ended_ = true;
		else if (errno != EINTR)
			throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("cannot read standard input: {}", std::strerror(errno)));
	}
}

int repl(client::Session &session, LineSource &lines, Console &console)
{
	std::string chunk;	// the lines of a statement that is not complete yet
	client::Answer answer;

	for (;;) {
		std::string line;
		const LineSource::Event event = lines.read(!chunk.empty(), line);
		if (event == LineSource::Event::Interrupted) {
			chunk.clear();
			continue;
		}
		if (event == LineSource::Event::End) {
			// What the kernel said about the unfinished statement is its error now.
			if (chunk.empty())
				return LUNATIK_STATUS_OK;
			const Failure failure = failure_of(answer, Options());
			console.report(failure);
			return lines.interactive() ? LUNATIK_STATUS_OK : failure.status();
		}
		if (chunk.empty() && line.find_first_not_of(" \t\r") == std::string::npos)
			continue;

		chunk += chunk.empty() ? line : '\n' + line;
		answer = evaluate(session, console, client::Request(LUNATIK_REQUEST_EVAL)
			.name("stdin").source(chunk).expression());
		if (answer.incomplete)
			continue;
		chunk.clear();
		if (answer.ok()) {
			show_values(console, answer);
			continue;
		}
		const Failure failure = failure_of(answer, Options());
		console.report(failure);
		if (!lines.interactive())
			return failure.status();
	}
}

} // namespace lunatik::cli
