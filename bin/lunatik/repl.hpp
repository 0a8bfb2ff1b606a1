// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * Read, evaluate, print, in the session's own runtime.
 */
#ifndef LUNATIK_CLI_REPL_HPP
#define LUNATIK_CLI_REPL_HPP

#include <string>

#include <lunatik/client.hpp>

#include "console.hpp"

namespace lunatik::cli {

/** Where the lines come from. */
class LineSource {
public:
	enum class Event { Line, Interrupted, End };

	virtual ~LineSource() = default;

	/** Reads one line, without its line end; `continued` if it goes on with the one before. */
	virtual Event read(bool continued, std::string &line) = 0;

	/** Whether a person types: errors are then shown and the next line is read. */
	virtual bool interactive() const noexcept = 0;
};

/** Lines of a file descriptor that is no terminal; no prompts. */
class PlainSource : public LineSource {
public:
	explicit PlainSource(int fd) noexcept : fd_(fd) {}

	Event read(bool continued, std::string &line) override;
	bool interactive() const noexcept override { return false; }

private:
	int fd_;
	std::string buffer_;
	std::size_t start_ = 0;
	bool ended_ = false;
};

/** Runs until the lines end; returns the exit status, which only a line that is not typed by a person can spoil. */
int repl(client::Session &session, LineSource &lines, Console &console);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_REPL_HPP
