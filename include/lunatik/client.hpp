// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The client library: talks to the kernel module over /dev/lunatik.
 *
 * A program opens a Session and sends it requests, one at a time. What scripts print arrives while they run, through
 * callbacks; the end of a request is an Answer. What goes wrong on the way (no module, no permission, malformed bytes)
 * is an exception derived from Error; what goes wrong inside Lua is an ordinary Answer whose status is not
 * LUNATIK_STATUS_OK.
 */
#ifndef LUNATIK_CLIENT_HPP
#define LUNATIK_CLIENT_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lunatik/uapi.h>

namespace lunatik::client {

/** Base of everything this library throws; `status` is the exit status that suits it. */
class Error : public std::runtime_error {
public:
	Error(lunatik_status status, const std::string &message) : std::runtime_error(message), status_(status) {}

	lunatik_status status() const noexcept { return status_; }

private:
	lunatik_status status_;
};

/** What is wrong with a stream of frames or with the attributes of one. */
enum class Fault {
	Truncated,		/* the stream ended inside a frame */
	Magic,			/* the bytes are no frame */
	Version,		/* a frame of another protocol version */
	Reserved,		/* a reserved field is not zero */
	Oversized,		/* a payload larger than the limit */
	UnknownFrame,		/* a frame type that does not belong here */
	AttributeOverrun,	/* an attribute that reaches beyond its frame */
	AttributePadding,	/* padding that is missing or not zero */
	AttributeSize,		/* a value that has not the size of its type */
	AttributeValue,		/* a value that its enumeration does not have */
	AttributeMissing,	/* a frame without an attribute it must have */
	Unexpected,		/* an answer nobody asked for */
};

/** Bytes that do not follow the protocol. */
class ProtocolError : public Error {
public:
	ProtocolError(Fault fault, const std::string &message);

	Fault fault() const noexcept { return fault_; }

private:
	Fault fault_;
};

/** A system call on the device failed; `code` is its errno. */
class DeviceError : public Error {
public:
	DeviceError(lunatik_status status, int code, const std::string &message) : Error(status, message), code_(code) {}

	int code() const noexcept { return code_; }

private:
	int code_;
};

/** The other end closed the session before it answered. */
class ClosedError : public Error {
public:
	using Error::Error;
};

/** Session::abandon() was called while a request ran. */
class AbandonedError : public Error {
public:
	using Error::Error;
};

/** The time limit passed, and the interrupt that followed it was not answered. */
class TimeoutError : public Error {
public:
	using Error::Error;
};

/** Owns a file descriptor. */
class FileDescriptor {
public:
	FileDescriptor() noexcept = default;
	explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
	FileDescriptor(FileDescriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	FileDescriptor &operator=(FileDescriptor &&other) noexcept;
	FileDescriptor(const FileDescriptor &) = delete;
	FileDescriptor &operator=(const FileDescriptor &) = delete;
	~FileDescriptor();

	int get() const noexcept { return fd_; }
	explicit operator bool() const noexcept { return fd_ >= 0; }

private:
	int fd_ = -1;
};

/*
 * Framing
 */

/** Largest payload the decoder takes from the kernel: a single value of EVAL may be long. */
inline constexpr std::size_t largest_answer = std::size_t{1} << 30;

/** One frame: its type and its payload. */
struct Frame {
	std::uint16_t type = 0;
	std::string payload;
};

/** One attribute; `value` points into the payload it was decoded from. */
struct Attribute {
	std::uint32_t type = 0;
	std::string_view value;

	/** The value as an integer; throws AttributeSize if it has another size. */
	std::uint32_t u32() const;
	std::uint64_t u64() const;
};

/** Cuts a stream of bytes, which may arrive in pieces of any size, into frames. */
class FrameDecoder {
public:
	explicit FrameDecoder(std::size_t largest = largest_answer) noexcept : largest_(largest) {}

	/** Takes the next bytes of the stream. */
	void feed(std::string_view bytes);

	/** The next whole frame, or nothing if more bytes are needed; throws ProtocolError on a malformed head. */
	std::optional<Frame> next();

	/** Says that the stream has ended; throws Truncated if that was inside a frame. */
	void finish() const;

	/** Whether every byte taken was part of a frame already returned. */
	bool empty() const noexcept { return consumed_ == buffer_.size(); }

private:
	std::string buffer_;
	std::size_t consumed_ = 0;
	std::size_t largest_;
};

/** A whole frame, as bytes. */
std::string encode_frame(std::uint16_t type, std::string_view payload);

/** Appends an attribute and its padding to a payload. */
void append_attribute(std::string &payload, std::uint32_t type, std::string_view value);
void append_attribute(std::string &payload, std::uint32_t type, std::uint32_t value);
void append_attribute(std::string &payload, std::uint32_t type, std::uint64_t value);

/** All attributes of a payload, in order; throws ProtocolError if they do not fill it exactly. */
std::vector<Attribute> decode_attributes(std::string_view payload);

/*
 * Requests and answers
 */

/** A request under construction: `Request(LUNATIK_REQUEST_RUN).name("passwd").maxalloc(1 << 20)`. */
class Request {
public:
	explicit Request(lunatik_frame_type type) noexcept : type_(type) {}

	Request &name(std::string_view name);
	Request &source(std::string_view source);
	/** Where the source came from, as error messages show it. */
	Request &path(std::string_view path);
	Request &context(lunatik_context context);
	Request &percpu();
	Request &maxalloc(std::uint64_t bytes);
	Request &argument(std::string_view argument);
	Request &expression();
	/** LOG goes on with what comes, until it is interrupted. */
	Request &follow();

	lunatik_frame_type type() const noexcept { return type_; }
	const std::string &payload() const noexcept { return payload_; }

	/** The frame to send; throws Oversized beyond LUNATIK_REQUEST_MAX. */
	std::string frame() const;

private:
	lunatik_frame_type type_;
	std::string payload_;
};

/** One runtime, as LIST describes it. */
struct Item {
	std::string name;
	lunatik_context context = LUNATIK_CONTEXT_PROCESS;
	lunatik_runtime_state state = LUNATIK_STATE_LOADING;
	std::uint64_t memory = 0;	/* bytes held */
	std::uint64_t maxalloc = 0;	/* its cap in bytes; 0 if it has none */
	std::uint64_t calls = 0;
	std::uint64_t errors = 0;
	std::chrono::nanoseconds age{0};
	std::chrono::nanoseconds busy{0};	/* somebody was inside it, as looked at every 10 ms */
	std::uint32_t netns = 0;
	bool percpu = false;
	std::optional<std::uint32_t> thread;	/* pid of its thread, if it has one */
};

/** One line of the journal, as LOG gives it. */
struct Record {
	std::uint64_t sequence = 0;
	std::chrono::nanoseconds time{0};	/* since 1970 */
	lunatik_kind_of_record kind = LUNATIK_RECORD_PRINT;
	std::string name;			/* of the runtime */
	std::string text;
};

/** How a request ended. */
struct Answer {
	lunatik_status status = LUNATIK_STATUS_OK;
	int code = 0;			/* the errno behind the status, or 0 */
	std::string message;		/* one line */
	std::string traceback;
	std::vector<std::string> values;
	bool incomplete = false;	/* the source ended too early */
	bool interrupted = false;	/* an interrupt was sent, for whatever reason; the status tells whether it was in time */
	bool timed_out = false;		/* it was sent because the time limit had passed */

	bool ok() const noexcept { return status == LUNATIK_STATUS_OK; }
};

Item decode_item(std::string_view payload);
Record decode_record(std::string_view payload);
Answer decode_answer(std::string_view payload);

/** What a request calls while it runs; any may be left empty. None may throw. */
struct Callbacks {
	std::function<void(std::string_view)> output;	/* bytes a script printed */
	std::function<void(const Item &)> item;		/* one runtime of LIST */
	std::function<void(const Record &)> record;	/* one line of LOG */
	/** A descriptor, or -1: the request is interrupted when the reader of what is written there has gone, as Ctrl-C does it. */
	int watched = -1;
};

/** One open session. One thread uses it; only interrupt() and abandon() may be called from elsewhere. */
class Session {
public:
	/** How long a request that passed its time limit gets to end after it was interrupted. */
	static constexpr std::chrono::seconds grace{5};

	/** Path of the device file: /dev/lunatik. */
	static std::string default_device();

	/**
	 * Opens the device; a path that is a Unix socket is connected to instead, which is how tests put a fake kernel
	 * there. The session is for the runtimes of the calling thread's network namespace, or of `netns`: a name that `ip netns`
	 * knows, or a path. Throws DeviceError with the status NOMODULE or PERMISSION, and NetlinkError (lunatik/states.hpp) with NAME
	 * or PERMISSION where that namespace cannot be entered.
	 */
	static Session open(const std::string &device = default_device(), const std::string &netns = {});

	/** Uses a descriptor that is open already. */
	explicit Session(FileDescriptor device);

	Session(const Session &) = delete;
	Session &operator=(const Session &) = delete;

	/**
	 * Sends a request and waits for its answer. After `timeout` the script is interrupted; the answer then has
	 * `timed_out` set, or TimeoutError is thrown if none comes.
	 */
	Answer request(const Request &request, const Callbacks &callbacks = {},
		std::optional<std::chrono::milliseconds> timeout = std::nullopt);

	/** Ends what the running request runs, as Ctrl-C does; safe in a signal handler and from any thread. */
	void interrupt() noexcept;

	/** Makes the running request throw AbandonedError at once; safe in a signal handler and from any thread. */
	void abandon() noexcept;

	/** Forgets interrupts that came when no request ran. */
	void forget_interrupts() noexcept;

private:
	using Clock = std::chrono::steady_clock;

	std::optional<Answer> dispatch(const Frame &frame, const Callbacks &callbacks);
	std::optional<Answer> dispatch_all(const Callbacks &callbacks);
	bool receive();
	int transmit();
	bool wait(std::optional<Clock::time_point> until, int &watched);
	Answer serve(const Callbacks &callbacks, std::optional<std::chrono::milliseconds> timeout);

	FileDescriptor device_;
	FileDescriptor wakeup_;
	FrameDecoder decoder_;
	std::string outgoing_;
	std::size_t sent_ = 0;
	std::atomic<bool> abandoned_{false};
	bool usable_ = true;
};

} // namespace lunatik::client

#endif // LUNATIK_CLIENT_HPP
