// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Writes the manual page or a shell's completion to a file; used by the build only. */
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "lunatik/describe.hpp"

using namespace lunatik::cli;

int main(int count, char **words)
{
	const std::string wanted = count >= 3 ? words[1] : "";
	const std::vector<Description> descriptions = describe();
	std::string text;
	if (wanted == "manual" && count == 4) {
		std::ifstream page(words[3]);
		const std::string read((std::istreambuf_iterator<char>(page)), std::istreambuf_iterator<char>());
		text = manual(descriptions, read);
	} else if (wanted == "bash") {
		text = bash_completion(descriptions);
	} else if (wanted == "zsh") {
		text = zsh_completion(descriptions);
	} else if (wanted == "fish") {
		text = fish_completion(descriptions);
	} else {
		std::fputs("usage: describe manual FILE PAGE, or describe bash|zsh|fish FILE\n", stderr);
		return 2;
	}
	std::ofstream file(words[2]);
	file << text << std::flush;
	return file ? 0 : 1;
}
