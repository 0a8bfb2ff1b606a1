/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The runtimes that have a name of their own: what `lunatik run` starts, `list` shows and `stop` ends. One registry, keyed
 * by network namespace and name. And how a script gets from a file, or from memory, into a runtime.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "lunatik/uapi.h"
#include "runtime/runtime.hpp"

namespace lunatik {

namespace edge {
class Results;
}

/// A script to run in a new runtime.
struct Script {
	std::string_view name;
	Context context = Context::Process;
	std::size_t maxalloc = 0;
	struct net *network = nullptr;
	std::string_view source{};	// empty data(): read /lib/modules/lua/<name>.lua
	const std::string_view *arguments = nullptr;
	std::size_t argument_count = 0;
	Output *output = nullptr;	// of the body
	bool foreign = false;		// made by another kernel module
	Runtime *outer = nullptr;	// made by a script of this runtime
	bool percpu = false;		// a state for each CPU; softirq only
	std::string_view path{};	// what errors call a script given as source; its name without
	bool expression = false;	// try "return source" first, as a prompt does
	edge::Results *results = nullptr;	// of the body; of several states' bodies, of the first
};

/// Makes a runtime and runs the script's body in it; the runtime is not registered. Returns it as one handle, or an error
/// with `report` filled. Context: process, may sleep.
[[nodiscard]] Result<Object *> load(const Script &script, Report &report) noexcept;

namespace registry {

/// What an entry of the registry may watch while its body runs, to interrupt it.
using Watch = void (*)(void *watcher, Runtime *runtime);

/// load(), under a name nobody else has; `spawn` then starts its thread. `watch` is told the runtime before its body runs
/// and nullptr after. Errors: EEXIST and those of load(), with `report` filled.
[[nodiscard]] Result<void> run(const Script &script, bool spawn, Report &report, Watch watch, void *watcher) noexcept;

/// Stops the runtime of that name. Errors: ENOENT, with `report` filled.
[[nodiscard]] Result<void> stop(struct net *network, std::string_view name, Report &report) noexcept;

/// Stops all runtimes of all namespaces.
void shutdown() noexcept;

/// How often shutdown() was called: who waits for long looks whether it still is what it was.
[[nodiscard]] unsigned shutdowns() noexcept;

/// Registers a runtime that its owner removes itself. Errors: EEXIST.
[[nodiscard]] Result<void> add(Runtime &runtime) noexcept;
void remove(Runtime &runtime) noexcept;

/// Registers a runtime and takes over the caller's handle of it. Errors: EEXIST, ENOMEM, and the handle stays the caller's.
[[nodiscard]] Result<void> give(Runtime &runtime) noexcept;

/// The runtime of that name, with a reference, or nullptr.
[[nodiscard]] Runtime *lookup(struct net *network, std::string_view name) noexcept;

/// Takes that runtime out; the caller has a handle of it then. nullptr if it is not there any more.
[[nodiscard]] Runtime *withdraw(Runtime &runtime) noexcept;

/// Stops all runtimes of a namespace that goes, registered or not.
void leave(struct net *network) noexcept;

/// Where a walk() stands.
struct Cursor {
	unsigned bucket = 0;
	unsigned skip = 0;
	unsigned generation = 0;	// of the registry when it last went on; another one when entries came or went
};

/// Calls `visit` for each runtime of `network` from the cursor on until it returns false, which leaves the cursor there; false
/// then. `visit` must not change the registry.
bool walk(struct net *network, Cursor &cursor, bool (*visit)(void *context, Runtime &runtime), void *context) noexcept;

/// Calls `visit` for each runtime of `network`, in no order; it may sleep and must not change the registry.
void each(struct net *network, void (*visit)(void *context, Runtime &runtime), void *context) noexcept;

/// What a runtime is at, with the states of all CPUs summed up in a per-CPU one.
struct Summary {
	lunatik_runtime_state state = LUNATIK_STATE_READY;
	std::size_t held = 0;
	std::size_t cap = 0;
	unsigned long calls = 0;
	unsigned long errors = 0;
	std::uint64_t busy_time = 0;
};
[[nodiscard]] Summary summarize(Runtime &runtime) noexcept;

void init() noexcept;

} // namespace registry

} // namespace lunatik
