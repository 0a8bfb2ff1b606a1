// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The life of a Lua state: opening its libraries, running chunks and tasks in it, and what Lua asks of its host while it
 * runs (host.h). Here Lua may raise, so nothing with a destructor is alive where it does.
 */
#include "api.h"
#include "vm/box.hpp"
#include "vm/charge.hpp"
#include "vm/edge.hpp"
#include "vm/image.hpp"
#include "vm/signature.hpp"

#include <new>
#include <asm-generic/errno.h>

#include "helpers/helpers.h"
#include "lunatik/uapi.h"
#include "object/table.hpp"

namespace lunatik::edge {

// Signed files are read whole; no script is near it.
static constexpr long long source_max = 16 << 20;

// Key of the runtime's task in the registry: a coroutine with the function the script returned.
static const char task_key = 0;

/* ---- protected calls ---- */

int protect(lua_State *L, lua_CFunction function, void *argument) noexcept
{
	int handler = lua_gettop(L) + 1;
	lua_pushcfunction(L, traceback);
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, argument);
	int status = lua_pcall(L, 1, 0, handler);
	// The handler leaves from below the error message, if there is one.
	lua_rotate(L, handler, -1);
	lua_settop(L, -2);
	return status;
}

int traceback(lua_State *L)
{
	if (!lua_isstring(L, 1)) {
		if (!luaL_callmeta(L, 1, "__tostring") || lua_type(L, -1) != LUA_TSTRING)
			lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
		lua_replace(L, 1);
	}
	Report *report = runtime_of(L).report;
	if (report && !report->traced) {
		luaL_traceback(L, L, nullptr, 1);
		size_t size = 0;
		const char *text = lua_tolstring(L, -1, &size);
		report->trace({ text, size });
	}
	lua_settop(L, 1);
	return 1;
}

// A number in decimal. Lua would make a string of its own of it, where an error has nowhere to go.
static std::string_view decimal(lua_Integer number, char (&room)[24]) noexcept
{
	int length = lunatik_h_snprintf(room, sizeof(room), "%lld", number);
	return { room, static_cast<std::size_t>(length) };
}

void fill_report(lua_State *L, int status, Report &report) noexcept
{
	Runtime &runtime = runtime_of(L);
	int ended = runtime.ended();
	if (ended & (Interrupt | Closing))
		report.status = LUNATIK_STATUS_INTERRUPTED;
	else if (ended & Budget || status == LUA_ERRMEM)
		report.status = LUNATIK_STATUS_LIMIT;
	else
		report.status = LUNATIK_STATUS_SCRIPT;
	if (status == LUA_ERRMEM)
		report.error = ENOMEM;
	if (lua_type(L, -1) == LUA_TNUMBER) {
		char digits[24];
		report.say(decimal(lua_tointegerx(L, -1, nullptr), digits));
	} else if (lua_type(L, -1) == LUA_TSTRING) {
		size_t size = 0;
		const char *bytes = lua_tolstring(L, -1, &size);
		std::string_view text(bytes, size);
		report.say(text);
		// What a function of ours raises where an object finds no memory.
		if (text == "ENOMEM" && report.status == LUNATIK_STATUS_SCRIPT)
			report.status = LUNATIK_STATUS_LIMIT;
	} else {
		report.say("error without a message");
	}
	lua_settop(L, -2);
}

// The same for what a script or a person has asked for: how it failed is counted and told.
static bool attempt(Runtime &runtime, lua_CFunction function, void *argument, Report &report) noexcept
{
	runtime.report = &report;
	int status = protect(runtime.state, function, argument);
	runtime.report = nullptr;
	if (status == LUA_OK)
		return true;
	fill_report(runtime.state, status, report);
	runtime.errors.count();
	return false;
}

/* ---- open and close ---- */

static int open_libraries(lua_State *L)
{
	luaL_checkstack(L, 20, nullptr);
	lunatik_openwarn(L);
	luaL_openlibs(L);
	// The first large buffer makes the metatable of all buffers; if memory runs out halfway, lauxlib leaves it registered
	// without its __close, and no buffer works any more. Here nobody goes on after that.
	luaL_Buffer buffer;
	luaL_buffinitsize(L, &buffer, LUAL_BUFFERSIZE + 1);
	luaL_pushresultsize(&buffer, 0);
	open_handles(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	for (const luaL_Reg *library = builtin_libraries; library->name; library++) {
		lua_pushcfunction(L, library->func);
		lua_setfield(L, -2, library->name);
	}
	lua_settop(L, 0);
	return 0;
}

// What a state is once its libraries are open. Made of the first one; the others are copies.
static constinit Atomic<Image *> image{ nullptr };
static constinit Atomic<bool> image_begun{ false };

static Image::Outside outside_of(Runtime &runtime) noexcept
{
	// SAFETY: a runtime lies behind its object, in the same allocation.
	auto *begin = reinterpret_cast<char *>(&runtime.object);
	auto *end = reinterpret_cast<char *>(&runtime + 1);
	return { begin, static_cast<std::size_t>(end - begin) };
}

// A state with Lua's libraries, whose memory is asked for by `allocate`.
static lua_State *open_new(Runtime &runtime, lua_Alloc allocate, void *argument) noexcept
{
	lua_State *L = lua_newstate(allocate, argument);
	if (!L)
		return nullptr;
	// SAFETY: the extra space holds a lunatik_extra (host.h); coroutines copy it.
	auto *extra = static_cast<lunatik_extra *>(lua_getextraspace(L));
	extra->runtime = &runtime.object;
	extra->gauge = &runtime.gauge;
	runtime.gauge.handles = nullptr;
	// Nothing of what the libraries make is garbage.
	lua_gc(L, LUA_GCSTOP);
	int status = protect(L, open_libraries, nullptr);
	lua_gc(L, LUA_GCRESTART);
	if (status == LUA_OK)
		return L;
	lua_close(L);
	return nullptr;
}

static int collect_all(lua_State *L)
{
	lua_gc(L, LUA_GCCOLLECT);
	return 0;
}

// The same, and the image is made of it. It rests as after a collection: a copy does not begin with one.
static lua_State *open_first(Runtime &runtime) noexcept
{
	void *memory = lunatik_h_kmalloc(sizeof(Recorder), 0);
	if (!memory)
		return nullptr;
	auto *recorder = ::new (memory) Recorder(runtime.pool);
	lua_State *L = open_new(runtime, &Recorder::reallocate, recorder);
	if (L && protect(L, collect_all, nullptr) != LUA_OK)
		lua_settop(L, 0);
	if (L) {
		lua_setallocf(L, &Pool::reallocate, &runtime.pool);
		Image *made = Image::create(*recorder, outside_of(runtime), { L, runtime.gauge.handles });
		image.store_release(made);
	}
	lunatik_h_kfree(memory);
	return L;
}

int open(Runtime &runtime) noexcept
{
	if (const Image *first = image.load_acquire()) [[likely]] {
		Image::Roots roots;
		if (!first->copy(runtime.pool, &runtime.object, roots))
			return -ENOMEM;
		// SAFETY: what open_first() gave the image.
		runtime.state = static_cast<lua_State *>(const_cast<void *>(roots[0]));
		runtime.gauge.handles = roots[1];
		return 0;
	}
	bool makes = !image_begun.exchange(true);
	lua_State *L = makes ? open_first(runtime) : open_new(runtime, &Pool::reallocate, &runtime.pool);
	if (makes && !image.load())
		image_begun.store_release(false);
	runtime.state = L;
	return L ? 0 : -ENOMEM;
}

void exit() noexcept
{
	Image::destroy(image.exchange(nullptr));
}

void close(lua_State *L) noexcept
{
	lua_close(L);
}

std::size_t reset(lua_State *L) noexcept
{
	return L ? lunatik_clearstack(L) : 0;
}

void defer_collection(lua_State *L) noexcept
{
	lua_gc(L, LUA_GCSTOP);
}

bool collect(lua_State *L) noexcept
{
	return lunatik_collectstep(L);
}

/* ---- chunks ---- */

struct Run {
	const Chunk &chunk;
	Results *results;
	int pieces;
	bool incomplete;
};

static const char *read_piece(lua_State *, void *data, size_t *size)
{
	// SAFETY: load_chunk() passes its Run.
	auto &run = *static_cast<Run *>(data);
	switch (run.pieces++) {
	case 0:
		*size = sizeof("return ") - 1;
		return "return ";
	case 1:
		*size = run.chunk.source.size();
		return *size ? run.chunk.source.data() : nullptr;
	default:
		*size = 0;
		return nullptr;
	}
}

// Lua says "near <eof>" when a chunk ends before its last statement does.
static bool ends_too_early(lua_State *L)
{
	size_t size = 0;
	const char *text = lua_tolstring(L, -1, &size);
	static constexpr std::string_view mark = "<eof>";
	return text && std::string_view(text, size).ends_with(mark);
}

static int load_chunk(lua_State *L, Run &run)
{
	if (run.chunk.expression) {
		run.pieces = 0;
		if (lua_load(L, read_piece, &run, run.chunk.name, "t") == LUA_OK)
			return LUA_OK;
		lua_settop(L, -2);
	}
	run.pieces = 1;
	int status = lua_load(L, read_piece, &run, run.chunk.name, "t");
	if (status == LUA_ERRSYNTAX)
		run.incomplete = ends_too_early(L);
	return status;
}

/*
 * Chunks that come again. A program that runs the same code for each event of its has it compiled once for each cycle of the collector,
 * from the second time on: the function stands in a weak table, and is garbage of the state like that of a chunk that comes once. So it is
 * counted, and goes when memory is short. It is never called: each run has a function of its own, with its own _ENV. Code that comes only
 * once costs its hash.
 */

// The weak table, in the registry under this key: userdata that are sources, with their functions as user values.
static const char repeated = 0;
// Bytes of the longest source.
static constexpr std::size_t repeated_max = 4096;

// Keeps the function at index 1 as that of the source, in its place of the table, and returns another one to run.
static int keep_repeated(lua_State *L)
{
	// SAFETY: load_repeated() passes the source.
	auto &source = *static_cast<const std::string_view *>(lua_touserdata(L, 2));
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &repeated) != LUA_TTABLE) {
		lua_settop(L, 3);
		push_weak_table(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &repeated);
	}
	void *bytes = lua_newuserdatauv(L, source.size(), 1);
	__builtin_memcpy(bytes, source.data(), source.size());
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	lua_rawseti(L, -2, lua_tointegerx(L, 3, nullptr));
	lua_settop(L, 1);
	lunatik_newfunction(L);
	return 1;
}

// Leaves on the empty stack a new function of the kept one for the source, or nothing.
static bool find_repeated(lua_State *L, std::string_view source, lua_Integer place)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &repeated) == LUA_TTABLE && lua_rawgeti(L, 1, place) == LUA_TUSERDATA &&
	    lua_rawlen(L, 2) == source.size() && !__builtin_memcmp(lua_touserdata(L, 2), source.data(), source.size()) &&
	    lua_getiuservalue(L, 2, 1) == LUA_TFUNCTION && !lua_iscfunction(L, 3)) {
		lua_replace(L, 1);
		lua_settop(L, 1);
		lunatik_newfunction(L);
		return true;
	}
	lua_settop(L, 0);
	return false;
}

// load_chunk() for a chunk that may come again, on the empty stack. Not inlined: its stack is free when the chunk runs.
[[gnu::noinline]] static int load_repeated(lua_State *L, Run &run)
{
	std::string_view source = run.chunk.source;
	if (source.size() > repeated_max)
		return load_chunk(L, run);
	auto &seen = runtime_of(L).seen;
	std::uint32_t hash = RcuTable::hash_of(source);
	lua_Integer index = 0;
	while (index < Runtime::Seen::count && seen.hashes[index] != hash)
		index++;
	// What comes for the first time is not kept.
	bool again = index < Runtime::Seen::count;
	if (!again)
		seen.hashes[seen.next++ % Runtime::Seen::count] = hash;
	if (again && find_repeated(L, source, ++index))
		return LUA_OK;
	int status = load_chunk(L, run);
	if (!again || status != LUA_OK)
		return status;
	lua_pushcfunction(L, keep_repeated);
	lua_pushvalue(L, 1);
	// SAFETY: keep_repeated() only reads it.
	lua_pushlightuserdata(L, &source);
	lua_pushinteger(L, index);
	// Without memory for it there is the function that was compiled.
	if (lua_pcall(L, 3, 1, 0) == LUA_OK)
		lua_replace(L, 1);
	lua_settop(L, 1);
	return LUA_OK;
}

// Raises what load_chunk() left. Nothing has run: the message says the line, and there is no trace.
static int fail_loading(lua_State *L, const Chunk &chunk)
{
	if (Report *report = runtime_of(L).report)
		report->traced = true;
	size_t size = 0;
	const char *bytes = lua_tolstring(L, -1, &size);
	std::string_view text(bytes ? bytes : "", size);
	// What is wrong with all of it, a binary chunk or one that nests too deeply, comes without a place. Lua knows the message
	// for want of memory by its very string.
	bool placed = text.starts_with(cut(chunk.name + 1, 0, 20)) || text.starts_with("...") || text == "not enough memory";
	if (!placed)
		lua_pushfstring(L, "%s: %s", chunk.name + 1, bytes ? bytes : "");
	return lua_error(L);
}

// Makes the function at `index` the runtime's task: what resume() and the thread call.
static void keep_task(lua_State *L, int index)
{
	lua_State *task = lua_newthread(L);
	lua_pushvalue(L, index);
	lua_xmove(L, task, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &task_key);
	runtime_of(L).has_task(true);
}

static int run_chunk(lua_State *L)
{
	// SAFETY: run() passes its Run.
	auto &run = *static_cast<Run *>(lua_touserdata(L, 1));
	const Chunk &chunk = run.chunk;
	lua_settop(L, 0);
	if ((chunk.repeats ? load_repeated(L, run) : load_chunk(L, run)) != LUA_OK)
		return fail_loading(L, chunk);
	luaL_checkstack(L, static_cast<int>(chunk.argument_count) + 4, "too many arguments");
	for (std::size_t i = 0; i < chunk.argument_count; i++)
		lua_pushlstring(L, chunk.arguments[i].data(), chunk.arguments[i].size());
	lua_call(L, static_cast<int>(chunk.argument_count), LUA_MULTRET);
	if (chunk.keep && lua_type(L, 1) == LUA_TFUNCTION)
		keep_task(L, 1);
	int count = lua_gettop(L);
	if (chunk.expression && !chunk.keep && count) {
		// A prompt's last value; raw, for a script may have given _G a metatable.
		lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
		lua_pushliteral(L, "_");
		lua_pushvalue(L, 1);
		lua_rawset(L, -3);
		lua_settop(L, count);
	}
	if (run.results)
		luaL_checkstack(L, 4, "too many results");
	for (int i = 1; run.results && i <= count; i++) {
		// Most that programs ask for, unless somebody has given numbers a metatable.
		if (chunk.plain && lua_isinteger(L, i) && !lua_getmetatable(L, i)) {
			char digits[24];
			run.results->value(decimal(lua_tointegerx(L, i, nullptr), digits));
			continue;
		}
		size_t size = 0;
		const char *text = chunk.plain ? luaL_tolstring(L, i, &size) : show(L, i, &size);
		run.results->value({ text, size });
		lua_settop(L, count);
	}
	return 0;
}

/* ---- checks ---- */

// The globals of a chunk: first those it assigns are gathered in a table, then the others are looked up in both.
struct Check {
	Run run;
	lua_State *L;
	int assigned;	// index of the table
};

static void note_assigned(void *argument, const char *name, int, int assigned)
{
	// SAFETY: check_chunk() passes its Check.
	auto &check = *static_cast<Check *>(argument);
	if (!assigned)
		return;
	lua_pushboolean(check.L, 1);
	lua_setfield(check.L, check.assigned, name);
}

static void note_unknown(void *argument, const char *name, int line, int assigned)
{
	// SAFETY: as above.
	auto &check = *static_cast<Check *>(argument);
	lua_State *L = check.L;
	int top = lua_gettop(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_pushstring(L, name);
	bool known = assigned || lua_rawget(L, -2) != LUA_TNIL || lua_getfield(L, check.assigned, name) != LUA_TNIL;
	if (!known) {
		lua_pushfstring(L, "%d %s", line, name);
		size_t size = 0;
		const char *text = lua_tolstring(L, -1, &size);
		check.run.results->value({ text, size });
	}
	lua_settop(L, top);
}

static int check_chunk(lua_State *L)
{
	// SAFETY: check() passes its Check.
	auto &check = *static_cast<Check *>(lua_touserdata(L, 1));
	lua_settop(L, 0);
	if (load_chunk(L, check.run) != LUA_OK)
		return fail_loading(L, check.run.chunk);
	check.L = L;
	lua_newtable(L);
	lua_insert(L, 1);
	check.assigned = 1;
	// The function stays on top: each visit of it leaves the stack as it was.
	lunatik_globals(L, note_assigned, &check);
	lunatik_globals(L, note_unknown, &check);
	return 0;
}

// What follows a byte order mark and a first line that begins with '#', as luaL_loadfile() skips them: the line's end
// stays, so that lines keep their numbers.
static std::string_view skip_comment(std::string_view source) noexcept
{
	if (source.starts_with("\xef\xbb\xbf"))
		source.remove_prefix(3);
	if (source.starts_with('#')) {
		auto end = source.find('\n');
		source.remove_prefix(end == source.npos ? source.size() : end);
	}
	return source;
}

// Leaves of a chunk what is Lua, if it may run. Not inlined: what it puts on the stack would stay there while the script runs.
[[gnu::noinline]] static bool admit(Chunk &chunk, Report &report) noexcept
{
	const char *why = nullptr;
	if (int error = signature::admit(chunk.source, why)) {
		report.status = LUNATIK_STATUS_PERMISSION;
		report.error = -error;
		Name<400> message(chunk.name + 1);
		message.append(": ");
		message.append(why);
		message.make_printable();
		report.say(message.view());
		return false;
	}
	if (chunk.script)
		chunk.source = skip_comment(chunk.source);
	return true;
}

bool check(Runtime &runtime, const Chunk &given, Results &results, Report &report) noexcept
{
	Chunk chunk = given;
	// It does not run: whether it may does not matter.
	if (long size = lunatik_h_signed_text(chunk.source.data(), chunk.source.size()); size >= 0)
		chunk.source = cut(chunk.source, 0, static_cast<std::size_t>(size));
	chunk.source = skip_comment(chunk.source);
	Check check{ { chunk, &results, 0, false }, nullptr, 0 };
	return attempt(runtime, check_chunk, &check, report);
}

bool run(Runtime &runtime, const Chunk &given, Results *results, Report &report) noexcept
{
	Chunk chunk = given;
	if (!admit(chunk, report))
		return false;
	Run run{ chunk, results, 0, false };
	bool success = attempt(runtime, run_chunk, &run, report);
	report.incomplete = !success && run.incomplete;
	return success;
}

/* ---- tasks ---- */

// Runs the task with the arguments above `first`; leaves its results on its own stack and returns it.
static lua_State *resume_task(lua_State *L, int first, int *results)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &task_key) != LUA_TTHREAD)
		luaL_error(L, "the script has returned no function to run");
	lua_State *task = lua_tothread(L, -1);
	lua_insert(L, first);
	int arguments = lua_gettop(L) - first;
	if (!lua_checkstack(task, arguments))
		luaL_error(L, "too many arguments");
	lua_xmove(L, task, arguments);
	int status = lua_resume(task, L, arguments, results);
	if (status != LUA_YIELD)
		runtime_of(L).has_task(false);
	if (status == LUA_OK || status == LUA_YIELD)
		return task;
	if (Report *report = runtime_of(L).report) {
		luaL_traceback(L, task, nullptr, 0);
		size_t size = 0;
		const char *text = lua_tolstring(L, -1, &size);
		report->trace({ text, size });
		report->traced = true;
	}
	lua_xmove(task, L, 1);
	lua_error(L);
	return task;
}

static int run_task_protected(lua_State *L)
{
	int results = 0;
	lua_settop(L, 0);
	resume_task(L, 1, &results);
	return 0;
}

bool run_task(Runtime &runtime, Report &report) noexcept
{
	return attempt(runtime, run_task_protected, nullptr, report);
}

// The bytes of the strings among what lies from `first` on. Raises if anything of it may not leave the runtime.
static std::size_t size_of_results(lua_State *L, lua_State *task, int first)
{
	std::size_t bytes = 0;
	for (int i = first; i <= lua_gettop(task); i++) {
		int type = lua_type(task, i);
		Box *box = box_at(task, i);
		bool crosses = type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING ||
			       (box && box->object && !(box->object->opt & LUNATIK_OPT_SINGLE));
		if (!crosses)
			luaL_error(L, "result #%d cannot leave its runtime: a %s", i - first + 1, luaL_typename(task, i));
		if (type == LUA_TSTRING)
			bytes += lua_rawlen(task, i);
	}
	return bytes;
}

// The results of a resume in memory of its own: values first, then the bytes of their strings.
static int pack_results(lua_State *L, lua_State *task, int count, Resume &resume)
{
	int first = lua_gettop(task) - count + 1;
	// A function handed back is the next task, not a value: functions do not leave their runtime.
	if (count && lua_status(task) == LUA_OK && lua_type(task, first) == LUA_TFUNCTION) {
		lua_pushvalue(task, first);
		lua_xmove(task, L, 1);
		keep_task(L, lua_gettop(L));
		return 0;
	}
	bool may_sleep = runtime_of(L).may_sleep();
	auto allocate = [&] {
		return allocate_charged(&runtime_of(L).account, sizeof(lunatik_value) * static_cast<unsigned>(count) + size_of_results(L, task, first),
					!may_sleep);
	};
	void *block = allocate();
	if (!block && may_sleep) {
		// What is garbage makes room. Finalizers may close what was looked at.
		lua_gc(L, LUA_GCCOLLECT);
		block = allocate();
	}
	if (!block) {
		lua_settop(task, first - 1);
		return raise(L, ENOMEM);
	}
	// SAFETY: memory for the values and, behind them, their strings; the caller frees it.
	auto *memory = static_cast<char *>(block);
	auto *values = reinterpret_cast<lunatik_value *>(memory);
	char *text = memory + sizeof(lunatik_value) * static_cast<unsigned>(count);
	for (int i = 0; i < count; i++) {
		int index = first + i;
		switch (lua_type(task, index)) {
		case LUA_TBOOLEAN:
			values[i] = { .kind = LUNATIK_BOOLEAN, .boolean = lua_toboolean(task, index) != 0 };
			break;
		case LUA_TNUMBER:
			values[i] = { .kind = LUNATIK_INTEGER, .integer = lua_tointegerx(task, index, nullptr) };
			break;
		case LUA_TSTRING: {
			size_t size = 0;
			const char *string = lua_tolstring(task, index, &size);
			__builtin_memcpy(text, string, size);
			values[i] = { .kind = LUNATIK_STRING, .bytes = { text, size } };
			text += size;
			break;
		}
		case LUA_TUSERDATA:
			values[i] = { .kind = LUNATIK_OBJECT, .object = box_at(task, index)->object };
			lunatik_holdobject(values[i].object);
			break;
		default:
			values[i] = { .kind = LUNATIK_NIL };
		}
	}
	resume.results = values;
	resume.result_count = count;
	lua_settop(task, first - 1);
	return 0;
}

static int resume_protected(lua_State *L)
{
	// SAFETY: resume() passes its Resume.
	auto &resume = *static_cast<Resume *>(lua_touserdata(L, 1));
	lua_settop(L, 0);
	luaL_checkstack(L, resume.argument_count + 4, "too many arguments");
	for (int i = 0; i < resume.argument_count; i++)
		push_value(L, resume.arguments[i]);
	int results = 0;
	lua_State *task = resume_task(L, 1, &results);
	return pack_results(L, task, results, resume);
}

bool resume(Runtime &runtime, Resume &resume, Report &report) noexcept
{
	return attempt(runtime, resume_protected, &resume, report);
}

} // namespace lunatik::edge

/* ---- what Lua asks of its host ---- */

using namespace lunatik;
using edge::runtime_of;

constinit const int lunatik_frees_all = Pool::pooled;

void lunatik_print(lua_State *L, const char *s, size_t n)
{
	runtime_of(L).print({ s, n });
}

void lunatik_printline(lua_State *L)
{
	runtime_of(L).print_line();
}

int lunatik_fetch(void *to, const void *from, size_t n)
{
	return lunatik_h_copy_from_user_nofault(to, from, n);
}

void lunatik_warning(lua_State *L, const char *text, int error)
{
	Runtime &runtime = runtime_of(L);
	if (error)
		runtime.errors.count();
	runtime.log(text, error != 0);
}

void lunatik_poll(lua_State *L)
{
	int why = runtime_of(L).poll();
	if (!why)
		return;
	lunatik_raise(L, why & Closing ? "stopped" : why & Interrupt ? "interrupted" : "time budget exceeded");
}

namespace {

/// An open file and what was read of it ahead.
struct File {
	struct file *file;
	Runtime *runtime;
	long long position;
	unsigned long next, end;
	int error;
	char *whole;	// a signed one's text: what was checked is what is read, whatever becomes of the file
	char buffer[2048];
};

} // namespace

// The text of a file that is signed or has to be, at once. Returns 0, or a negative errno with `why` if there is more to say.
[[gnu::noinline]] static int read_signed(File &file, const char *&why) noexcept
{
	long long size = lunatik_h_file_size(file.file);
	bool must = signature::required();
	if (!must) {
		// A look at the last bytes: files of no fixed size have no signature.
		char end[lunatik_h_signature_mark];
		long long at = size - static_cast<long long>(sizeof(end));
		if (at < 0 || lunatik_h_kernel_read(file.file, end, sizeof(end), &at) != sizeof(end) ||
		    lunatik_h_signed_text(end, sizeof(end)) != -EBADMSG)
			return 0;
	}
	if (size > edge::source_max)
		return -EFBIG;
	// SAFETY: memory of that size, or none.
	file.whole = static_cast<char *>(lunatik_h_kvmalloc(static_cast<std::size_t>(size) + 1, 0));
	if (!file.whole)
		return -ENOMEM;
	long long position = 0;
	while (position < size) {
		long count = lunatik_h_kernel_read(file.file, file.whole + position, static_cast<std::size_t>(size - position), &position);
		if (count < 0)
			return static_cast<int>(count);
		if (!count)
			break;
	}
	std::string_view source(file.whole, static_cast<std::size_t>(position));
	if (int error = signature::admit(source, why))
		return error;
	file.end = source.size();
	return 0;
}

void *lunatik_file_open(lua_State *L, const char *name, int *error)
{
	Runtime &runtime = runtime_of(L);
	if (!runtime.may_sleep())
		luaL_error(L, "files cannot be read in a %s runtime once its script is loaded", name_of(runtime.context));
	struct file *opened = lunatik_h_filp_open(name, error);
	if (!opened)
		return nullptr;
	// SAFETY: memory for one File, or none.
	auto *file = static_cast<File *>(lunatik_h_kmalloc(sizeof(File), 0));
	if (!file) {
		lunatik_h_filp_close(opened);
		*error = ENOMEM;
		return nullptr;
	}
	file->file = opened;
	file->runtime = &runtime;
	file->position = 0;
	file->next = file->end = 0;
	file->error = 0;
	file->whole = nullptr;
	const char *why = nullptr;
	if (int failed = read_signed(*file, why)) {
		lunatik_file_close(file);
		*error = -failed;
		if (why)
			luaL_error(L, "%s: %s", name, why);
		return nullptr;
	}
	return file;
}

long lunatik_file_read(void *handle, void *buffer, size_t n)
{
	// SAFETY: Lua hands back what lunatik_file_open() gave it.
	auto &file = *static_cast<File *>(handle);
	if (file.whole) {
		size_t count = file.end - file.next < n ? file.end - file.next : n;
		__builtin_memcpy(buffer, file.whole + file.next, count);
		file.next += count;
		return static_cast<long>(count);
	}
	if (file.next == file.end) {
		// Lua reads bytes in loops of its own that look at nothing else.
		long count = file.runtime->poll() ? -EINTR : lunatik_h_kernel_read(file.file, file.buffer, sizeof(file.buffer), &file.position);
		if (count < 0) {
			file.error = static_cast<int>(-count);
			return count;
		}
		file.next = 0;
		file.end = static_cast<unsigned long>(count);
	}
	size_t count = file.end - file.next < n ? file.end - file.next : n;
	__builtin_memcpy(buffer, file.buffer + file.next, count);
	file.next += count;
	return static_cast<long>(count);
}

int lunatik_file_error(void *handle)
{
	// SAFETY: as above.
	return static_cast<File *>(handle)->error;
}

void lunatik_file_close(void *handle)
{
	// SAFETY: as above; Lua closes once.
	auto *file = static_cast<File *>(handle);
	lunatik_h_filp_close(file->file);
	lunatik_h_kvfree(file->whole);
	lunatik_h_kfree(file);
}

int lunatik_require_module(lua_State *L, const char *name)
{
	Runtime &runtime = runtime_of(L);
	char symbol[80];
	std::size_t length = sizeof("luaopen_") - 1;
	__builtin_memcpy(symbol, "luaopen_", length);
	for (const char *c = name; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_';
		if ((!plain && *c != '.') || length == sizeof(symbol) - 1) {
			lua_pushfstring(L, "no kernel module for '%s'", name);
			return 1;
		}
		symbol[length++] = *c == '.' ? '_' : *c;
	}
	symbol[length] = 0;
	if (!runtime.may_sleep()) {
		lua_pushfstring(L, "no kernel module: a %s runtime loads none once its script is loaded",
				name_of(runtime.context));
		return 1;
	}
	void *open = lunatik_h_symbol_get(symbol);
	if (!open) {
		// Positive: modprobe has run, and failed.
		int error = lunatik_h_request_module(name);
		if (error == -ENOMEM || error == -EINTR)
			return edge::raise(L, error);
		if (!error)
			open = lunatik_h_symbol_get(symbol);
	}
	if (!open) {
		lua_pushfstring(L, "no kernel module 'lunatik:%s'", name);
		return 1;
	}
	if (int error = runtime.pin(symbol))
		return edge::raise(L, error);
	// SAFETY: by convention the symbol luaopen_<name> of a module is a lua_CFunction.
	lua_pushcfunction(L, reinterpret_cast<lua_CFunction>(open));
	lua_pushliteral(L, ":kernel:");
	return 2;
}
