// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * Ctrl-C while a request runs.
 */
#ifndef LUNATIK_CLI_INTERRUPTS_HPP
#define LUNATIK_CLI_INTERRUPTS_HPP

#include <csignal>

#include <lunatik/client.hpp>

namespace lunatik::cli {

/**
 * While it lives, the first Ctrl-C interrupts the script of the session's request and the second gives up waiting for it.
 * Only one may live at a time.
 */
class Interrupts {
public:
	explicit Interrupts(client::Session &session);
	~Interrupts();
	Interrupts(const Interrupts &) = delete;
	Interrupts &operator=(const Interrupts &) = delete;

	/** Whether Ctrl-C was pressed since the innermost Interrupts began; false when none lives. */
	static bool pending() noexcept;

private:
	client::Session &session_;
	struct sigaction previous_{};
};

} // namespace lunatik::cli

#endif // LUNATIK_CLI_INTERRUPTS_HPP
