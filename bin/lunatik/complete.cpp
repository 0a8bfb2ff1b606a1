// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "describe.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lunatik::cli {

namespace {

/*
 * How a shell gets the words of a kind: what a POSIX shell runs for it, which ends each with a zero byte. Whoever may start a runtime
 * chooses its name, so a name is data to all three shells: no text that one evaluates is ever made of it.
 */
struct List {
	const char *kind, *title, *command;
};

constexpr std::array lists{
	List{"name", "runtime", R"(lunatik --quiet list --null "$@")"},
	List{"state", "state", R"(lunatik --quiet state list --null "$@")"},
	List{"script", "script", R"(find /lib/modules/lua/ -name "*.lua" -printf "%P\0" | sed -z "s/[.]lua\$//")"},
	List{"suite", "suite", R"(find /lib/modules/lua/test/ -maxdepth 1 -name "*.lua" ! -name ktap.lua -printf "%P\0" | sed -z "s/[.]lua\$//")"},
	List{"device", "device", R"(find /sys/class/net/ -mindepth 1 -maxdepth 1 -printf "%P\0")"},
	List{"netns", "network namespace", R"(find /run/netns/ -mindepth 1 -maxdepth 1 -printf "%P\0")"},
};

/* The positional words of a verb, in order: each is of the kind that it is called. */
std::vector<std::string> places(const Description &verb)
{
	std::vector<std::string> found;
	for (const Word &word : verb.words) {
		if (word.spellings.empty())
			found.push_back(word.text);
	}
	return found;
}

/* The options of a verb, and those of the command itself, which may stand behind a verb too. */
std::vector<Word> options(const Description &verb, const Description &command)
{
	std::vector<Word> found;
	for (const Description *one : {&verb, &command}) {
		for (const Word &word : one->words) {
			const bool known = std::any_of(found.begin(), found.end(), [&](const Word &other) { return other.spellings == word.spellings; });
			if (!word.spellings.empty() && !known)
				found.push_back(word);
		}
	}
	return found;
}

std::vector<std::string> spellings(const std::vector<Word> &words, bool only_with_value)
{
	std::vector<std::string> all;
	for (const Word &word : words) {
		if (!only_with_value || !word.value.empty())
			all.insert(all.end(), word.spellings.begin(), word.spellings.end());
	}
	return all;
}

std::vector<std::string> names(const std::vector<Description> &descriptions)
{
	std::vector<std::string> verbs;
	for (const Description &verb : descriptions) {
		if (!verb.name.empty())
			verbs.push_back(verb.name);
	}
	return verbs;
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

/* Puts a text where a shell's functions have a mark such as @LISTS@. */
std::string filled(std::string text, const std::string &mark, const std::string &with)
{
	return text.replace(text.find(mark), mark.size(), with);
}

constexpr const char *bash = R"sh(# bash completion for lunatik(8)

# The words of a list, each with a zero byte behind it, into `found`. A name is data: nothing here evaluates one.
_lunatik_found()
{
	local word
	found=()
	while IFS= read -r -d '' word; do
		found+=("$word")
	done < <("$@" 2>/dev/null)
}

# What the shell makes of a word that is typed, without evaluating it, into `plain`; the quote that is still open into `quote`; and into
# `lead` the beginning that readline leaves as it is, up to the open quote or the last character of COMP_WORDBREAKS. Fails where the shell
# would expand a variable or a command.
_lunatik_plain()
{
	local text=$1 letter index before=''
	plain='' quote='' lead=''
	for ((index = 0; index < ${#text}; index++)); do
		letter=${text:index:1}
		if [[ $quote == "'" && $letter != "'" ]]; then
			plain+=$letter
		elif [[ $letter == "$quote" ]]; then
			quote='' lead=$before
		elif [[ $letter == \\ ]]; then
			((++index))
			letter=${text:index:1}
			[[ -z $quote || $letter == [\"\\\$\`] ]] || plain+=\\
			plain+=$letter
		elif [[ $letter == [\$\`] ]]; then
			return 1
		elif [[ -n $quote ]]; then
			plain+=$letter
		elif [[ $letter == [\'\"] ]]; then
			before=$lead quote=$letter lead=$plain
		else
			plain+=$letter
			[[ ${COMP_WORDBREAKS-} != *"$letter"* ]] || lead=$plain
		fi
	done
}

# Offers the words that begin with what is typed, each written so that the shell makes that very word of it. What an open quote cannot
# hold is left out.
_lunatik_offer()
{
	local word
	for word; do
		[[ $word == "$plain"* ]] || continue
		word=${word#"$lead"}
		case $quote in
		'') [[ -z $word ]] || printf -v word %q "$word" ;;
		\') [[ $word != *[\'[:cntrl:]]* ]] || continue ;;
		*) [[ $word != *[\"\\\$\`\![:cntrl:]]* ]] || continue ;;
		esac
		COMPREPLY+=("$word")
	done
}

# Offers files whose names end so, and directories.
_lunatik_files()
{
	local directory='' hidden='.*' place
	local -a found
	[[ $typed != \~/* ]] || plain=$HOME/${plain#\~/}
	[[ $plain != */* ]] || directory=${plain%/*}/
	[[ ${plain##*/} != .* ]] || hidden=''
	place=$directory
	[[ $place == /* ]] || place=./$place
	_lunatik_found find "$place" -mindepth 1 -maxdepth 1 ! -name "$hidden" \( -xtype d -printf '%P/\0' -o -name "*$1" -printf '%P\0' \)
	_lunatik_offer "${found[@]/#/"$directory"}"
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != */ ]] || compopt -o nospace 2>/dev/null
}

# Offers what is in a list. What begins with a dash would be an option, and what is a path would be a file.
_lunatik_list()
{
	local word list='' taken=()
	local -a found
	case $1 in
@LISTS@	esac
	_lunatik_found sh -c "$list" sh "${netns[@]}"
	for word in "${found[@]}"; do
		[[ $word != -* || -n $behind ]] || continue
		[[ $1 != @(name|script) || $word != @(/*|./*|*.lua) ]] || continue
		taken+=("$word")
	done
	_lunatik_offer "${taken[@]/#/"${2-}"}"
}

_lunatik_place()
{
	case ${places[${#given[@]}]-} in
	name) _lunatik_list name ;;
	script)
		_lunatik_list script
		_lunatik_files .lua
		;;
	context) _lunatik_offer process softirq hardirq percpu ;;
	percpu)
		case ${given[-1]} in
		softirq) _lunatik_offer percpu ;;
		percpu) _lunatik_offer softirq ;;
		esac
		;;
	suite) _lunatik_list suite ;;
	action) _lunatik_offer create exec list close ;;
	state) [[ ${given[0]} != @(exec|close) ]] || _lunatik_list state ;;
	operation) _lunatik_offer load unload list ;;
	object)
		case ${given[0]} in
		load) _lunatik_files .o ;;
		unload) _lunatik_list device ;;
		esac
		;;
	device) [[ ${given[0]} != load ]] || _lunatik_list device ;;
	esac
}

_lunatik()
{
	local line=${COMP_LINE:0:COMP_POINT} rest word index typed plain quote lead prefix=''
	local verb='' option='' options='@OPTIONS@' valued='' behind='' code=''
	local -a words=() given=() places=() netns=()
	COMPREPLY=()
	# Bash cuts words at : and = too: what no blank separates is one.
	for ((index = 0; index <= COMP_CWORD; index++)); do
		word=${COMP_WORDS[index]}
		((index)) || line=$word${line#*"$word"}
		rest=${line#"${line%%[![:blank:]]*}"}
		# The cursor may stand within the last one.
		((index < COMP_CWORD)) || [[ $word != "$rest"* ]] || word=$rest
		if ((index)) && [[ $rest == "$line" ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		line=${rest#"$word"}
	done
	typed=${words[-1]}
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [[ -n $option ]]; then
			_lunatik_plain "$word" || return
			[[ $option != --netns ]] || netns=(--netns "$plain")
			option=''
		elif [[ $word == -- && -z $behind ]]; then
			# What follows is the script's. But names that begin with a dash are given so.
			[[ $verb == @(stop|state) ]] || return
			behind=1
		elif [[ $word == -* && -z $behind ]]; then
			[[ $word != -e && $word != --eval* ]] || code=1
			[[ " $valued " != *" $word "* ]] || option=$word
			[[ $word != --netns=* ]] || { _lunatik_plain "$word" && netns=("$plain"); } || return
		elif [[ -z $verb ]]; then
			verb=$word
			case $verb in
@VERBS@			*) return ;;
			esac
		else
			_lunatik_plain "$word" || plain=$word
			given+=("$plain")
		fi
	done
	[[ -z $code || ${places[0]-} != script ]] || places=("${places[@]:1}")
	_lunatik_plain "$typed" || return
	[[ -n $option || -n $behind || $plain != --*=* ]] || option=${plain%%=*} prefix=${plain%%=*}=
	if [[ -n $option ]]; then
		case $option in
		--mode) _lunatik_offer "${prefix}native" "${prefix}generic" ;;
		--netns) netns=() && _lunatik_list netns "$prefix" ;;
		esac
	elif [[ $plain == -* && -z $behind ]]; then
		# shellcheck disable=SC2086 # options are words without anything to expand
		_lunatik_offer $options
	elif [[ -z $verb ]]; then
		_lunatik_offer @NAMES@
	else
		_lunatik_place
	fi
}
complete -F _lunatik lunatik
)sh";

constexpr const char *zsh = R"sh(#compdef lunatik
# zsh completion for lunatik(8)

# Offers the words of a list, each of which ends with a zero byte. A name is data: it goes from an array into compadd, and nothing here
# evaluates it. What begins with a dash would be an option, and what is a path would be a file.
_lunatik_list()
{
	local list title
	local -a found expl
	case $1 in
@LISTS@	esac
	found=("${(@0)$(sh -c "$list" sh "${netns[@]}" 2>/dev/null)}")
	found=("${(@)found:#}")
	(( behind )) || found=("${(@)found:#-*}")
	[[ $1 != (name|script) ]] || found=("${(@)found:#(/*|./*|*.lua)}")
	_wanted "$1" expl "$title" compadd -a found
}

# `line` has the positional words up to the one that is completed.
_lunatik_place()
{
	local -a places=("$@") netns expl
	(( ! ${+opt_args[-e]} && ! ${+opt_args[--eval]} )) || places=("${(@)places:#script}")
	(( ! ${+opt_args[--netns]} )) || netns=(--netns "${(Q)opt_args[--netns]}")
	case ${places[$#line]} in
	(name|suite) _lunatik_list "${places[$#line]}" ;;
	(script)
		_lunatik_list script
		_files -g '*.lua'
		;;
	(context) _wanted contexts expl context compadd process softirq hardirq percpu ;;
	(percpu)
		case ${line[-2]} in
		(softirq) _wanted contexts expl context compadd percpu ;;
		(percpu) _wanted contexts expl context compadd softirq ;;
		esac
		;;
	(action) _wanted actions expl action compadd create exec list close ;;
	(state) [[ ${line[1]} != (exec|close) ]] || _lunatik_list state ;;
	(operation) _wanted operations expl operation compadd load unload list ;;
	(object)
		case ${line[1]} in
		(load) _files -g '*.o' ;;
		(unload) _lunatik_list device ;;
		esac
		;;
	(device) [[ ${line[1]} != load ]] || _lunatik_list device ;;
	esac
	# Otherwise _arguments would take an empty word for the value of the option, where one alone has a value.
	return 0
}

_lunatik()
{
	local curcontext=$curcontext state behind=0
	local -a line netns verbs=(
@VERBS@	)
	local -A opt_args
	_arguments -C@OPTIONS@ \
		'1:verb:->verb' '*::argument:->argument' && return
	case $state in
	(verb) _describe verb verbs ;;
	(argument)
		# What follows is the script's. But names that begin with a dash are given so.
		if (( ${words[(i)--]} < CURRENT )); then
			behind=1
			(( ! ${words[(I)--netns]} )) || netns=(--netns "${(Q)words[${words[(i)--netns]}+1]}")
			case "${words[1,3]}" in
			(stop\ *) _lunatik_list name ;;
			(state\ (exec|close)\ --) (( CURRENT != 4 )) || _lunatik_list state ;;
			esac
			return
		fi
		case ${words[1]} in
@CASES@		esac
		;;
	esac
}
_lunatik "$@"
)sh";

constexpr const char *fish = R"sh(# fish completion for lunatik(8)

# Prints the words of a list, each of which ends with a zero byte. A name is data: nothing here evaluates it. What begins with a dash
# would be an option, what is a path would be a file, and control characters are no part of a line.
function __lunatik_list --argument-names kind behind
	set -l list
	switch $kind
@LISTS@	end
	set -l found (sh -c $list sh $argv[3..-1] 2>/dev/null | string split0)
	set -l left '[[:cntrl:]]'
	test "$behind" = behind; or set left "$left|^-"
	contains -- $kind name script; and set left "$left|^\.?/|\.lua\$"
	string match --invert --regex -- $left $found
end

# Whether the verb is this one.
function __lunatik_verb --argument-names wanted
	set -l words (commandline -opc)
	for word in $words[2..-1]
		string match --quiet -- '-*' $word; and continue
		test "$word" = "$wanted"
		return
	end
	test -z "$wanted"
end

# Prints what the word at the cursor may be.
function __lunatik_place
	set -l words (commandline -opc)
	set -e words[1]
	set -l verb
	set -l option
	set -l code
	set -l behind no
	set -l netns
	set -l given
	set -l places
	set -l valued
	for word in $words
		if test -n "$option"
			test "$option" = --netns; and set netns --netns $word
			set option
		else if test $behind = no; and test "$word" = --
			# What follows is the script's. But names that begin with a dash are given so.
			contains -- "$verb" stop state; or return
			set behind behind
		else if test $behind = no; and string match --quiet -- '-*' $word
			string match --quiet --regex -- '^(-e|--eval)' $word; and set code yes
			string match --quiet -- '--netns=*' $word; and set netns $word
			contains -- $word $valued; and set option $word
		else if test -z "$verb"
			set verb $word
			switch $verb
@VERBS@				case '*'
					return
			end
		else
			set -a given $word
		end
	end
	test -n "$verb"; or return
	test -n "$code" -a "$places[1]" = script; and set -e places[1]
	switch "$places[$(math (count $given) + 1)]"
		case name
			__lunatik_list name $behind $netns
		case suite
			__lunatik_list suite no
		case script
			__lunatik_list script no
			__fish_complete_suffix .lua
		case context
			printf '%s\n' process softirq hardirq percpu
		case percpu
			switch $given[-1]
				case softirq
					echo percpu
				case percpu
					echo softirq
			end
		case action
			printf '%s\n' create exec list close
		case state
			contains -- $given[1] exec close; and __lunatik_list state $behind $netns
		case operation
			printf '%s\n' load unload list
		case object
			switch $given[1]
				case load
					__fish_complete_suffix .o
				case unload
					__lunatik_list device no
			end
		case device
			test $given[1] = load; and __lunatik_list device no
	end
end

complete -c lunatik -f -a '(__lunatik_place)'
)sh";

} // namespace

std::string bash_completion(const std::vector<Description> &descriptions)
{
	const Description &command = descriptions.front();
	std::string verbs, kinds;
	for (const Description &verb : descriptions) {
		const std::vector<Word> words = options(verb, command);
		if (!verb.name.empty())
			verbs += fmt::format("\t\t\t{}) options='{}' valued='{}' places=({}) ;;\n", verb.name, fmt::join(spellings(words, false), " "),
				fmt::join(spellings(words, true), " "), fmt::join(places(verb), " "));
	}
	for (const List &list : lists)
		kinds += fmt::format("\t{}) list={} ;;\n", list.kind, quoted(list.command));
	std::string text = filled(bash, "@LISTS@", kinds);
	text = filled(text, "@OPTIONS@", fmt::format("{}", fmt::join(spellings(options(command, command), false), " ")));
	text = filled(text, "@NAMES@", fmt::format("{}", fmt::join(names(descriptions), " ")));
	return filled(text, "@VERBS@", verbs);
}

std::string zsh_completion(const std::vector<Description> &descriptions)
{
	const Description &command = descriptions.front();
	const auto options_of = [&](const Description &verb) {
		std::string text;
		for (const Word &word : options(verb, command)) {
			std::string value;
			if (!word.value.empty())
				value = ":" + word.value + ":" + (word.spellings.back() == "--mode" ? "(native generic)" :
					word.spellings.back() == "--netns" ? " _lunatik_list netns" : "");
			for (const std::string &spelling : word.spellings)
				text += fmt::format(" \\\n\t\t\t{}", quoted(fmt::format("({}){}{}[{}]{}", fmt::join(word.spellings, " "), spelling,
					word.value.empty() ? "" : spelling.starts_with("--") ? "=" : "+", word.help, value)));
		}
		return text;
	};
	std::string verbs, cases, kinds;
	for (const Description &verb : descriptions) {
		if (verb.name.empty())
			continue;
		verbs += fmt::format("\t\t{}\n", quoted(verb.name + ":" + verb.help));
		const std::vector<std::string> words = places(verb);
		const std::string place = words.empty() ? "" : fmt::format(" \\\n\t\t\t'*:word: _lunatik_place {}'", fmt::join(words, " "));
		cases += fmt::format("\t\t({}) _arguments -S{}{} ;;\n", verb.name, options_of(verb), place);
	}
	for (const List &list : lists)
		kinds += fmt::format("\t({}) title={} list={} ;;\n", list.kind, quoted(list.title), quoted(list.command));
	std::string text = filled(zsh, "@LISTS@", kinds);
	text = filled(text, "@VERBS@", verbs);
	text = filled(text, "@OPTIONS@", options_of(command));
	return filled(text, "@CASES@", cases);
}

std::string fish_completion(const std::vector<Description> &descriptions)
{
	const Description &command = descriptions.front();
	std::string verbs, kinds, lines;
	for (const Description &verb : descriptions) {
		const std::string condition = fish_quoted("__lunatik_verb " + (verb.name.empty() ? "''" : verb.name));
		if (!verb.name.empty())
			verbs += fmt::format("\t\t\t\tcase {}\n\t\t\t\t\tset places {}\n\t\t\t\t\tset valued {}\n", verb.name,
				fmt::join(places(verb), " "), fmt::join(spellings(options(verb, command), true), " "));
		if (!verb.name.empty())
			lines += fmt::format("complete -c lunatik -f -n {} -a {} -d {}\n", fish_quoted("__lunatik_verb ''"), verb.name,
				fish_quoted(verb.help));
		for (const Word &word : options(verb, command)) {
			lines += "complete -c lunatik -f -n " + condition;
			for (const std::string &spelling : word.spellings)
				lines += spelling.starts_with("--") ? " -l " + spelling.substr(2) : " -s " + spelling.substr(1);
			lines += fmt::format("{}{} -d {}\n", word.value.empty() ? "" : " -r", word.spellings.back() == "--mode" ? " -a 'native generic'" :
				word.spellings.back() == "--netns" ? " -a '(__lunatik_list netns no)'" : "", fish_quoted(word.help));
		}
	}
	for (const List &list : lists)
		kinds += fmt::format("\t\tcase {}\n\t\t\tset list {}\n", list.kind, fish_quoted(list.command));
	return filled(filled(fish, "@LISTS@", kinds), "@VERBS@", verbs) + lines;
}

} // namespace lunatik::cli
