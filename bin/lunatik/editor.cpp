// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "editor.hpp"

#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace lunatik::cli {

namespace fs = std::filesystem;

namespace {

constexpr int remembered = 1000;

/* Set by the signal handler below while a line is being typed. */
volatile std::sig_atomic_t typed_interrupt = 0;

void on_typed_interrupt(int)
{
	typed_interrupt = 1;
}

/* Whether the history file can be appended to, which makes it if it does not exist; only its owner may read it. */
bool prepare_history(const std::string &path)
{
	if (path.empty())
		return false;
	std::error_code error;
	fs::create_directories(fs::path(path).parent_path(), error);
	const client::FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
	return file && fchmod(file.get(), 0600) == 0;
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
		if (prepare_history(shorter)) {
			for (const std::string &line : lines)
				append_history(shorter, line);
			fs::rename(shorter, path, error);
		}
	}
	return lines;
}

} // namespace

struct Editor::State {
	EditLine *editline = nullptr;
	History *history = nullptr;
	std::string path;	/* of the history file; empty if it cannot be written */
	bool continued = false;
};

namespace {

/* libedit calls it with its own handle only; the handle carries our state. */
const char *prompt(EditLine *editline)
{
	bool *continued = nullptr;
	el_get(editline, EL_CLIENTDATA, &continued);
	return continued && *continued ? ">> " : "> ";
}

} // namespace

std::string history_path()
{
	const char *state = std::getenv("XDG_STATE_HOME");
	if (state && state[0] == '/')
		return fmt::format("{}/lunatik/history", state);
	const char *home = std::getenv("HOME");
	return home && home[0] == '/' ? fmt::format("{}/.local/state/lunatik/history", home) : std::string();
}

Editor::Editor(std::FILE *input, std::FILE *output, const std::string &history, Console &console)
	: state_(std::make_unique<State>())
{
	expect_utf8();
	state_->editline = el_init("lunatik", input, output, stderr);
	state_->history = history_init();
	if (!state_->editline || !state_->history)
		throw Failure(LUNATIK_STATUS_SCRIPT, "cannot prepare the terminal for typing",
			"pipe the lines in instead: lunatik <FILE");

	HistEvent event;
	::history(state_->history, &event, H_SETSIZE, remembered);
	::history(state_->history, &event, H_SETUNIQUE, 1);
	el_set(state_->editline, EL_CLIENTDATA, &state_->continued);
	el_set(state_->editline, EL_PROMPT, prompt);
	el_set(state_->editline, EL_EDITOR, "emacs");
	el_set(state_->editline, EL_SIGNAL, 1);
	el_set(state_->editline, EL_HIST, ::history, state_->history);
	// A tab is indentation here, and pasted text has many.
	el_set(state_->editline, EL_BIND, "^I", "ed-insert", nullptr);

	if (prepare_history(history)) {
		state_->path = history;
		for (const std::string &line : load_history(history))
			::history(state_->history, &event, H_ENTER, line.c_str());
	} else {
		console.note(fmt::format("lunatik: lines will not be remembered: cannot write {}: {}",
			history.empty() ? "a history file without HOME" : history, std::strerror(errno)));
	}
}

Editor::~Editor()
{
	if (state_->editline)
		el_end(state_->editline);
	if (state_->history)
		history_end(state_->history);
}

LineSource::Event Editor::read(bool continued, std::string &line)
{
	struct sigaction action{}, previous{};
	action.sa_handler = on_typed_interrupt;
	sigemptyset(&action.sa_mask);
	typed_interrupt = 0;
	sigaction(SIGINT, &action, &previous);

	state_->continued = continued;
	int length = 0;
	// el_gets() shows the prompt and only then takes the terminal over: a Ctrl-D that comes in between would be lost.
	el_set(state_->editline, EL_PREP_TERM, 1);
	const char *typed = el_gets(state_->editline, &length);
	sigaction(SIGINT, &previous, nullptr);

	if (typed_interrupt) {
		el_reset(state_->editline);
		FILE *output = nullptr;
		el_get(state_->editline, EL_GETFP, 1, &output);
		std::fputc('\n', output);
		std::fflush(output);
		return Event::Interrupted;
	}
	if (!typed || length <= 0) {
		FILE *output = nullptr;
		el_get(state_->editline, EL_GETFP, 1, &output);
		std::fputc('\n', output);
		std::fflush(output);
		return Event::End;
	}
	line.assign(typed, static_cast<std::size_t>(length));
	while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
		line.pop_back();
	if (line.find_first_not_of(" \t") != std::string::npos) {
		HistEvent event;
		history(state_->history, &event, H_ENTER, line.c_str());
		if (!state_->path.empty())
			append_history(state_->path, line);
	}
	return Event::Line;
}

} // namespace lunatik::cli
