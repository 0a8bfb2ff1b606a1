// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * A kernel for tests: the other end of a session, played by a function in a thread.
 */
#pragma once

#include <atomic>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <lunatik/client.hpp>

namespace fake {

using lunatik::client::FileDescriptor;

/** A frame as it stood on the wire, taken apart here and not by the code under test. */
struct Received {
	lunatik_frame head{};
	std::string payload;

	/** Values of the attributes of a type, in order. */
	std::vector<std::string> all(std::uint32_t type) const;
	/** The only one; fails the test if there is another number of them. */
	std::string one(std::uint32_t type) const;
	bool has(std::uint32_t type) const;
	std::uint32_t u32(std::uint32_t type) const;
	std::uint64_t u64(std::uint32_t type) const;
};

/** Raw bytes of an integer of the machine. */
template <typename T>
std::string raw(T value)
{
	std::string bytes(sizeof(T), '\0');
	// SAFETY: the string has exactly the size of the integer.
	__builtin_memcpy(bytes.data(), &value, sizeof(T));
	return bytes;
}

/** Bytes of a frame and of an attribute, written by hand. */
std::string frame(std::uint16_t type, const std::string &payload, std::uint32_t magic = LUNATIK_MAGIC,
	std::uint16_t version = LUNATIK_PROTOCOL, std::uint32_t reserved = 0);
std::string attribute(std::uint32_t type, const std::string &value);

/** A DONE frame with this status and these further attributes. */
std::string done(std::uint32_t status = LUNATIK_STATUS_OK, const std::string &attributes = {});
std::string message(const std::string &text);
std::string output(const std::string &bytes);

/** The kernel's end of one session. */
class Peer {
public:
	explicit Peer(FileDescriptor fd) : fd_(std::move(fd)) {}

	/** The next frame, or nothing if the client has closed. */
	std::optional<Received> receive();
	/** The next frame, which has to be of this type; throws otherwise. */
	Received expect(std::uint16_t type);
	/** Sends bytes; a client that has gone away is no error. */
	void send(const std::string &bytes);
	/** Whether the client closes (true) or sends something (false) next. */
	bool closed();
	int fd() const { return fd_.get(); }
	void close() { fd_ = FileDescriptor(); }

private:
	bool read_exactly(char *bytes, std::size_t count);

	FileDescriptor fd_;
};

using Script = std::function<void(Peer &)>;

/** Plays a kernel on a socket pair. The client's end is taken once; join() rethrows what the script threw. */
class Kernel {
public:
	explicit Kernel(Script script);
	~Kernel();
	FileDescriptor take_client() { return std::move(client_); }
	void join();

private:
	FileDescriptor client_;
	std::exception_ptr error_;
	std::thread thread_;
};

/** A directory that is removed with everything in it. */
class Directory {
public:
	Directory();
	~Directory();
	const std::filesystem::path &path() const { return path_; }
	std::string write(const std::string &name, const std::string &text) const;

private:
	std::filesystem::path path_;
};

/** Plays a kernel on a Unix socket, for as many sessions as come, one after another. */
class Listener {
public:
	explicit Listener(Script script);
	~Listener();
	std::string device() const { return directory_.path() / "device"; }
	/** Rethrows what the script threw. */
	void check();
	int sessions() const { return sessions_.load(); }

private:
	Directory directory_;
	FileDescriptor listening_;
	std::atomic<bool> ending_{false};
	std::atomic<int> sessions_{0};
	std::exception_ptr error_;
	std::thread thread_;
};

/** A file that something is written to and then read back from. */
class Sink {
public:
	Sink();
	int fd() const { return fd_.get(); }
	std::string text() const;

private:
	FileDescriptor fd_;
};

/** A descriptor from which these bytes, and then the end, are read. */
FileDescriptor input_of(const std::string &bytes);

/** What a program that was run left. */
struct Outcome {
	int status = 0;		/* exit status, or 128 + signal */
	std::string out;
	std::string err;
};

/** The `lunatik` just built, run as a process with the device of a listener. */
class Process {
public:
	struct Setup {
		std::vector<std::string> arguments;
		std::map<std::string, std::string> environment;	/* added to LUNATIK_DEVICE and nothing else */
		std::string input;
		int out = -1;		/* standard output, if it is not to be collected */
		bool close_out = false;
	};

	Process(const std::string &device, const Setup &setup);
	~Process();
	pid_t pid() const { return pid_; }
	void signal(int number) const;
	/** Waits for the end. */
	Outcome wait();

private:
	Sink out_;
	Sink err_;
	pid_t pid_ = -1;
};

Outcome run(const std::string &device, const std::vector<std::string> &arguments, const std::string &input = {});

} // namespace fake
