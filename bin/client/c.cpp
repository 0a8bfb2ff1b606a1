// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The library's face for programs in C.
 */
#include <lunatik/client.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <lunatik/states.hpp>

using lunatik::client::NetlinkError;
using lunatik::client::Result;
using lunatik::client::States;

struct lunatik_client {
	std::optional<States> states;
	std::string error;
};

namespace {

/* A result, and what it points into. */
struct OwnedResult : lunatik_result {
	Result result;
	std::vector<lunatik_text> texts;
};

lunatik_text text(const std::string &bytes)
{
	return {bytes.c_str(), bytes.size()};
}

/* Nothing is thrown into C: calls `function`, and keeps the words of what it throws. */
template <class Function>
int guarded(lunatik_client &client, Function function) noexcept
{
	int code = ENOMEM;
	try {
		try {
			client.error.clear();
			function();
			return 0;
		} catch (const NetlinkError &error) {
			code = error.code() != 0 ? error.code() : EIO;
			client.error = error.what();
		} catch (const std::bad_alloc &) {
			client.error = "not enough memory";
		} catch (const std::exception &error) {
			code = EIO;
			client.error = error.what();
		}
	} catch (...) {
		// There was no memory for the words either.
	}
	return -code;
}

} // namespace

int lunatik_client_open(lunatik_client **client, const char *netns)
{
	*client = new (std::nothrow) lunatik_client;
	if (!*client)
		return -ENOMEM;
	return guarded(**client, [&] { (*client)->states.emplace(netns ? netns : ""); });
}

void lunatik_client_close(lunatik_client *client)
{
	delete client;
}

const char *lunatik_client_error(const lunatik_client *client)
{
	return client ? client->error.c_str() : "not enough memory";
}

int lunatik_client_newstate(lunatik_client *client, const char *name, std::uint64_t maxalloc)
{
	return guarded(*client, [&] { client->states.value().create(name, maxalloc); });
}

int lunatik_client_closestate(lunatik_client *client, const char *name)
{
	return guarded(*client, [&] { client->states.value().close(name); });
}

int lunatik_client_exec(lunatik_client *client, const char *name, const char *code, std::size_t size, unsigned int timeout,
			lunatik_result **result)
{
	*result = nullptr;
	return guarded(*client, [&] {
		auto owned = std::make_unique<OwnedResult>();
		Result &made = owned->result = client->states.value().exec(name, {code, size}, std::chrono::milliseconds(timeout));
		owned->texts.reserve(made.values.size());
		for (const std::string &value : made.values)
			owned->texts.push_back(text(value));
		owned->status = made.status;
		owned->code = made.code;
		owned->output = text(made.output);
		owned->lost = made.lost;
		owned->message = text(made.message);
		owned->traceback = text(made.traceback);
		owned->count = owned->texts.size();
		owned->values = owned->texts.data();
		*result = owned.release();
	});
}

void lunatik_result_free(lunatik_result *result)
{
	// SAFETY: lunatik_client_exec() makes no other.
	delete static_cast<OwnedResult *>(result);
}
