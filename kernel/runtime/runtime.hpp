/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A runtime: one Lua state, one lock, one context, one memory cap, one budget, one name, one network namespace. This
 * file is who may be inside it and for how long; what happens inside is vm/edge.hpp's.
 */
#pragma once

#include <cstdint>
#include <string_view>

#include "lunatik/abi.h"
#include "base/atomic.hpp"
#include "base/list.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "helpers/sync.hpp"
#include "object/object.hpp"
#include "runtime/journal.hpp"
#include "vm/pool.hpp"
#include "host.h"
#include "parameters.h"

inline void get(lunatik::Object &object) noexcept { object.get(); }
inline void put(lunatik::Object &object) noexcept { object.put(); }

namespace lunatik {

/// Why the VM must call lunatik_poll(): bits of the gauge's stop.
enum Reason : int {
	Resched = 1 << 0,	// let others run, look at signals; the script goes on
	Clock = 1 << 1,		// nobody can interrupt this context: look at the clock at every poll
	Interrupt = 1 << 2,	// Ctrl-C: ends this entry
	Budget = 1 << 3,	// the entry ran for too long
	Closing = 1 << 4,	// lunatik stop: ends this entry and every one after it
};

static_assert((Resched | Clock) == LUNATIK_STOP_LOOK);

/// Which of the reasons end an entry.
inline constexpr int ending = Interrupt | Budget | Closing;

/// Where a script's print() goes besides the log. Context: of the runtime's entry.
class Output {
public:
	/// Takes all of `text`, waiting for room if it may; gives up silently when nobody reads any more.
	virtual void write(std::string_view text) noexcept = 0;

protected:
	~Output() = default;
};

/// How an entry failed, for a person. Owns its texts.
struct Report {
	int status = 0;			// enum lunatik_status
	int error = 0;			// positive errno, or 0
	bool incomplete = false;	// the source ended too early
	char *message = nullptr;
	std::size_t message_size = 0;
	char *traceback = nullptr;
	std::size_t traceback_size = 0;
	bool traced = false;		// the traceback is of the place that matters: keep it
	bool unsaid = false;		// there was no memory for the message

	Report() noexcept = default;
	Report(const Report &) = delete;
	Report &operator=(const Report &) = delete;
	~Report();
	/// Replaces the message; when there is no memory for it, text() says that.
	void say(std::string_view text) noexcept;
	void trace(std::string_view text) noexcept;
	[[nodiscard]] std::string_view text() const noexcept
	{
		return unsaid ? "not enough memory for the message" : std::string_view(message, message_size);
	}
};

/// The list of runtimes that other modules find by the address of their state (runtime/states.hpp).
struct InStates;

/// A Lua state and everything that guards it; the private part of an object of class "runtime".
class Runtime final : public Linked<Runtime>, public Linked<Runtime, InStates> {
public:
	static constexpr const lunatik_class_t &info = lunatik_class_runtime;

	/// What a new runtime is to be.
	struct Options {
		std::string_view name;
		Context context = Context::Process;
		std::size_t maxalloc = 0; // 0: the module's default
		struct net *network = nullptr;
		bool foreign = false; // another kernel module's: lunatik unload leaves it to that
		int cpu = any_cpu;    // the one whose hooks run in it
		Runtime *maker = nullptr;	// the one whose script makes it
		Runtime *leader = nullptr;	// the first state of the same script, of another CPU
	};

	/// cpu of a runtime whose hooks run in it whatever CPU they come on.
	static constexpr int any_cpu = -1;

	/// Before the first one.
	static void init() noexcept;
	/// A runtime with Lua's libraries open and no script run yet, as one handle. Context: process.
	/// Errors: ENOMEM, EINVAL (a name that is empty, too long or climbs with "..").
	[[nodiscard]] static Result<Object *> create(const Options &options) noexcept;

	/// The runtime of an object of this class.
	[[nodiscard]] static Runtime &of(lunatik_object_s &object) noexcept
	{
		// SAFETY: the caller knows the object's class; its storage is a Runtime for as long as it lives.
		return *static_cast<Runtime *>(object.private_);
	}

	Runtime(Object &object, const Options &options, Account &account) noexcept;
	~Runtime();

	/// Closes the state, ending whatever runs in it. Context: process, may sleep. Takes at most a second unless the kernel
	/// itself blocks, or the caller's own runtime is to end; then the last one out closes it. A second caller waits for the first. From
	/// inside the runtime a worker does it, later.
	void stop() noexcept;
	/// Says why it is about to be stopped, when nobody asked for that; `why` is static text. Once.
	void condemn(const char *why) noexcept;

	/*
	 * A per-CPU runtime is several, one for each CPU that there may be, of which the first, its leader, is the one that others know:
	 * it has a handle of each of the rest, ends them, and its hooks are the ones that the kernel calls.
	 */

	/// Calls `visit` for this one and, if it is a leader, the others.
	template <class Visit>
	void each_state(Visit visit) noexcept
	{
		visit(*this);
		for (unsigned i = 0; members_ && i < lunatik_h_cpus(); i++) {
			if (Object *member = members_[i].load_acquire())
				visit(of(*member));
		}
	}
	/// Adds the state of the next CPU there may be; takes over the caller's handle.
	void add_member(Object &member) noexcept { members_[of(member).cpu].store_release(&member); }
	/// After all are loaded: from now on hooks run. False if they did not make the same hooks.
	[[nodiscard]] bool go_live() noexcept;
	/// After the last of them was loaded, or failed: a leader knows its hooks only until then, for they know it too.
	void forget_hooks() noexcept;
	/// Which hook the new one is the local part of: nullptr, a hook of its own. Errors: ESRCH, there is none; ENOMEM.
	[[nodiscard]] int find_first(Object &hook, Object *&first) noexcept;
	/// After it was made.
	void add_hook(Object &hook, Object *first) noexcept;

	/// Locks it and prepares an entry; see lunatik_enter(). `outer` is the runtime the caller is inside, if any. In process context
	/// the wait for the lock ends after `milliseconds`, if that is not 0: ETIMEDOUT.
	[[nodiscard]] int enter(unsigned flags, Runtime *outer = nullptr, unsigned milliseconds = 0) noexcept;
	void leave() noexcept;
	/// enter() from outside of any runtime, as the kernel does: in line.
	[[nodiscard]] int enter_from_kernel(unsigned flags) noexcept;
	/// The short way of lunatik_runcallback(): a status of lunatik_callfield()'s, or of lunatik_callkept()'s.
	[[nodiscard]] int call_callback(lunatik_callback &callback) noexcept;
	[[nodiscard]] int call_callback_in_line(lunatik_callback &callback) noexcept;
	/// See lunatik_runcallback() and lunatik_entercallback().
	[[nodiscard]] int run_callback(lunatik_callback &callback) noexcept;
	[[nodiscard]] const void *interned(const char *field) const noexcept;
	[[nodiscard]] int enter_callback(lunatik_callback &callback, unsigned flags) noexcept;
	/// See lunatik_runkept().
	[[nodiscard]] int run_kept(lunatik_callback &callback, unsigned kept) noexcept;
	/// leave(), in line.
	void leave_in_line() noexcept;

	/// An entry, a call and the leaving in one; see lunatik_runpacket().
	[[nodiscard]] lunatik_said run_packet(lunatik_asked &asked, void *what) noexcept;
	/// The same; see lunatik_runpacketwith().
	[[nodiscard]] int run_packet_with(Object &hook, unsigned function, unsigned argument, const void *string,
					  lunatik_shown &shown, void *what, lunatik_value &result) noexcept;

	/// The entry in which the script's body runs: in process context whatever the runtime's is, before any other.
	/// Errors: ENXIO if it was stopped meanwhile, EINTR, EDEADLK, EOVERFLOW without stack for it.
	[[nodiscard]] int enter_loading(Runtime *outer = nullptr) noexcept;
	void leave_loading(bool success) noexcept;

	/// Ends what runs inside now, or else the next entry, as Ctrl-C does. Any context.
	void interrupt() noexcept;
	/// Takes back an interrupt() that came too late for the entry it was meant for.
	void forgive() noexcept { clear(Interrupt); }
	/// Whether this task (or what it interrupted) is inside.
	[[nodiscard]] bool inside() const noexcept { return owner_.load() == lunatik_h_current(); }
	/// Whether the code that runs inside may sleep.
	[[nodiscard]] bool may_sleep() const noexcept
	{
		return (context == Context::Process || loading_.load() || closing_.load()) && !held_atomic_;
	}
	/// Whether a lock that forbids sleeping is held around what runs inside now.
	[[nodiscard]] bool holds_atomic() const noexcept { return held_atomic_; }
	void hold_atomic(bool held) noexcept
	{
		held_atomic_ = held;
		pool.atomic(!may_sleep());
		// The budget is for what runs under the lock, not for the whole entry: the watchdog begins to count anew.
		__atomic_store_n(&watched_calls_, 0UL, __ATOMIC_RELAXED);
	}
	[[nodiscard]] bool closing() const noexcept { return closing_.load(); }
	/// Whether it is inside of one that is being closed, or is one.
	[[nodiscard]] bool chain_closes() const noexcept;
	/// See lunatik_closingshare().
	[[nodiscard]] static unsigned closing_share(unsigned milliseconds) noexcept;
	[[nodiscard]] bool loading() const noexcept { return loading_.load(); }
	[[nodiscard]] bool ready() const noexcept { return !(gate_.load_acquire() & Unready); }
	/// Whether stop() has closed the state.
	[[nodiscard]] bool closed() const noexcept { return closed_.load_acquire(); }
	[[nodiscard]] bool stopping() const noexcept { return gate_.load() & Stopping; }
	[[nodiscard]] bool busy() const noexcept { return owner_.load() != nullptr; }
	/// The slow path of a poll: returns the Reason bits that end this entry, 0 to go on.
	[[nodiscard]] int poll() noexcept;
	/// Whether there is something for poll() to look at. Any context.
	[[nodiscard]] int stop_bits() const noexcept { return __atomic_load_n(&gauge.stop, __ATOMIC_RELAXED); }
	/// Reason bits that end a blocking call of this entry, without side effects. Any context.
	[[nodiscard]] int ended() const noexcept { return stop_bits() & ending; }
	/// The same, or that a runtime this one was entered from is to end. Inside the runtime.
	[[nodiscard]] bool chain_ended() const noexcept;

	/// Sleeps inside the runtime, until stop, interrupt or time-out; state of <linux/sched.h>. Returns milliseconds left.
	long sleep(long milliseconds, unsigned state) noexcept;
	/// The same in a queue of a class' own, a struct swait_queue_head, until `condition(argument)`; see lunatik_wait().
	long wait(void *queue, lunatik_condition condition, void *argument, long milliseconds, unsigned state) noexcept;

	/// Starts its kernel thread, which calls the function its script returned; see lunatik_spawn(). Context: process. `task`,
	/// if given, is set to the thread, with a reference. Errors: ENOEXEC if it returned none, EBUSY if it has a
	/// thread, ENXIO, ENOMEM, EINTR.
	[[nodiscard]] int spawn(const char *thread_name, Runtime *by = nullptr, Object *holder = nullptr,
				task_struct **task = nullptr) noexcept;
	/// Ends that thread if it is `task`; see lunatik_endthread().
	[[nodiscard]] int end_thread(const task_struct *task, const Runtime *by) noexcept;
	[[nodiscard]] bool has_thread(const task_struct *task) const noexcept { return thread_.load() == task; }
	/// The runtime, this one or one it was entered from, whose thread runs here, or nullptr. Inside the runtime.
	[[nodiscard]] Runtime *thread_owner() noexcept;
	/// Whether there is a function for a thread to call.
	[[nodiscard]] bool has_task() const noexcept { return has_task_.load(); }
	void has_task(bool has) noexcept { has_task_.store(has); }
	/// The pid of its thread while that runs, or 0.
	[[nodiscard]] int thread_pid() const noexcept { return thread_pid_.load(); }
	/// Waits until its thread has ended. Returns milliseconds left, 0 on time-out, -EINTR.
	long join(long milliseconds, bool interruptible) noexcept;
	/// Asks its thread to end by itself; thread.shouldstop() is true from now on.
	void ask_to_stop() noexcept;
	[[nodiscard]] bool should_stop() const noexcept { return should_stop_.load(); }
	/// The same of this one or one it was entered from. Inside the runtime.
	[[nodiscard]] bool chain_should_stop() const noexcept;

	/// Writes to the log under the runtime's name, bounded in rate.
	void log(std::string_view text, bool error) noexcept;
	/// What a report says, but for where it was raised, is in the journal: whoever asked for it has all of it.
	void record(std::string_view report) noexcept;
	/// What print() does.
	void print(std::string_view text) noexcept;
	void print_line() noexcept;

	/// Pins the kernel module behind a luaopen symbol, which the caller has got, until the state is closed. Errors: ENOMEM.
	int pin(const char *symbol) noexcept;
	/// Pins a module that is loaded until the state is closed. Errors: ENOMEM, ENODEV if it is being unloaded.
	int pin(struct module *module) noexcept;

	/// Takes the stack of `place` as the one the state may use.
	void measure_stack(const lunatik_h_place &place) noexcept;

	Object &object;
	const Context context;
	const int cpu;
	Name<255> name;
	Name<300> chunk_name;		// of its script, as lua_load() wants it
	struct net *const network;	// which it does not keep: it is stopped when that goes
	lua_State *state = nullptr;	// guarded by the lock; nullptr once closed
	lunatik_gauge gauge{ .collect_at = ~0UL };
	Account &account;
	/// Stands before the pool, which is charged to the account to its very end, so that it goes after it.
	const Ref<Account> account_use;
	Pool pool;
	Output *output = nullptr;	// of the entry that runs now
	Report *report = nullptr;	// of the entry that runs now
	const bool foreign;
	/// Whose it is: one number for a runtime that no script made, what its script made, and what that made.
	const unsigned long family;
	/// Names of callbacks that have been interned, known by the address of their text.
	struct Key {
		const char *field;
		const void *string;
	} keys[8]{};
	/// The hashes of the chunks that may come again, of those that came last. Guarded by the lock.
	struct Seen {
		static constexpr unsigned count = 16;
		std::uint32_t hashes[count];
		unsigned next;
	} seen{};
	const std::uint64_t created;
	Atomic<unsigned long> calls{ 0 };
	Atomic<unsigned long> errors{ 0 };
	Journal journal;
	/// Says in the journal that it has started; that it has stopped is said then too.
	void announce() noexcept;
	/*
	 * What hooks cost. Each call under the lock passes took_turn(); those whose turn it is read the clock. Rare calls are all
	 * timed; of frequent ones one in so many, at random, that a second has some hundred of them, which stand for the
	 * others. A hook that seems to take too much has every call timed for up to a second, and only that convicts it.
	 */

	/// Whether this call of a hook's is to be timed.
	[[nodiscard]] [[gnu::always_inline]] bool took_turn() noexcept
	{
		unsigned left = __atomic_load_n(&turns_, __ATOMIC_RELAXED) - 1;
		__atomic_store_n(&turns_, left, __ATOMIC_RELAXED);
		return !left;
	}
	/// The next call is to be timed, if this one's caller saw that calls are long. Any context.
	void time_next() noexcept { __atomic_store_n(&turns_, 1U, __ATOMIC_RELAXED); }
	/// The clock for that; never 0.
	[[nodiscard]] std::uint64_t time_call() noexcept;
	/// After a call of `hook` that began at `began` by that clock: stops the hook if it takes too much.
	void charge_call(Object &hook, std::uint64_t began) noexcept;
	/// Stops a hook, soon, and says why: in the log, the journal and as an event. Any context.
	void detach(Object &hook, std::string_view why) noexcept;

	/// Nanoseconds somebody was inside, as the watchdog saw it.
	[[nodiscard]] std::uint64_t busy_time() const noexcept;

private:
	friend class Watchdog;
	friend void stop_runtimes_of(struct net *network) noexcept;

	void set(int bits) noexcept { __atomic_fetch_or(&gauge.stop, bits, __ATOMIC_SEQ_CST); }
	void clear(int bits) noexcept { __atomic_fetch_and(&gauge.stop, ~bits, __ATOMIC_SEQ_CST); }
	[[nodiscard]] int enter_event() noexcept;
	[[nodiscard]] int enter_softirq() noexcept;
	void leave_softirq() noexcept;
	[[nodiscard]] int enter_hardirq() noexcept;
	void leave_hardirq() noexcept;
	[[nodiscard]] int enter_process(unsigned flags) noexcept;
	void leave_process() noexcept;
	void leave_nested() noexcept;
	lunatik_said call_packet(lunatik_asked &asked) noexcept;
	lunatik_said time_packet(lunatik_asked &asked) noexcept;
	lunatik_said leave_packet(lunatik_said said) noexcept;
	int time_kept(lunatik_callback &callback, unsigned kept) noexcept;
	[[nodiscard]] int refuse_event(lunatik_h_locked locked) noexcept;
	void forget_budget() noexcept;
	void after_entry(bool garbage) noexcept;
	void collect_later() noexcept;
	void collect() noexcept;
	void begin(const lunatik_h_place &place) noexcept;
	void end() noexcept;
	void drop_owner() noexcept;
	void look_at_clock() noexcept;
	void begin_window(std::uint64_t now) noexcept;
	void convict(Object &hook, std::uint64_t now, unsigned limit) noexcept;
	void wake() noexcept;
	[[nodiscard]] int wait_for_lock(unsigned flags, unsigned long *irq) noexcept;
	[[nodiscard]] int wait_for_lock_until(unsigned milliseconds, const Runtime *outer) noexcept;
	[[nodiscard]] static Runtime *innermost(const task_struct *task) noexcept;
	[[nodiscard]] int join_chain(Runtime *outer) noexcept;
	void leave_chain() noexcept;
	void finish() noexcept;
	void later(void (*what)(Runtime &)) noexcept;
	void close(lua_State *closing) noexcept;
	// Its end is a part of one that began then, unless something older has begun it.
	void inherit_end(std::uint64_t since) noexcept
	{
		if (!ending_since_.load())
			ending_since_.store(since);
	}
	int add_pin(std::string_view symbol, struct module *module) noexcept;
	static int run_thread(void *runtime) noexcept;
	void interrupt_thread() noexcept;
	template <class Condition>
	[[nodiscard]] Runtime *find_child(Condition condition) noexcept;
	void ask_children() noexcept;
	void end_children() noexcept;
	void end_family() noexcept;
	static bool doom_orphans(unsigned long after, unsigned long &family) noexcept;
	static void end_doomed(unsigned long family) noexcept;
	static void end_orphans() noexcept;
	static void orphan_left() noexcept;

	struct Pin;

	Atomic<task_struct *> owner_{ nullptr };
	Runtime *inner_ = nullptr;	// the runtime that is waited for or was entered from here; guarded by the core's spinlock
	Runtime *outer_ = nullptr;	// the other way round, of the entry that runs now
	int depth_ = 0;			// how many there are outside
	bool counted_ = false;		// the entry that runs now may sleep, and is found by its task
	bool held_atomic_ = false;
	Atomic<bool> abandoned_{ false };	// stop() gave up: the last one out closes the state
	unsigned long lock_flags_ = 0;	// of the entry that runs now; what the unlocking wants
	std::uint64_t clock_ = 0;	// when a Clock entry first looked at the clock
	unsigned looks_ = 0;		// how often it looked
	Atomic<bool> loading_{ false };
	// Why no event may enter it: one word, which each looks at.
	enum Gate : int { Unready = 1 << 0, Stopping = 1 << 1 };
	Atomic<int> gate_{ Unready };
	bool finished_ = false;		// somebody closes the state, or has; guarded by the lock
	Atomic<bool> closed_{ false };
	Atomic<bool> announced_{ false };
	Atomic<const char *> killed_{ nullptr };	// why it ended without being asked to, if so
	bool waited_for_ = false;	// its namespace goes, and has waited for it; guarded by the core's spinlock
	Atomic<bool> parent_{ false };	// it has started a thread of another runtime
	Atomic<bool> should_stop_{ false };
	std::uint64_t asked_at_ = 0;	// when should_stop_ was set
	Atomic<bool> closing_{ false };	// finalizers run now
	Atomic<unsigned> close_budget_{ 0 };	// milliseconds that they may
	Atomic<std::uint64_t> ending_since_{ 0 };	// when the outermost closing began that its own is a part of
	Atomic<bool> has_task_{ false };
	Atomic<bool> threaded_{ false };	// there is a thread, or somebody is about to start one
	Atomic<int> thread_pid_{ 0 };
	Atomic<task_struct *> thread_{ nullptr };	// to be looked at under RCU
	Object *holder_ = nullptr;	// the thread's handle
	Atomic<std::uint64_t> thread_ending_since_{ 0 };	// the same of the thread, if it is told to end as a part of something
	bool kin_thread_ = false;	// its family has started the thread, which has a handle of this
	const Runtime *spawned_by_ = nullptr;	// compared, never followed; guarded by the core's spinlock
	unsigned long watched_calls_ = 0;	// the watchdog's: which entry it saw, for how many ticks
	unsigned int watched_ticks_ = 0;
	Atomic<unsigned long> busy_ticks_{ 0 };
	unsigned turns_ = 1;		// calls of hooks until one is timed
	unsigned stride_ = 1;		// how many calls a timed one stands for
	unsigned timed_ = 0;		// calls timed in this window since stride_ changed
	bool exact_ = false;		// all calls of this window are timed
	bool trial_ = false;		// and are to be, up to its end
	std::uint64_t stood_for_ = 0;	// calls of this window, as estimated
	std::uint64_t window_ = 0;	// when it began
	std::uint64_t looked_ = 0;	// when it was last seen how fast timed calls come
	std::uint64_t complained_ = 0;	// when a hook that stays was logged last
	Pin *pins_ = nullptr;
	const bool founder_;		// of its family
	Atomic<bool> made_{ false };	// its script has made one
	bool doomed_ = false;		// nobody but its family had it after the founder's end; guarded by the core's spinlock
	Runtime *const leader_;		// while it is loaded
	Atomic<Object *> *members_ = nullptr;	// of a leader: the other states, by CPU
	Object *hooks_ = nullptr;	// those made so far, with a reference each, while a leader is loaded
	Object *next_first_ = nullptr;	// the leader's hook that the next one of this is a part of
	unsigned hook_count_ = 0;
	struct Later {
		void *node[2];
		Runtime *runtime;
		void (*what)(Runtime &);
		std::uint64_t since;	// Ending::since() of who left it to the worker
	} later_{ {}, this, nullptr, 0 };	// work for a process context without locks
	Later collector_{ {}, this, nullptr, 0 };
	Atomic<bool> collecting_{ false };
	Atomic<bool> queued_{ false };
	WaitQueue sleepers_;
	RateLimit log_limit_;
	Name<journal::Line::text_max> line_;
};

/// Stops every runtime there is, named or not, except those of other modules. Context: process, may sleep.
void stop_all_runtimes() noexcept;
/// Stops every runtime of a network namespace that goes, and waits some seconds for them and for what they made that others, or a
/// worker, stop. Context: process, may sleep.
void stop_runtimes_of(struct net *network) noexcept;

/// Sets up and stops the watchdog.
void runtimes_init() noexcept;
void runtimes_exit() noexcept;

} // namespace lunatik
