// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * A terminal that a person looks at and types on, while the command has it for itself.
 */
#ifndef LUNATIK_CLI_TERMINAL_HPP
#define LUNATIK_CLI_TERMINAL_HPP

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <span>

#include <poll.h>
#include <termios.h>

namespace lunatik::cli {

/**
 * While it lives, some signals are only noted, and only during a wait: what comes at any other moment waits for that one. Otherwise a
 * Ctrl-C just before the wait would be seen after the next key only. Only one may live at a time.
 */
class NotedSignals {
public:
	/** What the owner of a terminal has to answer, before it is stopped or ended too. */
	static constexpr std::array terminal{SIGINT, SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGQUIT};
	/** Ctrl-C alone. */
	static constexpr std::array interrupt{SIGINT};

	/** Notes these signals; `noted` outlives it. */
	explicit NotedSignals(std::span<const int> noted);
	~NotedSignals();
	NotedSignals(const NotedSignals &) = delete;
	NotedSignals &operator=(const NotedSignals &) = delete;

	/** Waits for the descriptors, at most that long; false if a signal came instead. */
	bool wait(std::span<pollfd> descriptors, std::optional<std::chrono::milliseconds> time = std::nullopt) const;

	/** Whether a signal has come since it was asked last. */
	static bool take(int number);

	/** Does what a signal does by default: stops the program until it is continued, or ends it. */
	void obey(int number);

private:
	bool let_in() const;

	std::span<const int> noted_;
	sigset_t mask_{};
	std::array<struct sigaction, terminal.size()> previous_{};
};

/** While it lives, each key of a terminal can be read at once and is not shown; Ctrl-C and the like stay signals. */
class Keys {
public:
	/** Takes the terminal over; throws Failure if `fd` is none. */
	explicit Keys(int fd);
	~Keys();
	Keys(const Keys &) = delete;
	Keys &operator=(const Keys &) = delete;

	/** Takes it over again, as after others have used it. */
	void take_over();

	/** Leaves it as it was found. */
	void restore() noexcept;

private:
	int fd_;
	termios found_{};
};

} // namespace lunatik::cli

#endif // LUNATIK_CLI_TERMINAL_HPP
