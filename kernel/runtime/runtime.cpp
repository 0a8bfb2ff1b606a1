// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "runtime/runtime.hpp"

#include <new>
#include <asm-generic/errno.h>

#include "lunatik.hpp"
#include "lunatik/uapi.h"
#include "runtime/states.hpp"
#include "vm/charge.hpp"
#include "vm/edge.hpp"

namespace lunatik {

// Guards the list of all runtimes and their waits_for_. Interrupts off: the watchdog is a hard interrupt.
static constinit IrqSpinlock all_lock;
static constinit List<Runtime> all_runtimes;

// Milliseconds between two looks of the watchdog.
static constexpr unsigned tick_milliseconds = 10;
// How long the finalizers of a closing state may run in all.
static constexpr unsigned close_milliseconds = 500;
// How long all may take that ends with a runtime as a part of it, each as its own limit allows, before the rest gets hardly anything:
// runtimes, threads and sockets of its script's, and theirs.
static constexpr unsigned whole_milliseconds = 1000;
// What each gets of that at the least: a look of the watchdog may come at once.
static constexpr unsigned least_milliseconds = 2 * tick_milliseconds;
// What a thread gets to end by itself after it was asked to.
static constexpr long grace_milliseconds = 400;
// How long stop() tries before it leaves the state to its last user.
static constexpr unsigned stop_milliseconds = 5000;
// The same for one whose caller is to end itself, or has no more time for it.
static constexpr unsigned stop_briefly_milliseconds = 200;
// How long an entry waits that nothing else may end.
static constexpr unsigned brief_milliseconds = 50;
// Memory cap of a softirq or hardirq runtime that asks for none, if the module's default is not smaller.
static constexpr std::size_t atomic_maxalloc = 8 << 20;
// Lines of one text that the log takes.
static constexpr unsigned log_lines_of_text = 32;
// A softirq runtime's garbage is collected when the state has grown to twice what the last collection left, but not before this.
static constexpr std::size_t collect_least = 64 << 10;
// Steps of a collection that a worker makes before others have their turn.
static constexpr unsigned collect_steps = 32;
// Bytes of a line that the kernel's log takes; the journal takes more.
static constexpr unsigned log_bytes_of_line = 240;
// How many looks of a hardirq entry pass from one reading of the clock to the next; a power of two.
static constexpr unsigned looks_between_clocks = 16;
// The span in which what hooks cost is added up.
static constexpr std::uint64_t window_nanoseconds = 1000000000;
// Calls of hooks that are timed in it, about: a second has some hundred of them, which is enough to suspect one by, and costs nothing
// that could be measured.
static constexpr unsigned timed_per_window = 256;
// After so many timed calls it is seen whether they come too fast for that.
static constexpr unsigned timed_per_look = 16;
// What a timed call stands for at most.
static constexpr unsigned stride_most = 1024;
// Looks of a hardirq entry after which it is a long one, and the next is timed: no watchdog sees it.
static constexpr unsigned looks_of_long_entry = 256;
// Between two lines about a hook that takes too much and stays.
static constexpr std::uint64_t complaint_nanoseconds = 60 * window_nanoseconds;
// Log lines a runtime may write each second.
static constexpr int log_lines = 50;
// Stack that must stay free below Lua for the kernel functions that bodies call: a sleeping one may go through the whole
// network stack, one that may not sleep does little. Interrupts have a stack of their own.
static constexpr unsigned long stack_reserve_process = 4096;
static constexpr unsigned long stack_reserve_atomic = 2048;
// What a state may use even when that leaves less than the reserve: enough for a short handler.
static constexpr unsigned long stack_least = 1536;

/// The timer that looks at every runtime somebody is inside of. It runs only while somebody is.
class Watchdog final {
public:
	static void init() noexcept { lunatik_h_timer_init(timer_.address(), &tick, nullptr); }
	static void exit() noexcept { lunatik_h_timer_cancel(timer_.address()); }
	/// Context: any but hardirq handlers, which may have interrupted the timer code itself.
	static void arm() noexcept
	{
		if (!armed_.load() && !armed_.exchange(true))
			lunatik_h_timer_start(timer_.address(), tick_milliseconds * 1000000ULL);
	}

private:
	static int tick(void *) noexcept;
	static bool look(Runtime &runtime) noexcept;

	static constinit Opaque<LUNATIK_SIZEOF_TIMER> timer_;
	static constinit Atomic<bool> armed_;
	static unsigned idle_ticks_;
};

constinit Opaque<LUNATIK_SIZEOF_TIMER> Watchdog::timer_{};
constinit Atomic<bool> Watchdog::armed_{ false };
constinit unsigned Watchdog::idle_ticks_ = 0;

bool Watchdog::look(Runtime &runtime) noexcept
{
	const task_struct *owner = runtime.owner_.load();
	if (!owner)
		return false;
	// A script that waits uses no processor. The owner is not freed before this tick ends, even if it leaves now: interrupts
	// are off, which an RCU grace period waits for.
	if (lunatik_h_is_running(owner))
		runtime.busy_ticks_.count();
	// Who takes long, and comes so seldom that its turn is far, is seen here.
	runtime.time_next();
	unsigned long calls = runtime.calls.load();
	if (calls != __atomic_load_n(&runtime.watched_calls_, __ATOMIC_RELAXED)) {
		__atomic_store_n(&runtime.watched_calls_, calls, __ATOMIC_RELAXED);
		runtime.watched_ticks_ = 0;
		return true;
	}
	unsigned milliseconds = ++runtime.watched_ticks_ * tick_milliseconds;
	unsigned budget = runtime.closing_.load_acquire() ? runtime.close_budget_.load() : runtime.may_sleep() ? ~0u : lunatik_budget;
	if (runtime.may_sleep())
		runtime.set(Resched);
	if (milliseconds > budget) {
		runtime.set(Budget);
		// The entry it was meant for may have ended just now.
		if (runtime.calls.load() != calls)
			runtime.clear(Budget);
	}
	return true;
}

int Watchdog::tick(void *) noexcept
{
	IrqGuard guard(all_lock);
	bool busy = false;
	for (Runtime *runtime = all_runtimes.first(); runtime; runtime = all_runtimes.next(*runtime))
		busy |= look(*runtime);
	idle_ticks_ = busy ? 0 : idle_ticks_ + 1;
	if (idle_ticks_ < 100)
		return 1;
	idle_ticks_ = 0;
	// begin() sets the owner first and looks at armed_ then; here it is the other way round, with full barriers in
	// both, so one of the two sees the other.
	armed_.exchange(false);
	for (Runtime *runtime = all_runtimes.first(); runtime; runtime = all_runtimes.next(*runtime)) {
		if (runtime->busy())
			return armed_.exchange(true) ? 0 : 1;
	}
	return 0;
}

/* ---- reports ---- */

static void keep(char *&kept, std::size_t &size, std::string_view text) noexcept
{
	lunatik_h_kvfree(kept);
	// SAFETY: memory for text.size() bytes, or none.
	kept = static_cast<char *>(lunatik_h_kvmalloc(text.size() + 1, !lunatik_h_preemptible_sleep()));
	size = kept ? text.size() : 0;
	if (kept)
		__builtin_memcpy(kept, text.data(), text.size());
}

Report::~Report()
{
	lunatik_h_kvfree(message);
	lunatik_h_kvfree(traceback);
}

void Report::say(std::string_view text) noexcept
{
	keep(message, message_size, text);
	unsaid = !message;
}

void Report::trace(std::string_view text) noexcept
{
	keep(traceback, traceback_size, text);
}

/* ---- life ---- */

// One pinned module, by a symbol of its or by itself.
struct Runtime::Pin {
	Pin *next;
	Name<79> symbol;
	struct module *module;

	[[nodiscard]] bool is(std::string_view other, struct module *other_module) const noexcept
	{
		return symbol.view() == other && module == other_module;
	}
	static void release(const char *symbol, struct module *module) noexcept
	{
		if (module)
			lunatik_h_module_put(module);
		else
			lunatik_h_symbol_put(symbol);
	}
};

static bool name_is_valid(std::string_view name) noexcept
{
	if (name.empty() || !Name<255>::fits(name) || name.front() == '/' || name.back() == '/')
		return false;
	for (std::size_t i = 0; i < name.size(); i++) {
		unsigned char c = static_cast<unsigned char>(name[i]);
		if (c < ' ' || c == 127)
			return false;
		// ".." as a whole component climbs out of the scripts' directory.
		bool starts = i == 0 || name[i - 1] == '/';
		if (starts && cut(name, i, 2) == ".." && (i + 2 == name.size() || name[i + 2] == '/'))
			return false;
	}
	return true;
}

static unsigned long stack_reserve(bool may_sleep) noexcept
{
	return (may_sleep ? stack_reserve_process : stack_reserve_atomic) + LUNATIK_STACK_ERROR_ZONE + LUNATIK_STACK_LEAF;
}

static bool has_stack(const lunatik_h_place &place) noexcept
{
	return place.stack_left >= stack_reserve(false) + stack_least;
}

Result<Object *> Runtime::create(const Options &options) noexcept
{
	if (!name_is_valid(options.name))
		return Error(EINVAL);
	Object *object = Object::create(info, sizeof(Runtime), 1u * (options.context == Context::Hardirq   ? LUNATIK_OPT_HARDIRQ
								    : options.context == Context::Softirq ? LUNATIK_OPT_SOFTIRQ
													  : LUNATIK_OPT_NONE), {});
	// What an atomic runtime may hold bounds what one collection in a handler costs.
	std::size_t standard = options.context == Context::Process || lunatik_maxalloc < atomic_maxalloc ? lunatik_maxalloc
													  : atomic_maxalloc;
	Account *account = make_account(options.maxalloc ? options.maxalloc : standard);
	if (!object || !account) {
		if (account)
			lunatik::put(*account);
		if (object)
			object->put();
		return Error(ENOMEM);
	}
	void *members = nullptr;
	if (options.cpu != any_cpu && !options.leader) {
		members = lunatik_h_kvzalloc(sizeof(Atomic<Object *>) * lunatik_h_cpus(), 0);
		if (!members) {
			lunatik::put(*account);
			object->put();
			return Error(ENOMEM);
		}
	}
	// SAFETY: the object's storage was made for a Runtime.
	auto *runtime = ::new (object->private_) Runtime(*object, options, *account);
	// SAFETY: zeroed memory for a pointer of each CPU.
	runtime->members_ = static_cast<Atomic<Object *> *>(members);
	runtime->next_first_ = options.leader ? options.leader->hooks_ : nullptr;
	object->constructed();
	object->hold();
	object->put();
	{
		IrqGuard guard(all_lock);
		all_runtimes.push_back(*runtime);
	}
	lunatik_h_place place;
	lunatik_h_here(&place);
	runtime->measure_stack(place);
	int error = has_stack(place) ? edge::open(*runtime) : -EOVERFLOW;
	if (error) {
		object->drop();
		return Error(error);
	}
	account->L = runtime->state;
	return object;
}

static constinit Atomic<unsigned long> families{ 0 };

static unsigned long family_of(const Runtime::Options &options) noexcept
{
	const Runtime *kin = options.leader ? options.leader : options.maker;
	return kin ? kin->family : families.fetch_add(1) + 1;
}

Runtime::Runtime(Object &object, const Options &options, Account &account) noexcept
	: object(object), context(options.context), cpu(options.cpu), name(options.name), network(options.network), account(account),
	  account_use(Ref<Account>::adopt(&account)), pool(account), foreign(options.foreign), family(family_of(options)), created(lunatik_h_ktime_get_ns()),
	  journal(name.view(), network ? lunatik_h_net_cookie(network) : 0), founder_(!options.leader && !options.maker), leader_(options.leader)
{
	lunatik_h_lock_of_runtime(object.lock(), static_cast<int>(context));
	object.network = network;
	if (network)
		lunatik_h_keep_net(network);
	states::add(*this);
	if (options.maker) {
		options.maker->made_.store(true);
		object.orphan.store(options.maker->object.orphan.load());
	}
	sleepers_.init();
	log_limit_.init(log_lines);
}

Runtime::~Runtime()
{
	states::remove(*this);
	// stop() gives up on an entry that the kernel itself keeps; by now that entry has ended.
	if (lua_State *closing = std::exchange(state, nullptr))
		close(closing);
	{
		IrqGuard guard(all_lock);
		if (Linked<Runtime>::linked())
			all_runtimes.remove(*this);
	}
	for (unsigned i = 0; members_ && i < lunatik_h_cpus(); i++) {
		if (Object *member = members_[i].load())
			member->drop();
	}
	lunatik_h_kvfree(members_);
	if (network)
		lunatik_h_unkeep_net(network);
}

/* ---- per-CPU runtimes ---- */

int Runtime::find_first(Object &hook, Object *&first) noexcept
{
	if (cpu == any_cpu)
		return 0;
	if (leader_) {
		first = next_first_;
		return first && first->class_ == hook.class_ ? 0 : -ESRCH;
	}
	// It may be asked again, when there was no memory for what came afterwards.
	if (hook.peers)
		return 0;
	// SAFETY: zeroed memory for a pointer of each CPU.
	hook.peers = static_cast<Object **>(lunatik_h_kvzalloc(sizeof(Object *) * lunatik_h_cpus(), 0));
	if (!hook.peers)
		return -ENOMEM;
	hook.peers[cpu] = &hook;
	return 0;
}

void Runtime::add_hook(Object &hook, Object *first) noexcept
{
	if (cpu == any_cpu)
		return;
	hook_count_++;
	if (first) {
		next_first_ = first->next_hook;
		first->get();
		hook.first = first;
		hook.get();
		__atomic_store_n(&first->peers[cpu], &hook, __ATOMIC_RELEASE);
		return;
	}
	hook.get();
	Object **end = &hooks_;
	while (*end)
		end = &(*end)->next_hook;
	*end = &hook;
}

void Runtime::forget_hooks() noexcept
{
	while (Object *hook = hooks_) {
		hooks_ = hook->next_hook;
		hook->put();
	}
}

bool Runtime::go_live() noexcept
{
	bool same = true;
	each_state([&](Runtime &state) { same = same && state.hook_count_ == hook_count_; });
	if (same)
		each_state([](Runtime &state) { state.gate_.fetch_and(~Unready); });
	return same;
}

int Runtime::add_pin(std::string_view symbol, struct module *module) noexcept
{
	for (Pin *pin = pins_; pin; pin = pin->next) {
		if (pin->is(symbol, module)) {
			// One pin of ours is enough for as long as the state lives.
			Pin::release(symbol.data(), module);
			return 0;
		}
	}
	void *memory = lunatik_h_kmalloc(sizeof(Pin), !lunatik_h_preemptible_sleep());
	if (!memory) {
		Pin::release(symbol.data(), module);
		return -ENOMEM;
	}
	pins_ = ::new (memory) Pin{ pins_, Name<79>(symbol), module };
	return 0;
}

int Runtime::pin(const char *symbol) noexcept
{
	return add_pin(symbol, nullptr);
}

int Runtime::pin(struct module *module) noexcept
{
	return lunatik_h_try_module_get(module) ? add_pin("", module) : -ENODEV;
}

// What is left of `milliseconds` for a part of what began to end at `since`; 0: it is no part of anything.
static unsigned share_since(std::uint64_t since, unsigned milliseconds) noexcept
{
	if (!since)
		return milliseconds;
	std::uint64_t passed = (lunatik_h_ktime_get_ns() - since) / 1000000;
	std::uint64_t left = passed < whole_milliseconds ? whole_milliseconds - passed : 0;
	if (left < least_milliseconds)
		left = least_milliseconds;
	return left < milliseconds ? static_cast<unsigned>(left) : milliseconds;
}

unsigned Runtime::closing_share(unsigned milliseconds) noexcept
{
	return share_since(Ending::since(), milliseconds);
}

// How long the end of somebody who is busy is waited for.
static unsigned stop_patience(std::uint64_t since) noexcept
{
	return since ? share_since(since, whole_milliseconds) + stop_briefly_milliseconds : stop_milliseconds;
}

void Runtime::close(lua_State *closing) noexcept
{
	inherit_end(Ending::since());
	close_budget_.store(share_since(ending_since_.load(), close_milliseconds));
	inherit_end(lunatik_h_ktime_get_ns());
	Ending ending(ending_since_.load());
	pool.atomic(false);
	__atomic_store_n(&gauge.stop, 0, __ATOMIC_SEQ_CST);
	closing_.store_release(true);
	lunatik_h_place place;
	lunatik_h_here(&place);
	// It may be closed inside of another, whose finalizers are not the innermost then.
	const Runtime *outer = innermost(place.task);
	depth_ = outer ? outer->depth_ + 1 : 0;
	begin(place);
	edge::close(closing);
	pool.drain();
	end();
	depth_ = 0;
	closing_.store(false);
	while (Pin *pin = pins_) {
		pins_ = pin->next;
		Pin::release(pin->symbol.c_str(), pin->module);
		lunatik_h_kfree(pin);
	}
}

void Runtime::stop() noexcept
{
	if (inside()) {
		// Its own last handle went: whoever is inside must come out first, and that is the caller.
		set(Closing);
		later([](Runtime &self) { self.stop(); });
		return;
	}
	// Two may stop each other: who is to end meanwhile leaves the rest to the last user, soon.
	const Runtime *by = innermost(lunatik_h_current());
	auto is_to_end = [by] { return by && by->chain_ended(); };
	const std::uint64_t since = Ending::since();
	const std::uint64_t began = lunatik_h_ktime_get_ns();
	const unsigned patience = stop_patience(since);
	auto gives_up = [&](unsigned waited) {
		return waited >= patience || (waited >= stop_briefly_milliseconds && is_to_end());
	};
	if (gate_.fetch_or(Stopping) & Stopping) {
		auto is_closed = [this] { return closed_.load_acquire(); };
		for (unsigned waited = 0; !closed() && !gives_up(waited); waited += 10)
			sleepers_.wait(is_closed, 10, false);
		return;
	}
	ask_to_stop();
	ask_children();
	// The grace counts from when it was asked: whoever stops many asks them all first.
	long asked = static_cast<long>((lunatik_h_ktime_get_ns() - asked_at_) / 1000000);
	long grace = share_since(since, grace_milliseconds);
	if (asked < grace)
		join(grace - asked, false);

	auto never = [] { return false; };
	unsigned waited = 0;
	for (; !gives_up(waited); waited += 10) {
		if (busy())
			condemn("stopped while its script ran");
		set(Closing);
		wake();
		finish();
		if (closed())
			break;
		sleepers_.wait(never, 10, false);
	}
	if (!closed()) {
		abandoned_.exchange(true);
		finish();
	}
	if (!closed() && !is_to_end())
		log("does not end: it is blocked in the kernel; its state is closed when that returns", true);
	std::uint64_t mine = ending_since_.load();
	Ending ending(mine ? mine : since ? since : began);
	each_state([this](Runtime &state) {
		if (&state != this)
			state.object.stop();
	});
	for (; thread_pid_.load() && !gives_up(waited); waited += 10)
		join(10, false);
	end_children();
	if (founder_ && made_.load())
		end_family();
	else if (object.orphan.load())
		orphan_left();
}

// Closes the state if nobody is inside; only the first who may do that says, at the end, that it is closed.
void Runtime::finish() noexcept
{
	unsigned long flags = 0;
	// Those who hold an atomic runtime's lock are bounded, and its waiters would win every race of a trylock.
	if (context == Context::Process ? !lunatik_h_trylock(object.lock())
					: lunatik_h_lock(object.lock(), static_cast<int>(context), 1, 0, &flags))
		return;
	bool free = !loading_.load() && !finished_;
	finished_ = finished_ || free;
	lua_State *closing = free ? std::exchange(state, nullptr) : nullptr;
	if (free)
		account.L = nullptr;
	lunatik_h_unlock(object.lock(), static_cast<int>(context), flags);
	if (closing)
		close(closing);
	if (!free)
		return;
	closed_.store_release(true);
	if (announced_.load()) {
		const char *why = killed_.load();
		journal.add(why ? LUNATIK_RECORD_KILLED : LUNATIK_RECORD_STOPPED, why ? why : "stopped");
	}
	sleepers_.wake();
}

// Has a worker do what needs a process context and no lock.
void Runtime::later(void (*what)(Runtime &)) noexcept
{
	if (queued_.exchange(true))
		return;
	object.get();
	later_.what = what;
	later_.since = lunatik_h_preemptible_sleep() ? Ending::since() : 0;
	Object::unsettle(network);
	lunatik_h_defer(later_.node, [](void **node) {
		// SAFETY: the node is the first member of a runtime's later_.
		Runtime &self = *reinterpret_cast<Later *>(node)->runtime;
		const struct net *network = self.network;
		auto todo = self.later_.what;
		Ending ending(self.later_.since);
		self.queued_.store_release(false);
		todo(self);
		self.object.put();
		Object::settle(network);
	});
}

/* ---- entries ---- */

// The lowest address that may be used, with so much kept for what comes below Lua.
[[gnu::always_inline]] static inline unsigned long stack_limit(const lunatik_h_place &place, unsigned long reserve) noexcept
{
	unsigned long usable = place.stack_left > reserve + stack_least ? place.stack_left - reserve : stack_least;
	if (usable > lunatik_stack)
		usable = lunatik_stack;
	return place.stack_pointer - usable;
}

void Runtime::measure_stack(const lunatik_h_place &place) noexcept
{
	gauge.stack_limit = stack_limit(place, stack_reserve(may_sleep()));
}

// How many process runtimes tasks are inside of, by task: who enters one from inside another, through a device's file or
// another module's code, comes by a way that knows nothing of the first.
static constexpr std::size_t owner_slots = 256;
static constinit Atomic<int> owner_counts[owner_slots];

static Atomic<int> &owners_like(const task_struct *task) noexcept
{
	// SAFETY: an address, as a number. Tasks are a few KiB large.
	return owner_counts[(reinterpret_cast<std::uintptr_t>(task) >> 12) % owner_slots];
}

// The innermost runtime that the calling task is inside of, if any. It stays there while the caller does.
Runtime *Runtime::innermost(const task_struct *task) noexcept
{
	if (!owners_like(task).load()) [[likely]]
		return nullptr;
	IrqGuard guard(all_lock);
	Runtime *found = nullptr;
	for (Runtime *runtime = all_runtimes.first(); runtime; runtime = all_runtimes.next(*runtime)) {
		if (runtime->owner_.load() == task && runtime->counted_ && (!found || runtime->depth_ > found->depth_))
			found = runtime;
	}
	return found;
}

void Runtime::begin(const lunatik_h_place &place) noexcept
{
	calls.count();
	owner_.exchange(place.task);
	counted_ = place.may_sleep;
	if (counted_)
		owners_like(place.task).fetch_add(1);
	// A budget that ended the entry before too late is none of this one's.
	if (stop_bits() & Budget) [[unlikely]]
		clear(Budget);
	measure_stack(place);
	Watchdog::arm();
}

[[gnu::always_inline]] inline void Runtime::drop_owner() noexcept
{
	output = nullptr;
	report = nullptr;
	if (std::exchange(counted_, false))
		owners_like(owner_.load()).fetch_add(-1);
	owner_.store_release(nullptr);
}

void Runtime::end() noexcept
{
	drop_owner();
	// A signal to one of our threads was only to wake it: why, the bits say, here and in the runtimes outside.
	if (context == Context::Process || loading_.load())
		lunatik_h_flush_signals();
	if (stop_bits() & ~Closing) [[unlikely]]
		clear(~Closing);
}

// Records that this runtime is entered from `outer`, from before the wait for its lock until it is left: who waits for whom
// and who is inside whom is one chain, and a chain that closes is a deadlock.
int Runtime::join_chain(Runtime *outer) noexcept
{
	if (!outer)
		return 0;
	IrqGuard guard(all_lock);
	for (Runtime *next = this; next; next = next->inner_) {
		if (next == outer)
			return -EDEADLK;
	}
	outer->inner_ = this;
	return 0;
}

static void unchain(Runtime *&inner) noexcept
{
	IrqGuard guard(all_lock);
	inner = nullptr;
}

void Runtime::leave_chain() noexcept
{
	if (Runtime *outer = std::exchange(outer_, nullptr))
		unchain(outer->inner_);
	depth_ = 0;
}

bool Runtime::chain_ended() const noexcept
{
	for (const Runtime *runtime = this; runtime; runtime = runtime->outer_) {
		if (runtime->ended())
			return true;
	}
	return false;
}

bool Runtime::chain_closes() const noexcept
{
	for (const Runtime *runtime = this; runtime; runtime = runtime->outer_) {
		if (runtime->closing())
			return true;
	}
	return false;
}

int Runtime::wait_for_lock(unsigned flags, unsigned long *irq) noexcept
{
	if (flags & LUNATIK_ENTER_BRIEFLY && context == Context::Process)
		return lunatik_h_lock_briefly(object.lock(), brief_milliseconds, 0);
	return lunatik_h_lock(object.lock(), static_cast<int>(context), flags & LUNATIK_ENTER_UNINTERRUPTIBLE, 0, irq);
}

// The same in process context, for so long at most.
int Runtime::wait_for_lock_until(unsigned milliseconds, const Runtime *outer) noexcept
{
	constexpr unsigned slice = 50;
	for (;;) {
		int error = lunatik_h_lock_briefly(object.lock(), milliseconds < slice ? milliseconds : slice, 1);
		// A signal that woke one of our threads before is none to it.
		bool stale = error == -EINTR && outer && lunatik_h_is_kthread() && !outer->chain_ended();
		if (stale)
			lunatik_h_flush_signals();
		if ((error != -ETIMEDOUT && !stale) || milliseconds <= slice)
			return error;
		// What ends those outside is no signal.
		if (outer && outer->chain_ended())
			return -EINTR;
		milliseconds -= slice;
	}
}

// Not inlined: seldom is an event refused.
[[gnu::noinline, gnu::cold]] int Runtime::refuse_event(lunatik_h_locked locked) noexcept
{
	// Who is not ready, or stops, misses nothing.
	if (!locked.task)
		return gate_.load_acquire() ? -ENXIO : static_cast<int>(locked.limit);
	if (context == Context::Softirq)
		lunatik_h_unlock_softirq(object.lock(), locked.limit);
	else
		lunatik_h_unlock_hardirq(object.lock(), locked.limit);
	return -ENXIO;
}

// enter_event() of a softirq runtime, in line for what comes with every packet.
[[gnu::always_inline]] inline int Runtime::enter_softirq() noexcept
{
	lunatik_h_locked locked = lunatik_h_lock_softirq(object.lock(), stack_reserve(false), stack_least, lunatik_stack);
	// While it does not stop nobody takes its state away, which is done under the lock.
	if (!locked.task || gate_.load_acquire()) [[unlikely]]
		return refuse_event(locked);
	lock_flags_ = static_cast<unsigned long>(locked.limit);
	gauge.stack_limit = static_cast<unsigned long>(locked.limit);
	calls.count();
	owner_.exchange(locked.task);
	if (stop_bits()) [[unlikely]]
		forget_budget();
	Watchdog::arm();
	return 0;
}

// A budget that ended the entry before too late is none of the next one's.
[[gnu::noinline, gnu::cold]] void Runtime::forget_budget() noexcept
{
	if (stop_bits() & Budget)
		clear(Budget);
}

[[gnu::always_inline]] inline void Runtime::leave_softirq() noexcept
{
	std::size_t held = edge::reset(state);
	report = nullptr;
	owner_.store_release(nullptr);
	if (stop_bits() & ~Closing) [[unlikely]]
		clear(~Closing);
	bool garbage = held > gauge.collect_at;
	lunatik_h_unlock_softirq(object.lock(), static_cast<long>(lock_flags_));
	if (garbage || abandoned_.load()) [[unlikely]]
		after_entry(garbage);
}

// Not inlined: an entry seldom comes to a runtime that is being stopped, or leaves garbage that a worker collects.
[[gnu::noinline, gnu::cold]] void Runtime::after_entry(bool garbage) noexcept
{
	if (garbage)
		collect_later();
	if (abandoned_.load())
		later([](Runtime &self) { self.finish(); });
}

[[gnu::always_inline]] inline lunatik_said Runtime::call_packet(lunatik_asked &asked) noexcept
{
	lunatik_said said = lunatik_callpacket(state, Object::of(*asked.hook).pinned, &asked, asked.shown->more, edge::traceback);
	if (said.error && said.error != LUNATIK_PACKET_GARBAGE) [[unlikely]]
		said = edge::settle_packet(*this, Object::of(*asked.hook), asked, asked.shown->more, said.error);
	return said;
}

// A call whose turn it is to be timed.
[[gnu::noinline]] lunatik_said Runtime::time_packet(lunatik_asked &asked) noexcept
{
	std::uint64_t began = time_call();
	lunatik_said said = call_packet(asked);
	charge_call(Object::of(*asked.hook), began);
	return said;
}

// The end of one that was not like most.
[[gnu::noinline, gnu::cold]] lunatik_said Runtime::leave_packet(lunatik_said said) noexcept
{
	if (said.error == LUNATIK_PACKET_GARBAGE)
		said.error = 0;
	if (held_atomic_)
		hold_atomic(false);
	leave_softirq();
	return said;
}

// All of it is in line: it comes with every packet, and what is done around a script is most of what a short one costs.
[[gnu::always_inline]] inline lunatik_said Runtime::run_packet(lunatik_asked &asked, void *what) noexcept
{
	if (int error = enter_softirq()) [[unlikely]]
		return { error, 0 };
	lunatik_said said{ -ENXIO, 0 };
	Object &hook = Object::of(*asked.hook);
	// Stopped meanwhile: the object is not kept any more, or a worker is about to stop it.
	if (hook.pinned && !hook.stopped()) [[likely]] {
		// Read again after each call: a register for it would have to be saved and restored.
		asked.shown->what = what;
		if (asked.shown->open)
			asked.shown->open(asked.shown);
		said = took_turn() ? time_packet(asked) : call_packet(asked);
		asked.shown->what = nullptr;
		if (asked.shown->used) [[unlikely]]
			asked.shown->close(asked.shown);
	}
	// What lunatik_callpacket() ends well leaves nothing behind; and a runtime that is not to stop is not abandoned either: stop()
	// does that after it has asked, which is seen here or else in the seconds that follow.
	if (said.error || stop_bits()) [[unlikely]]
		return leave_packet(said);
	owner_.store_release(nullptr);
	lunatik_h_unlock_softirq(object.lock(), static_cast<long>(lock_flags_));
	return said;
}

int Runtime::run_packet_with(Object &hook, unsigned function, unsigned argument, const void *string, lunatik_shown &shown, void *what,
			     lunatik_value &result) noexcept
{
	if (int error = enter_softirq()) [[unlikely]]
		return error;
	shown.what = what;
	if (shown.open)
		shown.open(&shown);
	int error = edge::run_packet_with(*this, hook, function, argument, string, result);
	shown.what = nullptr;
	if (shown.used) [[unlikely]]
		shown.close(&shown);
	if (held_atomic_) [[unlikely]]
		hold_atomic(false);
	leave_softirq();
	return error;
}

// The same of a hardirq runtime, whose handlers may come millions of times a second: no watchdog sees them.
[[gnu::always_inline]] inline int Runtime::enter_hardirq() noexcept
{
	lunatik_h_locked locked = lunatik_h_lock_hardirq(object.lock(), stack_reserve(false), stack_least, lunatik_stack);
	if (!locked.task || gate_.load_acquire()) [[unlikely]]
		return refuse_event(locked);
	lock_flags_ = static_cast<unsigned long>(locked.limit);
	gauge.stack_limit = static_cast<unsigned long>(locked.limit);
	calls.count();
	owner_.store(locked.task);
	clock_ = 0;
	looks_ = 0;
	if ((stop_bits() & (Budget | Clock)) != Clock) [[unlikely]]
		look_at_clock();
	return 0;
}

// The first entry, and one after another that took too long.
[[gnu::noinline, gnu::cold]] void Runtime::look_at_clock() noexcept
{
	clear(Budget);
	set(Clock);
}

[[gnu::always_inline]] inline void Runtime::leave_hardirq() noexcept
{
	lunatik_clearstack(state);
	if (held_atomic_) [[unlikely]]
		hold_atomic(false);
	report = nullptr;
	owner_.store_release(nullptr);
	// Clock stays for the next one.
	if (stop_bits() & ~(Closing | Clock)) [[unlikely]]
		clear(~(Closing | Clock));
	lunatik_h_unlock_hardirq(object.lock(), static_cast<long>(lock_flags_));
	if (abandoned_.load()) [[unlikely]]
		after_entry(false);
}

// An event of the kernel's enters a softirq or hardirq runtime: it waits for nothing but other CPUs' handlers.
[[gnu::noinline]] int Runtime::enter_event() noexcept
{
	return context == Context::Softirq ? enter_softirq() : enter_hardirq();
}

// The usual way into a process runtime, in line. Whatever is not as usual is enter()'s, which knows what to say of it.
[[gnu::always_inline]] inline int Runtime::enter_process(unsigned flags) noexcept
{
	lunatik_h_locked place = lunatik_h_sleeper(stack_reserve(true), stack_least, lunatik_stack);
	// A task that is inside of any runtime is counted, unless another like it is.
	if (flags || !place.task || gate_.load() || owners_like(place.task).load()) [[unlikely]]
		return enter(flags);
	if (int error = lunatik_h_lock_process(object.lock())) [[unlikely]]
		return error;
	// While it does not stop nobody takes its state away, which is done under the lock.
	if (gate_.load_acquire()) [[unlikely]] {
		lunatik_h_unlock_process(object.lock());
		return enter(flags);
	}
	gauge.stack_limit = static_cast<unsigned long>(place.limit);
	calls.count();
	owner_.exchange(place.task);
	counted_ = true;
	owners_like(place.task).fetch_add(1);
	if (stop_bits()) [[unlikely]]
		forget_budget();
	Watchdog::arm();
	return 0;
}

[[gnu::always_inline]] inline void Runtime::leave_process() noexcept
{
	lunatik_clearstack(state);
	if (held_atomic_) [[unlikely]]
		hold_atomic(false);
	drop_owner();
	if (stop_bits() & ~Closing) [[unlikely]]
		clear(~Closing);
	lunatik_h_unlock_process(object.lock());
	if (abandoned_.load()) [[unlikely]]
		after_entry(false);
}

[[gnu::always_inline]] inline int Runtime::enter_from_kernel(unsigned flags) noexcept
{
	return context == Context::Process ? enter_process(flags) : enter_event();
}

// What a field's name was interned as; nullptr: it was not yet.
[[gnu::always_inline]] inline const void *Runtime::interned(const char *field) const noexcept
{
	for (const Key &key : keys) {
		if (key.field == field)
			return key.string;
	}
	return nullptr;
}

[[gnu::always_inline]] inline int Runtime::call_callback_in_line(lunatik_callback &callback) noexcept
{
	void *pinned = Object::of(*callback.object).pinned;
	const void *key = callback.field ? interned(callback.field) : nullptr;
	if (pinned && key) [[likely]]
		return lunatik_callfield(state, pinned, key, edge::traceback, &callback);
	if (pinned && !callback.field)
		return lunatik_callkept(state, pinned, 0, 0, edge::traceback, &callback);
	// Stopped meanwhile, or its first call: the long way says so, and interns the name.
	return LUNATIK_PACKET_LONG;
}

int Runtime::call_callback(lunatik_callback &callback) noexcept
{
	return call_callback_in_line(callback);
}

[[gnu::always_inline]] inline int Runtime::run_callback(lunatik_callback &callback) noexcept
{
	int status = call_callback_in_line(callback);
	return status ? edge::settle_callback(*this, callback, status) : 0;
}

[[gnu::always_inline]] inline int Runtime::run_kept(lunatik_callback &callback, unsigned kept) noexcept
{
	Object &hook = Object::of(*callback.object);
	// Stopped meanwhile: the object is not kept any more, or a worker is about to stop it.
	if (!hook.pinned || hook.stopped()) [[unlikely]]
		return -ENXIO;
	if (took_turn()) [[unlikely]]
		return time_kept(callback, kept);
	int status = edge::call_kept(*this, callback, kept);
	return status ? edge::settle_kept(*this, callback, kept, status) : 0;
}

// A call whose turn it is to be timed.
[[gnu::noinline]] int Runtime::time_kept(lunatik_callback &callback, unsigned kept) noexcept
{
	std::uint64_t began = time_call();
	int status = edge::call_kept(*this, callback, kept);
	int error = status ? edge::settle_kept(*this, callback, kept, status) : 0;
	charge_call(Object::of(*callback.object), began);
	return error;
}

[[gnu::always_inline]] inline int Runtime::enter_callback(lunatik_callback &callback, unsigned flags) noexcept
{
	if (int error = enter_from_kernel(flags)) [[unlikely]]
		return error;
	int error = run_callback(callback);
	if (error) [[unlikely]]
		leave();
	return error;
}

void Runtime::collect_later() noexcept
{
	if (collecting_.exchange(true))
		return;
	object.get();
	lunatik_h_defer(collector_.node, [](void **node) {
		// SAFETY: the node is the first member of a runtime's collector_.
		Runtime &self = *reinterpret_cast<Later *>(node)->runtime;
		self.collect();
		self.object.put();
	});
}

// A worker's turn at collecting garbage. Hooks wait for one step at most, not for all of it.
void Runtime::collect() noexcept
{
	bool done = false;
	for (unsigned step = 0; step < collect_steps && !done; step++) {
		if (enter_event())
			done = true;
		else {
			done = edge::collect(state);
			if (done) {
				std::size_t left = edge::reset(state);
				gauge.collect_at = 2 * left > collect_least ? 2 * left : collect_least;
			}
			leave();
		}
		lunatik_h_cond_resched();
	}
	collecting_.store_release(false);
	if (!done)
		collect_later();
}

int Runtime::enter(unsigned flags, Runtime *outer, unsigned milliseconds) noexcept
{
	if (context != Context::Process && !outer)
		return enter_event();
	__attribute__((uninitialized)) lunatik_h_place place;
	lunatik_h_here(&place);
	if (owner_.load() == place.task)
		return -EDEADLK;
	if (stopping())
		return -ENXIO;
	if (context == Context::Process ? !place.may_sleep : !ready())
		return context == Context::Process ? -EWOULDBLOCK : -ENXIO;
	if (!has_stack(place))
		return -EOVERFLOW;
	if (!outer && place.may_sleep)
		outer = innermost(place.task);
	if (int error = join_chain(outer))
		return error;
	unsigned long irq = 0;
	int error = 0;
	// A finalizer at the end waits no longer than it may run: nobody wakes it.
	if (!milliseconds && !(flags & (LUNATIK_ENTER_BRIEFLY | LUNATIK_ENTER_UNINTERRUPTIBLE)) && outer && outer->chain_closes())
		milliseconds = closing_share(close_milliseconds);
	if (milliseconds && context == Context::Process) {
		error = wait_for_lock_until(milliseconds, outer);
	} else if (outer && !(flags & LUNATIK_ENTER_BRIEFLY)) {
		int depth = outer->depth_ + 1;
		do {
			error = lunatik_h_lock(object.lock(), static_cast<int>(context), flags & LUNATIK_ENTER_UNINTERRUPTIBLE,
					       depth < 7 ? depth : 7, &irq);
			// A signal that woke somebody before is none to us; the bits of those outside say what is meant.
			if (error)
				lunatik_h_flush_signals();
		} while (error && lunatik_h_is_kthread() && !outer->chain_ended());
	} else {
		error = wait_for_lock(flags, &irq);
	}
	if (!error && (!state || stopping())) {
		lunatik_h_unlock(object.lock(), static_cast<int>(context), irq);
		error = -ENXIO;
	}
	if (error) {
		if (outer)
			unchain(outer->inner_);
		return error;
	}
	outer_ = outer;
	depth_ = outer ? outer->depth_ + 1 : 0;
	lock_flags_ = irq;
	begin(place);
	if (flags & LUNATIK_ENTER_LOCKED)
		hold_atomic(true);
	if (context == Context::Hardirq) {
		clock_ = 0;
		looks_ = 0;
		set(Clock);
	}
	return 0;
}

[[gnu::always_inline]] inline void Runtime::leave_in_line() noexcept
{
	if (outer_) [[unlikely]] {
		leave_nested();
	} else if (context == Context::Process) {
		leave_process();
	} else if (context == Context::Hardirq) {
		leave_hardirq();
	} else {
		if (held_atomic_) [[unlikely]]
			hold_atomic(false);
		leave_softirq();
	}
}

void Runtime::leave() noexcept
{
	leave_in_line();
}

// The end of an entry that was made from inside another runtime.
[[gnu::noinline, gnu::cold]] void Runtime::leave_nested() noexcept
{
	edge::reset(state);
	if (held_atomic_)
		hold_atomic(false);
	unsigned long irq = lock_flags_;
	end();
	leave_chain();
	lunatik_h_unlock(object.lock(), static_cast<int>(context), irq);
	if (abandoned_.load())
		after_entry(false);
}

int Runtime::enter_loading(Runtime *outer) noexcept
{
	unsigned long irq = 0;
	lunatik_h_place place;
	lunatik_h_here(&place);
	if (!has_stack(place))
		return -EOVERFLOW;
	if (!outer)
		outer = innermost(place.task);
	if (int error = join_chain(outer))
		return error;
	int depth = outer ? outer->depth_ + 1 : 0;
	int error = lunatik_h_lock(object.lock(), static_cast<int>(context), 1, depth < 7 ? depth : 7, &irq);
	bool stopped = !state || stopping();
	if (!error && !stopped)
		loading_.store(true);
	// Nobody else enters an atomic runtime before it is ready, and its body may sleep: no lock meanwhile.
	if (!error && (stopped || context != Context::Process))
		lunatik_h_unlock(object.lock(), static_cast<int>(context), irq);
	if (error || stopped) {
		if (outer)
			unchain(outer->inner_);
		return error ? error : -ENXIO;
	}
	outer_ = outer;
	depth_ = depth;
	begin(place);
	return 0;
}

void Runtime::leave_loading(bool success) noexcept
{
	std::size_t held = edge::reset(state);
	if (context == Context::Softirq) {
		edge::defer_collection(state);
		gauge.collect_at = 2 * held > collect_least ? 2 * held : collect_least;
	}
	end();
	leave_chain();
	pool.atomic(context != Context::Process);
	loading_.store(false);
	// Those of all CPUs begin together.
	if (success && cpu == any_cpu)
		gate_.fetch_and(~Unready);
	if (context == Context::Process)
		lunatik_h_unlock(object.lock(), 0, 0);
	if (abandoned_.load()) [[unlikely]]
		later([](Runtime &self) { self.finish(); });
}

void Runtime::wake() noexcept
{
	// Who was entered from here may be what sleeps.
	for (Runtime *runtime = this; runtime;) {
		runtime->sleepers_.wake();
		Runtime *inner = nullptr;
		{
			IrqGuard guard(all_lock);
			inner = runtime->inner_;
			if (inner && !lunatik_h_refcount_inc_not_zero(&inner->object.references))
				inner = nullptr;
		}
		if (runtime != this)
			runtime->object.put();
		runtime = inner;
	}
	// SAFETY: a task is freed an RCU grace period after its end, and an owner has not ended.
	RcuGuard guard;
	if (task_struct *owner = owner_.load(); owner && context == Context::Process)
		lunatik_h_interrupt_task(owner);
}

void Runtime::interrupt() noexcept
{
	set(Interrupt);
	wake();
	each_state([this](Runtime &state) {
		if (&state != this && state.busy())
			state.interrupt();
	});
}

int Runtime::poll() noexcept
{
	int bits = stop_bits();
	if (bits & ending)
		return bits & ending;
	if (bits & Resched) {
		clear(Resched);
		if (may_sleep()) {
			lunatik_h_cond_resched();
			bool killed = lunatik_h_fatal_signal_pending() && !lunatik_h_is_kthread();
			if (killed || chain_ended()) {
				// A reason of its own that has just come says more.
				if (int own = ended())
					return own;
				set(Interrupt);
				return Interrupt;
			}
		}
	}
	// Reading the clock costs more than most handlers do between two looks.
	if (bits & Clock && (++looks_ & (looks_between_clocks - 1)) == 0) {
		std::uint64_t now = lunatik_h_fast_clock();
		if (!clock_)
			clock_ = now;
		else if (now - clock_ > lunatik_budget * 1000000ULL) {
			set(Budget);
			return Budget;
		}
		if (looks_ == looks_of_long_entry)
			time_next();
	}
	return 0;
}

/* ---- what hooks cost ---- */

std::uint64_t Runtime::time_call() noexcept
{
	// A task may be preempted in a handler: what others ran meanwhile is none of its cost.
	return (context == Context::Process ? lunatik_h_task_time() : lunatik_h_fast_clock()) | 1;
}

[[gnu::noinline, gnu::cold]] void Runtime::charge_call(Object &hook, std::uint64_t began) noexcept
{
	std::uint64_t now = lunatik_h_fast_clock();
	std::uint64_t taken = (context == Context::Process ? lunatik_h_task_time() : now) - began;
	// No call is longer than its budget. What seems so was interrupted: by the host of a guest, for instance.
	std::uint64_t most = lunatik_budget * 1000000ULL;
	if (taken > most)
		taken = static_cast<std::int64_t>(taken) < 0 ? 0 : most;
	if (now - taken - window_ > window_nanoseconds) {
		std::uint64_t length = now - window_;
		std::uint64_t rate = length < 10 * window_nanoseconds ? stood_for_ * (window_nanoseconds >> 10) / (length >> 10) : 0;
		trial_ = false;
		stride_ = rate > timed_per_window * stride_most ? stride_most : static_cast<unsigned>(rate / timed_per_window);
		if (!stride_)
			stride_ = 1;
		begin_window(now - taken);
	}
	stood_for_ += stride_;
	if (hook.window != window_) {
		hook.window = window_;
		hook.busy = 0;
	}
	hook.busy += taken * stride_;
	unsigned limit = lunatik_overload;
	if (limit && hook.busy > limit * (window_nanoseconds / 100)) {
		if (exact_)
			convict(hook, now, limit);
		stride_ = 1;
		trial_ = !exact_;
		begin_window(now);
	} else if (++timed_ % timed_per_look == 0 && !trial_ && stride_ < stride_most) {
		if (timed_ >= timed_per_window || now - looked_ < window_nanoseconds / (timed_per_window / timed_per_look)) {
			stride_ *= 2;
			timed_ = 0;
			exact_ = false;
		}
		looked_ = now;
	}
	// At random: calls that take turns among themselves must not always meet the same one. Multiplied by an odd constant the time's
	// low bits reach the upper ones.
	unsigned random = static_cast<unsigned>(now * 0x9e3779b97f4a7c15ULL >> 40);
	__atomic_store_n(&turns_, 1 + random % (2 * stride_ - 1), __ATOMIC_RELAXED);
}

void Runtime::begin_window(std::uint64_t now) noexcept
{
	window_ = looked_ = now;
	stood_for_ = 0;
	timed_ = 0;
	exact_ = stride_ == 1;
}

void Runtime::convict(Object &hook, std::uint64_t now, unsigned limit) noexcept
{
	Name<120> why(hook.stays ? "takes more than " : "stopped: it took more than ");
	why.append_decimal(limit);
	why.append("% of a CPU over a second (module parameter overload)");
	if (!hook.stays) {
		detach(hook, why.view());
	} else if (!complained_ || now - complained_ > complaint_nanoseconds) {
		complained_ = now;
		Name<160> line(hook.class_->name);
		line.append(": ");
		line.append(why.view());
		log(line.view(), true);
	}
}

void Runtime::detach(Object &hook, std::string_view why) noexcept
{
	if (hook.stopped())
		return;
	Name<160> line(hook.class_->name);
	line.append(": ");
	line.append(why);
	// It comes once for each hook, and must not be lost among the lines of what failed.
	journal.add(LUNATIK_RECORD_DETACHED, line.view());
	lunatik_h_error(line.view().data(), line.view().size(), name.c_str());
	hook.stop_later();
}

long Runtime::sleep(long milliseconds, unsigned task_state) noexcept
{
	return wait(nullptr, nullptr, nullptr, milliseconds, task_state);
}

long Runtime::wait(void *queue, lunatik_condition condition, void *argument, long milliseconds, unsigned task_state) noexcept
{
	// A thread that is asked to stop wakes once, to look; if it does not, it sleeps on until it is ended.
	bool asked = should_stop();
	bool met = false;
	auto ends = [this, asked] { return chain_ended() || (should_stop() && !asked); };
	auto over = [&] {
		met = met || (condition && condition(argument));
		return met || ends();
	};
	auto result = [&](long left) -> long { return met || !condition || !left ? left : -EINTR; };
	// What woke this thread earlier must not wake it again.
	if (!ends())
		lunatik_h_flush_signals();
	if (!closing_.load())
		return result(sleepers_.wait_state(over, milliseconds, task_state, queue));
	// A finalizer at the end: the budget that ends it is set by the watchdog, which wakes nobody. What is left is the clock's to say,
	// since each slice takes some milliseconds longer.
	std::uint64_t begin = lunatik_h_ktime_get_ns();
	for (long rest = milliseconds; rest;) {
		long slice = rest < 0 || rest > 50 ? 50 : rest;
		long left = sleepers_.wait_state(over, slice, task_state, queue);
		if (left)
			return result(rest < 0 ? left : rest - slice + left);
		if (milliseconds > 0) {
			auto slept = static_cast<long>((lunatik_h_ktime_get_ns() - begin) / 1000000);
			rest = slept < milliseconds ? milliseconds - slept : 0;
		}
	}
	return 0;
}

/* ---- the thread ---- */

int Runtime::run_thread(void *argument) noexcept
{
	// SAFETY: spawn() passes its runtime, with a handle.
	auto &self = *static_cast<Runtime *>(argument);
	int error = self.enter(0);
	if (!error) {
		Report report;
		bool success = edge::run_task(self, report);
		if (!success && !self.stopping())
			self.log(report.text(), true);
		self.leave();
	}
	Object *holder = std::exchange(self.holder_, nullptr);
	bool kin = self.kin_thread_;
	std::uint64_t since = self.thread_ending_since_.exchange(0);
	// Who runs in it next was not asked.
	if (!self.stopping())
		self.should_stop_.store(false);
	self.thread_.store(nullptr);
	self.thread_pid_.store(0);
	// From here on there may be another thread.
	self.threaded_.exchange(false);
	self.sleepers_.wake();
	if (holder)
		holder->drop();
	if (kin)
		self.object.remove_kin();
	// Where nobody else has it, the end of the thread is its own.
	if (self.object.count().handles == 1)
		self.inherit_end(since);
	self.object.drop();
	return error;
}

int Runtime::spawn(const char *thread_name, Runtime *by, Object *holder, task_struct **task_out) noexcept
{
	if (!has_task())
		return -ENOEXEC;
	if (threaded_.exchange(true))
		return -EBUSY;
	int error = 0;
	task_struct *task = lunatik_h_kthread_create(&run_thread, this, thread_name, &error);
	if (!task) {
		threaded_.store(false);
		return error;
	}
	object.hold();
	kin_thread_ = by && by->family == family;
	if (kin_thread_)
		object.add_kin();
	if (holder)
		holder->hold();
	holder_ = holder;
	// Whoever ended an earlier thread meant that one.
	should_stop_.store(false);
	thread_ending_since_.store(0);
	thread_pid_.store(lunatik_h_pid(task));
	thread_.store_release(task);
	if (task_out) {
		lunatik_h_get_task(task);
		*task_out = task;
	}
	bool late = false;
	if (by)
		by->parent_.store(true);
	{
		IrqGuard guard(all_lock);
		spawned_by_ = by;
		late = by && by->stopping();
	}
	// Its children are ended already, or are being looked for: this one ends by itself.
	if (stopping() || late)
		ask_to_stop();
	lunatik_h_wake_up_process(task);
	if (late)
		interrupt_thread();
	return 0;
}

long Runtime::join(long milliseconds, bool interruptible) noexcept
{
	auto ended = [this] { return !thread_pid_.load(); };
	return sleepers_.wait(ended, milliseconds, interruptible);
}

void Runtime::ask_to_stop() noexcept
{
	if (!should_stop_.load()) {
		asked_at_ = lunatik_h_ktime_get_ns();
		should_stop_.exchange(true);
	}
	if (thread_pid_.load())
		wake();
}

void Runtime::announce() noexcept
{
	journal.add(LUNATIK_RECORD_STARTED, "started");
	announced_.store(true);
}

void Runtime::condemn(const char *why) noexcept
{
	if (!killed_.load())
		killed_.store(why);
}

std::uint64_t Runtime::busy_time() const noexcept
{
	return busy_ticks_.load() * (tick_milliseconds * 1000000ULL);
}

bool Runtime::chain_should_stop() const noexcept
{
	for (const Runtime *runtime = this; runtime; runtime = runtime->outer_) {
		if (runtime->should_stop())
			return true;
	}
	return false;
}

Runtime *Runtime::thread_owner() noexcept
{
	for (Runtime *runtime = this; runtime; runtime = runtime->outer_) {
		if (runtime->thread_.load() == lunatik_h_current())
			return runtime;
	}
	return nullptr;
}

// Ends what the thread runs now, or its wait for the lock.
void Runtime::interrupt_thread() noexcept
{
	task_struct *task = thread_.load_acquire();
	if (!task)
		return;
	if (owner_.load() == task) {
		set(Interrupt);
		// The entry it was meant for may have ended just now, and another begun.
		if (owner_.load() != task)
			clear(Interrupt);
		wake();
	}
	// SAFETY: a task is freed an RCU grace period after its end, and the thread that is there now has not ended.
	RcuGuard guard;
	if (thread_.load_acquire() == task)
		lunatik_h_interrupt_task(task);
}

int Runtime::end_thread(const task_struct *task, const Runtime *by) noexcept
{
	if (task == lunatik_h_current())
		return -EDEADLK;
	if (thread_.load() != task)
		return 0;
	const std::uint64_t since = Ending::since();
	// Before it is asked: it may end at once.
	if (since)
		thread_ending_since_.store(since);
	ask_to_stop();
	const long patience = stop_patience(since);
	const std::uint64_t grace = share_since(since, grace_milliseconds);
	for (long waited = 0; thread_.load() == task; waited += 10) {
		if (by && by->chain_ended())
			return -EINTR;
		if (waited > patience)
			return -ETIMEDOUT;
		if (lunatik_h_ktime_get_ns() - asked_at_ > grace * 1000000)
			interrupt_thread();
		join(10, false);
	}
	return 0;
}

// A runtime that is so, with a reference; nullptr when there is none left. One that is being freed is none.
template <class Condition>
static Runtime *find_runtime(Condition condition) noexcept
{
	IrqGuard guard(all_lock);
	for (Runtime *runtime = all_runtimes.first(); runtime; runtime = all_runtimes.next(*runtime)) {
		if (condition(*runtime) && lunatik_h_refcount_inc_not_zero(&runtime->object.references))
			return runtime;
	}
	return nullptr;
}

// One with a thread that was started from here.
template <class Condition>
Runtime *Runtime::find_child(Condition condition) noexcept
{
	if (!parent_.load())
		return nullptr;
	return find_runtime([&](Runtime &runtime) {
		return runtime.spawned_by_ == this && runtime.threaded_.load() && condition(runtime);
	});
}

void Runtime::ask_children() noexcept
{
	while (Runtime *child = find_child([](Runtime &runtime) { return !runtime.should_stop(); })) {
		child->ask_to_stop();
		child->object.put();
	}
}

// Their grace counts from ask_children(): it is one for all.
void Runtime::end_children() noexcept
{
	while (Runtime *child = find_child([](Runtime &runtime) {
		       runtime.spawned_by_ = nullptr;
		       return true;
	       })) {
		task_struct *task = child->thread_.load();
		int error = task ? child->end_thread(task, nullptr) : 0;
		// One of them may be who stops us: it ends when it goes on.
		if (error == -EDEADLK)
			child->interrupt_thread();
		else if (error)
			child->log("its thread does not end yet", true);
		child->object.put();
	}
}

// The script that all this began with has ended. What else is left of it refers to each other, or is somebody else's too: a shared
// table's, another script's, a thread's. Only if none is, nobody will ever use it.
void Runtime::end_family() noexcept
{
	bool any = false;
	{
		IrqGuard guard(all_lock);
		for (Runtime *runtime = all_runtimes.first(); runtime; runtime = all_runtimes.next(*runtime)) {
			if (runtime == this || runtime->family != family || runtime->leader_)
				continue;
			runtime->object.orphan.store(true);
			any = true;
		}
	}
	// From here on whoever lets go of one has it looked at again.
	unsigned long found = 0;
	if (any && doom_orphans(family - 1, found) && found == family)
		end_doomed(family);
}

// The next family after number `after` that has orphans: true if there is one. If only they have handles of each other, they are to end.
bool Runtime::doom_orphans(unsigned long after, unsigned long &family) noexcept
{
	IrqGuard guard(all_lock);
	auto is_orphan = [](Runtime &runtime) { return runtime.object.orphan.load() && !runtime.doomed_ && !runtime.object.stopped(); };
	family = 0;
	bool shared = false;
	for (Runtime *runtime = all_runtimes.first(); runtime; runtime = all_runtimes.next(*runtime)) {
		if (runtime->family <= after || !is_orphan(*runtime) || (family && runtime->family > family))
			continue;
		auto count = runtime->object.count();
		shared = (runtime->family == family && shared) || count.handles > count.kin;
		family = runtime->family;
	}
	if (!family)
		return false;
	for (Runtime *runtime = all_runtimes.first(); runtime && !shared; runtime = all_runtimes.next(*runtime)) {
		if (runtime->family == family && is_orphan(*runtime))
			runtime->doomed_ = true;
	}
	return true;
}

void Runtime::end_doomed(unsigned long family) noexcept
{
	while (Runtime *found = find_runtime([family](Runtime &runtime) {
		       return runtime.family == family && runtime.doomed_ && !runtime.object.stopped();
	       })) {
		found->object.stop();
		found->object.put();
		lunatik_h_cond_resched();
	}
}

void Runtime::end_orphans() noexcept
{
	for (unsigned long after = 0, family = 0; doom_orphans(after, family); after = family) {
		Ending ending(lunatik_h_ktime_get_ns());
		end_doomed(family);
	}
}

// A handle of an orphan has gone, or one has stopped. Any context.
void Runtime::orphan_left() noexcept
{
	static constinit Atomic<bool> queued{ false };
	static constinit void *node[2]{};

	if (queued.exchange(true))
		return;
	lunatik_h_defer(node, [](void **) {
		queued.exchange(false);
		end_orphans();
	});
}

/* ---- output ---- */

// One record a line: a traceback is many lines. What comes in from outside may be in the text, so its lines are counted.
template <class Take>
static void each_line(std::string_view text, Take take) noexcept
{
	for (unsigned lines = 0; !text.empty() && lines < log_lines_of_text; lines++) {
		auto end = text.find('\n');
		take(cut(text, 0, end));
		text = end == text.npos ? std::string_view{} : cut(text, end + 1);
	}
}

void Runtime::log(std::string_view text, bool error) noexcept
{
	each_line(text, [&](std::string_view line) {
		journal.add(error ? LUNATIK_RECORD_ERROR : LUNATIK_RECORD_PRINT, line);
		if (log_limit_.pass()) {
			auto shown = cut(line, 0, log_bytes_of_line);
			if (error)
				lunatik_h_error(shown.data(), shown.size(), name.c_str());
			else
				lunatik_h_info(shown.data(), shown.size(), name.c_str());
		}
	});
}

void Runtime::record(std::string_view report) noexcept
{
	each_line(cut(report, 0, report.find("\nstack traceback:")),
		  [this](std::string_view line) { journal.add(LUNATIK_RECORD_ERROR, line); });
}

void Runtime::print(std::string_view text) noexcept
{
	if (output && may_sleep())
		output->write(text);
	line_.append(text);
}

void Runtime::print_line() noexcept
{
	if (output && may_sleep())
		output->write("\n");
	log(line_.view(), false);
	line_.clear();
}

void stop_all_runtimes() noexcept
{
	while (Runtime *found = find_runtime([](Runtime &runtime) { return !runtime.foreign && !runtime.object.stopped(); })) {
		found->object.stop();
		found->object.put();
		lunatik_h_cond_resched();
	}
}

void stop_runtimes_of(struct net *network) noexcept
{
	for (long waited = 0; waited <= static_cast<long>(stop_milliseconds);) {
		Runtime *found = nullptr;
		bool ending = Object::unsettled(network);
		{
			IrqGuard guard(all_lock);
			for (Runtime *runtime = all_runtimes.first(); runtime && !found; runtime = all_runtimes.next(*runtime)) {
				if (runtime->network != network || runtime->closed() || runtime->waited_for_)
					continue;
				// The last reference of one that is there yet has just gone: it is being freed.
				if (lunatik_h_refcount_inc_not_zero(&runtime->object.references))
					found = runtime;
				else
					ending = true;
			}
			if (found)
				found->waited_for_ = true;
		}
		if (!found && !ending)
			return;
		if (!found) {
			lunatik_h_msleep(10);
			waited += 10;
			continue;
		}
		if (!found->object.stopped())
			found->condemn("its network namespace is gone");
		found->object.stop();
		// Somebody else may have begun: that is waited for.
		found->stop();
		found->object.put();
		lunatik_h_cond_resched();
	}
}

void Runtime::init() noexcept
{
	Object::orphan_left = &orphan_left;
}

void runtimes_init() noexcept
{
	all_lock.init(LUNATIK_H_RUNTIMES);
	Watchdog::init();
	Runtime::init();
}

void runtimes_exit() noexcept
{
	Watchdog::exit();
}

} // namespace lunatik

using lunatik::Runtime;

int lunatik_enter(lunatik_object_t *runtime, unsigned int flags)
{
	return Runtime::of(*runtime).enter_from_kernel(flags);
}

int lunatik_runcallback(lunatik_object_t *runtime, lunatik_callback *callback)
{
	return Runtime::of(*runtime).run_callback(*callback);
}

int lunatik_runkept(lunatik_object_t *runtime, lunatik_callback *callback, unsigned int kept)
{
	return Runtime::of(*runtime).run_kept(*callback, kept);
}

int lunatik_entercallback(lunatik_object_t *runtime, lunatik_callback *callback, unsigned int flags)
{
	return Runtime::of(*runtime).enter_callback(*callback, flags);
}

lunatik_said lunatik_runpacket(lunatik_asked *asked, void *what)
{
	return Runtime::of(*asked->runtime).run_packet(*asked, what);
}

int lunatik_runpacketwith(lunatik_object_t *runtime, lunatik_object_t *hook, unsigned int function, unsigned int argument,
			  const void *string, lunatik_shown *shown, void *what, lunatik_value *result)
{
	return Runtime::of(*runtime).run_packet_with(lunatik::Object::of(*hook), function, argument, string, *shown, what, *result);
}

lunatik_object_t *lunatik_local(lunatik_object_t *hook, unsigned int cpu)
{
	lunatik::Object &self = lunatik::Object::of(*hook);
	return self.peers ? __atomic_load_n(&self.peers[cpu], __ATOMIC_ACQUIRE) : &self;
}

lunatik_object_t *lunatik_peer(lunatik_object_t *hook, unsigned int cpu)
{
	lunatik::Object &whole = lunatik::Object::of(*hook).whole();
	if (!whole.peers)
		return cpu ? nullptr : &whole;
	return cpu < lunatik_h_cpus() ? __atomic_load_n(&whole.peers[cpu], __ATOMIC_ACQUIRE) : nullptr;
}

void lunatik_leave(lunatik_object_t *runtime)
{
	Runtime::of(*runtime).leave_in_line();
}

unsigned int lunatik_closingshare(unsigned int milliseconds)
{
	return Runtime::closing_share(milliseconds);
}

long lunatik_sleep(lunatik_object_t *runtime, long milliseconds, unsigned int state)
{
	return Runtime::of(*runtime).sleep(milliseconds, state);
}

long lunatik_wait(lunatik_object_t *runtime, void *queue, lunatik_condition condition, void *argument, long milliseconds,
		  unsigned int state)
{
	return Runtime::of(*runtime).wait(queue, condition, argument, milliseconds, state);
}

int lunatik_spawn(lunatik_object_t *runtime, lunatik_object_t *by, lunatik_object_t *holder, const char *name,
		  task_struct **task)
{
	Runtime &self = Runtime::of(*runtime);
	if (self.context != lunatik::Context::Process)
		return -EOPNOTSUPP;
	if (self.stopping() || (by && Runtime::of(*by).stopping()))
		return -ENXIO;
	if (!self.has_task())
		return -ENOENT;
	return self.spawn(name, by ? &Runtime::of(*by) : nullptr, holder ? &lunatik::Object::of(*holder) : nullptr, task);
}

int lunatik_endthread(lunatik_object_t *runtime, const task_struct *task, lunatik_object_t *by)
{
	return Runtime::of(*runtime).end_thread(task, by ? &Runtime::of(*by) : nullptr);
}

bool lunatik_threadruns(const lunatik_object_t *runtime, const task_struct *task)
{
	// SAFETY: only read.
	return Runtime::of(const_cast<lunatik_object_t &>(*runtime)).has_thread(task);
}

bool lunatik_shouldstop(const lunatik_object_t *runtime)
{
	// SAFETY: only read.
	return Runtime::of(const_cast<lunatik_object_t &>(*runtime)).chain_should_stop();
}

lunatik_object_t *lunatik_threadowner(lunatik_object_t *runtime)
{
	Runtime *owner = Runtime::of(*runtime).thread_owner();
	return owner ? &owner->object : nullptr;
}

int lunatik_contextof(const lunatik_object_t *runtime)
{
	// SAFETY: only read.
	return static_cast<int>(Runtime::of(const_cast<lunatik_object_t &>(*runtime)).context);
}

int lunatik_cpuof(const lunatik_object_t *runtime)
{
	// SAFETY: only read.
	return Runtime::of(const_cast<lunatik_object_t &>(*runtime)).cpu;
}

void lunatik_log(lunatik_object_t *runtime, const char *text)
{
	Runtime::of(*runtime).log(text, true);
}

void lunatik_fail(lunatik_object_t *runtime, const char *text)
{
	Runtime &self = Runtime::of(*runtime);
	self.errors.count();
	self.log(text, true);
}

void lunatik_stays(lunatik_object_t *hook)
{
	lunatik::Object::of(*hook).stays = true;
}

int lunatik_failing(lunatik_object_t *runtime, lunatik_object_t *hook, unsigned int times)
{
	lunatik::Object &self = lunatik::Object::of(*hook);
	unsigned limit = lunatik_failures;
	if (self.stays || !limit || times < limit)
		return 0;
	lunatik::Name<80> why("stopped after ");
	why.append_decimal(times);
	why.append(times == 1 ? " failure" : " failures in a row");
	Runtime::of(*runtime).detach(self, why.view());
	return 1;
}

bool lunatik_maysleep(const lunatik_object_t *runtime)
{
	// SAFETY: only read.
	return Runtime::of(const_cast<lunatik_object_t &>(*runtime)).may_sleep();
}

const char *lunatik_nameof(const lunatik_object_t *runtime)
{
	// SAFETY: only read.
	return Runtime::of(const_cast<lunatik_object_t &>(*runtime)).name.c_str();
}

struct net *lunatik_networkof(const lunatik_object_t *runtime)
{
	// SAFETY: only read.
	return Runtime::of(const_cast<lunatik_object_t &>(*runtime)).network;
}
