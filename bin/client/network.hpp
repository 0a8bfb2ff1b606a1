// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * To do something in another network namespace than the caller's.
 */
#ifndef LUNATIK_CLIENT_NETWORK_HPP
#define LUNATIK_CLIENT_NETWORK_HPP

#include <string>

#include <lunatik/client.hpp>

namespace lunatik::client {

/** The calling thread is in another network namespace while it lives. */
class InNetwork {
public:
	/**
	 * `netns` is a name that `ip netns` knows, or a path; "" is where the thread is already. Throws NetlinkError with the status
	 * NAME or PERMISSION.
	 */
	explicit InNetwork(const std::string &netns);
	~InNetwork();
	InNetwork(const InNetwork &) = delete;
	InNetwork &operator=(const InNetwork &) = delete;

private:
	FileDescriptor own_;
};

} // namespace lunatik::client

#endif // LUNATIK_CLIENT_NETWORK_HPP
