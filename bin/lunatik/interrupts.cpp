// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "interrupts.hpp"

#include <atomic>

namespace lunatik::cli {

namespace {

/* What the signal handler may look at; lock-free, hence safe in it. */
std::atomic<client::Session *> running{nullptr};
std::atomic<int> presses{0};
static_assert(std::atomic<client::Session *>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_interrupt(int)
{
	// SAFETY: the pointer is cleared, with the handler gone, before the session it points to is.
	client::Session *session = running.load();
	if (!session)
		return;
	if (presses.fetch_add(1) == 0)
		session->interrupt();
	else
		session->abandon();
}

} // namespace

Interrupts::Interrupts(client::Session &session) : session_(session)
{
	session_.forget_interrupts();
	presses = 0;
	running = &session;

	struct sigaction action{};
	action.sa_handler = on_interrupt;
	sigemptyset(&action.sa_mask);
	// No SA_RESTART: a write to a pipe that nobody reads must end too.
	sigaction(SIGINT, &action, &previous_);
	// A shell's background job ignores Ctrl-C, and goes on doing so.
	if (previous_.sa_handler == SIG_IGN)
		sigaction(SIGINT, &previous_, nullptr);
}

Interrupts::~Interrupts()
{
	sigaction(SIGINT, &previous_, nullptr);
	running = nullptr;
	presses = 0;
	session_.forget_interrupts();
}

bool Interrupts::pending() noexcept
{
	return presses.load() != 0;
}

} // namespace lunatik::cli
