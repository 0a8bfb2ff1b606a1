/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Classes and libraries for Lua scripts in the kernel, written as plain C++ functions.
 *
 * An author writes a type, functions over it, and one table; this header turns the functions' own parameter and result
 * types into what Lua must be given and what it gets. A body is noexcept, never sees a lua_State, and so can hold
 * locks and references as it likes: nothing can jump over it.
 *
 *	struct Counter {
 *		static const lunatik_class_t info;
 *		long long count = 0;
 *	};
 *
 *	Result<void> create(New<Counter> slot) noexcept { slot.emplace(); return {}; }
 *	Result<long long> add(Counter &self, std::optional<long long> n) noexcept { return self.count += n.value_or(1); }
 *
 *	constinit const lunatik_class_t Counter::info =
 *		define_class<Counter, Functions<Method<"add", add>>>("counter", LUNATIK_OPT_SINGLE);
 *
 *	using Library = Functions<Constructor<"new", create>>;
 *	LUNATIK_LIBRARY(counter, Library, Classes<Counter>::list)
 *
 * and in one C file of the module: LUNATIK_MODULE(counter, "Counts").
 */
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <asm-generic/errno.h>

#include "lunatik/abi.h"
#include "base/result.hpp"
#include "base/ref.hpp"

#ifndef lauxlib_h
// The same two fields as lauxlib.h: a class' methods are handed to Lua as they stand.
struct luaL_Reg {
	const char *name;
	int (*func)(lua_State *);
};
#endif

extern "C" {
// The module this code is linked into; THIS_MODULE of kernel C.
extern struct module __this_module;
}

namespace lunatik {

/// A Lua integer.
using Integer = long long;

/// An argument that is kept with the object a constructor makes; call() reaches it later.
struct Function {};
/// The same for a table. Field<> parameters after it are its fields.
struct Table {};
/// The object of a runtime, as an argument.
struct RuntimeObject {
	lunatik_object_t &object;
};
/// Any plain value or object, as it came.
using Value = lunatik_value;
/// Nothing, as a result.
struct Nil {};
/// As a result of a method: what the constructor of its object, which KEEPS, was given as its argument number `argument`.
struct Kept {
	unsigned argument;
};

/// As a parameter of a KEEPS constructor: an object that is made together with the new one, by the function T::companion, and kept
/// with it. Lua passes nothing for it.
template <class T>
struct Companion {
	lunatik_object_t &object;
	// SAFETY: the object is of T's class and open: it was made just now.
	T &operator*() const noexcept { return *static_cast<T *>(object.private_); }
	T *operator->() const noexcept { return &**this; }
};

/// A T, or nil and a reason: for what a script is expected to meet, and documents say it gets.
template <class T>
struct OrReason {
	OrReason(T value) noexcept : value(std::move(value)) {}
	/// Nil, and `reason` (static text) as a second result.
	static OrReason none(std::string_view reason) noexcept { return OrReason(nullptr, reason); }

	std::optional<T> value;
	std::string_view reason;

private:
	OrReason(std::nullptr_t, std::string_view reason) noexcept : reason(reason) {}
};

/// Memory of a length the script asked for, to be filled by the body; return Filled{n} for its first n bytes.
struct Buffer {
	char *data;
	std::size_t size;
};
/// How much of the Buffer argument is the result.
struct Filled {
	std::size_t size;
};
/// A light userdata: an address that scripts pass around and cannot look at.
struct Pointer {
	void *address;
};

/// The name of a kernel symbol, or, if `address` is set, an address.
struct Symbol {
	std::string_view name;
	void *address;
};

/// References of objects, for Ref<lunatik_object_t>.
} // namespace lunatik
inline void get(lunatik_object_t &object) noexcept { lunatik_getobject(&object); }
inline void put(lunatik_object_t &object) noexcept { lunatik_putobject(&object); }
namespace lunatik {

/// A reference to an object of any class.
using ObjectRef = Ref<lunatik_object_t>;

/// Owns one handle of an object of any class, as a Lua value does.
class [[nodiscard]] Handle final {
public:
	/// Takes over a handle the caller holds already.
	static Handle adopt(lunatik_object_t *object) noexcept { return Handle(object); }
	/// Takes a handle of its own.
	static Handle share(lunatik_object_t &object) noexcept
	{
		lunatik_holdobject(&object);
		return Handle(&object);
	}
	Handle(Handle &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
	Handle &operator=(Handle &&) = delete;
	~Handle()
	{
		if (object_)
			lunatik_dropobject(object_);
	}
	[[nodiscard]] lunatik_object_t *release() noexcept { return std::exchange(object_, nullptr); }

private:
	explicit Handle(lunatik_object_t *object) noexcept : object_(object) {}
	lunatik_object_t *object_;
};

/// A string result in memory of its own. Context: any.
class [[nodiscard]] Bytes final {
public:
	/// Errors: ENOMEM.
	static Result<Bytes> allocate(lunatik_object_t &runtime, std::size_t size) noexcept
	{
		// SAFETY: lunatik_bytes() returns memory of that size or nothing.
		auto *data = static_cast<char *>(lunatik_bytes(&runtime, size));
		if (!data)
			return Error(ENOMEM);
		return Bytes(data, size);
	}
	Bytes(Bytes &&other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
	Bytes &operator=(Bytes &&) = delete;
	~Bytes()
	{
		if (data_)
			lunatik_freebytes(data_);
	}

	[[nodiscard]] char *data() noexcept { return data_; }
	[[nodiscard]] std::size_t size() const noexcept { return size_; }
	/// Only the first `size` bytes are the result.
	void shrink(std::size_t size) noexcept { size_ = size < size_ ? size : size_; }
	[[nodiscard]] char *release() noexcept { return std::exchange(data_, nullptr); }

private:
	Bytes(char *data, std::size_t size) noexcept : data_(data), size_(size) {}
	char *data_;
	std::size_t size_;
};

/// Memory that the kernel allocates for an object by itself, counted against a runtime's cap for as long as this lives.
class [[nodiscard]] Charge final {
public:
	/// Context: any. Errors: ENOMEM, over the cap.
	static Result<Charge> take(lunatik_object_t &runtime, std::size_t size) noexcept
	{
		void *charge = lunatik_charge(&runtime, size);
		if (!charge)
			return Error(ENOMEM);
		return Charge(charge);
	}
	Charge(Charge &&other) noexcept : charge_(other.release()) {}
	Charge &operator=(Charge &&) = delete;
	~Charge()
	{
		if (charge_)
			lunatik_freebytes(charge_);
	}
	/// For lunatik_freebytes(), later.
	[[nodiscard]] void *release() noexcept { return std::exchange(charge_, nullptr); }

private:
	explicit Charge(void *charge) noexcept : charge_(charge) {}
	void *charge_;
};

/// Who calls: the runtime, and ways to say more than an errno.
class Caller final {
public:
	explicit Caller(lunatik_call &call) noexcept : call_(call) {}
	[[nodiscard]] lunatik_object_t &runtime() const noexcept { return *call_.runtime; }
	/// The receiver's object, or the one a constructor makes.
	[[nodiscard]] lunatik_object_t &object() const noexcept { return *call_.object; }
	/// Of a hook's constructor, in a per-CPU runtime: the hook that the kernel calls, if that is another one than the new.
	[[nodiscard]] lunatik_object_t *first() const noexcept { return call_.first; }
	[[nodiscard]] bool may_sleep() const noexcept { return lunatik_maysleep(call_.runtime); }
	/// Raises `text` (static) instead of the errno's name.
	[[nodiscard]] Error fail(const char *text, int code = EINVAL) const noexcept
	{
		call_.message = text;
		return Error(code);
	}
	/// Raises a copy of `text` instead of the errno's name.
	[[nodiscard]] Error fail_with(std::string_view text) const noexcept
	{
		auto bytes = Bytes::allocate(runtime(), text.size());
		if (!bytes)
			return bytes.error();
		__builtin_memcpy(bytes->data(), text.data(), text.size());
		call_.results[0] = Value{ .kind = LUNATIK_BYTES, .bytes = { bytes->release(), text.size() } };
		call_.result_count = 1;
		return Error(EINVAL);
	}
	/// Room for a short string result, alive until it is pushed.
	[[nodiscard]] char *scratch() const noexcept { return call_.scratch; }
	static constexpr std::size_t scratch_size = LUNATIK_SCRATCH;
	/// Arguments beyond the declared ones (Varargs functions).
	[[nodiscard]] const Value *begin(std::size_t declared) const noexcept { return call_.arguments + declared; }
	[[nodiscard]] std::size_t count() const noexcept { return call_.count; }

private:
	lunatik_call &call_;
};

/// Where a constructor builds its object; nothing is built if it returns an error before.
template <class T>
class New final {
public:
	using Type = T;
	explicit New(void *storage) noexcept : storage_(storage) {}
	template <class... A>
	T &emplace(A &&...arguments) const noexcept
	{
		// SAFETY: the storage is zeroed, of sizeof(T), aligned for any type, and used once.
		return *::new (storage_) T(std::forward<A>(arguments)...);
	}

private:
	void *storage_;
};

/// A string as a template argument.
template <std::size_t N>
struct Text {
	char value[N]{};
	consteval Text(const char (&text)[N]) noexcept
	{
		for (std::size_t i = 0; i < N; i++)
			value[i] = text[i];
	}
};

/// A field of the Table before it.
template <Text Name, class T>
struct Field {
	T value;
	operator const T &() const noexcept { return value; }
	const T *operator->() const noexcept { return &value; }
	const T &operator*() const noexcept { return value; }
};

/// A table with these fields, as a result; text is static or the caller's scratch().
template <class... F>
struct Record;
template <Text... Names, class... T>
struct Record<Field<Names, T>...> {
	static constexpr const char *names[] = { Names.value..., nullptr };
	explicit Record(T... values) noexcept : values(std::move(values)...) {}
	std::tuple<T...> values;
};

/// An integer that must be between Minimum and Maximum.
template <Integer Minimum, Integer Maximum>
struct Within {
	Integer value;
	constexpr operator Integer() const noexcept { return value; }
};

namespace detail {

template <class T>
concept ClassType = requires { { &T::info } -> std::same_as<const lunatik_class_t *>; };

/// What one C++ parameter type asks of Lua, and how it is made from the decoded value.
template <class T>
struct Argument;

template <>
struct Argument<bool> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_BOOLEAN };
	static bool decode(const Value &value) noexcept { return value.boolean; }
};

template <std::integral T>
	requires(!std::same_as<T, bool>)
struct Argument<T> {
	static constexpr lunatik_parameter parameter{
		.kind = LUNATIK_INTEGER,
		.minimum = static_cast<Integer>(std::numeric_limits<T>::min()),
		.maximum = sizeof(T) == 8 ? std::numeric_limits<Integer>::max()
					  : static_cast<Integer>(std::numeric_limits<T>::max()),
	};
	static T decode(const Value &value) noexcept { return static_cast<T>(value.integer); }
};

template <Integer Minimum, Integer Maximum>
struct Argument<Within<Minimum, Maximum>> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_INTEGER, .minimum = Minimum, .maximum = Maximum };
	static Within<Minimum, Maximum> decode(const Value &value) noexcept { return { value.integer }; }
};

template <>
struct Argument<std::string_view> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_STRING };
	static std::string_view decode(const Value &value) noexcept { return { value.bytes.data, value.bytes.size }; }
};

template <>
struct Argument<Buffer> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_BUFFER, .minimum = 0, .maximum = 1LL << 30 };
	static Buffer decode(const Value &value) noexcept { return { value.bytes.data, value.bytes.size }; }
};

template <>
struct Argument<Function> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_FUNCTION };
	static Function decode(const Value &) noexcept { return {}; }
};

template <>
struct Argument<Table> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_TABLE };
	static Table decode(const Value &) noexcept { return {}; }
};

template <>
struct Argument<Pointer> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_POINTER };
	static Pointer decode(const Value &value) noexcept { return { value.pointer }; }
};

template <>
struct Argument<Symbol> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_SYMBOL };
	static Symbol decode(const Value &value) noexcept
	{
		if (value.kind == LUNATIK_POINTER)
			return { {}, value.pointer };
		return { { value.bytes.data, value.bytes.size }, nullptr };
	}
};

template <>
struct Argument<Value> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_ANY };
	static Value decode(const Value &value) noexcept { return value; }
};

template <>
struct Argument<lunatik_object_t &> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_OBJECT };
	static lunatik_object_t &decode(const Value &value) noexcept { return *value.object; }
};

template <>
struct Argument<RuntimeObject> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_OBJECT, .class_ = &lunatik_class_runtime };
	static RuntimeObject decode(const Value &value) noexcept { return { *value.object }; }
};

template <ClassType T>
struct Argument<T &> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_OBJECT, .class_ = &T::info };
	// SAFETY: lunatik_invoke() accepted only an open object of T's class.
	static T &decode(const Value &value) noexcept { return *static_cast<T *>(value.object->private_); }
};

template <ClassType T>
struct Argument<Companion<T>> {
	static constexpr lunatik_parameter parameter{ .kind = LUNATIK_COMPANION, .class_ = &T::info, .constructor = &T::companion };
	static Companion<T> decode(const Value &value) noexcept { return { *value.object }; }
};

template <class T>
struct Argument<std::optional<T>> {
	static consteval lunatik_parameter make() noexcept
	{
		auto parameter = Argument<T>::parameter;
		parameter.optional = 1;
		return parameter;
	}
	static constexpr lunatik_parameter parameter = make();
	static std::optional<T> decode(const Value &value) noexcept
	{
		if (value.kind == LUNATIK_NONE)
			return std::nullopt;
		return Argument<T>::decode(value);
	}
};

template <Text Name, class T>
struct Argument<Field<Name, T>> {
	static constexpr auto name = Name;
	static consteval lunatik_parameter make() noexcept
	{
		auto parameter = Argument<T>::parameter;
		parameter.field = name.value;
		return parameter;
	}
	static constexpr lunatik_parameter parameter = make();
	static Field<Name, T> decode(const Value &value) noexcept { return { Argument<T>::decode(value) }; }
};

/// How one C++ result type becomes Lua values. Adds to call.results; owners give up what they own there.
inline Value &next(lunatik_call &call) noexcept { return call.results[call.result_count++]; }

/// Owned kinds (BYTES, OBJECT) are given up. One of kind NONE is no result.
inline void encode(lunatik_call &call, const Value &value) noexcept
{
	if (value.kind != LUNATIK_NONE)
		next(call) = value;
}
inline void encode(lunatik_call &call, Nil) noexcept { next(call) = Value{ .kind = LUNATIK_NIL }; }
template <std::integral T>
inline void encode(lunatik_call &call, T value) noexcept
{
	if constexpr (std::same_as<T, bool>)
		next(call) = Value{ .kind = LUNATIK_BOOLEAN, .boolean = value };
	else
		next(call) = Value{ .kind = LUNATIK_INTEGER, .integer = static_cast<Integer>(value) };
}
inline void encode(lunatik_call &call, std::string_view value) noexcept
{
	// SAFETY: a result's bytes are only read; the field is writable for Buffer arguments.
	next(call) = Value{ .kind = LUNATIK_STRING, .bytes = { const_cast<char *>(value.data()), value.size() } };
}
inline void encode(lunatik_call &call, Bytes value) noexcept
{
	auto size = value.size();
	next(call) = Value{ .kind = LUNATIK_BYTES, .bytes = { value.release(), size } };
}
inline void encode(lunatik_call &call, Filled value) noexcept
{
	next(call) = Value{ .kind = LUNATIK_BUFFER, .bytes = { nullptr, value.size } };
}
inline void encode(lunatik_call &call, Kept value) noexcept
{
	next(call) = Value{ .kind = LUNATIK_KEPT, .integer = value.argument };
}
inline void encode(lunatik_call &call, Pointer value) noexcept
{
	next(call) = Value{ .kind = LUNATIK_POINTER, .pointer = value.address };
}
inline void encode(lunatik_call &call, Handle value) noexcept
{
	next(call) = Value{ .kind = LUNATIK_OBJECT, .object = value.release() };
}
inline void encode(lunatik_call &call, const lunatik_constant *values) noexcept
{
	next(call) = Value{ .kind = LUNATIK_CONSTANTS, .constants = values };
}
template <class T>
inline void encode(lunatik_call &call, std::optional<T> value) noexcept
{
	if (value)
		encode(call, std::move(*value));
	else
		encode(call, Nil{});
}
template <class T>
inline void encode(lunatik_call &call, OrReason<T> value) noexcept
{
	bool none = !value.value;
	encode(call, std::move(value.value));
	if (none)
		encode(call, value.reason);
}
template <Text... Names, class... T>
inline void encode(lunatik_call &call, Record<Field<Names, T>...> record) noexcept
{
	static_assert(sizeof...(T) < LUNATIK_RESULTS);
	next(call) = Value{ .kind = LUNATIK_RECORD, .names = record.names };
	std::apply([&call](auto &&...value) { (encode(call, std::move(value)), ...); }, std::move(record.values));
}
template <class... T>
inline void encode(lunatik_call &call, std::tuple<T...> values) noexcept
{
	static_assert(sizeof...(T) <= LUNATIK_RESULTS);
	std::apply([&call](auto &&...value) { (encode(call, std::move(value)), ...); }, std::move(values));
}

/// Leading parameters that Lua does not pass: the receiver, the new object, the caller.
template <class T>
struct Injected : std::false_type {};
template <>
struct Injected<Caller &> : std::true_type {
	struct Holder {
		Caller caller;
		explicit Holder(lunatik_call &call) noexcept : caller(call) {}
		operator Caller &() noexcept { return caller; }
	};
	static Holder make(lunatik_call &call) noexcept { return Holder(call); }
};
template <class T>
struct Injected<New<T>> : std::true_type {
	static New<T> make(lunatik_call &call) noexcept { return New<T>(call.self); }
};
template <class T>
struct Receiver {
	// SAFETY: lunatik_invoke() accepted only an open object of T's class as receiver.
	static T &make(void *self) noexcept { return *static_cast<T *>(self); }
};

enum class Role { Function, Method, Constructor, Factory };

template <Role R, class Signature>
struct Body;

template <Role R, class Value_, class... P>
struct Body<R, Result<Value_> (*)(P...) noexcept> {
	using Parameters = std::tuple<P...>;
	static constexpr std::size_t count = sizeof...(P);

	template <std::size_t I>
	using Parameter = std::tuple_element_t<I, Parameters>;

	template <std::size_t I>
	static consteval bool passed() noexcept
	{
		if constexpr ((R == Role::Method && I == 0) || (R == Role::Factory && I == 1))
			return false;
		else
			return !Injected<Parameter<I>>::value;
	}

	/// Index among the Lua arguments of the C++ parameter I.
	template <std::size_t I>
	static consteval std::size_t index() noexcept
	{
		return []<std::size_t... J>(std::index_sequence<J...>) {
			return (std::size_t{ 0 } + ... + (passed<J>() ? 1 : 0));
		}(std::make_index_sequence<I>{});
	}

	static constexpr std::size_t passed_count = index<count>();
	static_assert(passed_count <= LUNATIK_ARGUMENTS, "too many arguments for one call");

	static consteval auto make_parameters() noexcept
	{
		std::array<lunatik_parameter, passed_count + 1> parameters{};
		[&]<std::size_t... I>(std::index_sequence<I...>) {
			(
				[&] {
					if constexpr (passed<I>())
						parameters[index<I>()] = Argument<Parameter<I>>::parameter;
				}(),
				...);
		}(std::make_index_sequence<count>{});
		return parameters;
	}
	static constexpr auto parameters = make_parameters();

	template <std::size_t I>
	static decltype(auto) take(lunatik_call &call) noexcept
	{
		if constexpr (R == Role::Method && I == 0)
			return Receiver<std::remove_reference_t<Parameter<I>>>::make(call.self);
		else if constexpr (R == Role::Factory && I == 1)
			return Receiver<std::remove_reference_t<Parameter<I>>>::make(call.receiver);
		else if constexpr (!passed<I>())
			return Injected<Parameter<I>>::make(call);
		else
			return Argument<Parameter<I>>::decode(call.arguments[index<I>()]);
	}

	template <auto Function_>
	static int run(lunatik_call *call) noexcept
	{
		auto result = [&]<std::size_t... I>(std::index_sequence<I...>) {
			return Function_(take<I>(*call)...);
		}(std::make_index_sequence<count>{});
		if (!result)
			return result.error().negative();
		if constexpr (!std::same_as<Value_, void>)
			encode(*call, result.take());
		return 0;
	}
};

template <class First>
struct ClassOf;
template <class T>
struct ClassOf<T &> {
	using Type = std::remove_const_t<T>;
};
template <class T>
struct ClassOf<New<T>> {
	using Type = T;
};

/// The short way of a method: std::optional<Integer> or bool (a method without a result) of the receiver and integers.
template <class Signature>
struct Leaf;

template <class Value_, class T, std::same_as<Integer>... P>
struct Leaf<Value_ (*)(T &, P...) noexcept> {
	static constexpr unsigned char arguments = sizeof...(P);
	static constexpr unsigned char results = std::same_as<Value_, bool> ? 0 : 1;
	static_assert(arguments <= LUNATIK_LEAF_ARGUMENTS);

	template <auto Function_>
	static int run(void *self, const Integer *values, Integer *result) noexcept
	{
		auto done = [&]<std::size_t... I>(std::index_sequence<I...>) {
			return Function_(Receiver<T>::make(self), values[I * LUNATIK_LEAF_STRIDE]...);
		}(std::index_sequence_for<P...>{});
		if constexpr (results) {
			if (done)
				*result = *done;
		}
		return static_cast<bool>(done);
	}
};

/// One entry of a method or function table.
template <Text Name, auto Body_, Role R, unsigned Flags, auto Leaf_ = nullptr>
struct Entry {
	using Call = Body<R, decltype(Body_)>;
	static constexpr auto name = Name;

	static consteval lunatik_function make() noexcept
	{
		lunatik_function function{};
		function.name = name.value;
		function.body = &Call::template run<Body_>;
		function.parameters = Call::parameters.data();
		function.parameter_count = Call::passed_count;
		function.flags = Flags | (R == Role::Method || R == Role::Factory ? LUNATIK_FUNCTION_METHOD : 0) |
				 (R == Role::Constructor || R == Role::Factory ? LUNATIK_FUNCTION_CONSTRUCTOR : 0);
		if constexpr (R != Role::Function) {
			using T = typename ClassOf<typename Call::template Parameter<0>>::Type;
			static_assert(ClassType<T>, "the class lacks `static const lunatik_class_t info`");
			function.class_ = &T::info;
			function.size = sizeof(T);
		}
		if constexpr (has_leaf) {
			using Short = Leaf<decltype(Leaf_)>;
			function.leaf = &Short::template run<Leaf_>;
			function.leaf_arguments = Short::arguments;
			function.leaf_results = Short::results;
		}
		return function;
	}
	static constexpr bool has_leaf = !std::same_as<decltype(Leaf_), std::nullptr_t>;
	static constexpr lunatik_function function = make();
	// An error leaves it without returning: ftrace must not have put a way of its own there.
	[[gnu::no_instrument_function]] static int call(lua_State *L) noexcept
	{
		if constexpr (has_leaf)
			return lunatik_invokeleaf(L, &function);
		return lunatik_invoke(L, &function);
	}
};

} // namespace detail

/// A function of a library.
template <Text Name, auto Body, unsigned Flags = 0>
struct LibraryFunction : detail::Entry<Name, Body, detail::Role::Function, Flags> {};
/// A method: the body's first parameter is the receiver. `Leaf` is a short way that is tried first: std::optional<Integer> or, for
/// a method without a result, bool, of the receiver and integers. What it does not do, having changed nothing, the body does.
/// Not for a class with LUNATIK_OPT_MONITOR.
template <Text Name, auto Body, unsigned Flags = 0, auto Leaf = nullptr>
struct Method : detail::Entry<Name, Body, detail::Role::Method, Flags, Leaf> {};
/// A function that makes an object: the body's first parameter is New<T>.
template <Text Name, auto Body, unsigned Flags = 0>
struct Constructor : detail::Entry<Name, Body, detail::Role::Constructor, Flags> {};
/// A method that makes another object of its class: the body's first parameter is New<T>, the second the receiver.
template <Text Name, auto Body, unsigned Flags = 0>
struct Factory : detail::Entry<Name, Body, detail::Role::Factory, Flags> {};

namespace detail {
template <class T>
Result<void> nothing(T &) noexcept { return {}; }
} // namespace detail

/// A method that stops the object, as its last handle going does.
template <Text Name, class T>
struct Stop : Method<Name, &detail::nothing<T>, LUNATIK_FUNCTION_STOP> {};

/// A list of entries, as Lua and the documentation tools want them.
template <class... E>
struct Functions {
	static constexpr luaL_Reg registrations[] = { { E::name.value, &E::call }..., { nullptr, nullptr } };
	static constexpr const lunatik_function *descriptions[] = { &E::function..., nullptr };
};

/// The classes of a library.
template <class... T>
struct Classes {
	static constexpr const lunatik_class_t *list[] = { &T::info..., nullptr };
};

namespace detail {

template <class T>
void destroy(void *object) noexcept
{
	// SAFETY: lunatik.ko calls this once, with the storage a constructor of this class has filled.
	static_cast<T *>(object)->~T();
}
template <class T>
void stop(void *object) noexcept
{
	// SAFETY: as for destroy(); the object is still alive.
	static_cast<T *>(object)->stop();
}

} // namespace detail

/// A class made of a C++ type. T's destructor runs when the last reference goes; T::stop(), if it has one, when the last
/// handle goes or the script says so, always in process context.
template <class T, class Methods>
consteval lunatik_class_t define_class(const char *name, unsigned opt)
{
	lunatik_class_t result{};
	result.name = name;
	result.methods = Methods::registrations;
	result.release = &detail::destroy<T>;
	result.opt = static_cast<lunatik_opt_t>(opt | LUNATIK_OPT_NATIVE);
	result.owner = &__this_module;
	result.functions = Methods::descriptions;
	if constexpr (requires(T &object) { object.stop(); })
		result.stop = &detail::stop<T>;
	return result;
}

/// An entry into a runtime: locked from enter() to the end of its scope.
class [[nodiscard]] Entry final {
public:
	/// Errors: ENXIO, EDEADLK, EINTR; see lunatik_enter().
	static Result<Entry> enter(lunatik_object_t &runtime, unsigned flags = 0) noexcept
	{
		if (int error = lunatik_enter(&runtime, flags))
			return Error(error);
		return Entry(runtime);
	}
	/// enter() and run() in one. Errors: those of both, outside of the runtime.
	static Result<Entry> enter_and_run(lunatik_object_t &runtime, lunatik_callback &callback, unsigned flags = 0) noexcept
	{
		if (int error = lunatik_entercallback(&runtime, &callback, flags))
			return Error(error);
		return Entry(runtime);
	}
	Entry(Entry &&other) noexcept : runtime_(std::exchange(other.runtime_, nullptr)) {}
	Entry &operator=(Entry &&) = delete;
	~Entry()
	{
		if (runtime_)
			lunatik_leave(runtime_);
	}
	/// Errors: ENXIO without such a function, ECANCELED if it raised (logged, counted).
	Result<void> run(lunatik_callback &callback) noexcept { return Result<void>::from(lunatik_runcallback(runtime_, &callback)); }
	/// The function that a KEEPS constructor was given as its argument number `kept`. Errors: the same.
	Result<void> run_kept(lunatik_callback &callback, unsigned kept) noexcept
	{
		return Result<void>::from(lunatik_runkept(runtime_, &callback, kept));
	}

private:
	explicit Entry(lunatik_object_t &runtime) noexcept : runtime_(&runtime) {}
	lunatik_object_t *runtime_;
};

} // namespace lunatik

/// Defines luaopen_<name>, what require("<name>") calls: a Functions<> list, optionally a Classes<> list, an array of
/// lunatik_constants, and a function that says why this kernel cannot have the library, or returns NULL.
#define LUNATIK_LIBRARY(name_, functions_, ...) \
	extern "C" int luaopen_##name_(lua_State *L) __attribute__((no_instrument_function)); \
	extern "C" int luaopen_##name_(lua_State *L) \
	{ \
		static constexpr auto library = ::lunatik::detail::make_library<functions_>(#name_ __VA_OPT__(, ) __VA_ARGS__); \
		return lunatik_openlibrary(L, &library); \
	}

namespace lunatik::detail {

struct NoClasses {
	static constexpr const lunatik_class_t *const *list = nullptr;
};

template <class F>
consteval lunatik_library make_library(const char *name, const lunatik_class_t *const *classes = nullptr,
				       const lunatik_constants *constants = nullptr, const char *(*refusal)() = nullptr)
{
	return { name, F::registrations, classes, constants, F::descriptions, &__this_module, refusal };
}

} // namespace lunatik::detail
