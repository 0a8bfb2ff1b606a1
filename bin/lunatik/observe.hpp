// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The verbs that look on: log, stats, top.
 */
#ifndef LUNATIK_CLI_OBSERVE_HPP
#define LUNATIK_CLI_OBSERVE_HPP

#include <chrono>
#include <string>
#include <vector>

#include "commands.hpp"

namespace lunatik::cli {

int do_log(const Options &options, Environment &environment, Console &console);
int do_stats(const Options &options, Environment &environment, Console &console);
int do_top(const Options &options, Environment &environment, Console &console);

/** A line of the journal as JSON, and as a line for people. */
nlohmann::ordered_json record_object(const client::Record &record);
std::string record_line(const client::Record &record, const Console &console);

/** "2026-03-01 12:00:00.123" of the local time. */
std::string format_time(std::chrono::nanoseconds since_1970);

/** What `top` shows of two looks, the busiest first: the share of one CPU, calls and errors each second. */
std::string top_table(const std::vector<client::Item> &before, const std::vector<client::Item> &after,
	std::chrono::duration<double> between);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_OBSERVE_HPP
