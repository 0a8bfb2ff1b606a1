// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "describe.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "options.hpp"

namespace lunatik::cli {

namespace {

/* How a shell gets the words for a positional of this name; each prints one a line. */
constexpr const char *list_names = "lunatik --quiet list 2>/dev/null | awk 'NR > 1 { print $1 }'";
constexpr const char *list_scripts = "cd /lib/modules/lua 2>/dev/null && find . -name '*.lua' -printf '%P\\n' | sed 's/\\.lua$//'";
constexpr const char *list_devices = "ls -1 /sys/class/net 2>/dev/null";
constexpr const char *list_suites = "cd /lib/modules/lua/test 2>/dev/null && ls -1 *.lua 2>/dev/null | sed 's/\\.lua$//; /^ktap$/d'";

bool takes(const Description &verb, const std::string &positional)
{
	return std::any_of(verb.words.begin(), verb.words.end(), [&](const Word &word) {
		return word.spellings.empty() && word.text == positional;
	});
}

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

std::string quoted(const std::string &text)
{
	std::string result = "'";
	for (const char c : text)
		result += c == '\'' ? std::string("'\\''") : std::string(1, c);
	return result + "'";
}

/* fish knows two escapes within single quotes, which a POSIX shell's text may hold as other things. */
std::string fish_quoted(const std::string &text)
{
	std::string result = "'";
	for (const char c : text) {
		if (c == '\'' || c == '\\')
			result += '\\';
		result += c;
	}
	return result + "'";
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

std::string bash_completion(const std::vector<Description> &descriptions)
{
	std::string verbs, cases;
	for (const Description &verb : descriptions) {
		if (verb.name.empty())
			continue;
		verbs += (verbs.empty() ? "" : " ") + verb.name;
		std::string words = "";
		if (takes(verb, "name"))
			words = fmt::format("$({})", list_names);
		else if (takes(verb, "script"))
			words = fmt::format("$({})", list_scripts);
		else if (takes(verb, "suite"))
			words = fmt::format("$({})", list_suites);
		if (takes(verb, "context"))
			words += " process softirq hardirq percpu";
		if (takes(verb, "action"))
			words = "create exec list close";
		// What a word may be depends on the one before it here: an operation, an object file, a device.
		std::string more = takes(verb, "script") ? "files='*.lua' " : "";
		if (takes(verb, "operation")) {
			words = fmt::format("$({})", list_devices);
			more = "case ${COMP_WORDS[COMP_CWORD-1]} in xdp) words='load unload list' ;; load) words= files='*.o' ;; esac ";
		}
		cases += fmt::format("\t{})\n\t\twords=\"{}\"\n\t\toptions=\"{}\"\n\t\t{};;\n", verb.name, words,
			fmt::join(spellings(verb), " "), more);
	}
	return fmt::format(R"(# bash completion for lunatik(8)
_lunatik()
{{
	local current=${{COMP_WORDS[COMP_CWORD]}} verb= word words= options= files=
	COMPREPLY=()
	for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
		case $word in
		--) return ;;
		-*) ;;
		*) verb=$word; break ;;
		esac
	done
	case $verb in
	'')
		words="{}"
		;;
{}	esac
	case $current in
	-*) mapfile -t COMPREPLY < <(compgen -W "$options {}" -- "$current") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
		[ -z "$files" ] || mapfile -t -O ${{#COMPREPLY[@]}} COMPREPLY < <(compgen -f -X "!$files" -- "$current"; compgen -d -S / -- "$current")
		;;
	esac
}}
complete -F _lunatik lunatik
)", verbs, cases, fmt::join(spellings(descriptions.front()), " "));
}

std::string zsh_completion(const std::vector<Description> &descriptions)
{
	std::string verbs, cases;
	const auto options_of = [](const Description &verb) {
		std::string text;
		for (const Word &word : verb.words) {
			for (const std::string &spelling : word.spellings)
				text += fmt::format(" \\\n\t\t\t{}", quoted(fmt::format("{}{}[{}]{}", spelling,
					word.value.empty() ? "" : spelling.starts_with("--") ? "=" : "+", word.help,
					word.value.empty() ? "" : ":" + word.value)));
		}
		return text;
	};
	for (const Description &verb : descriptions) {
		if (verb.name.empty())
			continue;
		verbs += fmt::format("\t\t{}\n", quoted(verb.name + ":" + verb.help));
		std::string positionals;
		if (takes(verb, "name"))
			positionals = fmt::format(" \\\n\t\t\t\"1:runtime:($({}))\"", list_names);
		else if (takes(verb, "script"))
			// Evaluated when it is asked, where each line is a word.
			positionals = fmt::format(" \\\n\t\t\t{}", quoted(fmt::format(
				"1:script:{{compadd -- $({}); _files -g '*.lua'}}", list_scripts)));
		else if (takes(verb, "suite"))
			positionals = fmt::format(" \\\n\t\t\t\"1:suite:($({}))\"", list_suites);
		else if (takes(verb, "action"))
			positionals = " \\\n\t\t\t'1:action:(create exec list close)'";
		else if (takes(verb, "operation"))
			positionals = fmt::format(" \\\n\t\t\t'1:operation:(load unload list)' {} \"3:device:($({}))\"",
				quoted(fmt::format("2:object:{{if [[ $words[2] = load ]]; then _files -g '*.o'; else compadd -- $({}); fi}}",
					list_devices)), list_devices);
		if (takes(verb, "context"))
			positionals += " \\\n\t\t\t'2:context:(process softirq hardirq)' '3:percpu:(percpu)'";
		cases += fmt::format("\t\t({}) _arguments{}{} ;;\n", verb.name, options_of(verb), positionals);
	}
	return fmt::format(R"(#compdef lunatik
# zsh completion for lunatik(8)
_lunatik()
{{
	local -a verbs=(
{}	)
	_arguments -C{} \
		'1:verb:->verb' '*::argument:->argument'
	case $state in
	(verb) _describe verb verbs ;;
	(argument)
		case $words[1] in
{}		esac
		;;
	esac
}}
_lunatik "$@"
)", verbs, options_of(descriptions.front()), cases);
}

std::string fish_completion(const std::vector<Description> &descriptions)
{
	std::string text = "# fish completion for lunatik(8)\n";
	const auto options_of = [](const Description &verb, const std::string &condition) {
		std::string lines;
		for (const Word &word : verb.words) {
			if (word.spellings.empty())
				continue;
			lines += "complete -c lunatik -f" + condition;
			for (const std::string &spelling : word.spellings)
				lines += spelling.starts_with("--") ? " -l " + spelling.substr(2) : " -s " + spelling.substr(1);
			lines += fmt::format("{} -d {}\n", word.value.empty() ? "" : " -r", fish_quoted(word.help));
		}
		return lines;
	};
	for (const Description &verb : descriptions) {
		if (verb.name.empty()) {
			text += options_of(verb, "");
			continue;
		}
		text += fmt::format("complete -c lunatik -f -n __fish_use_subcommand -a {} -d {}\n", verb.name, fish_quoted(verb.help));
		const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", verb.name);
		text += options_of(verb, condition);
		const char *list = takes(verb, "name") ? list_names : takes(verb, "script") ? list_scripts :
			takes(verb, "suite") ? list_suites : nullptr;
		// Only a script may be a file; without -f, fish offers files beside every list, and where there is none.
		const std::string words = fmt::format("complete -c lunatik{}{}", takes(verb, "script") ? "" : " -f", condition);
		if (list)
			// fish has other quotes and substitutions: a POSIX shell makes the list.
			text += fmt::format("{} -a {}\n", words, fish_quoted(fmt::format("(sh -c {})", fish_quoted(list))));
		else if (takes(verb, "action"))
			text += words + " -a 'create exec list close'\n";
		else if (takes(verb, "operation"))
			text += fmt::format("complete -c lunatik -f -n '__fish_seen_subcommand_from {0}; and not __fish_seen_subcommand_from load unload list'"
				" -a 'load unload list'\n"
				"complete -c lunatik -f -n '__fish_seen_subcommand_from {0}; and __fish_seen_subcommand_from load unload' -a {1}\n"
				"complete -c lunatik -f -n '__fish_seen_subcommand_from {0}; and __fish_seen_subcommand_from load'"
				" -a '(__fish_complete_suffix .o)'\n",
				verb.name, fish_quoted(fmt::format("(sh -c {})", fish_quoted(list_devices))));
		else
			text += words + "\n";
		if (takes(verb, "context"))
			text += words + " -a 'process softirq hardirq percpu'\n";
	}
	return text;
}

} // namespace lunatik::cli
