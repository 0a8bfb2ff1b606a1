// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * lunatik: the command line.
 */
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "commands.hpp"

namespace {

using namespace lunatik::cli;

/* Fills 0, 1 and 2 where the caller closed them, so that the device does not become one of them. */
void occupy_standard_descriptors()
{
	for (int fd = 0; fd <= 2; ++fd) {
		// The other direction of what is expected, so that its use still fails as on a closed one.
		if (fcntl(fd, F_GETFD) < 0)
			[[maybe_unused]] const int opened = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
	}
}

int run(std::vector<std::string> words)
{
	const Parsed parsed = parse(std::move(words));
	Console console(STDOUT_FILENO, STDERR_FILENO, parsed.json, parsed.options && parsed.options->quiet);
	if (!parsed.options) {
		if (parsed.lines)
			console.lines();
		if (parsed.status == 0 && parsed.json && parsed.asks_version)
			console.object({{"status", 0}, {"version", version()}, {"protocol", LUNATIK_PROTOCOL}});
		else if (parsed.status == 0 && parsed.json)
			console.object({{"status", 0}, {"help", parsed.text}});
		else if (parsed.status == 0)
			console.data(parsed.text);
		else
			console.report(Failure(LUNATIK_STATUS_USAGE, parsed.message, parsed.hint));
		return parsed.status;
	}
	Environment environment;
	environment.root = geteuid() == 0;
	if (const char *device = std::getenv("LUNATIK_DEVICE"); device && *device)
		environment.device = device;
	return execute_reporting(*parsed.options, environment, console);
}

} // namespace

int main(int argc, char **argv)
{
	occupy_standard_descriptors();
	std::signal(SIGPIPE, SIG_IGN);
	try {
		// SAFETY: the system passes argc pointers to strings in argv.
		return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
	} catch (const OutputClosed &) {
		// As any filter whose reader has left, and as a shell expects it.
		std::signal(SIGPIPE, SIG_DFL);
		std::raise(SIGPIPE);
	} catch (const Failure &failure) {
		Console(STDOUT_FILENO, STDERR_FILENO, false, true).report(failure);
		return failure.status();
	}
	return LUNATIK_STATUS_SCRIPT;
}
