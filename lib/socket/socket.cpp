// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The class "socket": sockets of the runtime's network namespace.
 *
 * No lock is held while a call waits: the kernel is always asked not to block, and what would block waits for the next try
 * inside the runtime, where lunatik stop, Ctrl-C and close() reach it. So a socket may be used by several runtimes at once, as
 * a file by several threads, and closed by any of them.
 */
#include "lunatik.hpp"

#include "base/atomic.hpp"
#include "base/text.hpp"
#include "helpers.h"
#include "helpers/helpers.h"

namespace lunatik {

namespace {

using Sockaddr = lunatik_h_sockaddr;

// What one costs the kernel, about, without its buffers.
constexpr unsigned long socket_cost = 4096;
// How long a call rests that is told it may try and then may not, or has nothing to wait on.
constexpr long rest_milliseconds = 10;

class Socket final {
public:
	static const lunatik_class_t info;

	/// Takes the socket over, and the charge for it.
	Socket(struct socket *sock, void *charge, bool nonblock) noexcept
		: sock_(sock), charge_(charge), family_(lunatik_h_sock_family(sock)), nonblock_(nonblock)
	{
	}
	/// The last handle is gone, or a script said close: who waits gets EBADF, and the last one out releases.
	void stop() noexcept
	{
		__atomic_store_n(&closed_, 1, __ATOMIC_SEQ_CST);
		lunatik_h_sock_wake(sock_);
		leave();
	}
	[[nodiscard]] int family() const noexcept { return family_; }
	[[nodiscard]] bool nonblock() const noexcept { return nonblock_; }
	[[nodiscard]] const unsigned char *closed() const noexcept { return &closed_; }
	/// Whether it has received: then what it receives next comes later, more often than not.
	[[nodiscard]] bool flows() const noexcept { return flows_.load(); }
	void flow() noexcept { flows_.store(true); }
	[[nodiscard]] bool is_closed() const noexcept { return __atomic_load_n(&closed_, __ATOMIC_SEQ_CST); }

	/// Keeps the kernel's socket for the time of a method: null once it is closed.
	class [[nodiscard]] Use final {
	public:
		explicit Use(Socket &socket) noexcept : socket_(socket.enter() ? &socket : nullptr) {}
		~Use()
		{
			if (socket_)
				socket_->leave();
		}
		Use(const Use &) = delete;
		Use &operator=(const Use &) = delete;
		explicit operator bool() const noexcept { return socket_; }
		[[nodiscard]] struct socket *sock() const noexcept { return socket_->sock_; }

	private:
		Socket *socket_;
	};

private:
	bool enter() noexcept { return lunatik_h_refcount_inc_not_zero(&users_); }
	void leave() noexcept
	{
		if (!lunatik_h_refcount_dec_and_test(&users_))
			return;
		lunatik_h_sock_release(std::exchange(sock_, nullptr));
		lunatik_freebytes(std::exchange(charge_, nullptr));
	}

	struct socket *sock_;
	void *charge_;
	const int family_;
	const bool nonblock_;
	Atomic<bool> flows_{ false };
	unsigned char closed_ = 0;
	unsigned int users_ = 1;	// who is inside, and one for not being closed
};

using Use = Socket::Use;

/* ---- waiting ---- */

/// The waits of one call: together they last as long as the socket's time-out.
class Patience final {
public:
	Patience(Caller &caller, Socket &self, const Use &use, lunatik_h_direction direction, bool nonblock) noexcept
		: runtime_(caller.runtime()), self_(self), sock_(use.sock()), direction_(direction),
		  left_(nonblock ? 0 : lunatik_h_sock_timeout(use.sock(), direction))
	{
	}
	/// After a try that failed with `error`, which says that it would have blocked: when to try again.
	/// Errors: `error` when the time is over, EBADF when the socket is closed, EINTR.
	Result<void> wait(Error error) noexcept
	{
		if (self_.is_closed())
			return Error(EBADF);
		if (!left_)
			return error;
		// Ready is what poll says; that the next try would block all the same is rare, and no reason to spin.
		if (++tries_ % 8 == 0)
			return rest();
		return after(lunatik_h_sock_wait(&runtime_, sock_, direction_, self_.closed(), left_, false), error);
	}
	/// Before the first try, which costs more than asking: only for a socket whose tries succeed or wait, since one that
	/// would fail may not be ready either. There may be nothing after all, if several wait.
	/// Errors: as wait().
	Result<void> begin() noexcept
	{
		if (!left_)
			return {};
		return after(lunatik_h_sock_wait(&runtime_, sock_, direction_, self_.closed(), left_, true), Error(EAGAIN));
	}
	/// The same where nothing wakes who waits.
	Result<void> wait_blindly(Error error) noexcept
	{
		if (self_.is_closed())
			return Error(EBADF);
		if (!left_)
			return error;
		return rest();
	}

private:
	Result<void> rest() noexcept
	{
		long pause = left_ < 0 || left_ > rest_milliseconds ? rest_milliseconds : left_;
		if (lunatik_h_sock_rest(&runtime_, pause))
			return Error(EINTR);
		if (left_ > 0)
			left_ -= pause;
		return {};
	}
	Result<void> after(long left, Error error) noexcept
	{
		if (self_.is_closed())
			return Error(EBADF);
		if (left < 0)
			return Error(static_cast<int>(left));
		if (!left)
			return error;
		if (left_ > 0)
			left_ = left;
		return {};
	}

	lunatik_object_t &runtime_;
	Socket &self_;
	struct socket *sock_;
	const lunatik_h_direction direction_;
	long left_;
	unsigned tries_ = 0;
};

bool would_block(long result) noexcept
{
	return result == -EAGAIN;
}

/* ---- addresses ---- */

// Where an address stands among a function's arguments.
struct Place {
	const char *function;
	int argument;
};

std::string_view type_of(const Value &value) noexcept
{
	switch (value.kind) {
	case LUNATIK_NONE:
		return "no value";
	case LUNATIK_NIL:
		return "nil";
	case LUNATIK_BOOLEAN:
		return "boolean";
	case LUNATIK_INTEGER:
		return "number";
	case LUNATIK_STRING:
		return "string";
	default:
		return value.object->class_->name;
	}
}

Error bad(Caller &caller, const Place &place, std::string_view what) noexcept
{
	Name<160> text("bad argument #");
	char digit = static_cast<char>('0' + place.argument);
	text.append({ &digit, 1 });
	text.append(" to '");
	text.append(place.function);
	text.append("' (");
	text.append(what);
	text.append(")");
	return caller.fail_with(text.view());
}

Error bad_type(Caller &caller, const Place &place, std::string_view expected, const Value &value) noexcept
{
	Name<80> text(expected);
	text.append(" expected, got ");
	text.append(type_of(value));
	return bad(caller, place, text.view());
}

// An address as a script gives it: up to three arguments, from `place` on.
class Given final {
public:
	Given(Caller &caller, int family, Place place, const Value &first, const Value &second, const Value &third) noexcept
		: caller_(caller), family_(family), place_(place), values_{ first, second, third }
	{
	}
	/// Errors: a message about the argument, ENAMETOOLONG.
	Result<void> make(Sockaddr &to) const noexcept
	{
		lunatik_h_address address{};
		auto form = lunatik_h_form_of(family_);
		// Packed, as these were before they had a form of their own.
		if ((form == LUNATIK_H_PACKET || form == LUNATIK_H_NETLINK) && values_[0].kind == LUNATIK_STRING)
			form = LUNATIK_H_OTHER;
		TRY(take(form, address));
		if (int error = lunatik_h_make_sockaddr(family_, form, &address, &to); error == -EINVAL)
			return bad(caller_, at(0), family_text());
		else if (error)
			return Error(error);
		return {};
	}

private:
	static constexpr Integer u16 = 0xffff, u32 = 0xffffffff, int_max = 0x7fffffff;

	Result<void> take(lunatik_h_form form, lunatik_h_address &address) const noexcept
	{
		switch (form) {
		case LUNATIK_H_INET:
			TRY(number(0, address.first, u32));
			return number(1, address.second, u16);
		case LUNATIK_H_INET6:
			TRY(text(0, address));
			TRY(number(1, address.second, u16));
			return number(2, address.third, u32, 0);
		case LUNATIK_H_PACKET:
			TRY(number(0, address.first, u16));
			TRY(number(1, address.second, int_max, 0));
			return values_[2].kind == LUNATIK_NONE ? Result<void>() : text(2, address);
		case LUNATIK_H_NETLINK:
			TRY(number(0, address.first, u32, 0));
			return number(1, address.second, u32, 0);
		default:
			return text(0, address);
		}
	}
	[[nodiscard]] Place at(int index) const noexcept { return { place_.function, place_.argument + index }; }
	Result<void> number(int index, unsigned &to, Integer maximum, Integer otherwise = -1) const noexcept
	{
		const Value &value = values_[index];
		bool absent = value.kind == LUNATIK_NONE || value.kind == LUNATIK_NIL;
		if (absent && otherwise >= 0) {
			to = static_cast<unsigned>(otherwise);
			return {};
		}
		if (value.kind != LUNATIK_INTEGER)
			return bad_type(caller_, at(index), "number", value);
		if (value.integer < 0 || value.integer > maximum)
			return bad(caller_, at(index), "out of range");
		to = static_cast<unsigned>(value.integer);
		return {};
	}
	Result<void> text(int index, lunatik_h_address &address) const noexcept
	{
		const Value &value = values_[index];
		if (value.kind != LUNATIK_STRING)
			return bad_type(caller_, at(index), "string", value);
		address.text = value.bytes.data;
		address.size = value.bytes.size;
		return {};
	}
	[[nodiscard]] std::string_view family_text() const noexcept
	{
		return lunatik_h_form_of(family_) == LUNATIK_H_UNIX ? "a path has no zeros" : "an address of 16 bytes expected";
	}

	Caller &caller_;
	const int family_;
	const Place place_;
	const Value values_[3];
};

Value none_if_absent(const std::optional<Value> &value) noexcept
{
	return value.value_or(Value{ .kind = LUNATIK_NONE });
}

Value number(unsigned long long value) noexcept
{
	return { .kind = LUNATIK_INTEGER, .integer = static_cast<Integer>(value) };
}

// An address as results.
struct Name3 {
	Value first{ .kind = LUNATIK_NIL };
	Value second{ .kind = LUNATIK_NONE };
	Value third{ .kind = LUNATIK_NONE };
};

// Errors: ENOMEM.
Result<Value> bytes(Caller &caller, const lunatik_h_address &address) noexcept
{
	if (address.size <= Caller::scratch_size) {
		__builtin_memcpy(caller.scratch(), address.text, address.size);
		return Value{ .kind = LUNATIK_STRING, .bytes = { caller.scratch(), address.size } };
	}
	auto copy = TRY(Bytes::allocate(caller.runtime(), address.size));
	__builtin_memcpy(copy.data(), address.text, address.size);
	return Value{ .kind = LUNATIK_BYTES, .bytes = { copy.release(), address.size } };
}

// The name of a peer, or nil. Errors: ENOMEM.
Result<Name3> show(Caller &caller, int family, const Sockaddr &from) noexcept
{
	lunatik_h_address address;
	Name3 name;
	if (!lunatik_h_take_sockaddr(family, &from, &address))
		return name;
	switch (lunatik_h_form_of(family)) {
	case LUNATIK_H_INET:
	case LUNATIK_H_NETLINK:
		name.first = number(address.first);
		name.second = number(address.second);
		return name;
	case LUNATIK_H_INET6:
		name.first = TRY(bytes(caller, address));
		name.second = number(address.second);
		if (address.third)
			name.third = number(address.third);
		return name;
	case LUNATIK_H_PACKET:
		name.first = number(address.first);
		name.second = number(address.second);
		if (address.size)
			name.third = TRY(bytes(caller, address));
		return name;
	default:
		name.first = TRY(bytes(caller, address));
		return name;
	}
}

/* ---- the class ---- */

// new(family, type [, protocol]). Source: sock_create_kern(). Errors: ENOMEM and the kernel's (EAFNOSUPPORT, ...).
Result<void> create(New<Socket> slot, Caller &caller, int family, Integer type, std::optional<int> protocol) noexcept
{
	int nonblock = 0;
	int kind = TRY(checked<int>(lunatik_h_sock_type(type, &nonblock)));
	auto charge = TRY(Charge::take(caller.runtime(), socket_cost));
	int error = 0;
	struct socket *sock = lunatik_h_sock_create(lunatik_networkof(&caller.runtime()), family, kind, protocol.value_or(0), &error);
	if (!sock)
		return Error(error);
	slot.emplace(sock, charge.release(), nonblock != 0);
	return {};
}

// bind(address...). Source: kernel_bind().
Result<void> bind(Socket &self, Caller &caller, std::optional<Value> first, std::optional<Value> second, std::optional<Value> third) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	Sockaddr name;
	TRY(Given(caller, self.family(), { "bind", 1 }, none_if_absent(first), none_if_absent(second), none_if_absent(third)).make(name));
	return Result<void>::from(lunatik_h_kernel_bind(use.sock(), &name));
}

// listen([backlog]). Source: kernel_listen().
Result<void> listen(Socket &self, std::optional<Within<0, 0x7fffffff>> backlog) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	return Result<void>::from(lunatik_h_kernel_listen(use.sock(), backlog ? static_cast<int>(*backlog) : lunatik_h_somaxconn()));
}

// accept([flags]) -> socket. Source: kernel_accept(). Waits.
Result<void> accept(New<Socket> slot, Socket &self, Caller &caller, std::optional<Integer> flags) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	int nonblock = 0;
	if (TRY(checked<int>(lunatik_h_sock_type(flags.value_or(0), &nonblock))))
		return Error(EINVAL);
	auto charge = TRY(Charge::take(caller.runtime(), socket_cost));
	Patience patience(caller, self, use, LUNATIK_H_RECEIVE, self.nonblock() || nonblock);
	for (;;) {
		int error = 0;
		if (struct socket *sock = lunatik_h_kernel_accept(use.sock(), &error)) {
			slot.emplace(sock, charge.release(), nonblock != 0);
			return {};
		}
		if (!would_block(error))
			return Error(error);
		TRY(patience.wait(Error(EAGAIN)));
	}
}

// Takes the flags that follow an address of `parts`; in `values` the address begins, and is all that is left there. The argument number
// `first` of `name` is its first.
template <std::size_t N>
Result<Integer> take_flags(Caller &caller, const char *name, int first, Value (&values)[N], unsigned parts) noexcept
{
	const Value *flags = nullptr;
	for (unsigned i = parts; i < N; i++) {
		if (values[i].kind == LUNATIK_NONE || values[i].kind == LUNATIK_NIL)
			continue;
		if (values[i].kind != LUNATIK_INTEGER)
			return bad_type(caller, { name, first + static_cast<int>(i) }, "number", values[i]);
		if (flags)
			return bad(caller, { name, first + static_cast<int>(i) }, "the flags came before");
		flags = &values[i];
	}
	Integer bits = flags ? flags->integer : 0;
	for (unsigned i = parts; i < N; i++)
		values[i].kind = LUNATIK_NONE;
	return bits;
}

// How many parts an address of a socket's family has.
unsigned parts_of(const Socket &self) noexcept
{
	auto form = lunatik_h_form_of(self.family());
	return form == LUNATIK_H_UNIX || form == LUNATIK_H_OTHER ? 1 : form == LUNATIK_H_INET6 ? 3 : 2;
}

// connect(address... [, flags]). Source: kernel_connect(). Waits; a connection that is being made goes on without it.
Result<void> connect(Socket &self, Caller &caller, std::optional<Value> first, std::optional<Value> second, std::optional<Value> third,
		     std::optional<Value> fourth) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	Value values[] = { none_if_absent(first), none_if_absent(second), none_if_absent(third), none_if_absent(fourth) };
	Integer flags = TRY(take_flags(caller, "connect", 1, values, parts_of(self)));
	int nonblock = 0;
	if (TRY(checked<int>(lunatik_h_sock_type(flags, &nonblock))))
		return Error(EINVAL);
	Sockaddr name;
	TRY(Given(caller, self.family(), { "connect", 1 }, values[0], values[1], values[2]).make(name));

	Patience patience(caller, self, use, LUNATIK_H_SEND, self.nonblock() || nonblock);
	for (bool begun = false;; ) {
		int error = lunatik_h_kernel_connect(use.sock(), &name);
		if (!error || (begun && error == -EISCONN))
			return {};
		if (error == -EINPROGRESS || error == -EALREADY) {
			begun = true;
			auto waited = patience.wait(Error(error));
			if (!waited)
				return waited;
		} else if (would_block(error) && lunatik_h_form_of(self.family()) == LUNATIK_H_UNIX) {
			// The listener's queue is full, and tells nobody when it no longer is.
			TRY(patience.wait_blindly(Error(error)));
		} else {
			return Error(error);
		}
	}
}

// The flags of a message, most of which have none. Errors: EINVAL.
Result<int> message_flags(std::optional<Integer> flags, lunatik_h_direction direction) noexcept
{
	return flags ? checked<int>(lunatik_h_msg_flags(*flags, direction)) : Result<int>(0);
}

// send(message [, address... [, flags]]) -> bytes. Source: sock_sendmsg(). Waits until all of it is taken.
Result<Integer> send(Socket &self, Caller &caller, std::string_view message, std::optional<Value> first, std::optional<Value> second,
		     std::optional<Value> third, std::optional<Value> fourth) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	// Read only if it is made.
	__attribute__((uninitialized)) Sockaddr name;
	bool named = first && first->kind != LUNATIK_NIL;
	int bits = 0;
	if (first || second || third || fourth) {
		Value values[] = { none_if_absent(first), none_if_absent(second), none_if_absent(third), none_if_absent(fourth) };
		Integer flags = TRY(take_flags(caller, "send", 2, values, named ? parts_of(self) : 1));
		bits = TRY(message_flags(flags, LUNATIK_H_SEND));
		if (named)
			TRY(Given(caller, self.family(), { "send", 2 }, values[0], values[1], values[2]).make(name));
	}
	Patience patience(caller, self, use, LUNATIK_H_SEND, self.nonblock() || (bits && lunatik_h_msg_dontwait(bits)));
	bool stream = lunatik_h_sock_is_stream(use.sock());
	for (std::size_t sent = 0;;) {
		long result = lunatik_h_sock_sendmsg(use.sock(), message.data() + sent, message.size() - sent, bits,
						     named ? &name : nullptr);
		if (result >= 0) {
			sent += static_cast<std::size_t>(result);
			if (!stream || sent == message.size())
				return static_cast<Integer>(sent);
			continue;
		}
		auto waited = would_block(result) ? patience.wait(Error(EAGAIN)) : Result<void>(Error(static_cast<int>(result)));
		if (!waited && sent)
			return static_cast<Integer>(sent);
		if (!waited)
			return waited.error();
	}
}

using Received = std::tuple<Filled, Value, Value, Value>;

// receive(length [, flags [, from]]) -> message [, address...]. Source: sock_recvmsg(). Waits.
Result<Received> receive(Socket &self, Caller &caller, Buffer buffer, std::optional<Integer> flags,
			 std::optional<bool> from) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	int bits = TRY(message_flags(flags, LUNATIK_H_RECEIVE));
	Patience patience(caller, self, use, LUNATIK_H_RECEIVE, self.nonblock() || (bits && lunatik_h_msg_dontwait(bits)));
	bool all = bits && lunatik_h_msg_waitall(bits) && lunatik_h_sock_is_stream(use.sock());
	std::size_t got = 0;
	bool shows = from.value_or(false);
	// Read only if it is shown.
	__attribute__((uninitialized)) Sockaddr name;
	if (shows)
		name = {};
	bool plain = !bits && buffer.size;
	if (plain && self.flows())
		TRY(patience.begin());
	for (;;) {
		long result = lunatik_h_sock_recvmsg(use.sock(), buffer.data + got, buffer.size - got, bits, &name);
		if (result >= 0) {
			got += static_cast<std::size_t>(result);
			if (plain && result)
				self.flow();
			if (!all || !result || got == buffer.size)
				break;
			continue;
		}
		auto waited = would_block(result) ? patience.wait(Error(EAGAIN)) : Result<void>(Error(static_cast<int>(result)));
		if (!waited && got)
			break;
		if (!waited)
			return waited.error();
	}
	if (!shows)
		return Received(Filled{ got }, Value{}, Value{}, Value{});
	auto peer = TRY(show(caller, self.family(), name));
	return Received(Filled{ got }, peer.first, peer.second, peer.third);
}

using Names = std::tuple<Value, Value, Value>;

template <bool Peer>
Result<Names> name(Socket &self, Caller &caller) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	Sockaddr found;
	if (int error = lunatik_h_kernel_getname(use.sock(), Peer, &found))
		return Error(error);
	auto shown = TRY(show(caller, self.family(), found));
	return Names(shown.first, shown.second, shown.third);
}

// shutdown([how]). Source: kernel_sock_shutdown().
Result<void> shutdown(Socket &self, std::optional<Within<0, 2>> how) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	return Result<void>::from(lunatik_h_kernel_sock_shutdown(use.sock(), how ? static_cast<int>(*how) : 2));
}

// setsockopt(level, option, value). Source: sock_setsockopt(), ->setsockopt().
Result<void> setsockopt(Socket &self, Caller &caller, int level, int option, Value value) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	if (value.kind == LUNATIK_STRING) {
		if (value.bytes.size > 4096)
			return bad(caller, { "setsockopt", 3 }, "too long");
		return Result<void>::from(lunatik_h_setsockopt(use.sock(), level, option, value.bytes.data,
							       static_cast<unsigned>(value.bytes.size)));
	}
	if (value.kind != LUNATIK_INTEGER && value.kind != LUNATIK_BOOLEAN)
		return bad_type(caller, { "setsockopt", 3 }, "number", value);
	Integer wanted = value.kind == LUNATIK_BOOLEAN ? value.boolean : value.integer;
	constexpr Integer low = std::numeric_limits<int>::min(), high = std::numeric_limits<unsigned>::max();
	if (wanted < low || wanted > high)
		return bad(caller, { "setsockopt", 3 }, "out of range");
	lunatik_h_direction direction;
	if (lunatik_h_is_timeout(level, option, &direction)) {
		if (wanted < 0)
			return bad(caller, { "setsockopt", 3 }, "out of range");
		return Result<void>::from(lunatik_h_set_timeout(use.sock(), direction, wanted));
	}
	int plain = static_cast<int>(wanted);
	return Result<void>::from(lunatik_h_setsockopt(use.sock(), level, option, &plain, sizeof(plain)));
}

// getsockopt(level, option) -> integer. Errors: ENOPROTOOPT for what is not readable here.
Result<Integer> getsockopt(Socket &self, int level, int option) noexcept
{
	Use use(self);
	if (!use)
		return Error(EBADF);
	lunatik_h_direction direction;
	if (lunatik_h_is_timeout(level, option, &direction)) {
		long milliseconds = lunatik_h_sock_timeout(use.sock(), direction);
		return static_cast<Integer>(milliseconds < 0 ? 0 : milliseconds);
	}
	int value = 0;
	if (int error = lunatik_h_getsockopt(use.sock(), level, option, &value))
		return Error(error);
	return static_cast<Integer>(value);
}

/* ---- texts of addresses ---- */

// pton(text) -> integer | 16 bytes | nil. Source: in4_pton(), in6_pton(). Context: any.
Result<Value> pton(Caller &caller, std::string_view text) noexcept
{
	unsigned char address[16];
	switch (lunatik_h_pton(text.data(), text.size(), address)) {
	case 4:
		return number(static_cast<unsigned>(address[0]) << 24 | static_cast<unsigned>(address[1]) << 16 |
			      static_cast<unsigned>(address[2]) << 8 | address[3]);
	case 16:
		__builtin_memcpy(caller.scratch(), address, sizeof(address));
		return Value{ .kind = LUNATIK_STRING, .bytes = { caller.scratch(), sizeof(address) } };
	default:
		return Value{ .kind = LUNATIK_NIL };
	}
}

// ntop(address) -> text, of an integer or 16 bytes. Context: any.
Result<std::string_view> ntop(Caller &caller, Value address) noexcept
{
	unsigned char bytes[16];
	unsigned long size = 4;
	if (address.kind == LUNATIK_INTEGER) {
		if (address.integer < 0 || address.integer > 0xffffffff)
			return bad(caller, { "ntop", 1 }, "out of range");
		for (int i = 0; i < 4; i++)
			bytes[i] = static_cast<unsigned char>(address.integer >> (24 - 8 * i));
	} else if (address.kind != LUNATIK_STRING) {
		return bad_type(caller, { "ntop", 1 }, "number or string", address);
	} else if (address.bytes.size != sizeof(bytes)) {
		return bad(caller, { "ntop", 1 }, "an address of 16 bytes expected");
	} else {
		size = sizeof(bytes);
		__builtin_memcpy(bytes, address.bytes.data, size);
	}
	return std::string_view(caller.scratch(), lunatik_h_ntop(bytes, size, caller.scratch(), Caller::scratch_size));
}

constexpr unsigned sleeps = LUNATIK_FUNCTION_SLEEPS;

using Methods = Functions<Method<"bind", bind, sleeps>, Method<"listen", listen, sleeps>, Factory<"accept", accept, sleeps>,
			  Method<"connect", connect, sleeps>, Method<"send", send, sleeps>, Method<"receive", receive, sleeps>,
			  Method<"getsockname", name<false>, sleeps>, Method<"getpeername", name<true>, sleeps>,
			  Method<"shutdown", shutdown, sleeps>, Method<"setsockopt", setsockopt, sleeps>,
			  Method<"getsockopt", getsockopt, sleeps>, Stop<"close", Socket>>;
using Library = Functions<Constructor<"new", create, sleeps>, LibraryFunction<"pton", pton>, LibraryFunction<"ntop", ntop>>;

const lunatik_constants constants[] = {
	{ "af", lunatik_socket_af },
	{ "sock", lunatik_socket_sock },
	{ "ipproto", lunatik_socket_ipproto },
	{ "msg", lunatik_socket_msg },
	{ "sol", lunatik_socket_sol },
	{ "so", lunatik_socket_so },
	{ "tcp", lunatik_socket_tcp },
	{ "ipv6", lunatik_socket_ipv6 },
	{ nullptr, nullptr },
};

} // namespace

constinit const lunatik_class_t Socket::info = define_class<Socket, Methods>("socket", LUNATIK_OPT_NONE);

LUNATIK_LIBRARY(socket, Library, Classes<Socket>::list, constants)

} // namespace lunatik
