// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Runs Lua code in the kernel and shows what it returns: what lunatik-ng's system call did, as a program.
 *
 *	g++ -std=c++20 exec.cpp -o exec $(pkg-config --cflags --libs lunatik-client)
 *	sudo ./exec 'return type({ 123 })'
 */
#include <cstdio>
#include <string>

#include <unistd.h>

#include <lunatik/states.hpp>

int main(int argc, char **argv)
{
	if (argc != 2) {
		std::fprintf(stderr, "usage: exec CODE\n");
		return 2;
	}
	const std::string name = "example/" + std::to_string(getpid());
	try {
		lunatik::client::States states;
		states.create(name);
		const lunatik::client::Result result = states.exec(name, argv[1]);
		std::fputs(result.output.c_str(), stdout);
		for (const std::string &value : result.values)
			std::printf("%s\n", value.c_str());
		if (!result.ok())
			std::fprintf(stderr, "%s\n", result.message.c_str());
		states.close(name);
		return result.status;
	} catch (const lunatik::client::Error &error) {
		std::fprintf(stderr, "%s\n", error.what());
		return error.status();
	}
}
