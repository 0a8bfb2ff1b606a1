// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * From what the user calls a script to a runtime's name and, where the client has to read it, its source.
 */
#ifndef LUNATIK_CLI_SCRIPT_HPP
#define LUNATIK_CLI_SCRIPT_HPP

#include <optional>
#include <string>

#include "console.hpp"

namespace lunatik::cli {

/** A script: installed below /lib/modules/lua, where the kernel reads it, or a file that the client reads. */
struct Script {
	std::string name;			/* of the runtime */
	std::optional<std::string> file;	/* path, if the client reads it */
};

/**
 * What `typed` means. A path that has a slash or ends in .lua and exists is a file; one that begins with /, ./ or ../ is
 * one even if it does not exist. Everything else is an installed script, whose .lua may be written or left out.
 */
Script find_script(const std::string &typed);

/** The text of a file or, for "-", of `input`; throws Failure. A first line that begins with # is emptied, as lua does. */
std::string read_source(const std::string &path, int input);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_SCRIPT_HPP
