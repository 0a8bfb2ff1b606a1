// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What a person at a prompt sees of a state: values as text, and the words a name may become. Both look at tables without
 * running anything a script has put there, __tostring of the value shown excepted, and both are bounded.
 */
#include "api.h"
#include "vm/box.hpp"
#include "vm/edge.hpp"

#include "helpers/helpers.h"

namespace lunatik::edge {

namespace {

// Text of one value.
constexpr std::size_t room = 4096;
// Entries shown of one table, and tables inside tables.
constexpr int entries_max = 50;
constexpr int depth_max = 3;
// Bytes shown of a string inside a table.
constexpr std::size_t string_max = 60;
// A table whose text is longer than a line gets a line for each entry.
constexpr std::size_t line_width = 72;
// Words offered, and entries looked at for them.
constexpr int words_max = 500;
constexpr int looked_max = 20000;
// Links of __index that are followed.
constexpr int links_max = 8;

bool is_name_character(char c) noexcept
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether Lua reads the text as a name: `t.end` is none, nor is `{end = 1}`.
bool is_name(std::string_view text) noexcept
{
	static constexpr std::string_view keywords[] = {
		"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
		"in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
	};
	for (char c : text) {
		if (!is_name_character(c))
			return false;
	}
	for (std::string_view keyword : keywords) {
		if (text == keyword)
			return false;
	}
	return !text.empty() && !(text[0] >= '0' && text[0] <= '9');
}

/// Bounded text in memory of the state's.
class Writer {
public:
	explicit Writer(char *memory) noexcept : memory_(memory) {}
	void add(std::string_view text) noexcept
	{
		// The end of a text that is cut says so.
		static constexpr std::string_view mark = "...";
		for (char c : text) {
			if (size_ < room - mark.size())
				memory_[size_++] = c;
			else if (size_ < room)
				__builtin_memcpy(memory_ + std::exchange(size_, room), mark.data(), mark.size());
		}
	}
	void add(char c) noexcept { add(std::string_view(&c, 1)); }
	void clear() noexcept { size_ = 0; }
	[[nodiscard]] bool full() const noexcept { return size_ == room; }
	[[nodiscard]] std::string_view view() const noexcept { return { memory_, size_ }; }

private:
	char *memory_;
	std::size_t size_ = 0;
};

void add_quoted(Writer &writer, std::string_view text)
{
	writer.add('"');
	for (char c : cut(text, 0, string_max)) {
		auto byte = static_cast<unsigned char>(c);
		if (c == '"' || c == '\\') {
			writer.add('\\');
			writer.add(c);
		} else if (c == '\n') {
			writer.add("\\n");
		} else if (byte < ' ' || byte == 127) {
			char escape[8];
			lunatik_h_snprintf(escape, sizeof(escape), "\\x%02x", byte);
			writer.add(escape);
		} else {
			writer.add(c);
		}
	}
	writer.add(text.size() > string_max ? "\"..." : "\"");
}

void add_value(lua_State *L, Writer &writer, int index, int depth, bool lines);

void add_key(lua_State *L, Writer &writer, int index)
{
	size_t size = 0;
	const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &size) : nullptr;
	if (text && is_name({ text, size })) {
		writer.add({ text, size });
	} else {
		writer.add('[');
		add_value(L, writer, index, depth_max, false);
		writer.add(']');
	}
	writer.add(" = ");
}

void add_table(lua_State *L, Writer &writer, int index, int depth, bool lines)
{
	if (depth >= depth_max) {
		writer.add("{...}");
		return;
	}
	luaL_checkstack(L, 4, nullptr);
	writer.add('{');
	int shown = 0;
	// The elements of a sequence come without their numbers.
	lua_Integer length = 0;
	while (shown < entries_max && !writer.full() && lua_rawgeti(L, index, length + 1) != LUA_TNIL) {
		writer.add(lines ? "\n  " : shown ? " " : "");
		add_value(L, writer, lua_gettop(L), depth + 1, false);
		writer.add(',');
		lua_settop(L, -2);
		length++;
		shown++;
	}
	// Its nil, or, when there are enough, nothing.
	if (shown < entries_max && !writer.full())
		lua_settop(L, -2);
	bool more = false;
	lua_pushnil(L);
	while (!more && lua_next(L, index)) {
		int is_integer = 0;
		lua_Integer number = lua_type(L, -2) == LUA_TNUMBER ? lua_tointegerx(L, -2, &is_integer) : 0;
		if (!is_integer || number < 1 || number > length) {
			more = shown++ == entries_max || writer.full();
			if (!more) {
				writer.add(lines ? "\n  " : shown > 1 ? " " : "");
				add_key(L, writer, lua_gettop(L) - 1);
				add_value(L, writer, lua_gettop(L), depth + 1, false);
				writer.add(',');
			}
		}
		lua_settop(L, more ? -3 : -2);
	}
	if (more)
		writer.add(lines ? "\n  ..." : " ...");
	writer.add(lines && shown ? "\n}" : "}");
}

void add_value(lua_State *L, Writer &writer, int index, int depth, bool lines)
{
	switch (lua_type(L, index)) {
	case LUA_TSTRING: {
		size_t size = 0;
		const char *text = lua_tolstring(L, index, &size);
		add_quoted(writer, { text, size });
		break;
	}
	case LUA_TNUMBER: {
		char digits[24];
		lunatik_h_snprintf(digits, sizeof(digits), "%lld", lua_tointegerx(L, index, nullptr));
		writer.add(digits);
		break;
	}
	case LUA_TBOOLEAN:
		writer.add(lua_toboolean(L, index) ? "true" : "false");
		break;
	case LUA_TTABLE:
		add_table(L, writer, index, depth, lines);
		break;
	case LUA_TUSERDATA: {
		Box *box = box_at(L, index);
		writer.add('<');
		writer.add(box && box->object ? box->object->class_->name : "userdata");
		writer.add('>');
		break;
	}
	default:
		writer.add('<');
		writer.add(luaL_typename(L, index));
		writer.add('>');
	}
}

} // namespace

const char *show(lua_State *L, int index, size_t *size)
{
	bool plain = lua_type(L, index) == LUA_TTABLE && luaL_getmetafield(L, index, "__tostring") == LUA_TNIL;
	if (!plain)
		return luaL_tolstring(L, index, size);
	// SAFETY: a userdata of that size, alive on the stack while the writer is.
	Writer writer(static_cast<char *>(lua_newuserdatauv(L, room, 0)));
	add_value(L, writer, index, 0, false);
	if (writer.view().size() > line_width) {
		writer.clear();
		add_value(L, writer, index, 0, true);
	}
	*size = writer.view().size();
	return lua_pushlstring(L, writer.view().data(), *size);
}

/* ---- completion ---- */

namespace {

struct Completion {
	std::string_view text;
	Results &results;
};

// Pushes what fields of the value on top of the stack are looked up in, unless it is that itself. False if it has none.
bool container(lua_State *L)
{
	if (lua_type(L, -1) == LUA_TTABLE)
		return true;
	if (!lua_getmetatable(L, -1))
		return false;
	lua_pushliteral(L, "__index");
	lua_rawget(L, -2);
	return lua_type(L, -1) == LUA_TTABLE;
}

// Pushes what missing fields of the table on top of the stack are looked up in. False if there is none.
bool next_link(lua_State *L)
{
	if (!lua_getmetatable(L, -1))
		return false;
	lua_pushliteral(L, "__index");
	lua_rawget(L, -2);
	return lua_type(L, -1) == LUA_TTABLE;
}

bool step(lua_State *L, std::string_view name)
{
	luaL_checkstack(L, 3 * links_max, nullptr);
	if (!container(L))
		return false;
	for (int link = 0; link < links_max; link++) {
		lua_pushlstring(L, name.data(), name.size());
		if (lua_rawget(L, -2) != LUA_TNIL)
			return true;
		lua_settop(L, -2);
		if (!next_link(L))
			return false;
	}
	return false;
}

void offer(lua_State *L, Results &results, std::string_view part, bool methods)
{
	int words = 0, looked = 0;
	for (int link = 0; link < links_max && lua_type(L, -1) == LUA_TTABLE; link++) {
		lua_pushnil(L);
		while (lua_next(L, -2)) {
			size_t size = 0;
			const char *text = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &size) : nullptr;
			std::string_view word(text ? text : "", size);
			bool fits = word.starts_with(part) && is_name(word) && (!methods || lua_type(L, -1) == LUA_TFUNCTION) &&
				    !(part.empty() && word.starts_with("__"));
			lua_settop(L, -2);
			if (fits) {
				results.value(word);
				words++;
			}
			if (words == words_max || ++looked == looked_max)
				return;
		}
		if (!next_link(L))
			return;
	}
}

// The end of `text` up to `end` that is a name.
std::string_view last_name(std::string_view text, std::size_t end) noexcept
{
	std::size_t begin = end;
	while (begin && is_name_character(text[begin - 1]))
		begin--;
	return cut(text, begin, end - begin);
}

int complete_protected(lua_State *L)
{
	// SAFETY: complete() passes its Completion.
	auto &completion = *static_cast<Completion *>(lua_touserdata(L, 1));
	std::string_view text = completion.text;
	std::string_view part = last_name(text, text.size());
	std::size_t begin = text.size() - part.size();
	bool methods = begin && text[begin - 1] == ':';
	// `a..b` concatenates: b is a global.
	auto separated = [&](std::size_t at) {
		return at && (text[at - 1] == ':' || (text[at - 1] == '.' && !(at > 1 && text[at - 2] == '.')));
	};
	constexpr int names_max = 8;
	std::string_view names[names_max];
	int count = 0;
	for (; separated(begin); begin -= names[count].size() + 1, count++) {
		if (count == names_max)
			return 0;
		names[count] = last_name(text, begin - 1);
		if (!is_name(names[count]))
			return 0;
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	while (count) {
		if (!step(L, names[--count]))
			return 0;
	}
	luaL_checkstack(L, 3 * links_max, nullptr);
	if (container(L))
		offer(L, completion.results, part, methods);
	return 0;
}

} // namespace

void complete(Runtime &runtime, std::string_view text, Results &results) noexcept
{
	Completion completion{ text, results };
	// Without memory there are fewer words, and no error a person at a prompt could use.
	(void)protect(runtime.state, complete_protected, &completion);
}

} // namespace lunatik::edge
