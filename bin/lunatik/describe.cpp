// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "describe.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "options.hpp"

namespace lunatik::cli {

namespace {

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

/* The words of a verb; without the command's, which each verb has too. */
std::string manual_words(const Description &verb, const Description *command = nullptr)
{
	std::string text;
	for (const Word &word : verb.words) {
		if (command && std::any_of(command->words.begin(), command->words.end(), [&](const Word &one) { return one.spellings == word.spellings; }))
			continue;
		if (word.spellings.empty())
			text += fmt::format("_{}_\n\t{}.\n\n", escaped(word.text), escaped(word.help));
		else
			text += fmt::format("*{}*{}\n\t{}.\n\n", fmt::join(word.spellings, "*, *"),
				word.value.empty() ? "" : fmt::format(" _{}_", escaped(word.value)), escaped(word.help));
	}
	return text;
}

/* A usage line: what is to be typed as it is in bold, and underlined what stands for something else. */
std::string synopsis(const Description &verb, std::string_view usage)
{
	std::string text = fmt::format("*lunatik* *{}*", verb.name);
	while (!usage.empty()) {
		const std::string_view token = usage.substr(0, usage.find(' '));
		usage.remove_prefix(std::min(usage.size(), token.size() + 1));
		if (token == "[OPTIONS]") {
			text += " [options...]";
			continue;
		}
		const std::size_t begin = token.starts_with('[') ? 1 : 0, end = std::min(token.find_first_of(".]"), token.size());
		const std::string word(token.substr(begin, end - begin));
		const bool stands = word == "argument" || std::any_of(verb.words.begin(), verb.words.end(), [&](const Word &known) {
			return known.spellings.empty() ? known.text == word && word != "percpu" : !known.value.empty() && known.value == word;
		});
		text += fmt::format(" {}{}{}{}{}", token.substr(0, begin), stands ? "_" : "*", escaped(word), stands ? "_" : "*", token.substr(end));
	}
	return text;
}

/* Cuts a line off the text. */
std::string_view next_line(std::string_view &text)
{
	const std::string_view line = text.substr(0, text.find('\n'));
	text.remove_prefix(std::min(text.size(), line.size() + 1));
	return line;
}

std::size_t depth_of_heading(std::string_view line)
{
	const std::size_t depth = std::min(line.find_first_not_of('#'), line.size());
	return depth < line.size() && line[depth] == ' ' ? depth : 0;
}

/* Whether a heading such as "stats, top" has the title among its words. */
bool has_title(std::string_view heading, std::string_view title)
{
	heading.remove_prefix(std::min(heading.find_first_not_of("# "), heading.size()));
	for (;;) {
		const std::string_view one = heading.substr(0, heading.find(", "));
		if (one == title)
			return true;
		if (one.size() == heading.size())
			return false;
		heading.remove_prefix(one.size() + 2);
	}
}

/* What stands below the heading with this title, up to the next one of its depth; empty if there is none. */
std::string_view section(std::string_view page, std::string_view title)
{
	std::size_t depth = 0;
	const char *begin = nullptr;
	bool fenced = false;
	while (!page.empty()) {
		const std::string_view line = next_line(page);
		fenced = fenced != line.starts_with("```");
		const std::size_t here = fenced ? 0 : depth_of_heading(line);
		// SAFETY: both pointers are into the page, and the line's is the later one.
		if (begin && here && here <= depth)
			return {begin, static_cast<std::size_t>(line.data() - begin)};
		if (!begin && here && has_title(line, title)) {
			depth = here;
			begin = page.data();
		}
	}
	// SAFETY: as above; the rest of the page is empty and begins at its end.
	return begin ? std::string_view(begin, static_cast<std::size_t>(page.data() - begin)) : std::string_view();
}

/* Markdown within a line, in scdoc's language: code is bold, and of a link its text stays. */
std::string inline_text(std::string_view text)
{
	std::string result;
	while (!text.empty()) {
		const std::size_t end = text[0] == '`' ? text.find('`', 1) : std::string_view::npos;
		const std::size_t middle = text[0] == '[' ? text.find("](") : std::string_view::npos;
		const std::size_t close = middle == std::string_view::npos ? middle : text.find(')', middle);
		if (end != std::string_view::npos) {
			result += '*' + escaped(std::string(text.substr(1, end - 1))) + '*';
			text.remove_prefix(end + 1);
		} else if (close != std::string_view::npos) {
			result += inline_text(text.substr(1, middle - 1));
			text.remove_prefix(close + 1);
		} else if (text.starts_with("\\|")) {
			result += '|';
			text.remove_prefix(2);
		} else {
			result += escaped(std::string(1, text[0]));
			text.remove_prefix(1);
		}
	}
	// These begin a heading, a list or a table of scdoc's.
	return !result.empty() && std::string_view("#-.|[]").find(result[0]) != std::string_view::npos ? '\\' + result : result;
}

/* The cells of a table's row. */
std::vector<std::string> cells(std::string_view row)
{
	std::vector<std::string> all{""};
	for (std::size_t at = 1; at < row.size(); ++at) {
		if (row[at] == '|' && row[at - 1] != '\\')
			all.emplace_back();
		else
			all.back() += row[at];
	}
	all.pop_back();
	for (std::string &cell : all) {
		cell.erase(0, std::min(cell.find_first_not_of(' '), cell.size()));
		cell.erase(cell.find_last_not_of(' ') + 1);
	}
	return all;
}

/*
 * A part of the page in scdoc's language. A table becomes a list of what its first column names. Those of options are left out: the
 * description has them.
 */
std::string converted(std::string_view markdown)
{
	std::string text, paragraph;
	const auto flush = [&] {
		if (!paragraph.empty())
			text += inline_text(paragraph) + "\n\n";
		paragraph.clear();
	};
	std::vector<std::string> head;
	while (!markdown.empty()) {
		const std::string_view line = next_line(markdown);
		if (line.starts_with("|")) {
			const std::vector<std::string> row = cells(line);
			if (head.empty()) {
				flush();
				head = row;
			} else if (row.size() >= 2 && line.find_first_not_of("|-: ") != std::string_view::npos && !head[0].starts_with("Option")) {
				text += inline_text(row[0]) + "\n\t";
				for (std::size_t i = 1; i < row.size(); ++i) {
					const std::string cell = inline_text(row[i]);
					text += i == 1 ? cell : (cell.empty() ? "" : fmt::format("; {}: {}", inline_text(head[i]), cell));
				}
				text += "\n\n";
			}
			continue;
		}
		head.clear();
		if (line.starts_with("```")) {
			flush();
			text += "```\n";
			while (!markdown.empty()) {
				const std::string_view literal = next_line(markdown);
				text += std::string(literal) + '\n';
				if (literal.starts_with("```"))
					break;
			}
			text += '\n';
		} else if (line.empty()) {
			flush();
		} else {
			paragraph += (paragraph.empty() ? "" : " ") + std::string(line);
		}
	}
	flush();
	return text;
}

} // namespace

std::string manual(const std::vector<Description> &descriptions, std::string_view page)
{
	const Description &command = descriptions.front();
	std::string text = fmt::format("lunatik(8)\n\n# NAME\n\nlunatik - Lua, safe inside the running Linux kernel\n\n"
		"# SYNOPSIS\n\n*lunatik* [options...] [_verb_ [arguments...]]\n\n# DESCRIPTION\n\n{}\n\n# OPTIONS\n\n{}"
		"# READ, EVALUATE, PRINT\n\n{}# VERBS\n\n",
		escaped(command.help), manual_words(command), converted(section(page, "No verb: read")));
	std::vector<const char *> told;
	for (const Description &verb : descriptions) {
		if (verb.name.empty())
			continue;
		text += fmt::format("## {}\n\n", verb.name);
		for (const std::string &usage : verb.usage)
			text += synopsis(verb, usage) + "\n\n";
		text += fmt::format("{}.\n\n{}", escaped(verb.help), manual_words(verb, &command));
		// CLI11 hands the command's down to verbs without one.
		if (!verb.footer.empty() && verb.footer != command.footer)
			text += escaped(verb.footer) + "\n\n";
		// Some verbs share one section, which stands below the first of them.
		const std::string_view more = section(page, verb.name);
		if (std::find(told.begin(), told.end(), more.data()) == told.end())
			text += converted(more);
		told.push_back(more.data());
	}
	return text + fmt::format("# EXIT STATUS\n\n{}# JSON\n\n{}# ENVIRONMENT\n\n{}# OLDER COMMAND LINES\n\n{}# FILES\n\n_/lib/modules/lua_\n\tThe scripts that are "
		"run by name.\n\n_/dev/lunatik_\n\tHow this command talks to the kernel module.\n", converted(section(page, "Exit status")),
		converted(section(page, "JSON")), converted(section(page, "Environment")), converted(section(page, "Older command lines")));
}

} // namespace lunatik::cli
