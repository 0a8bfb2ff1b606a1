// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "options.hpp"

namespace lunatik::cli {

namespace {

std::vector<std::string> spellings(const Description &verb)
{
	std::vector<std::string> all;
	for (const Word &word : verb.words)
		all.insert(all.end(), word.spellings.begin(), word.spellings.end());
	return all;
}

/* scdoc takes these as marks wherever they stand. */
std::string escaped(const std::string &text)
{
	std::string result;
	for (const char c : text) {
		if (c == '_' || c == '*' || c == '\\')
			result += '\\';
		result += c == '`' ? '"' : c;
	}
	return result;
}

std::string manual_words(const Description &verb)
{
	std::string text;
	for (const Word &word : verb.words) {
		if (word.spellings.empty())
			text += fmt::format("_{}_\n\t{}.\n\n", escaped(word.text), escaped(word.help));
		else
			text += fmt::format("*{}*{}\n\t{}.\n\n", fmt::join(word.spellings, "*, *"),
				word.value.empty() ? "" : fmt::format(" _{}_", escaped(word.value)), escaped(word.help));
	}
	return text;
}

std::string synopsis(const Description &verb)
{
	std::string text = fmt::format("*lunatik* *{}*", verb.name);
	if (!spellings(verb).empty())
		text += " [options...]";
	for (const Word &word : verb.words) {
		if (word.spellings.empty())
			text += fmt::format(" [_{}_]", escaped(word.text));
	}
	return text;
}

} // namespace

std::string manual(const std::vector<Description> &descriptions)
{
	const Description &command = descriptions.front();
	std::string text = fmt::format("lunatik(8)\n\n# NAME\n\nlunatik - Lua, safe inside the running Linux kernel\n\n"
		"# SYNOPSIS\n\n*lunatik* [options...] [_verb_ [arguments...]]\n\n# DESCRIPTION\n\n{}\n\n# OPTIONS\n\n{}# VERBS\n\n",
		escaped(command.help), manual_words(command));
	for (const Description &verb : descriptions) {
		if (verb.name.empty())
			continue;
		text += fmt::format("## {}\n\n{}\n\n{}.\n\n{}", verb.name, synopsis(verb), escaped(verb.help), manual_words(verb));
		// CLI11 hands the command's down to verbs without one.
		if (!verb.footer.empty() && verb.footer != command.footer)
			text += escaped(verb.footer) + "\n\n";
	}
	return text + fmt::format("# EXIT STATUS\n\n{}\n\n# FILES\n\n_/lib/modules/lua_\n\tThe scripts that are run by name.\n\n"
		"_/dev/lunatik_\n\tHow this command talks to the kernel module.\n", escaped(command.footer));
}

} // namespace lunatik::cli
