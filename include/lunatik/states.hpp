// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The client library's other half: named states and events, over generic netlink (lunatik/netlink.h).
 *
 *	lunatik::client::States states;
 *	states.create("mine");
 *	auto result = states.exec("mine", "return 6 * 7");
 *	if (result.ok())
 *		puts(result.values.at(0).c_str());
 *	states.close("mine");
 *
 * What goes wrong on the way is an exception derived from Error; what goes wrong inside Lua is an ordinary Result whose status is
 * not LUNATIK_STATUS_OK.
 */
#ifndef LUNATIK_CLIENT_STATES_HPP
#define LUNATIK_CLIENT_STATES_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <lunatik/client.hpp>

namespace lunatik::client {

/** The kernel refused a request; `code` is its errno, what() its own words. */
class NetlinkError : public Error {
public:
	NetlinkError(lunatik_status status, int code, const std::string &message) : Error(status, message), code_(code) {}

	int code() const noexcept { return code_; }

private:
	int code_;
};

/** One state. */
struct State {
	std::string name;
	lunatik_context context = LUNATIK_CONTEXT_PROCESS;
	lunatik_runtime_state state = LUNATIK_STATE_LOADING;
	std::uint64_t memory = 0;	/* bytes held */
	std::uint64_t maxalloc = 0;	/* its cap in bytes */
	std::uint64_t calls = 0;
	std::uint64_t errors = 0;
	std::chrono::nanoseconds age{0};
	std::chrono::nanoseconds busy{0};
	std::uint32_t users = 0;	/* references of kernel modules */
	std::uint64_t script_size = 0;	/* bytes of the code that ran last */
	bool in_use = false;		/* somebody's exec() runs in it */
};

/** What code gave. */
struct Result {
	lunatik_status status = LUNATIK_STATUS_OK;
	int code = 0;				/* the errno behind the status, or 0 */
	std::vector<std::string> values;	/* as tostring() gives them */
	std::string output;			/* what it printed */
	std::uint64_t lost = 0;			/* bytes printed beyond what an answer holds */
	std::string message;
	std::string traceback;

	bool ok() const noexcept { return status == LUNATIK_STATUS_OK; }
};

/** A socket for the states of one network namespace. One thread uses it. */
class States {
public:
	/**
	 * Opens the socket in the calling thread's network namespace, or in `netns`: a name that `ip netns` knows, or a path.
	 * Throws NetlinkError with the status NOMODULE, PERMISSION or NAME.
	 */
	explicit States(const std::string &netns = {});
	~States();
	States(States &&) noexcept;
	States &operator=(States &&) noexcept;

	/** Makes a state; `maxalloc` is its memory cap in bytes, 0 the module's default. Throws NetlinkError: EEXIST, EINVAL, ENOMEM. */
	void create(std::string_view name, std::uint64_t maxalloc = 0);

	/** Closes a state, ending what runs in it. Throws NetlinkError: ENOENT, EINVAL, EBUSY while a kernel module uses it, ETIMEDOUT. */
	void close(std::string_view name);

	/** All states, sorted by name. */
	std::vector<State> list();

	/** One state. Throws NetlinkError: ENOENT, EINVAL. */
	State get(std::string_view name);

	/**
	 * Runs code of any size in a state and waits for its end; a signal that ends the process ends the code, and so does the
	 * kernel after `timeout`, unless that is 0: the result has the status TIMEOUT then, and what was printed until then. Throws
	 * NetlinkError: ENOENT, EINVAL, EFBIG.
	 */
	Result exec(std::string_view name, std::string_view code, std::chrono::milliseconds timeout = {});

	/** From now on events of this namespace come to this socket, which is for nothing else then. Throws NetlinkError: EPERM. */
	void listen();

	/** The socket, for who waits for more than events: there are some when poll() says that it can be read. */
	int descriptor() const noexcept;

	/**
	 * Waits for events and hands each to `event`, which may not throw; returns after some of them, or on a signal. False if
	 * events were lost because nobody took them in time. Throws NetlinkError with the status NOMODULE when the kernel module goes.
	 */
	bool wait(const std::function<void(const Record &)> &event);

private:
	struct Socket;
	std::unique_ptr<Socket> socket_;

	bool may_listen();
};

} // namespace lunatik::client

#endif // LUNATIK_CLIENT_STATES_HPP
