// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What the generic netlink family asks of the core: named states, code that runs in them, and events. */
#include <cstring>
#include <new>

#include <asm-generic/errno.h>

#include "base/text.hpp"
#include "control/netlink.h"
#include "helpers/helpers.h"
#include "lunatik/netlink.h"
#include "lunatik/uapi.h"
#include "runtime/journal.hpp"
#include "runtime/registry.hpp"
#include "runtime/runtime.hpp"
#include "runtime/states.hpp"
#include "vm/charge.hpp"
#include "vm/edge.hpp"

namespace lunatik {

namespace {

// Printed bytes that an answer holds. Nobody reads while the code runs, so that it could wait.
constexpr std::size_t output_max = 1 << 20;
// Bytes of an error message and of its trace that an answer holds.
constexpr std::size_t message_max = 4000;
constexpr std::size_t trace_max = 16000;
// How long a network namespace that goes waits for its scripts: twice what one of them gets.
constexpr unsigned leave_milliseconds = 10000;

int fail(const char **message, int error, const char *text) noexcept
{
	*message = text;
	return error;
}

/// An answer: parts one behind the other, each with a head. The first bytes have room here; more is charged to the state.
class Answer final {
public:
	explicit Answer(Account &account) noexcept : account_(account) {}
	~Answer() { free_charged(more_); }
	Answer(const Answer &) = delete;
	Answer &operator=(const Answer &) = delete;

	/// Adds a part, or, with `extend`, to the last part if that is of the same type. False without memory.
	bool add(unsigned type, std::string_view bytes, bool extend = false) noexcept { return put(type, bytes, extend, end_room); }
	/// Adds one of the numbers that end it, for which there is always room.
	void end(unsigned type, std::string_view bytes) noexcept { (void)put(type, bytes, false, 0); }
	/// The part that is read now, 0 at the end.
	unsigned part(std::string_view &bytes) noexcept
	{
		if (read_ == size_)
			return 0;
		Head head;
		__builtin_memcpy(&head, data() + read_, sizeof(head));
		bytes = { data() + read_ + sizeof(head) + sent_, head.size - sent_ };
		return head.type;
	}
	void sent(std::size_t count) noexcept
	{
		std::string_view bytes;
		part(bytes);
		sent_ += count;
		if (count < bytes.size())
			return;
		read_ += sizeof(Head) + sent_;
		sent_ = 0;
	}
	/// The first part is read next.
	void rewind() noexcept { read_ = sent_ = 0; }
	/// Bytes of all parts with their heads.
	[[nodiscard]] std::size_t size() const noexcept { return size_; }
	/// Drops everything, to make room for words about it.
	void clear() noexcept { size_ = read_ = sent_ = 0; }

private:
	struct Head {
		unsigned type;
		unsigned size;
	};
	// Of what was lost, the errno and the status.
	static constexpr std::size_t end_room = 3 * (sizeof(Head) + sizeof(unsigned long long));

	[[nodiscard]] char *data() noexcept { return more_ ? more_ : few_; }
	bool put(unsigned type, std::string_view bytes, bool extend, std::size_t room) noexcept
	{
		bool extends = extend && size_ && last_type_ == type;
		if (!reserve(bytes.size() + (extends ? 0 : sizeof(Head)) + room))
			return false;
		if (!extends) {
			last_ = size_;
			last_type_ = type;
			size_ += sizeof(Head);
			Head head{ type, 0 };
			__builtin_memcpy(data() + last_, &head, sizeof(head));
		}
		__builtin_memcpy(data() + size_, bytes.data(), bytes.size());
		size_ += bytes.size();
		Head head{ type, static_cast<unsigned>(size_ - last_ - sizeof(Head)) };
		__builtin_memcpy(data() + last_, &head, sizeof(head));
		return true;
	}
	bool reserve(std::size_t count) noexcept
	{
		if (capacity_ - size_ >= count)
			return true;
		if (count > (1u << 30))
			return false;
		std::size_t capacity = size_ + count + size_ / 2 + 1024;
		// SAFETY: memory of that size, or none.
		auto *memory = static_cast<char *>(allocate_charged(&account_, capacity, false));
		if (!memory)
			return false;
		__builtin_memcpy(memory, data(), size_);
		free_charged(more_);
		more_ = memory;
		capacity_ = capacity;
		return true;
	}

	Account &account_;
	char *more_ = nullptr;
	std::size_t size_ = 0;
	std::size_t last_ = 0;		// where the last part begins
	unsigned last_type_ = 0;
	std::size_t read_ = 0;		// where the part begins that is read now
	std::size_t sent_ = 0;		// bytes of it that are gone
	char few_[256];
	std::size_t capacity_ = sizeof(few_);
};

} // namespace

} // namespace lunatik

using namespace lunatik;

struct lunatik_exec final : Output, edge::Results {
	lunatik_exec(Runtime &runtime, char *before, std::string_view source, unsigned timeout) noexcept
		: answer(runtime.account), runtime_(runtime), before_(before), source_(source), timeout_(timeout)
	{
	}
	~lunatik_exec() { lunatik_h_kvfree(before_); }
	lunatik_exec(const lunatik_exec &) = delete;
	lunatik_exec &operator=(const lunatik_exec &) = delete;

	void run() noexcept;
	[[nodiscard]] Runtime &runtime() const noexcept { return runtime_; }

	Answer answer;
	lunatik_sender sender{};

private:
	void write(std::string_view text) noexcept override;
	void value(std::string_view text) noexcept override;
	void enter_and_run(Report &report) noexcept;
	static int expire(void *exec) noexcept;
	void number(unsigned type, unsigned value) noexcept;

	Runtime &runtime_;	// with a reference
	char *before_;
	std::string_view source_;
	const unsigned timeout_;	// milliseconds; 0: none
	Opaque<LUNATIK_SIZEOF_TIMER> timer_;
	Atomic<bool> expired_{ false };
	std::size_t printed_ = 0;
	unsigned long long lost_ = 0;
	bool full_ = false;	// no memory for a result
};

void lunatik_exec::write(std::string_view text) noexcept
{
	auto taken = cut(text, 0, output_max - printed_);
	if (!taken.empty() && !answer.add(LUNATIK_GENL_A_OUTPUT, taken, true))
		taken = {};
	printed_ += taken.size();
	lost_ += text.size() - taken.size();
}

void lunatik_exec::value(std::string_view text) noexcept
{
	full_ = full_ || !answer.add(LUNATIK_GENL_A_VALUE, text);
}

static void time_out(Report &report) noexcept
{
	report.status = LUNATIK_STATUS_TIMEOUT;
	report.error = ETIMEDOUT;
	report.say("timed out");
}

void lunatik_exec::enter_and_run(Report &report) noexcept
{
	std::uint64_t began = timeout_ ? lunatik_h_ktime_get_ns() : 0;
	int error = runtime_.enter(0, nullptr, timeout_);
	if (error == -ETIMEDOUT) {
		time_out(report);
		return;
	}
	if (error) {
		report.status = error == -ENXIO || error == -EINTR ? LUNATIK_STATUS_INTERRUPTED : LUNATIK_STATUS_SCRIPT;
		report.error = -error;
		report.say(error == -ENXIO ? "the state is closed" : error == -EINTR ? "interrupted" :
			   error == -EDEADLK ? "this task is inside the state already" : "the state cannot be entered");
		return;
	}
	auto &state = runtime_.account;
	state.inuse = true;
	state.scriptsize = source_.size();
	runtime_.output = this;
	if (timeout_) {
		std::uint64_t waited = lunatik_h_ktime_get_ns() - began, left = timeout_ * 1000000ULL;
		lunatik_h_timer_init(timer_.address(), &expire, this);
		lunatik_h_timer_start(timer_.address(), left > waited + 1000000 ? left - waited : 1000000);
	}
	bool done = edge::run(runtime_, { .source = source_, .name = "=exec", .plain = true, .repeats = true }, this, report);
	// Before another may enter: the interrupt is for this entry only.
	if (timeout_)
		lunatik_h_timer_cancel(timer_.address());
	if (!done && expired_.load())
		time_out(report);
	if (!done && !report.text().empty())
		runtime_.record(report.text());
	state.inuse = false;
	runtime_.leave();
}

// The timer's: in a hard interrupt, while the code runs.
int lunatik_exec::expire(void *exec) noexcept
{
	// SAFETY: enter_and_run() passes its object, and cancels the timer before it returns.
	auto &self = *static_cast<lunatik_exec *>(exec);
	self.expired_.store(true);
	self.runtime_.interrupt();
	return 0;
}

void lunatik_exec::number(unsigned type, unsigned value) noexcept
{
	// SAFETY: the bytes of an integer.
	answer.end(type, { reinterpret_cast<const char *>(&value), sizeof(value) });
}

void lunatik_exec::run() noexcept
{
	Report report;
	enter_and_run(report);
	if (full_ && !report.status) {
		answer.clear();
		report.status = LUNATIK_STATUS_LIMIT;
		report.error = ENOMEM;
		report.say("not enough memory for the results");
	}
	// SAFETY: the bytes of an integer.
	if (lost_)
		answer.end(LUNATIK_GENL_A_LOST, { reinterpret_cast<const char *>(&lost_), sizeof(lost_) });
	if (report.status) {
		bool added = report.text().empty() || answer.add(LUNATIK_GENL_A_MESSAGE, cut(report.text(), 0, message_max));
		added = added && (!report.traceback ||
				  answer.add(LUNATIK_GENL_A_TRACEBACK, cut({ report.traceback, report.traceback_size }, 0, trace_max)));
		// A state whose cap is reached has no room for what it printed either.
		if (!added) {
			answer.clear();
			(void)answer.add(LUNATIK_GENL_A_MESSAGE, cut(report.text(), 0, 100));
		}
		if (report.error)
			number(LUNATIK_GENL_A_ERRNO, static_cast<unsigned>(report.error));
	}
	number(LUNATIK_GENL_A_STATUS, static_cast<unsigned>(report.status));
}

int lunatik_exec_begin(struct net *net, const char *name, unsigned long size, char *before, unsigned long before_size,
		       const char *code, unsigned long code_size, unsigned long long timeout, lunatik_exec **exec, const char **message)
{
	Runtime *runtime = registry::lookup(net, { name, size });
	int error = 0;
	if (!runtime)
		error = fail(message, -ENOENT, "there is no state of that name");
	else if (runtime->context != Context::Process)
		error = fail(message, -EOPNOTSUPP, "code runs in states of process context only");
	void *memory = error ? nullptr : lunatik_h_kmalloc(sizeof(lunatik_exec), 0);
	if (!error && !memory)
		error = fail(message, -ENOMEM, "not enough memory");
	if (error) {
		if (runtime)
			runtime->object.put();
		lunatik_h_kvfree(before);
		return error;
	}
	// Longer than a month is for ever.
	*exec = ::new (memory) lunatik_exec(*runtime, before, before ? std::string_view(before, before_size) : std::string_view(code, code_size),
					    timeout < 0x7fffffff ? static_cast<unsigned>(timeout) : 0);
	return 0;
}

void lunatik_exec_run(lunatik_exec *exec)
{
	exec->run();
}

lunatik_sender *lunatik_exec_sender(lunatik_exec *exec)
{
	return &exec->sender;
}

// A part's head is 8 bytes; an attribute's is 4, and 3 at most make its size a multiple of 4.
unsigned long lunatik_exec_size(const lunatik_exec *exec)
{
	return exec->answer.size();
}

unsigned int lunatik_exec_part(lunatik_exec *exec, const char **data, unsigned long *size)
{
	std::string_view bytes;
	unsigned type = exec->answer.part(bytes);
	*data = bytes.data();
	*size = bytes.size();
	return type;
}

void lunatik_exec_sent(lunatik_exec *exec, unsigned long count)
{
	exec->answer.sent(count);
}

void lunatik_exec_rewind(lunatik_exec *exec)
{
	exec->answer.rewind();
}

void lunatik_exec_end(lunatik_exec *exec)
{
	Runtime &runtime = exec->runtime();
	exec->~lunatik_exec();
	lunatik_h_kfree(exec);
	runtime.object.put();
}

/* ---- states ---- */

int lunatik_state_create(struct net *net, const char *name, unsigned long size, unsigned long long maxalloc, const char **message)
{
	auto made = states::make(net, { name, size }, maxalloc, false);
	if (made)
		return 0;
	int error = made.error().negative();
	return fail(message, error, error == -EEXIST ? "a state of that name exists" :
				    error == -EINVAL ? "no name of a state: 1 to 255 bytes, no control characters, no '..', no '/' at an end" :
				    maxalloc	      ? "not enough memory for a state, or its cap is too small for one" :
						       "not enough memory for a state");
}

static lunatik_state_info describe(Runtime &runtime) noexcept
{
	auto summary = registry::summarize(runtime);
	return {
		.name = runtime.name.view().data(),
		.name_size = runtime.name.view().size(),
		.context = static_cast<unsigned>(runtime.context),
		.state = static_cast<unsigned>(summary.state),
		.memory = summary.held,
		.maxalloc = summary.cap,
		.calls = summary.calls,
		.errors = summary.errors,
		.age = lunatik_h_ktime_get_ns() - runtime.created,
		.busy = summary.busy_time,
		.users = runtime.account.users,
		.script_size = runtime.account.scriptsize,
		.in_use = runtime.account.inuse,
		.generation = 0,
	};
}

int lunatik_state_show(struct net *net, const char *name, unsigned long size, lunatik_show_state show, void *context,
		       const char **message)
{
	Runtime *runtime = registry::lookup(net, { name, size });
	if (!runtime)
		return fail(message, -ENOENT, "there is no state of that name");
	auto info = describe(*runtime);
	int shown = show(context, &info);
	runtime->object.put();
	return shown ? 0 : -EMSGSIZE;
}

int lunatik_state_walk(struct net *net, lunatik_cursor *cursor, lunatik_show_state show, void *context)
{
	registry::Cursor at{ cursor->bucket, cursor->skip };
	struct Visit {
		lunatik_show_state show;
		void *context;
		const registry::Cursor &at;
	} visit{ show, context, at };
	bool ended = registry::walk(
		net, at,
		[](void *visit, Runtime &runtime) {
			// SAFETY: the context given below.
			auto &self = *static_cast<Visit *>(visit);
			auto info = describe(runtime);
			info.generation = self.at.generation;
			return self.show(self.context, &info) != 0;
		},
		&visit);
	*cursor = { at.bucket, at.skip, at.generation };
	return ended;
}

struct lunatik_closing {
	Runtime *runtime;
};

int lunatik_state_withdraw(struct net *net, const char *name, unsigned long size, lunatik_closing **closing, const char **message)
{
	void *memory = lunatik_h_kmalloc(sizeof(lunatik_closing), 0);
	if (!memory)
		return fail(message, -ENOMEM, "not enough memory");
	auto taken = states::withdraw(net, { name, size });
	if (!taken) {
		lunatik_h_kfree(memory);
		return taken.error() == Error(EBUSY) ? fail(message, -EBUSY, "a kernel module uses the state")
						     : fail(message, -ENOENT, "there is no state of that name");
	}
	*closing = ::new (memory) lunatik_closing{ *taken };
	return 0;
}

int lunatik_state_close(lunatik_closing *closing)
{
	Runtime &runtime = *closing->runtime;
	lunatik_h_kfree(closing);
	runtime.object.stop();
	runtime.stop();
	bool closed = runtime.closed();
	runtime.object.drop();
	return closed ? 0 : -ETIMEDOUT;
}

/* ---- events ---- */

namespace {

/// What reads the journal for those who listen.
struct Teller {
	journal::Reader reader{ { 0, {} } };
	journal::Line line;
};

} // namespace

static constinit Teller *teller;

static void tell() noexcept
{
	journal::Line &line = teller->line;
	while (teller->reader.next(line)) {
		lunatik_event event{ .network = line.network,
				     .kind = line.kind,
				     .sequence = line.sequence,
				     .time = line.time,
				     .name = line.name.view().data(),
				     .name_size = line.name.view().size(),
				     .text = line.text.view().data(),
				     .text_size = line.text.view().size() };
		lunatik_netlink_event(&event);
		lunatik_h_cond_resched();
	}
}

int lunatik_states_init(void)
{
	void *memory = lunatik_h_kmalloc(sizeof(Teller), 0);
	if (!memory)
		return -ENOMEM;
	teller = ::new (memory) Teller;
	lunatik_h_notice_init(tell);
	int error = teller->reader.valid() ? lunatik_h_pernet_init([](struct net *network) { registry::leave(network); }, leave_milliseconds) : -ENOMEM;
	if (error) {
		lunatik_h_notice_exit();
		teller->~Teller();
		lunatik_h_kfree(teller);
	}
	return error;
}

void lunatik_states_exit(void)
{
	lunatik_h_pernet_exit();
	lunatik_h_notice_exit();
	teller->~Teller();
	lunatik_h_kfree(teller);
}
