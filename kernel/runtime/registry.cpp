// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "runtime/registry.hpp"

#include <initializer_list>
#include <asm-generic/errno.h>

#include "helpers/helpers.h"
#include "lunatik/uapi.h"
#include "object/table.hpp"
#include "vm/edge.hpp"

namespace lunatik {

static constexpr std::string_view script_directory = "/lib/modules/lua/";
// Larger sources are refused before they are read: no script is near it, and the cap of most runtimes is below.
static constexpr long long source_max = 16 << 20;

/* ---- scripts ---- */

namespace {

/// The bytes of a file, read at once.
class FileContents final {
public:
	FileContents() noexcept = default;
	FileContents(const FileContents &) = delete;
	FileContents &operator=(const FileContents &) = delete;
	~FileContents() { lunatik_h_kvfree(data_); }

	/// Errors: those of filp_open() and kernel_read(), EFBIG, ENOMEM.
	Result<void> read(const char *path) noexcept
	{
		int error = 0;
		struct file *file = lunatik_h_filp_open(path, &error);
		if (!file)
			return Error(error);
		auto result = read(*file);
		lunatik_h_filp_close(file);
		return result;
	}
	[[nodiscard]] std::string_view view() const noexcept { return { data_, size_ }; }

private:
	Result<void> read(struct file &file) noexcept
	{
		long long size = lunatik_h_file_size(&file);
		if (size > source_max)
			return Error(EFBIG);
		// SAFETY: memory of that size, or none.
		data_ = static_cast<char *>(lunatik_h_kvmalloc(static_cast<std::size_t>(size) + 1, 0));
		if (!data_)
			return Error(ENOMEM);
		long long position = 0;
		while (position < size) {
			auto want = static_cast<std::size_t>(size - position);
			long count = lunatik_h_kernel_read(&file, data_ + position, want, &position);
			if (count < 0)
				return Error(static_cast<int>(-count));
			if (!count)
				break;
		}
		size_ = static_cast<std::size_t>(position);
		return {};
	}

	char *data_ = nullptr;
	std::size_t size_ = 0;
};

std::string_view errno_name(int code) noexcept
{
	const char *name = lunatik_h_errname(code);
	return name ? name : "unknown error";
}

// Fills the report with a message put together from pieces. Not inlined: its buffer would stay on the stack of callers below
// which scripts run.
[[gnu::noinline, gnu::cold]] Error fail(Report &report, int status, Error error,
					std::initializer_list<std::string_view> pieces) noexcept
{
	Name<480> message;
	for (auto piece : pieces)
		message.append(piece);
	message.make_printable();
	report.status = status;
	report.error = error.code();
	report.say(message.view());
	return error;
}

int status_of(int error) noexcept
{
	switch (error) {
	case ENOENT:
	case EISDIR:
		return LUNATIK_STATUS_NAME;
	case EACCES:
	case EPERM:
		return LUNATIK_STATUS_PERMISSION;
	case EINTR:
		return LUNATIK_STATUS_INTERRUPTED;
	case ENOMEM:
	case EOVERFLOW:
		return LUNATIK_STATUS_LIMIT;
	case ENXIO:
		return LUNATIK_STATUS_INTERRUPTED;
	default:
		return LUNATIK_STATUS_SCRIPT;
	}
}

Result<Runtime *> create(const Script &script, Report &report, int cpu = Runtime::any_cpu, Runtime *leader = nullptr) noexcept
{
	if (script.percpu && script.context != Context::Softirq)
		return fail(report, LUNATIK_STATUS_USAGE, Error(EINVAL), { "percpu is for softirq runtimes" });
	auto created = Runtime::create({ .name = script.name,
					 .context = script.context,
					 .maxalloc = script.maxalloc,
					 .network = script.network,
					 .foreign = script.foreign,
					 .cpu = script.percpu && !leader ? lunatik_h_next_cpu(-1) : cpu,
					 .maker = script.outer,
					 .leader = leader });
	if (created)
		return &Runtime::of(**created);
	if (created.error() == Error(EINVAL))
		return fail(report, LUNATIK_STATUS_USAGE, created.error(),
			    { "'", cut(script.name, 0, 80), "' is no script name: 1 to 255 bytes, no control characters, no '..', no '/' at an end" });
	return fail(report, LUNATIK_STATUS_LIMIT, created.error(),
		    { (created.error() == Error(EOVERFLOW) ? "C stack overflow: runtimes inside runtimes" : "not enough memory for a runtime") });
}

// Runs `source`, the text of `script`, in `runtime`, which nobody else has entered yet. `first`: its results are the script's.
Result<void> run_body(Runtime &runtime, const Script &script, std::string_view source, bool first, Report &report) noexcept
{
	if (int error = runtime.enter_loading(script.outer))
		return fail(report, status_of(-error), Error(error),
			    { error == -EOVERFLOW ? "C stack overflow" : errno_name(-error) });
	runtime.output = script.output;
	bool success = edge::run(runtime,
				 { .source = source,
				   .name = runtime.chunk_name.c_str(),
				   .arguments = script.arguments,
				   .argument_count = script.argument_count,
				   .script = !script.expression,
				   .expression = script.expression,
				   .keep = true },
				 first ? script.results : nullptr, report);
	runtime.leave_loading(success);
	if (!success)
		return Error(report.error ? report.error : EINVAL);
	return {};
}

// The same in a state for each other CPU, which the leader then owns.
[[gnu::noinline]] Result<void> load_members(Runtime &leader, const Script &script, std::string_view source, Report &report) noexcept
{
	for (int cpu = lunatik_h_next_cpu(leader.cpu); cpu >= 0; cpu = lunatik_h_next_cpu(cpu)) {
		Runtime *member = TRY(create(script, report, cpu, &leader));
		member->chunk_name.append(leader.chunk_name.view());
		leader.add_member(member->object);
		// Whoever stops the leader stops the members there are: either that one sees this member, or this sees the stop.
		if (leader.stopping()) {
			member->object.stop();
			break;
		}
		if (auto result = run_body(*member, script, source, false, report); !result)
			return result;
	}
	if (leader.stopping())
		return fail(report, LUNATIK_STATUS_INTERRUPTED, Error(ENXIO), { errno_name(ENXIO) });
	if (!leader.go_live())
		return fail(report, LUNATIK_STATUS_SCRIPT, Error(EINVAL),
			    { "each CPU's state must make the same hooks, in the same order" });
	return {};
}

// Runs the body of `script` in `runtime`, which nobody else has entered yet.
Result<void> load_into(Runtime &runtime, const Script &script, Report &report) noexcept
{
	FileContents contents;
	// Not on the stack, which belongs to the script.
	auto &chunk_name = runtime.chunk_name;
	std::string_view source = script.source;
	chunk_name.append("@");
	if (!source.data()) {
		chunk_name.append(script_directory);
		chunk_name.append(script.name);
		chunk_name.append(".lua");
		if (auto result = contents.read(chunk_name.c_str() + 1); !result) {
			int code = result.error().code();
			return fail(report, status_of(code), result.error(),
				    { (code == ENOENT ? "no script " : "cannot read "), (chunk_name.c_str() + 1), (code == ENOENT ? "" : ": "), (code == ENOENT ? "" : errno_name(code)) });
		}
		source = contents.view();
	} else {
		chunk_name.append(script.path.empty() ? script.name : script.path);
	}
	auto result = run_body(runtime, script, source, true, report);
	if (!script.percpu)
		return result;
	if (result)
		result = load_members(runtime, script, source, report);
	runtime.forget_hooks();
	return result;
}

} // namespace

Result<Object *> load(const Script &script, Report &report) noexcept
{
	Runtime *runtime = TRY(create(script, report));
	if (auto result = load_into(*runtime, script, report); !result) {
		runtime->object.drop();
		return result.error();
	}
	return &runtime->object;
}

/* ---- the registry ---- */

namespace registry {

// Enough for ten thousand names; the table is the module's own memory.
static constexpr unsigned bucket_count = 2048;

// An entry owns one handle of its runtime.
namespace {
struct Entry : Linked<Entry> {
	Runtime *runtime;
	bool owned;
};
} // namespace

static constinit Mutex mutex;
static constinit List<Entry> buckets[bucket_count];
static constinit unsigned generation = 1;	// another one when an entry came or went, never 0; guarded by the mutex

void init() noexcept
{
	mutex.init(LUNATIK_H_REGISTRY);
}

static void changed() noexcept
{
	if (!++generation)
		generation = 1;
}

static List<Entry> &bucket_of(std::string_view name) noexcept
{
	// FNV-1a: names are few bytes and come from root.
	unsigned hash = 2166136261u;
	for (char c : name)
		hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
	return buckets[hash % bucket_count];
}

static Entry *find(struct net *network, std::string_view name) noexcept
{
	auto &bucket = bucket_of(name);
	for (Entry *entry = bucket.first(); entry; entry = bucket.next(*entry)) {
		if (entry->runtime->network == network && entry->runtime->name.view() == name)
			return entry;
	}
	return nullptr;
}

static Result<void> insert(Runtime &runtime, bool owned) noexcept
{
	void *memory = lunatik_h_kmalloc(sizeof(Entry), 0);
	if (!memory)
		return Error(ENOMEM);
	auto *entry = ::new (memory) Entry;
	entry->runtime = &runtime;
	entry->owned = owned;
	MutexGuard guard(mutex);
	if (find(runtime.network, runtime.name.view())) {
		lunatik_h_kfree(memory);
		return Error(EEXIST);
	}
	bucket_of(runtime.name.view()).push_back(*entry);
	changed();
	return {};
}

// Takes an entry out, the one of `wanted` if that is given; the caller has its handle then. Returns nullptr if it is gone already.
static Runtime *take(struct net *network, std::string_view name, const Runtime *wanted = nullptr, bool by_owner = false) noexcept
{
	MutexGuard guard(mutex);
	Entry *entry = find(network, name);
	if (!entry || (wanted && entry->runtime != wanted))
		return nullptr;
	Runtime *runtime = entry->runtime;
	bool owned = entry->owned;
	if (!owned && !by_owner) {
		// Its owner removes it; the caller gets a handle of its own.
		runtime->object.hold();
		return runtime;
	}
	bucket_of(name).remove(*entry);
	changed();
	lunatik_h_kfree(entry);
	return runtime;
}

Result<void> add(Runtime &runtime) noexcept
{
	return insert(runtime, false);
}

Result<void> give(Runtime &runtime) noexcept
{
	return insert(runtime, true);
}

Runtime *lookup(struct net *network, std::string_view name) noexcept
{
	MutexGuard guard(mutex);
	Entry *entry = find(network, name);
	if (!entry)
		return nullptr;
	entry->runtime->object.get();
	return entry->runtime;
}

Runtime *withdraw(Runtime &runtime) noexcept
{
	return take(runtime.network, runtime.name.view(), &runtime);
}

void remove(Runtime &runtime) noexcept
{
	(void)take(runtime.network, runtime.name.view(), &runtime, true);
}

Result<void> run(const Script &script, bool spawn, Report &report, Watch watch, void *watcher) noexcept
{
	Runtime *runtime = TRY(create(script, report));
	// The registry's handle may go at any time once it is there: another client can stop it while it loads.
	runtime->object.hold();
	if (auto inserted = insert(*runtime, true); !inserted) {
		runtime->object.drop();
		runtime->object.drop();
		if (inserted.error() == Error(EEXIST))
			return fail(report, LUNATIK_STATUS_NAME, inserted.error(),
				    { "'", script.name, "' is already running" });
		return fail(report, LUNATIK_STATUS_LIMIT, inserted.error(), { "not enough memory" });
	}
	watch(watcher, runtime);
	auto result = load_into(*runtime, script, report);
	watch(watcher, nullptr);
	if (result && spawn && script.percpu) {
		result = fail(report, LUNATIK_STATUS_USAGE, Error(EINVAL), { "percpu is for softirq runtimes, which have no thread" });
	} else if (result && spawn) {
		Name<15> thread_name(cut(script.name, script.name.rfind('/') + 1));
		if (int error = runtime->spawn(thread_name.c_str()); error == -ENOEXEC)
			result = fail(report, LUNATIK_STATUS_SCRIPT, Error(error),
				      { "'", script.name, "' returned no function for its thread to call: run it instead" });
		else if (error)
			result = fail(report, LUNATIK_STATUS_LIMIT, Error(error), { "cannot start a thread: ", errno_name(-error) });
	}
	if (result)
		runtime->announce();
	else if (!report.text().empty())
		runtime->record(report.text());
	if (!result && take(runtime->network, script.name, runtime))
		runtime->object.drop();
	runtime->object.drop();
	return result;
}

Result<void> stop(struct net *network, std::string_view name, Report &report) noexcept
{
	Runtime *runtime = take(network, name);
	if (!runtime)
		return fail(report, LUNATIK_STATUS_NAME, Error(ENOENT), { "'", name, "' is not running" });
	runtime->object.stop();
	// If somebody else has begun to stop it, that is waited for.
	runtime->stop();
	bool ended = runtime->closed();
	runtime->object.drop();
	if (!ended)
		return fail(report, LUNATIK_STATUS_TIMEOUT, Error(ETIMEDOUT),
			    { "'", name, "' is blocked in the kernel; it is closed when that returns" });
	return {};
}

static constinit Atomic<unsigned> shutdown_count{ 0 };

unsigned shutdowns() noexcept
{
	return shutdown_count.load();
}

// Stops the runtimes that `wanted` picks, and takes them out.
static void stop_each(bool (*wanted)(const Runtime &runtime, void *context), void *context, const char *why) noexcept
{
	for (auto &bucket : buckets) {
		for (;;) {
			Runtime *runtime = nullptr;
			{
				MutexGuard guard(mutex);
				Entry *entry = bucket.first();
				while (entry && !wanted(*entry->runtime, context))
					entry = bucket.next(*entry);
				if (entry) {
					runtime = entry->runtime;
					if (!entry->owned)
						runtime->object.hold();
					bucket.remove(*entry);
					changed();
					lunatik_h_kfree(entry);
				}
			}
			if (!runtime)
				break;
			runtime->condemn(why);
			runtime->object.stop();
			runtime->object.drop();
		}
	}
}

// Has those go that `wanted` picks, while others are stopped: the time they get for it is one for all.
static void ask_each(bool (*wanted)(const Runtime &runtime, void *context), void *context) noexcept
{
	MutexGuard guard(mutex);
	for (auto &bucket : buckets) {
		for (Entry *entry = bucket.first(); entry; entry = bucket.next(*entry)) {
			if (wanted(*entry->runtime, context))
				entry->runtime->ask_to_stop();
		}
	}
}

void leave(struct net *network) noexcept
{
	auto theirs = [](const Runtime &runtime, void *gone) { return runtime.network == gone; };
	ask_each(theirs, network);
	stop_each(theirs, network, "its network namespace is gone");
	stop_runtimes_of(network);
}

void shutdown() noexcept
{
	shutdown_count.fetch_add(1);
	auto ours = [](const Runtime &runtime, void *) { return !runtime.foreign; };
	ask_each(ours, nullptr);
	stop_each(ours, nullptr, "lunatik is unloaded");
	stop_all_runtimes();
	// What the shared table keeps may be objects of modules that are to be removed.
	tables_clear();
}

void each(struct net *network, void (*visit)(void *context, Runtime &runtime), void *context) noexcept
{
	MutexGuard guard(mutex);
	for (auto &bucket : buckets) {
		for (Entry *entry = bucket.first(); entry; entry = bucket.next(*entry)) {
			if (entry->runtime->network == network)
				visit(context, *entry->runtime);
		}
	}
}

Summary summarize(Runtime &runtime) noexcept
{
	Summary sum;
	bool loading = false, busy = false;
	runtime.each_state([&](Runtime &state) {
		loading = loading || state.loading();
		busy = busy || state.busy();
		sum.held += state.account.held();
		sum.cap += state.account.cap();
		sum.calls += state.calls.load();
		sum.errors += state.errors.load();
		sum.busy_time += state.busy_time();
	});
	sum.state = runtime.stopping() ? LUNATIK_STATE_STOPPING
		    : loading	       ? LUNATIK_STATE_LOADING
		    : busy	       ? LUNATIK_STATE_RUNNING
				       : LUNATIK_STATE_READY;
	return sum;
}

bool walk(struct net *network, Cursor &cursor, bool (*visit)(void *context, Runtime &runtime), void *context) noexcept
{
	MutexGuard guard(mutex);
	cursor.generation = generation;
	for (; cursor.bucket < bucket_count; cursor.bucket++, cursor.skip = 0) {
		auto &bucket = buckets[cursor.bucket];
		unsigned position = 0;
		for (Entry *entry = bucket.first(); entry; entry = bucket.next(*entry), position++) {
			if (position < cursor.skip || entry->runtime->network != network)
				continue;
			if (!visit(context, *entry->runtime)) {
				cursor.skip = position;
				return false;
			}
		}
	}
	return true;
}

} // namespace registry

} // namespace lunatik
