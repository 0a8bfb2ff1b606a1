// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The program itself: exit statuses, signals, closed descriptors, and a terminal.
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <functional>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "fake.hpp"

using namespace std::chrono_literals;
using fake::attribute;

namespace {

void require(bool condition, const char *what)
{
	if (!condition)
		throw std::runtime_error(what);
}

/* Waits, at most some seconds, until something is so. */
template <typename Condition>
bool eventually(Condition condition)
{
	for (int tries = 0; tries < 5000; ++tries) {
		if (condition())
			return true;
		std::this_thread::sleep_for(1ms);
	}
	return false;
}

/* The program on a terminal of its own. */
class Terminal {
public:
	Terminal(const std::string &device, const std::string &home, const std::vector<std::string> &words = {})
	{
		int master = -1;
		pid_ = forkpty(&master, nullptr, nullptr, nullptr);
		if (pid_ == 0) {
			std::signal(SIGINT, SIG_DFL);
			std::signal(SIGPIPE, SIG_DFL);
			std::vector<std::string> arguments{"lunatik"};
			arguments.insert(arguments.end(), words.begin(), words.end());
			std::vector<char *> argv;
			for (std::string &word : arguments)
				argv.push_back(word.data());
			argv.push_back(nullptr);
			std::array<std::string, 3> variables{"LUNATIK_DEVICE=" + device, "TERM=xterm", "HOME=" + home};
			// Without a home there is no such variable.
			std::array<char *, 4> envp{variables[0].data(), variables[1].data(), home.empty() ? nullptr : variables[2].data(), nullptr};
			execve(LUNATIK_BINARY, argv.data(), envp.data());
			_exit(127);
		}
		master_ = lunatik::client::FileDescriptor(master);
	}

	~Terminal()
	{
		if (pid_ > 0) {
			kill(pid_, SIGKILL);
			waitpid(pid_, nullptr, 0);
		}
	}

	void type(const std::string &keys) const { REQUIRE(write(master_.get(), keys.data(), keys.size()) > 0); }

	void signal(int number) const { kill(pid_, number); }

	void resize(unsigned short rows, unsigned short columns) const
	{
		const winsize size{rows, columns, 0, 0};
		REQUIRE(ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
	}

	/* Whether the terminal itself shows what is typed. */
	bool echoes() const
	{
		termios mode{};
		REQUIRE(tcgetattr(master_.get(), &mode) == 0);
		return (mode.c_lflag & ECHO) != 0;
	}

	/* Reads until `text` was shown once more; returns whether it was. */
	bool shows(const std::string &text)
	{
		return eventually([&] {
			read_available();
			const std::size_t found = screen_.find(text, seen_);
			if (found == std::string::npos)
				return false;
			seen_ = found + text.size();
			return true;
		});
	}

	/* Exit status, after everything was shown. */
	int wait()
	{
		int status = 0;
		if (!eventually([&] {
			read_available();
			return waitpid(pid_, &status, WNOHANG) == pid_;
		}))
			return -1;
		pid_ = -1;
		read_available();
		return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}

	const std::string &screen() const { return screen_; }

private:
	void read_available()
	{
		pollfd polled{master_.get(), POLLIN, 0};
		std::array<char, 4096> buffer;
		while (poll(&polled, 1, 0) > 0) {
			const ssize_t got = read(master_.get(), buffer.data(), buffer.size());
			if (got <= 0)
				return;
			screen_.append(buffer.data(), static_cast<std::size_t>(got));
		}
	}

	lunatik::client::FileDescriptor master_;
	pid_t pid_ = -1;
	std::string screen_;
	std::size_t seen_ = 0;
};

/* A kernel that evaluates: it shows the source, and runs "loop" until interrupted. */
void evaluator(fake::Peer &peer)
{
	while (const auto request = peer.receive()) {
		if (request->head.type == LUNATIK_REQUEST_INTERRUPT)
			continue;
		require(request->head.type == LUNATIK_REQUEST_EVAL, "only EVAL was expected");
		const std::string source = request->one(LUNATIK_ATTRIBUTE_SOURCE);
		if (source == "loop") {
			peer.send(fake::output("looping\n"));
			peer.expect(LUNATIK_REQUEST_INTERRUPT);
			peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED, fake::message("interrupted")));
		} else if (source == "bad") {
			peer.send(fake::done(LUNATIK_STATUS_SCRIPT, fake::message("stdin:1: bad")));
		} else if (source.starts_with("open") && source.find("close") == std::string::npos) {
			peer.send(fake::done(LUNATIK_STATUS_SCRIPT, fake::message("near <eof>") +
				attribute(LUNATIK_ATTRIBUTE_INCOMPLETE, "")));
		} else {
			peer.send(fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "<" + source + ">")));
		}
	}
}

/* A kernel with 50 runtimes; it closes a session after that many looks at them. */
fake::Script lists(int looks)
{
	return [looks](fake::Peer &peer) {
		for (int look = 0; look < looks; ++look) {
			if (!peer.receive())
				return;
			std::string items;
			for (int i = 0; i < 50; ++i)
				items += fake::frame(LUNATIK_ANSWER_ITEM, attribute(LUNATIK_ATTRIBUTE_NAME, "runtime" + std::to_string(i)));
			peer.send(items + fake::done());
		}
		peer.close();
	};
}

} // namespace

TEST_CASE("the program passes words, results and status on", "[process]")
{
	fake::Listener listener(evaluator);
	const fake::Outcome good = fake::run(listener.device(), {"run", "-e", "40 + 2"});
	CHECK(good.status == 0);
	CHECK(good.out == "<40 + 2>\n");
	CHECK(good.err.empty());
	const fake::Outcome bad = fake::run(listener.device(), {"run", "-e", "bad"});
	CHECK(bad.status == 1);
	CHECK(bad.out.empty());
	CHECK(bad.err == "lunatik: stdin:1: bad\n");
	const fake::Outcome piped = fake::run(listener.device(), {}, "one\ntwo");
	CHECK(piped.status == 0);
	CHECK(piped.out == "<one>\n<two>\n");
	CHECK(piped.err.empty());
	listener.check();
}

TEST_CASE("usage errors exit with 2, help with 0", "[process]")
{
	const fake::Outcome usage = fake::run("/nonexistent", {"run"});
	CHECK(usage.status == 2);
	CHECK(usage.out.empty());
	CHECK_THAT(usage.err, begins_with("lunatik: run needs a script\nhint: "));
	const fake::Outcome json = fake::run("/nonexistent", {"-j", "run"});
	CHECK(json.status == 2);
	CHECK(json.err.empty());
	CHECK_THAT(json.out, has("\"status\": 2"));
	const fake::Outcome help = fake::run("/nonexistent", {"--help"});
	CHECK(help.status == 0);
	CHECK(help.err.empty());
	CHECK_THAT(help.out, has("Exit status"));
	CHECK(fake::run("/nonexistent", {"list"}).status == 3);
}

TEST_CASE("Ctrl-C interrupts the script and exits with 130", "[process]")
{
	std::atomic<bool> running{false};
	fake::Listener listener([&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_RUN);
		peer.send(fake::output("started\n"));
		running = true;
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::output("cleaned up\n") + fake::done(LUNATIK_STATUS_INTERRUPTED, fake::message("interrupted")));
	});
	fake::Process::Setup setup;
	setup.arguments = {"run", "x"};
	fake::Process process(listener.device(), setup);
	REQUIRE(eventually([&] { return running.load(); }));
	process.signal(SIGINT);
	const fake::Outcome outcome = process.wait();
	listener.check();
	CHECK(outcome.status == 130);
	CHECK_THAT(outcome.out, begins_with("started\n"));
	CHECK(outcome.err == "lunatik: interrupted\n");
}

TEST_CASE("a second Ctrl-C leaves a script that does not end", "[process]")
{
	std::atomic<int> interrupts{0};
	std::atomic<bool> running{false}, left{false};
	fake::Listener listener([&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_RUN);
		running = true;
		while (const auto request = peer.receive())
			++interrupts;
		left = true;
	});
	fake::Process::Setup setup;
	setup.arguments = {"run", "x"};
	fake::Process process(listener.device(), setup);
	REQUIRE(eventually([&] { return running.load(); }));
	process.signal(SIGINT);
	REQUIRE(eventually([&] { return interrupts.load() == 1; }));
	process.signal(SIGINT);
	const fake::Outcome outcome = process.wait();
	CHECK(eventually([&] { return left.load(); }));
	listener.check();
	CHECK(outcome.status == 130);
}

TEST_CASE("a reader that leaves ends an endless script", "[process]")
{
	fake::Listener listener([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		pollfd polled{peer.fd(), POLLIN, 0};
		while (poll(&polled, 1, 0) == 0)
			peer.send(fake::output("for ever\n"));
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED));
	});
	int ends[2];
	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	fake::Process::Setup setup;
	setup.arguments = {"run", "-e", "while true do print 'for ever' end"};
	setup.out = ends[1];
	fake::Process process(listener.device(), setup);
	close(ends[1]);
	std::array<char, 9> line;
	CHECK(read(ends[0], line.data(), line.size()) == 9);
	close(ends[0]);
	const fake::Outcome outcome = process.wait();
	listener.check();
	CHECK(outcome.status == 128 + SIGPIPE);
	CHECK(outcome.err.empty());
}

TEST_CASE("Ctrl-C works while nobody reads the output", "[process]")
{
	std::atomic<bool> full{false};
	fake::Listener listener([&](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		const std::string line = fake::output(std::string(4096, 'x'));
		std::string rest = line;
		pollfd polled{peer.fd(), POLLIN, 0};
		// The session's buffer fills up because the program cannot get rid of what it has.
		while (poll(&polled, 1, full ? -1 : 0) == 0) {
			const ssize_t put = send(peer.fd(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
			if (put > 0)
				rest.erase(0, static_cast<std::size_t>(put));
			else if (poll(&polled, 1, 200) == 0)
				full = true;
			if (rest.empty())
				rest = line;
		}
		peer.send(rest);
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED, fake::message("interrupted")));
	});
	int ends[2];
	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	fake::Process::Setup setup;
	setup.arguments = {"run", "-e", "while true do print 'x' end"};
	setup.out = ends[1];
	fake::Process process(listener.device(), setup);
	REQUIRE(eventually([&] { return full.load(); }));
	process.signal(SIGINT);
	const fake::Outcome outcome = process.wait();
	close(ends[0]);
	close(ends[1]);
	listener.check();
	CHECK(outcome.status == 130);
}

TEST_CASE("a closed standard output does not become the device", "[process]")
{
	fake::Listener listener([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.send(fake::output("words") + fake::done());
		// What a script prints must not come back as if it were a request; the interrupt is all that may come.
		while (const auto request = peer.receive())
			require(request->head.type == LUNATIK_REQUEST_INTERRUPT, "the output came back");
	});
	fake::Process::Setup setup;
	setup.arguments = {"run", "-e", "print 'words'"};
	setup.close_out = true;
	const fake::Outcome outcome = fake::Process(listener.device(), setup).wait();
	listener.check();
	CHECK(outcome.status == 1);
	CHECK_THAT(outcome.err, has("cannot write to standard output: Bad file descriptor"));
}

TEST_CASE("no colour in a file", "[process]")
{
	const fake::Outcome outcome = fake::run("/nonexistent", {"list"});
	CHECK(outcome.err.find('\033') == std::string::npos);
}

TEST_CASE("at a terminal there are prompts, continuation, editing and a history", "[process][terminal]")
{
	const fake::Directory home;
	fake::Listener listener(evaluator);
	{
		Terminal terminal(listener.device(), home.path());
		CHECK(terminal.shows("Lunatik "));
		CHECK(terminal.shows("protocol 1"));
		CHECK(terminal.shows("> "));
		terminal.type("return 42 -- comment\r");
		CHECK(terminal.shows("<return 42 -- comment>"));
		CHECK(terminal.shows("> "));
		terminal.type("bad\r");
		CHECK(terminal.shows("stdin:1: bad"));
		CHECK(terminal.shows("> "));
		terminal.type("open\r");
		CHECK(terminal.shows(">> "));
		terminal.type("close\r");
		CHECK(terminal.shows("<open\r\nclose>"));
		CHECK(terminal.shows("> "));
		// No locale is set, as under many a sudo, and letters that are not ASCII arrive nevertheless.
		terminal.type("'\u00e4\u6f22'\r");
		CHECK(terminal.shows("<'\u00e4\u6f22'>"));
		CHECK(terminal.shows("> "));
		// Ctrl-C clears what is being typed, also the statement it would have continued.
		terminal.type("half a li");
		CHECK(terminal.shows("half a li"));
		terminal.type("\003");
		CHECK(terminal.shows("\n> "));
		terminal.type("open\r");
		CHECK(terminal.shows(">> "));
		terminal.type("\003");
		CHECK(terminal.shows("\n> "));
		// Ctrl-C interrupts what runs, and the session goes on.
		terminal.type("loop\r");
		CHECK(terminal.shows("looping"));
		terminal.type("\003");
		CHECK(terminal.shows("interrupted"));
		CHECK(terminal.shows("> "));
		// The line before the last, edited: the history is there, and so are the arrow keys.
		terminal.type("\033[A\033[A\033[A\033[A\001x\r");
		CHECK(terminal.shows("<x"));
		CHECK(terminal.shows("> "));
		terminal.type("\004");
		CHECK(terminal.wait() == 0);
		INFO(terminal.screen());
		CHECK(terminal.screen().find("half a li>") == std::string::npos);
	}
	const auto history = home.path() / ".local/state/lunatik/history";
	struct stat what{};
	REQUIRE(stat(history.c_str(), &what) == 0);
	CHECK((what.st_mode & 07777) == 0600);
	{
		Terminal terminal(listener.device(), home.path());
		CHECK(terminal.shows("> "));
		terminal.type("\033[A\r");
		CHECK(terminal.shows("<x"));
		CHECK(terminal.shows("> "));
		terminal.type("\004");
		CHECK(terminal.wait() == 0);
	}
	listener.check();
}

TEST_CASE("a line editor that is ended leaves the terminal as it was", "[process][terminal]")
{
	const fake::Directory home;
	fake::Listener listener(evaluator);
	Terminal terminal(listener.device(), home.path());
	CHECK(terminal.shows("> "));
	CHECK_FALSE(terminal.echoes());
	terminal.signal(SIGTERM);
	CHECK(terminal.wait() == 128 + SIGTERM);
	CHECK(terminal.echoes());
}

TEST_CASE("top takes single keys, shows none of them, and leaves the terminal as it was", "[process][terminal]")
{
	const fake::Directory home;
	fake::Listener listener(lists(1000));
	const auto ends = [&](const std::vector<std::string> &words, const std::function<void(Terminal &)> &end, int status) {
		Terminal terminal(listener.device(), home.path(), words);
		CHECK(terminal.shows("(q ends)"));
		CHECK_FALSE(terminal.echoes());
		end(terminal);
		CHECK(terminal.wait() == status);
		CHECK(terminal.echoes());
		return terminal.screen();
	};
	const std::vector<std::string> slow{"top", "-d", "1000"};
	const std::string screen = ends(slow, [](Terminal &terminal) {
		terminal.type("typed");
		terminal.type("q");
	}, 0);
	CHECK(screen.find("typed") == std::string::npos);
	ends(slow, [](Terminal &terminal) { terminal.type("\003"); }, 0);
	ends(slow, [](Terminal &terminal) { terminal.type("\034"); }, 128 + SIGQUIT);
	for (const int number : {SIGTERM, SIGHUP, SIGINT})
		ends(slow, [number](Terminal &terminal) { terminal.signal(number); }, number == SIGINT ? 0 : 128 + number);
	ends({"top", "-d", "0.6", "-n", "2"}, [](Terminal &) {}, 0);
	// Its first request, a look, and an error at the next.
	fake::Listener failing(lists(2));
	Terminal failed(failing.device(), home.path(), {"top", "-d", "0.6"});
	CHECK(failed.shows("(q ends)"));
	CHECK(failed.shows("lunatik:"));
	CHECK(failed.wait() == 1);
	CHECK(failed.echoes());
}

TEST_CASE("top fills the terminal it has, and no more", "[process][terminal]")
{
	const fake::Directory home;
	fake::Listener listener(lists(1000));
	Terminal terminal(listener.device(), home.path(), {"top", "-d", "1000"});
	CHECK(terminal.shows("runtime20 "));
	terminal.resize(10, 30);
	CHECK(terminal.shows("\033[H\033[J"));
	CHECK(terminal.shows("runtime12 "));
	terminal.type("q");
	CHECK(terminal.wait() == 0);
	const std::string last = terminal.screen().substr(terminal.screen().rfind("\033[H\033[J") + 6);
	CHECK(std::count(last.begin(), last.end(), '\n') < 10);
	std::size_t longest = 0;
	for (std::size_t at = 0, next; (next = last.find("\r\n", at)) != std::string::npos; at = next + 2)
		longest = std::max(longest, next - at);
	CHECK(longest == 30);
}

TEST_CASE("top leaves a terminal alone that it is not typed at, or that it does not fill", "[process][terminal]")
{
	const fake::Directory home;
	fake::Listener listener(lists(1000));
	Terminal terminal(listener.device(), home.path(), {"-j", "top", "-d", "0.1"});
	CHECK(terminal.shows("runtime49"));
	CHECK(terminal.echoes());
	terminal.type("\003");
	CHECK(terminal.wait() == 0);
}

TEST_CASE("who follows ends when the reader leaves, however quiet it is", "[process]")
{
	const auto leaves = [](const std::vector<std::string> &words, const fake::Script &kernel) {
		CAPTURE(words);
		std::atomic<bool> asked{false};
		fake::Listener listener([&](fake::Peer &peer) {
			asked = true;
			kernel(peer);
		});
		int ends[2];
		REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
		fake::Process::Setup setup;
		setup.arguments = words;
		setup.out = ends[1];
		fake::Process process(listener.device(), setup);
		close(ends[1]);
		REQUIRE(eventually([&] { return asked.load(); }));
		std::this_thread::sleep_for(200ms);
		close(ends[0]);
		const fake::Outcome outcome = process.wait();
		CHECK(outcome.status == 128 + SIGPIPE);
		CHECK(outcome.err.empty());
		listener.check();
	};
	const fake::Script journal = [](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_LOG);
		peer.expect(LUNATIK_REQUEST_INTERRUPT);
		peer.send(fake::done(LUNATIK_STATUS_INTERRUPTED));
	};
	leaves({"log", "-f"}, journal);
	leaves({"-j", "log", "-f"}, journal);
	leaves({"top", "-d", "1000"}, lists(1000));
	leaves({"-j", "top", "-d", "1000"}, lists(1000));
}

TEST_CASE("a verb that answers in lines says in one what is wrong with its words", "[process]")
{
	for (const std::vector<std::string> &words : {std::vector<std::string>{"-j", "top", "-n", "0"}, {"-qj", "monitor", "--bad"},
			{"log", "--json=1", "-f", "--bad"}}) {
		CAPTURE(words);
		const fake::Outcome outcome = fake::run("/nonexistent", words);
		CHECK(outcome.status == 2);
		CHECK(outcome.err.empty());
		CHECK_THAT(outcome.out, begins_with("{\"status\":2,"));
		CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
	}
}

TEST_CASE("without HOME a REPL says so once, and works", "[process][terminal]")
{
	fake::Listener listener(evaluator);
	Terminal terminal(listener.device(), {});
	CHECK(terminal.shows("lunatik: lines will not be remembered: HOME is not set\r\n"));
	CHECK(terminal.shows("> "));
	terminal.type("one\r");
	CHECK(terminal.shows("<one>"));
	terminal.type("two\r");
	CHECK(terminal.shows("<two>"));
	terminal.type("\004");
	CHECK(terminal.wait() == 0);
	CHECK(terminal.screen().find("remembered") == terminal.screen().rfind("remembered"));
	listener.check();
}

TEST_CASE("completion when the module goes is nothing, and the next line says why", "[process][terminal]")
{
	const fake::Directory home;
	fake::Listener listener([](fake::Peer &peer) {
		peer.expect(LUNATIK_REQUEST_EVAL);
		peer.send(fake::done(0, attribute(LUNATIK_ATTRIBUTE_VALUE, "one")));
		peer.expect(LUNATIK_REQUEST_COMPLETE);
		peer.close();
	});
	Terminal terminal(listener.device(), home.path());
	CHECK(terminal.shows("> "));
	terminal.type("1\r");
	CHECK(terminal.shows("one"));
	CHECK(terminal.shows("> "));
	terminal.type("str\t");
	terminal.type("ing\r");
	CHECK(terminal.shows("lunatik:\033[0m the session has ended"));
	CHECK(terminal.wait() == 1);
	CHECK(terminal.echoes());
	listener.check();
}

TEST_CASE("a history that cannot be written is one warning", "[process][terminal]")
{
	const fake::Directory home;
	home.write(".local", "a file where a directory should be");
	fake::Listener listener(evaluator);
	Terminal terminal(listener.device(), home.path());
	CHECK(terminal.shows("lines will not be remembered"));
	CHECK(terminal.shows("> "));
	terminal.type("one\r");
	CHECK(terminal.shows("<one>"));
	CHECK(terminal.shows("> "));
	terminal.type("\004");
	CHECK(terminal.wait() == 0);
	CHECK(terminal.screen().find("remembered", terminal.screen().find("remembered") + 1) == std::string::npos);
}

TEST_CASE("colour is for terminals, and --quiet hides the banner", "[process][terminal]")
{
	fake::Listener listener(evaluator);
	const fake::Directory home;
	Terminal colourful(listener.device(), home.path(), {"run", "-e", "bad"});
	CHECK(colourful.shows("\033[1;31mlunatik:\033[0m"));
	CHECK(colourful.wait() == 1);
	Terminal quiet(listener.device(), home.path(), {"-q"});
	CHECK(quiet.shows("> "));
	quiet.type("\004");
	CHECK(quiet.wait() == 0);
	CHECK(quiet.screen().find("Lunatik") == std::string::npos);
}
