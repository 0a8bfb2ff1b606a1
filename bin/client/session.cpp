// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * A session: one open file of /dev/lunatik, one request at a time.
 */
#include <lunatik/client.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "network.hpp"

namespace lunatik::client {

namespace {

lunatik_status status_of_open(int code)
{
	switch (code) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case ECONNREFUSED: // a test's socket that nobody listens on
		return LUNATIK_STATUS_NOMODULE;
	case EACCES:
	case EPERM:
		return LUNATIK_STATUS_PERMISSION;
	default:
		return LUNATIK_STATUS_SCRIPT;
	}
}

[[noreturn]] void fail_open(int code, const std::string &device)
{
	const lunatik_status status = status_of_open(code);
	std::string message;
	if (status == LUNATIK_STATUS_NOMODULE)
		message = fmt::format("the kernel module is not loaded ({}: {})", device, std::strerror(code));
	else if (status == LUNATIK_STATUS_PERMISSION)
		message = fmt::format("not permitted to open {}", device);
	else
		message = fmt::format("cannot open {}: {}", device, std::strerror(code));
	throw DeviceError(status, code, message);
}

FileDescriptor connect_socket(const std::string &path)
{
	sockaddr_un address{};
	if (path.size() >= sizeof(address.sun_path))
		fail_open(ENAMETOOLONG, path);
	address.sun_family = AF_UNIX;
	path.copy(address.sun_path, path.size());

	FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (!fd)
		fail_open(errno, path);
	// SAFETY: the system call asks for the address of the general form and knows this one by its family.
	if (connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
		fail_open(errno, path);
	return fd;
}

} // namespace

FileDescriptor &FileDescriptor::operator=(FileDescriptor &&other) noexcept
{
	if (this != &other) {
		if (fd_ >= 0)
			::close(fd_);
		fd_ = std::exchange(other.fd_, -1);
	}
	return *this;
}

FileDescriptor::~FileDescriptor()
{
	if (fd_ >= 0)
		::close(fd_);
}

std::string Session::default_device()
{
	return "/dev/" LUNATIK_DEVICE;
}

Session Session::open(const std::string &device, const std::string &netns)
{
	// The kernel takes the namespace of whoever opens the device for all that is asked for afterwards.
	const InNetwork there(netns);
	struct stat what{};
	if (::stat(device.c_str(), &what) != 0)
		fail_open(errno, device);
	if (S_ISSOCK(what.st_mode))
		return Session(connect_socket(device));
	// A leftover plain file must not swallow requests as if it were the kernel.
	if (!S_ISCHR(what.st_mode))
		throw DeviceError(LUNATIK_STATUS_NOMODULE, ENODEV, fmt::format("{} is not a device file", device));
	FileDescriptor fd(::open(device.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
	if (!fd)
		fail_open(errno, device);
	return Session(std::move(fd));
}

Session::Session(FileDescriptor device) : device_(std::move(device)), wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
	const int flags = fcntl(device_.get(), F_GETFL);
	if (!wakeup_ || flags < 0 || fcntl(device_.get(), F_SETFL, flags | O_NONBLOCK) != 0)
		throw DeviceError(LUNATIK_STATUS_SCRIPT, errno, fmt::format("cannot prepare a session: {}",
			std::strerror(errno)));
}

void Session::interrupt() noexcept
{
	// A signal handler must leave errno as it found it. A full counter is no loss: the wake-up is pending then.
	const int saved = errno;
	const std::uint64_t one = 1;
	[[maybe_unused]] const ssize_t written = write(wakeup_.get(), &one, sizeof(one));
	errno = saved;
}

void Session::abandon() noexcept
{
	abandoned_.store(true);
	interrupt();
}

void Session::forget_interrupts() noexcept
{
	std::uint64_t count = 0;
	[[maybe_unused]] const ssize_t got = read(wakeup_.get(), &count, sizeof(count));
	abandoned_.store(false);
}

/* Takes what is there to read; false at the end of the stream. */
bool Session::receive()
{
	std::array<char, 64 * 1024> buffer;
	for (;;) {
		const ssize_t got = read(device_.get(), buffer.data(), buffer.size());
		if (got > 0) {
			decoder_.feed({buffer.data(), static_cast<std::size_t>(got)});
			return true;
		}
		if (got == 0 || errno == ECONNRESET)
			return false;
		if (errno == EAGAIN)
			return true;
		if (errno != EINTR)
			throw DeviceError(LUNATIK_STATUS_SCRIPT, errno, fmt::format("cannot read from the kernel module: {}",
				std::strerror(errno)));
	}
}

/* Writes what the device takes now; returns the errno of a failure, or 0. */
int Session::transmit()
{
	while (sent_ < outgoing_.size()) {
		const std::string_view rest = std::string_view(outgoing_).substr(sent_);
		const ssize_t put = write(device_.get(), rest.data(), rest.size());
		if (put >= 0)
			sent_ += static_cast<std::size_t>(put);
		else if (errno == EAGAIN)
			return 0;
		else if (errno != EINTR)
			return errno;
	}
	outgoing_.clear();
	sent_ = 0;
	return 0;
}

std::optional<Answer> Session::dispatch(const Frame &frame, const Callbacks &callbacks)
{
	switch (frame.type) {
	case LUNATIK_ANSWER_OUTPUT:
		if (callbacks.output)
			callbacks.output(frame.payload);
		return std::nullopt;
	case LUNATIK_ANSWER_ITEM:
		if (callbacks.item)
			callbacks.item(decode_item(frame.payload));
		return std::nullopt;
	case LUNATIK_ANSWER_RECORD:
		if (callbacks.record)
			callbacks.record(decode_record(frame.payload));
		return std::nullopt;
	case LUNATIK_ANSWER_DONE:
		return decode_answer(frame.payload);
	default:
		throw ProtocolError(Fault::UnknownFrame, fmt::format("an answer of the unknown type {}", frame.type));
	}
}

std::optional<Answer> Session::dispatch_all(const Callbacks &callbacks)
{
	while (const std::optional<Frame> frame = decoder_.next()) {
		if (std::optional<Answer> answer = dispatch(*frame, callbacks))
			return answer;
	}
	return std::nullopt;
}

/* Waits until the device can be used or a wake-up came; false if `until` passed first. A reader that goes is a wake-up, once. */
bool Session::wait(std::optional<Clock::time_point> until, int &watched)
{
	std::array<pollfd, 3> polled{};
	polled[0] = {device_.get(), static_cast<short>(outgoing_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
	polled[1] = {wakeup_.get(), POLLIN, 0};
	polled[2] = {watched, 0, 0};

	int milliseconds = -1;
	if (until) {
		// Rounded up, and in slices, so that neither a busy loop nor an overflow can happen.
		const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
		if (left <= 0)
			return false;
		milliseconds = static_cast<int>(std::min<std::int64_t>(left, 60'000));
	}
	if (poll(polled.data(), polled.size(), milliseconds) < 0 && errno != EINTR)
		throw DeviceError(LUNATIK_STATUS_SCRIPT, errno, fmt::format("cannot wait for the kernel module: {}",
			std::strerror(errno)));
	if (polled[2].revents & (POLLERR | POLLHUP)) {
		watched = -1;
		interrupt();
	}
	return true;
}

Answer Session::serve(const Callbacks &callbacks, std::optional<std::chrono::milliseconds> timeout)
{
	const std::string interrupt_frame = Request(LUNATIK_REQUEST_INTERRUPT).frame();
	std::optional<Clock::time_point> until;
	if (timeout)
		until = Clock::now() + *timeout;
	bool interrupted = false;
	bool timed_out = false;
	bool delivered = false;
	int watched = callbacks.watched;

	for (;;) {
		const int failure = transmit();
		delivered = delivered || outgoing_.empty();
		// The kernel may have answered and then refused the rest, so what it said comes before the failure.
		const bool open = receive();
		if (std::optional<Answer> answer = dispatch_all(callbacks)) {
			answer->interrupted = interrupted;
			answer->timed_out = timed_out;
			usable_ = open && failure == 0 && delivered;
			return *answer;
		}
		if (!open) {
			decoder_.finish();
			throw ClosedError(LUNATIK_STATUS_SCRIPT, "the kernel module closed the session before it answered");
		}
		if (failure != 0)
			throw DeviceError(LUNATIK_STATUS_SCRIPT, failure, fmt::format("cannot write to the kernel module: {}",
				std::strerror(failure)));

		if (!wait(until, watched)) {
			if (timed_out)
				throw TimeoutError(LUNATIK_STATUS_TIMEOUT, "timed out, and the script did not end when interrupted");
			timed_out = true;
			interrupted = true;
			until = Clock::now() + grace;
			outgoing_ += interrupt_frame;
		}

		std::uint64_t wakeups = 0;
		if (read(wakeup_.get(), &wakeups, sizeof(wakeups)) == sizeof(wakeups)) {
			if (abandoned_.load())
				throw AbandonedError(LUNATIK_STATUS_INTERRUPTED, "left without waiting for the script to end");
			interrupted = true;
			outgoing_ += interrupt_frame;
		}
	}
}

Answer Session::request(const Request &request, const Callbacks &callbacks,
	std::optional<std::chrono::milliseconds> timeout)
{
	std::string frame = request.frame();
	if (!usable_)
		throw ClosedError(LUNATIK_STATUS_SCRIPT, "the session has ended; open another");
	if (!decoder_.empty())
		throw ProtocolError(Fault::Unexpected, "the kernel module sent more than one answer to a request");

	// What an exception leaves half done cannot be continued: the next answer would be the wrong one.
	usable_ = false;
	outgoing_ += frame;
	return serve(callbacks, timeout);
}

} // namespace lunatik::client
