// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "fake.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fake {

namespace {

template <typename T>
T cook(const std::string &bytes)
{
	if (bytes.size() != sizeof(T))
		throw std::runtime_error("an integer of the wrong size");
	T value;
	// SAFETY: the size has just been compared.
	std::memcpy(&value, bytes.data(), sizeof(T));
	return value;
}

/* A client that goes away must not end the test program. */
const bool ignores_sigpipe = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;

} // namespace

std::vector<std::string> Received::all(std::uint32_t type) const
{
	std::vector<std::string> values;
	for (std::size_t at = 0; at < payload.size();) {
		const auto kind = cook<std::uint32_t>(payload.substr(at, 4));
		const auto length = cook<std::uint32_t>(payload.substr(at + 4, 4));
		if (kind == type)
			values.push_back(payload.substr(at + 8, length));
		at += 8 + length + (4 - length % 4) % 4;
	}
	return values;
}

std::string Received::one(std::uint32_t type) const
{
	const std::vector<std::string> values = all(type);
	if (values.size() != 1)
		throw std::runtime_error("attribute " + std::to_string(type) + " occurs " + std::to_string(values.size()) +
			" times");
	return values.front();
}

bool Received::has(std::uint32_t type) const
{
	return !all(type).empty();
}

std::uint32_t Received::u32(std::uint32_t type) const
{
	return cook<std::uint32_t>(one(type));
}

std::uint64_t Received::u64(std::uint32_t type) const
{
	return cook<std::uint64_t>(one(type));
}

std::string frame(std::uint16_t type, const std::string &payload, std::uint32_t magic, std::uint16_t version,
	std::uint32_t reserved)
{
	return raw(magic) + raw(version) + raw(type) + raw(static_cast<std::uint32_t>(payload.size())) + raw(reserved) +
		payload;
}

std::string attribute(std::uint32_t type, const std::string &value)
{
	return raw(type) + raw(static_cast<std::uint32_t>(value.size())) + value + std::string((4 - value.size() % 4) % 4, '\0');
}

std::string done(std::uint32_t status, const std::string &attributes)
{
	return frame(LUNATIK_ANSWER_DONE, attribute(LUNATIK_ATTRIBUTE_STATUS, raw(status)) + attributes);
}

std::string message(const std::string &text)
{
	return attribute(LUNATIK_ATTRIBUTE_MESSAGE, text);
}

std::string output(const std::string &bytes)
{
	return frame(LUNATIK_ANSWER_OUTPUT, bytes);
}

bool Peer::read_exactly(char *bytes, std::size_t count)
{
	for (std::size_t have = 0; have < count;) {
		const ssize_t got = read(fd_.get(), bytes + have, count - have);
		if (got == 0 || (got < 0 && errno == ECONNRESET)) {
			if (have != 0)
				throw std::runtime_error("the client closed inside a frame");
			return false;
		}
		if (got < 0)
			throw std::runtime_error(std::strerror(errno));
		have += static_cast<std::size_t>(got);
	}
	return true;
}

std::optional<Received> Peer::receive()
{
	std::string head(sizeof(lunatik_frame), '\0');
	if (!read_exactly(head.data(), head.size()))
		return std::nullopt;
	Received received;
	received.head = cook<lunatik_frame>(head);
	if (received.head.magic != LUNATIK_MAGIC || received.head.version != LUNATIK_PROTOCOL || received.head.reserved != 0)
		throw std::runtime_error("the client sent a frame with a bad head");
	received.payload.resize(received.head.length);
	if (!received.payload.empty() && !read_exactly(received.payload.data(), received.payload.size()))
		throw std::runtime_error("the client closed before the payload");
	return received;
}

Received Peer::expect(std::uint16_t type)
{
	std::optional<Received> received = receive();
	if (!received)
		throw std::runtime_error("the client closed instead of sending " + std::to_string(type));
	if (received->head.type != type)
		throw std::runtime_error("a frame of type " + std::to_string(received->head.type) + " instead of " +
			std::to_string(type));
	return *std::move(received);
}

void Peer::send(const std::string &bytes)
{
	for (std::size_t put = 0; put < bytes.size();) {
		const ssize_t count = ::send(fd_.get(), bytes.data() + put, bytes.size() - put, MSG_NOSIGNAL);
		if (count < 0)
			return;
		put += static_cast<std::size_t>(count);
	}
}

bool Peer::closed()
{
	char byte = 0;
	return recv(fd_.get(), &byte, 1, MSG_PEEK) <= 0;
}

Kernel::Kernel(Script script)
{
	std::array<int, 2> ends{};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
		throw std::runtime_error(std::strerror(errno));
	client_ = FileDescriptor(ends[0]);
	thread_ = std::thread([this, script = std::move(script), fd = ends[1]] {
		Peer peer{FileDescriptor(fd)};
		try {
			script(peer);
		} catch (...) {
			error_ = std::current_exception();
		}
	});
}

Kernel::~Kernel()
{
	client_ = FileDescriptor();
	if (thread_.joinable())
		thread_.join();
}

void Kernel::join()
{
	thread_.join();
	if (error_)
		std::rethrow_exception(error_);
}

Directory::Directory()
{
	std::string pattern = std::filesystem::temp_directory_path() / "lunatik-unit-XXXXXX";
	if (!mkdtemp(pattern.data()))
		throw std::runtime_error(std::strerror(errno));
	path_ = pattern;
}

Directory::~Directory()
{
	std::error_code error;
	std::filesystem::remove_all(path_, error);
}

std::string Directory::write(const std::string &name, const std::string &text) const
{
	const std::filesystem::path file = path_ / name;
	std::filesystem::create_directories(file.parent_path());
	std::ofstream(file, std::ios::binary) << text;
	return file;
}

Listener::Listener(Script script) : listening_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	device().copy(address.sun_path, sizeof(address.sun_path) - 1);
	// SAFETY: the system call asks for the address of the general form and knows this one by its family.
	if (bind(listening_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0 ||
		listen(listening_.get(), 16) != 0)
		throw std::runtime_error(std::strerror(errno));
	thread_ = std::thread([this, script = std::move(script)] {
		while (!ending_) {
			pollfd polled{listening_.get(), POLLIN, 0};
			if (poll(&polled, 1, 20) <= 0)
				continue;
			Peer peer{FileDescriptor(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC))};
			++sessions_;
			try {
				script(peer);
			} catch (...) {
				error_ = std::current_exception();
			}
		}
	});
}

Listener::~Listener()
{
	ending_ = true;
	if (thread_.joinable())
		thread_.join();
}

void Listener::check()
{
	ending_ = true;
	thread_.join();
	if (error_)
		std::rethrow_exception(error_);
}

Sink::Sink() : fd_(memfd_create("sink", MFD_CLOEXEC))
{
}

std::string Sink::text() const
{
	std::string text;
	std::array<char, 4096> buffer;
	for (ssize_t got; (got = pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0;)
		text.append(buffer.data(), static_cast<std::size_t>(got));
	return text;
}

FileDescriptor input_of(const std::string &bytes)
{
	FileDescriptor fd(memfd_create("input", MFD_CLOEXEC));
	for (std::size_t put = 0; put < bytes.size();) {
		const ssize_t count = write(fd.get(), bytes.data() + put, bytes.size() - put);
		if (count < 0)
			throw std::runtime_error(std::strerror(errno));
		put += static_cast<std::size_t>(count);
	}
	lseek(fd.get(), 0, SEEK_SET);
	return fd;
}

Process::Process(const std::string &device, const Setup &setup)
{
	const FileDescriptor in = input_of(setup.input);
	std::vector<std::string> words{"lunatik"};
	words.insert(words.end(), setup.arguments.begin(), setup.arguments.end());
	std::vector<std::string> variables{"LUNATIK_DEVICE=" + device};
	for (const auto &[name, value] : setup.environment)
		variables.push_back(name + "=" + value);
	std::vector<char *> argv, envp;
	for (std::string &word : words)
		argv.push_back(word.data());
	argv.push_back(nullptr);
	for (std::string &variable : variables)
		envp.push_back(variable.data());
	envp.push_back(nullptr);

	pid_ = fork();
	if (pid_ == 0) {
		std::signal(SIGINT, SIG_DFL);
		std::signal(SIGPIPE, SIG_DFL);
		dup2(in.get(), STDIN_FILENO);
		dup2(setup.out >= 0 ? setup.out : out_.fd(), STDOUT_FILENO);
		dup2(err_.fd(), STDERR_FILENO);
		if (setup.close_out)
			close(STDOUT_FILENO);
		execve(LUNATIK_BINARY, argv.data(), envp.data());
		_exit(127);
	}
}

Process::~Process()
{
	if (pid_ > 0) {
		kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
}

void Process::signal(int number) const
{
	kill(pid_, number);
}

Outcome Process::wait()
{
	int status = 0;
	waitpid(pid_, &status, 0);
	pid_ = -1;
	return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out_.text(), err_.text()};
}

Outcome run(const std::string &device, const std::vector<std::string> &arguments, const std::string &input)
{
	Process::Setup setup;
	setup.arguments = arguments;
	setup.input = input;
	return Process(device, setup).wait();
}

} // namespace fake
