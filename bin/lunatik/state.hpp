// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The verbs over generic netlink: state, monitor.
 */
#ifndef LUNATIK_CLI_STATE_HPP
#define LUNATIK_CLI_STATE_HPP

#include <lunatik/states.hpp>

#include "commands.hpp"

namespace lunatik::cli {

int do_state(const Options &options, Environment &environment, Console &console);
int do_monitor(const Options &options, Environment &environment, Console &console);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_STATE_HPP
