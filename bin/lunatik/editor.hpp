// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * Lines typed at a terminal, with editing and a history that lasts.
 */
#ifndef LUNATIK_CLI_EDITOR_HPP
#define LUNATIK_CLI_EDITOR_HPP

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "repl.hpp"

namespace lunatik::cli {

/** ${XDG_STATE_HOME:-~/.local/state}/lunatik/history, or nothing if there is no home. */
std::string history_path();

/** Whether the end of a text stands in Lua's code: not inside of a string or a comment, where names are none. */
bool ends_in_code(std::string_view text);

/** Says what the last name of a text may become. */
using Completer = std::function<std::vector<std::string>(std::string_view text)>;

/** A line editor on the terminal; `output` is where the prompts go. A tab behind a name completes it. */
class Editor : public LineSource {
public:
	Editor(std::FILE *input, std::FILE *output, const std::string &history, Console &console, Completer completer);
	~Editor() override;
	Editor(const Editor &) = delete;
	Editor &operator=(const Editor &) = delete;

	Event read(bool continued, std::string &line) override;
	bool interactive() const noexcept override { return true; }

private:
	struct State;
	std::unique_ptr<State> state_;
};

} // namespace lunatik::cli

#endif // LUNATIK_CLI_EDITOR_HPP
