// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "terminal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <unistd.h>

#include <fmt/format.h>

#include "console.hpp"

namespace lunatik::cli {

namespace {

/* Whether each signal has come. */
std::array<volatile std::sig_atomic_t, NSIG> arrived{};

void on_signal(int number)
{
	arrived[static_cast<std::size_t>(number)] = 1;
}

struct sigaction noting()
{
	struct sigaction action{};
	action.sa_handler = on_signal;
	sigemptyset(&action.sa_mask);
	return action;
}

/* Whether the terminal is this program's now: a shell has its own modes on it while the program is in the background. */
bool in_foreground(int fd)
{
	// The terminal of another session has no owner that could be asked for.
	const pid_t owner = tcgetpgrp(fd);
	return owner < 0 || owner == getpgrp();
}

} // namespace

NotedSignals::NotedSignals(std::span<const int> noted) : noted_(noted)
{
	sigset_t blocked;
	sigemptyset(&blocked);
	for (const int number : noted_) {
		sigaddset(&blocked, number);
		arrived[static_cast<std::size_t>(number)] = 0;
	}
	sigprocmask(SIG_BLOCK, &blocked, &mask_);
	const struct sigaction action = noting();
	for (std::size_t i = 0; i < noted_.size(); ++i) {
		sigaction(noted_[i], &action, &previous_[i]);
		// What the caller ignores, as nohup does with SIGHUP, stays ignored.
		if (previous_[i].sa_handler == SIG_IGN)
			sigaction(noted_[i], &previous_[i], nullptr);
	}
}

NotedSignals::~NotedSignals()
{
	for (std::size_t i = 0; i < noted_.size(); ++i)
		sigaction(noted_[i], &previous_[i], nullptr);
	sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

bool NotedSignals::wait(std::span<pollfd> descriptors, std::optional<std::chrono::milliseconds> time) const
{
	timespec left{};
	if (time) {
		left.tv_sec = time->count() / 1000;
		left.tv_nsec = time->count() % 1000 * 1'000'000;
	}
	if (ppoll(descriptors.data(), descriptors.size(), time ? &left : nullptr, &mask_) < 0)
		return errno != EINTR;
	return !let_in();
}

/* ppoll() lets no signal in where a descriptor is ready at once: keys typed behind a Ctrl-C would come before it. */
bool NotedSignals::let_in() const
{
	sigset_t pending;
	sigpending(&pending);
	const bool any = std::any_of(noted_.begin(), noted_.end(), [&](int number) {
		return sigismember(&pending, number) == 1 && sigismember(&mask_, number) == 0;
	});
	if (any) {
		sigset_t blocked;
		sigprocmask(SIG_SETMASK, &mask_, &blocked);
		sigprocmask(SIG_SETMASK, &blocked, nullptr);
	}
	return any;
}

bool NotedSignals::take(int number)
{
	const auto i = static_cast<std::size_t>(number);
	const bool came = arrived[i];
	// Only a wait lets signals in, so none is lost here.
	arrived[i] = 0;
	return came;
}

void NotedSignals::obey(int number)
{
	std::signal(number, SIG_DFL);
	std::raise(number);
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, number);
	sigprocmask(SIG_UNBLOCK, &one, nullptr);
	sigprocmask(SIG_BLOCK, &one, nullptr);
	struct sigaction action = noting();
	sigaction(number, &action, nullptr);
}

Keys::Keys(int fd) : fd_(fd)
{
	if (tcgetattr(fd_, &found_) != 0)
		throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("cannot prepare the terminal for keys: {}", std::strerror(errno)));
	take_over();
}

Keys::~Keys()
{
	restore();
}

void Keys::take_over()
{
	termios modes = found_;
	modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	// In the background this stops the program, as a terminal does with whoever is not its owner.
	while (tcsetattr(fd_, TCSANOW, &modes) != 0 && errno == EINTR)
		;
}

void Keys::restore() noexcept
{
	if (in_foreground(fd_))
		tcsetattr(fd_, TCSANOW, &found_);
}

} // namespace lunatik::cli
