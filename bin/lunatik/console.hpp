// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * What the user sees: data on standard output, talk on standard error.
 */
#ifndef LUNATIK_CLI_CONSOLE_HPP
#define LUNATIK_CLI_CONSOLE_HPP

#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <lunatik/uapi.h>

namespace lunatik::cli {

/** A command that failed: its exit status, what went wrong in one line, and what to do about it. */
class Failure : public std::runtime_error {
public:
	Failure(lunatik_status status, const std::string &message, std::string hint_ = {}, std::string traceback_ = {})
		: std::runtime_error(message), status_(status), hint(std::move(hint_)), traceback(std::move(traceback_))
	{
	}

	lunatik_status status() const noexcept { return status_; }

private:
	lunatik_status status_;

public:
	std::string hint;
	std::string traceback;
	int code = 0;		/* the errno behind it, or 0 */
};

/** Standard output was closed by its reader; the program ends as any filter does then. */
class OutputClosed : public std::exception {
public:
	const char *what() const noexcept override { return "standard output was closed"; }
};

class Console {
public:
	Console(int out, int err, bool json, bool quiet);

	bool json() const noexcept { return json_; }
	bool quiet() const noexcept { return quiet_; }

	/** Writes to standard output; throws OutputClosed or, for a full disk and the like, Failure. */
	void data(std::string_view bytes);

	/** As data(), but a failure is kept for finish(); returns false from then on. */
	bool stream(std::string_view bytes) noexcept;

	/** Whether nobody reads standard output any more, so that nothing said there could be heard. */
	bool reader_gone() const;

	/** Where the data go, for who waits until it takes some. */
	int output() const noexcept { return out_; }

	/** Whether a person reads standard output. */
	bool on_terminal() const;

	/** The text as it stands out on this standard output: red on a terminal, itself elsewhere. */
	std::string in_red(std::string text) const;

	/** Throws what stream() has kept. */
	void finish();

	/** From here on each object is one line: of those who answer more than once. */
	void lines() noexcept { lines_ = true; }

	/** One object on standard output; bytes that are no UTF-8 are replaced. */
	void object(const nlohmann::ordered_json &object);

	/** One line on standard error, unless quiet. */
	void note(std::string_view text);

	/** The failure, as lines on standard error or as JSON on standard output. */
	void report(const Failure &failure);

private:
	int out_;
	int err_;
	bool json_;
	bool quiet_;
	bool colour_;
	bool lines_ = false;
	int failed_ = 0;	/* errno of standard output */
};

/** The `error` member of every JSON answer that has one. */
nlohmann::ordered_json error_object(const Failure &failure);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_CONSOLE_HPP
