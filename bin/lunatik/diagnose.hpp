// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The verbs that look for what is wrong: check, doctor, test.
 */
#ifndef LUNATIK_CLI_DIAGNOSE_HPP
#define LUNATIK_CLI_DIAGNOSE_HPP

#include <string>
#include <vector>

#include "commands.hpp"

namespace lunatik::cli {

int do_check(const Options &options, Environment &environment, Console &console);
int do_doctor(const Options &options, Environment &environment, Console &console);
int do_test(const Options &options, Environment &environment, Console &console);

/** One thing the doctor looked at. */
struct Finding {
	enum class State { Good, Note, Bad };
	std::string name;
	State state = State::Good;
	std::string detail;
	std::string fix;	/* what to do, unless it is good */
};

/** What the doctor finds; `root` is prepended to every path it reads, for the tests. */
std::vector<Finding> examine(const Environment &environment, const std::string &release, const std::string &root = {});

/** What a suite's output says, in KTAP. */
struct Score {
	unsigned passed = 0, failed = 0, skipped = 0;
	std::string first_failure;
};
Score score_of(const std::string &ktap);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_DIAGNOSE_HPP
