// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The manual page and what shells complete, made of the very description that --help prints.
 */
#ifndef LUNATIK_CLI_DESCRIBE_HPP
#define LUNATIK_CLI_DESCRIBE_HPP

#include <string>
#include <string_view>
#include <vector>

namespace lunatik::cli {

/** An option or a positional word of a verb. */
struct Word {
	std::string text;			/* of a positional: its name */
	std::vector<std::string> spellings;	/* "-f", "--follow"; none: a positional */
	std::string value;			/* what stands behind it: "SECONDS"; empty if nothing does */
	std::string help;
};

/** A verb, or with an empty name the command itself. */
struct Description {
	std::string name;
	std::string help;
	std::string footer;
	std::vector<Word> words;
	std::vector<std::string> usage;		/* what stands behind the verb, a line for each form; brackets are around what may be left out */
};

/** The command itself first, then its verbs in the order --help shows them. */
std::vector<Description> describe();

/** The manual page, in the language of scdoc(5). What a verb does in detail is taken from docs/cli.md, the text of `page`. */
std::string manual(const std::vector<Description> &descriptions, std::string_view page);

/** Completion for a shell: names of runtimes come from the kernel, those of scripts from their directory. */
std::string bash_completion(const std::vector<Description> &descriptions);
std::string zsh_completion(const std::vector<Description> &descriptions);
std::string fish_completion(const std::vector<Description> &descriptions);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_DESCRIBE_HPP
