// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "editor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "terminal.hpp"

namespace lunatik::cli {

namespace fs = std::filesystem;

namespace {

constexpr int remembered = 1000;

/* Makes sure that the history file can be appended to, which makes it if it does not exist; returns 0 or an errno. Only its owner may read it. */
int prepare_history(const std::string &path)
{
	std::error_code error;
	fs::create_directories(fs::path(path).parent_path(), error);
	// What is in the way says more than that there is no such file behind it.
	if (error)
		return error.value();
	const client::FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
	return file && fchmod(file.get(), 0600) == 0 ? 0 : errno;
}

void append_history(const std::string &path, const std::string &line)
{
	const client::FileDescriptor file(open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
	const std::string bytes = line + '\n';
	// One write for each line, so that two sessions do not mix theirs. A line that is lost does no harm.
	[[maybe_unused]] const ssize_t put = write(file.get(), bytes.data(), bytes.size());
}

/* libedit drops what the locale cannot express; sudo and init scripts often leave no locale at all. */
void expect_utf8()
{
	const char *locale = std::setlocale(LC_CTYPE, "");
	if (!locale || std::strcmp(locale, "C") == 0 || std::strcmp(locale, "POSIX") == 0)
		std::setlocale(LC_CTYPE, "C.UTF-8");
}

/* The last lines of the file; rewrites it when it has grown to twice of what is remembered. */
std::deque<std::string> load_history(const std::string &path)
{
	std::deque<std::string> lines;
	std::size_t count = 0;
	std::ifstream file(path);
	for (std::string line; std::getline(file, line); ++count) {
		lines.push_back(line);
		if (lines.size() > remembered)
			lines.pop_front();
	}
	if (count > 2 * remembered) {
		const std::string shorter = path + ".new";
		std::error_code error;
		fs::remove(shorter, error);
		if (prepare_history(shorter) == 0) {
			for (const std::string &line : lines)
				append_history(shorter, line);
			fs::rename(shorter, path, error);
		}
	}
	return lines;
}

/* The level of the long bracket at this place, `[==[` has 2; nothing if there is none. */
std::optional<std::size_t> long_bracket(std::string_view text, std::size_t at)
{
	if (at >= text.size() || text[at] != '[')
		return std::nullopt;
	const std::size_t end = std::min(text.find_first_not_of('=', at + 1), text.size());
	return end < text.size() && text[end] == '[' ? std::optional(end - at - 1) : std::nullopt;
}

} // namespace

bool ends_in_code(std::string_view text)
{
	std::size_t at = 0;
	while (at < text.size()) {
		const bool comment = text.substr(at, 2) == "--";
		if (const std::optional<std::size_t> level = long_bracket(text, at + (comment ? 2 : 0))) {
			const std::string end = ']' + std::string(*level, '=') + ']';
			at = text.find(end, at + (comment ? 2 : 0) + *level + 2);
			if (at == std::string_view::npos)
				return false;
			at += end.size();
		} else if (comment) {
			at = text.find('\n', at);
			if (at == std::string_view::npos)
				return false;
		} else if (const char quote = text[at++]; quote == '"' || quote == '\'') {
			while (at < text.size() && text[at] != quote)
				at += text[at] == '\\' ? 2 : 1;
			if (at++ >= text.size())
				return false;
		}
	}
	return true;
}

struct Editor::State {
	EditLine *editline = nullptr;
	History *history = nullptr;
	std::string earlier;	/* the lines of the statement before this one */
	std::string path;	/* of the history file; empty if it cannot be written */
	bool continued = false;
	bool interrupted = false;
	NotedSignals *signals = nullptr;	/* of the read() that is going on */
	int input = -1;
	std::mbstate_t letter{};	/* of which some bytes have come */
	struct sigaction interrupt{};	/* what Ctrl-C did before */
	Completer completer;

	bool complete();
	void offer(const std::vector<std::string> &words);
	static unsigned char complete_key(EditLine *editline, int key);

	int get(wchar_t &key);
	static int get_key(EditLine *editline, wchar_t *key);
	static const char *prompt(EditLine *editline);
};

/* The next key for libedit: 1 and a letter, 0 at the end, -1 if the line is given up. */
int Editor::State::get(wchar_t &key)
{
	for (;;) {
		if (signals->take(SIGINT)) {
			interrupted = true;
			return -1;
		}
		if (signals->take(SIGWINCH))
			el_resize(editline);
		// A shell may have left the terminal in another mode.
		if (signals->take(SIGCONT)) {
			el_set(editline, EL_PREP_TERM, 1);
			el_set(editline, EL_REFRESH);
		}
		for (const int number : {SIGTSTP, SIGTERM, SIGHUP, SIGQUIT}) {
			if (!signals->take(number))
				continue;
			el_set(editline, EL_PREP_TERM, 0);
			signals->obey(number);
			el_set(editline, EL_PREP_TERM, 1);
			el_set(editline, EL_REFRESH);
		}
		pollfd polled{input, POLLIN, 0};
		if (!signals->wait({&polled, 1}))
			continue;

		char byte = 0;
		const ssize_t got = ::read(input, &byte, 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return got < 0 ? -1 : 0;
		const std::size_t length = std::mbrtowc(&key, &byte, 1, &letter);
		if (length == static_cast<std::size_t>(-1))
			letter = {}; // no letter of this locale: as if it had not been typed
		else if (length != static_cast<std::size_t>(-2))
			return 1;
	}
}

/* libedit calls these two with the handle that we made; it carries our state. */
int Editor::State::get_key(EditLine *editline, wchar_t *key)
{
	State *state = nullptr;
	el_get(editline, EL_CLIENTDATA, &state);
	// SAFETY: libedit passes room for one key.
	return state->get(*key);
}

bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Shows the words below the line, in columns. */
void Editor::State::offer(const std::vector<std::string> &words)
{
	constexpr std::size_t shown = 100;
	std::FILE *output = nullptr;
	el_get(editline, EL_GETFP, 1, &output);
	std::size_t width = 0;
	for (const std::string &word : words)
		width = std::max(width, word.size() + 2);
	const std::size_t columns = std::max<std::size_t>(1, 78 / width);
	std::string text = "\n";
	for (std::size_t i = 0; i < std::min(words.size(), shown); ++i)
		text += (i + 1) % columns == 0 || i + 1 == words.size() ? words[i] + '\n' : fmt::format("{:{}}", words[i], width);
	if (text.back() != '\n')
		text += '\n';
	if (words.size() > shown)
		text += fmt::format("... and {} more\n", words.size() - shown);
	std::fputs(text.c_str(), output);
	std::fflush(output);
}

/* Completes the name before the cursor as far as it is certain; returns whether words were shown. */
bool Editor::State::complete()
{
	const LineInfo *line = el_line(editline);
	// SAFETY: libedit's cursor lies within its buffer.
	const std::string text(line->buffer, line->cursor);
	const char last = text.empty() ? ' ' : text.back();
	// A tab elsewhere is indentation, and pasted text has many.
	if ((!is_name_character(last) && last != '.' && last != ':') || !ends_in_code(earlier + text)) {
		el_insertstr(editline, "\t");
		return false;
	}
	std::vector<std::string> words = completer(text);
	std::sort(words.begin(), words.end());
	words.erase(std::unique(words.begin(), words.end()), words.end());
	if (words.empty())
		return false;
	std::size_t part = 0;
	while (part < text.size() && is_name_character(text[text.size() - part - 1]))
		++part;
	std::string common = words.front();
	for (const std::string &word : words)
		common.resize(static_cast<std::size_t>(std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first -
			common.begin()));
	if (common.size() > part) {
		el_insertstr(editline, common.substr(part).c_str());
		return false;
	}
	if (words.size() > 1)
		offer(words);
	return words.size() > 1;
}

unsigned char Editor::State::complete_key(EditLine *editline, int)
{
	State *state = nullptr;
	el_get(editline, EL_CLIENTDATA, &state);
	return state->complete() ? CC_REDISPLAY : CC_REFRESH;
}

const char *Editor::State::prompt(EditLine *editline)
{
	State *state = nullptr;
	el_get(editline, EL_CLIENTDATA, &state);
	return state->continued ? ">> " : "> ";
}

std::string history_path()
{
	const char *state = std::getenv("XDG_STATE_HOME");
	if (state && state[0] == '/')
		return fmt::format("{}/lunatik/history", state);
	const char *home = std::getenv("HOME");
	return home && home[0] == '/' ? fmt::format("{}/.local/state/lunatik/history", home) : std::string();
}

Editor::Editor(std::FILE *input, std::FILE *output, const std::string &history, Console &console, Completer completer)
	: state_(std::make_unique<State>())
{
	state_->completer = std::move(completer);
	expect_utf8();
	// A Ctrl-C between a line's end and the next prompt, when nobody waits for one, must not end the session.
	struct sigaction action{};
	action.sa_handler = [](int) {};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, &state_->interrupt);
	state_->editline = el_init("lunatik", input, output, stderr);
	state_->history = history_init();
	if (!state_->editline || !state_->history)
		throw Failure(LUNATIK_STATUS_SCRIPT, "cannot prepare the terminal for typing",
			"pipe the lines in instead: lunatik <FILE");

	HistEvent event;
	::history(state_->history, &event, H_SETSIZE, remembered);
	::history(state_->history, &event, H_SETUNIQUE, 1);
	state_->input = fileno(input);
	el_set(state_->editline, EL_CLIENTDATA, state_.get());
	el_set(state_->editline, EL_PROMPT, State::prompt);
	el_set(state_->editline, EL_GETCFN, State::get_key);
	el_set(state_->editline, EL_EDITOR, "emacs");
	el_set(state_->editline, EL_HIST, ::history, state_->history);
	el_set(state_->editline, EL_ADDFN, "lunatik-complete", "Complete a name", State::complete_key);
	el_set(state_->editline, EL_BIND, "^I", "lunatik-complete", nullptr);

	if (history.empty()) {
		console.note(fmt::format("lunatik: lines will not be remembered: HOME is {}", std::getenv("HOME") ? "no absolute path" : "not set"));
	} else if (const int code = prepare_history(history)) {
		console.note(fmt::format("lunatik: lines will not be remembered: cannot write {}: {}", history, std::strerror(code)));
	} else {
		state_->path = history;
		for (const std::string &line : load_history(history))
			::history(state_->history, &event, H_ENTER, line.c_str());
	}
}

Editor::~Editor()
{
	sigaction(SIGINT, &state_->interrupt, nullptr);
	if (state_->editline)
		el_end(state_->editline);
	if (state_->history)
		history_end(state_->history);
}

LineSource::Event Editor::read(bool continued, std::string &line)
{
	NotedSignals signals(NotedSignals::terminal);
	state_->signals = &signals;
	state_->continued = continued;
	if (!continued)
		state_->earlier.clear();
	state_->interrupted = false;
	int length = 0;
	// el_gets() shows the prompt and only then takes the terminal over: a Ctrl-D that comes in between would be lost.
	el_set(state_->editline, EL_PREP_TERM, 1);
	const char *typed = el_gets(state_->editline, &length);
	state_->signals = nullptr;

	if (state_->interrupted || !typed || length <= 0) {
		if (state_->interrupted)
			el_reset(state_->editline);
		FILE *output = nullptr;
		el_get(state_->editline, EL_GETFP, 1, &output);
		std::fputc('\n', output);
		std::fflush(output);
		return state_->interrupted ? Event::Interrupted : Event::End;
	}
	line.assign(typed, static_cast<std::size_t>(length));
	while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
		line.pop_back();
	state_->earlier += line + '\n';
	if (line.find_first_not_of(" \t") != std::string::npos) {
		HistEvent event;
		history(state_->history, &event, H_ENTER, line.c_str());
		if (!state_->path.empty())
			append_history(state_->path, line);
	}
	return Event::Line;
}

} // namespace lunatik::cli
