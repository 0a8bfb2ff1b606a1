/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The edge between C++ and Lua. Only the files edge*.cpp beside this header call Lua functions that may raise, and in them
 * nothing with a destructor is alive while they do. Everyone else goes through what is declared here: none of it raises.
 *
 * All of it runs inside an entry into the runtime (Runtime::enter(), enter_loading()) unless it says otherwise.
 */
#pragma once

#include <cstddef>
#include <string_view>

#include "lunatik/abi.h"
#include "base/result.hpp"
#include "runtime/runtime.hpp"

struct lua_State;

namespace lunatik::edge {

/// Makes the state and opens Lua's libraries in it. Context: process. Errors: ENOMEM.
[[nodiscard]] int open(Runtime &runtime) noexcept;
/// Drops what open() keeps for later states. Context: process, at the end.
void exit() noexcept;

/// Closes a state, running its finalizers. Outside of any entry, but with the runtime's owner set. What is left of its memory goes
/// with the pool's pages.
void close(lua_State *L) noexcept;

/// Drops what an entry left on the stack. Returns the bytes that the state has.
std::size_t reset(lua_State *L) noexcept;

/// From now on garbage is collected by collect() only, and when memory runs out.
void defer_collection(lua_State *L) noexcept;

/// One step of a collection, bounded. True at the end of it.
[[nodiscard]] bool collect(lua_State *L) noexcept;

/// A piece of Lua source and how to run it.
struct Chunk {
	std::string_view source;
	const char *name;				// as lua_load() wants it: "@file" or "=name"
	const std::string_view *arguments = nullptr;	// its `...`
	std::size_t argument_count = 0;
	bool script = false;				// a first line that begins with '#' is none of it
	bool expression = false;			// try "return source" first
	bool keep = false;				// a function it returns becomes the runtime's task
	bool plain = false;				// results as tostring() gives them, not as a prompt shows them
	bool repeats = false;				// it may come again: compiled code is kept. All that say so have one name
};

/// Receives the results of a chunk, in order, as text.
class Results {
public:
	virtual void value(std::string_view text) noexcept = 0;

protected:
	~Results() = default;
};

/// Compiles and runs a chunk. Fills `report` and returns false if it failed; gives its results to `results` otherwise.
[[nodiscard]] bool run(Runtime &runtime, const Chunk &chunk, Results *results, Report &report) noexcept;

/// Gives the words that the name at the end of `text` may become, `a.b:c` with c in parts: fields of tables, methods of
/// objects and strings, globals. Runs nothing of the script's; bounded in number. Says nothing when it finds nothing.
void complete(Runtime &runtime, std::string_view text, Results &results) noexcept;

/// Compiles a chunk without running it. Gives "line name" for each use of a global that neither the state has nor the chunk
/// assigns. Fills `report` and returns false if it does not compile.
[[nodiscard]] bool check(Runtime &runtime, const Chunk &chunk, Results &results, Report &report) noexcept;

/// Arguments and results of a call of the runtime's task from another runtime.
struct Resume {
	const lunatik_value *arguments;
	int argument_count;
	lunatik_value *results = nullptr;	// one block of charged memory; objects in it are handles. The caller frees both
	int result_count = 0;
};

/// Calls or continues the runtime's task. Fills `report` and returns false if it raised.
[[nodiscard]] bool resume(Runtime &runtime, Resume &resume, Report &report) noexcept;

/// The message handler of every protected call: adds the traceback to the runtime's report.
int traceback(lua_State *L);

/// The rest of a packet's call where lunatik_callpacket() did not end well; see lunatik_runpacket(). Where that succeeds the error is
/// LUNATIK_PACKET_GARBAGE: there is something to clear away.
[[nodiscard]] lunatik_said settle_packet(Runtime &runtime, Object &hook, lunatik_asked &asked, unsigned more, long status) noexcept;
/// Calls a function that the constructor of `hook` was given, with another argument of it, for anything; see lunatik_runpacketwith().
/// Returns 0 or a negative errno.
[[nodiscard]] int run_packet_with(Runtime &runtime, Object &hook, unsigned function, unsigned argument, const void *string,
				  lunatik_value &result) noexcept;

/// The rest of a callback's call where the short way did not end well, or there was none; see lunatik_runcallback().
[[nodiscard]] int settle_callback(Runtime &runtime, lunatik_callback &callback, int status) noexcept;

/// The first of the user values that hold what a KEEPS constructor was given.
inline constexpr int first_kept = 2;

/// The short way of lunatik_runkept(), for a hook that is kept, and the rest of it where that did not come to LUA_OK.
[[nodiscard]] inline int call_kept(Runtime &runtime, lunatik_callback &callback, unsigned kept) noexcept
{
	constexpr int first = first_kept - 1;
	return lunatik_callkept(runtime.state, Object::of(*callback.object).pinned, first + static_cast<int>(kept), first, traceback, &callback);
}
[[nodiscard]] int settle_kept(Runtime &runtime, lunatik_callback &callback, unsigned kept, int status) noexcept;

/// Calls the runtime's task without arguments, as its thread does. Fills `report` and returns false if it raised.
[[nodiscard]] bool run_task(Runtime &runtime, Report &report) noexcept;

} // namespace lunatik::edge
