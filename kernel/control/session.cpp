// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "control/session.hpp"

#include <new>
#include <asm-generic/errno.h>

#include "base/frame.hpp"
#include "base/text.hpp"
#include "helpers/helpers.h"
#include "helpers/sync.hpp"
#include "lunatik/uapi.h"
#include "runtime/journal.hpp"
#include "runtime/registry.hpp"
#include "runtime/runtime.hpp"
#include "vm/edge.hpp"

namespace lunatik {

namespace {

// Output that waits for the client; a script that prints more than it reads waits with it.
constexpr std::size_t queue_max = 256 << 10;
// Room of one frame of output: small pieces of print() share a frame.
constexpr std::size_t output_room = 8 << 10;
constexpr std::size_t arguments_max = 64;

/// Bytes on their way to the client.
struct Chunk : Linked<Chunk> {
	std::size_t size = 0;
	std::size_t capacity = 0;
	std::size_t taken = 0;

	[[nodiscard]] static Chunk *make(std::size_t capacity) noexcept
	{
		void *memory = lunatik_h_kvmalloc(sizeof(Chunk) + capacity, 0);
		if (!memory)
			return nullptr;
		auto *chunk = ::new (memory) Chunk;
		chunk->capacity = capacity;
		return chunk;
	}
	// SAFETY: make() allocates the bytes behind the chunk.
	[[nodiscard]] char *data() noexcept { return reinterpret_cast<char *>(this + 1); }
	void append(const void *bytes, std::size_t count) noexcept
	{
		__builtin_memcpy(data() + size, bytes, count);
		size += count;
	}
	[[nodiscard]] lunatik_frame head() noexcept
	{
		lunatik_frame frame;
		__builtin_memcpy(&frame, data(), sizeof(frame));
		return frame;
	}
	void head(lunatik_frame_type type) noexcept
	{
		lunatik_frame frame{ LUNATIK_MAGIC, LUNATIK_PROTOCOL, static_cast<__u16>(type),
				     static_cast<__u32>(size - sizeof(lunatik_frame)), 0 };
		__builtin_memcpy(data(), &frame, sizeof(frame));
	}
};

/// A frame of attributes under construction. Without memory it stays as it is and says so.
class FrameBuilder final {
public:
	FrameBuilder() noexcept = default;
	FrameBuilder(const FrameBuilder &) = delete;
	FrameBuilder &operator=(const FrameBuilder &) = delete;
	~FrameBuilder() { lunatik_h_kvfree(chunk_); }

	void bytes(lunatik_attribute_type type, std::string_view value) noexcept
	{
		lunatik_attribute head{ type, static_cast<__u32>(value.size()) };
		static constexpr char padding[3] = {};
		std::size_t pad = (4 - value.size() % 4) % 4;
		if (!room(sizeof(head) + value.size() + pad))
			return;
		chunk_->append(&head, sizeof(head));
		chunk_->append(value.data(), value.size());
		chunk_->append(padding, pad);
	}
	template <class T>
	void number(lunatik_attribute_type type, T value) noexcept
	{
		// SAFETY: the bytes of an integer.
		bytes(type, { reinterpret_cast<const char *>(&value), sizeof(value) });
	}
	void flag(lunatik_attribute_type type) noexcept { bytes(type, {}); }

	[[nodiscard]] bool complete() const noexcept { return !failed_; }
	[[nodiscard]] Chunk *finish(lunatik_frame_type type) noexcept
	{
		if (!room(0) || failed_)
			return nullptr;
		chunk_->head(type);
		return std::exchange(chunk_, nullptr);
	}

private:
	bool room(std::size_t more) noexcept
	{
		if (failed_)
			return false;
		std::size_t used = chunk_ ? chunk_->size : sizeof(lunatik_frame);
		if (chunk_ && chunk_->capacity - used >= more)
			return true;
		std::size_t capacity = used + more + 256;
		if (chunk_ && capacity < 2 * chunk_->capacity)
			capacity = 2 * chunk_->capacity;
		Chunk *larger = Chunk::make(capacity);
		if (!larger) {
			failed_ = true;
			return false;
		}
		if (chunk_)
			__builtin_memcpy(larger->data(), chunk_->data(), used);
		larger->size = used;
		lunatik_h_kvfree(chunk_);
		chunk_ = larger;
		return true;
	}

	Chunk *chunk_ = nullptr;
	bool failed_ = false;
};

/// A request, taken apart.
struct Request {
	std::string_view name;
	std::string_view source;
	std::string_view path;
	std::string_view arguments[arguments_max];
	std::size_t argument_count = 0;
	Context context = Context::Process;
	std::size_t maxalloc = 0;
	bool percpu = false;
	bool expression = false;
	bool follow = false;
	__u64 fault = 0;

	/// Returns what is wrong with it, or nullptr.
	[[nodiscard]] const char *parse(std::string_view payload) noexcept
	{
		Attributes attributes(payload);
		Attribute attribute;
		while (attributes.next(attribute)) {
			if (const char *wrong = take(attribute))
				return wrong;
		}
		return attributes.bad() ? "malformed request: an attribute overruns its frame" : nullptr;
	}

private:
	const char *take(const Attribute &attribute) noexcept
	{
		switch (attribute.type) {
		case LUNATIK_ATTRIBUTE_NAME:
			name = attribute.value;
			return nullptr;
		case LUNATIK_ATTRIBUTE_SOURCE:
			source = attribute.value;
			return nullptr;
		case LUNATIK_ATTRIBUTE_PATH:
			path = attribute.value;
			return nullptr;
		case LUNATIK_ATTRIBUTE_ARGUMENT:
			if (argument_count == arguments_max)
				return "too many script arguments: at most 64";
			arguments[argument_count++] = attribute.value;
			return nullptr;
		case LUNATIK_ATTRIBUTE_EXPRESSION:
			expression = true;
			return nullptr;
		case LUNATIK_ATTRIBUTE_FOLLOW:
			follow = true;
			return nullptr;
		case LUNATIK_ATTRIBUTE_CONTEXT: {
			__u32 value = 0;
			if (!attribute.read(value) || value > LUNATIK_CONTEXT_HARDIRQ)
				return "unknown context: process, softirq or hardirq";
			context = static_cast<Context>(value);
			return nullptr;
		}
		case LUNATIK_ATTRIBUTE_MAXALLOC: {
			__u64 value = 0;
			if (!attribute.read(value))
				return "malformed memory cap";
			maxalloc = value;
			return nullptr;
		}
		case LUNATIK_ATTRIBUTE_FAULT:
			return attribute.read(fault) ? nullptr : "malformed fault";
		case LUNATIK_ATTRIBUTE_PERCPU:
			percpu = true;
			return nullptr;
		default:
			return "unknown attribute in the request";
		}
	}
};

} // namespace

} // namespace lunatik

using namespace lunatik;

// Written to by its client and its thread; each holds one reference.
struct lunatik_session final : Output, edge::Results {
	lunatik_session() noexcept;
	~lunatik_session();

	// The client's side.
	long write_bytes(const void *user, unsigned long size) noexcept;
	long read_bytes(void *user, unsigned long size, bool nonblock) noexcept;
	unsigned poll_state() noexcept;
	[[nodiscard]] bool busy() noexcept;
	void abandon() noexcept;
	void put() noexcept;

	// The thread's side.
	void write(std::string_view text) noexcept override;
	void value(std::string_view text) noexcept override;
	static int thread_main(void *session) noexcept;

	WaitQueue waiters;

private:
	struct Payload {
		char *data = nullptr;
		std::size_t size = 0;
	};
	struct Incoming {
		lunatik_frame head{};
		std::size_t head_size = 0;
		Payload payload;
		std::size_t skip = 0; // bytes of a refused payload still to be thrown away
	};

	long give(char *bytes, unsigned long size) noexcept;
	long accept_bytes(const char *user, unsigned long size) noexcept;
	void accept_head() noexcept;
	void accept_frame() noexcept;
	void skip_frame() noexcept;
	void refuse(int status, std::string_view message) noexcept;
	void push_last_answer() noexcept;
	int start() noexcept;
	void interrupt() noexcept;
	void push(Chunk *chunk) noexcept;
	[[nodiscard]] bool writable() const noexcept { return !busy_ && !failed_ && queued_ < queue_max; }

	void serve() noexcept;
	void handle(lunatik_frame_type type, std::string_view payload) noexcept;
	void handle_run(const Request &request, bool spawn, Report &report) noexcept;
	void handle_eval(const Request &request, Report &report) noexcept;
	void handle_check(const Request &request, Report &report) noexcept;
	void handle_complete(const Request &request, Report &report) noexcept;
	void handle_list(Report &report) noexcept;
	void handle_log(const Request &request, Report &report) noexcept;
	[[nodiscard]] bool push_record(const journal::Line &line) noexcept;
	[[nodiscard]] bool own_runtime(Report &report) noexcept;
	template <typename Body> void in_own_runtime(Report &report, Body body) noexcept;
	void drop_own_runtime() noexcept;
	void watch(Runtime *runtime) noexcept;
	void done(Report &report) noexcept;

	unsigned references_ = 1;
	struct net *network_;
	// Held by a client's write() and read() around copies, which take any time; the thread never waits for them.
	Mutex input_;			// guards incoming_
	Mutex output_;			// keeps readers apart
	Incoming incoming_;
	Mutex mutex_;			// guards what follows, and is held for moments only
	lunatik_frame_type type_{};	// of the request that waits or runs
	Payload request_;
	List<Chunk> answers_;
	std::size_t queued_ = 0;
	Chunk *last_answer_;		// kept for a DONE without memory
	Runtime *running_ = nullptr;
	bool busy_ = false;		// a request waits or runs
	bool interrupted_ = false;	// INTERRUPT came for it
	bool gone_ = false;		// the client has closed
	bool failed_ = false;		// the stream is out of step: nothing more is accepted
	bool unheard_ = false;		// there was no memory for some of what was printed
	task_struct *thread_ = nullptr;	// with a reference
	// The thread's alone.
	Object *runtime_ = nullptr;
	FrameBuilder *values_ = nullptr;
	Request parsed_;
	journal::Line line_;
	int pid_;
};

static constinit Atomic<unsigned> session_count{ 0 };

lunatik_session::lunatik_session() noexcept
	: network_(lunatik_h_current_net()), last_answer_(Chunk::make(256)), pid_(lunatik_h_tgid(lunatik_h_current()))
{
	lunatik_h_refcount_set(&references_, 1);
	mutex_.init(LUNATIK_H_SESSION);
	input_.init(LUNATIK_H_SESSION_INPUT);
	output_.init(LUNATIK_H_SESSION_OUTPUT);
	waiters.init();
}

lunatik_session::~lunatik_session()
{
	while (Chunk *chunk = answers_.pop_front())
		lunatik_h_kvfree(chunk);
	lunatik_h_kvfree(last_answer_);
	lunatik_h_kvfree(incoming_.payload.data);
	lunatik_h_kvfree(request_.data);
	lunatik_h_put_net(network_);
	if (thread_)
		lunatik_h_put_task(thread_);
}

void lunatik_session::put() noexcept
{
	if (!lunatik_h_refcount_dec_and_test(&references_))
		return;
	this->~lunatik_session();
	lunatik_h_kfree(this);
}

/* ---- the client's side ---- */

void lunatik_session::push(Chunk *chunk) noexcept
{
	answers_.push_back(*chunk);
	queued_ += chunk->size;
	waiters.wake();
}

void lunatik_session::refuse(int status, std::string_view message) noexcept
{
	FrameBuilder frame;
	frame.number(LUNATIK_ATTRIBUTE_STATUS, static_cast<__u32>(status));
	frame.bytes(LUNATIK_ATTRIBUTE_MESSAGE, message);
	if (Chunk *chunk = frame.finish(LUNATIK_ANSWER_DONE))
		push(chunk);
	else
		push_last_answer();
}

// An answer found no memory: the one kept for this says so, once.
void lunatik_session::push_last_answer() noexcept
{
	Chunk *chunk = std::exchange(last_answer_, nullptr);
	if (!chunk) {
		failed_ = true;
		waiters.wake();
		return;
	}
	lunatik_attribute head{ LUNATIK_ATTRIBUTE_STATUS, sizeof(__u32) };
	__u32 status = LUNATIK_STATUS_LIMIT;
	chunk->size = sizeof(lunatik_frame);
	chunk->append(&head, sizeof(head));
	chunk->append(&status, sizeof(status));
	chunk->head(LUNATIK_ANSWER_DONE);
	push(chunk);
}

void lunatik_session::interrupt() noexcept
{
	interrupted_ = busy_;
	if (running_)
		running_->interrupt();
	else if (busy_)
		// It may wait for its runtime's lock, held by a reader of a device of the session's.
		lunatik_h_interrupt_task(thread_);
}

int lunatik_session::start() noexcept
{
	if (thread_)
		return 0;
	int error = 0;
	// Named for its client, and not like the command: pkill lunatik means that.
	char name[24];
	lunatik_h_snprintf(name, sizeof(name), "lunatik/%d", pid_);
	task_struct *task = lunatik_h_kthread_create(&thread_main, this, name, &error);
	if (!task)
		return error;
	lunatik_h_refcount_inc(&references_);
	lunatik_h_get_task(task);
	thread_ = task;
	lunatik_h_wake_up_process(task);
	return 0;
}

// Throws away the payload of a head that is not accepted.
void lunatik_session::skip_frame() noexcept
{
	incoming_.skip = incoming_.head.length;
	incoming_.head_size = 0;
}

// A whole head is there.
void lunatik_session::accept_head() noexcept
{
	lunatik_frame &head = incoming_.head;
	if (head.magic != LUNATIK_MAGIC) {
		failed_ = true;
		refuse(LUNATIK_STATUS_USAGE, "this is no lunatik frame: the client and /dev/lunatik do not speak the same language");
	} else if (head.version != LUNATIK_PROTOCOL) {
		failed_ = true;
		refuse(LUNATIK_STATUS_VERSION,
		       "the module speaks another version of the protocol than this command: install both from one release");
	} else if (head.type == LUNATIK_REQUEST_INTERRUPT && !head.reserved) {
		skip_frame();
		interrupt();
	} else if (busy_) {
		failed_ = true;
		refuse(LUNATIK_STATUS_USAGE, "a request came before the one before it was answered");
	} else if (queued_ >= queue_max) {
		failed_ = true;
		refuse(LUNATIK_STATUS_USAGE, "too many answers wait to be read");
	} else if (head.reserved) {
		// A later version may give it a meaning, which must not be ignored here.
		skip_frame();
		refuse(LUNATIK_STATUS_USAGE, "the reserved field of a frame must be zero");
	} else if (head.length > LUNATIK_REQUEST_MAX) {
		skip_frame();
		refuse(LUNATIK_STATUS_USAGE, "the request is too large: at most 16 MiB");
	} else {
		// SAFETY: memory for the payload, or none.
		incoming_.payload = { static_cast<char *>(lunatik_h_kvmalloc(head.length + 1, 0)), 0 };
		if (!incoming_.payload.data) {
			skip_frame();
			refuse(LUNATIK_STATUS_LIMIT, "not enough memory for the request");
		}
	}
}

// A whole frame is there: the thread takes it.
void lunatik_session::accept_frame() noexcept
{
	request_ = std::exchange(incoming_.payload, {});
	type_ = static_cast<lunatik_frame_type>(incoming_.head.type);
	incoming_.head_size = 0;
	if (start()) {
		lunatik_h_kvfree(std::exchange(request_, {}).data);
		refuse(LUNATIK_STATUS_LIMIT, "cannot start a thread for this session");
		return;
	}
	busy_ = true;
	interrupted_ = false;
	waiters.wake();
}

// Takes what belongs to one part of the stream; returns how many bytes that were.
long lunatik_session::accept_bytes(const char *user, unsigned long size) noexcept
{
	Incoming &in = incoming_;
	if (failed_)
		return -EPIPE;
	if (in.skip) {
		unsigned long count = size < in.skip ? size : in.skip;
		in.skip -= count;
		return static_cast<long>(count);
	}
	bool in_head = in.head_size < sizeof(in.head);
	// SAFETY: the head is plain bytes; count stays within the part that is read.
	char *to = in_head ? reinterpret_cast<char *>(&in.head) + in.head_size : in.payload.data + in.payload.size;
	unsigned long count = in_head ? sizeof(in.head) - in.head_size : in.head.length - in.payload.size;
	count = size < count ? size : count;
	if (lunatik_h_copy_from_user(to, user, count))
		return -EFAULT;
	(in_head ? in.head_size : in.payload.size) += count;
	MutexGuard guard(mutex_);
	if (in_head && in.head_size == sizeof(in.head))
		accept_head();
	if (in.payload.data && in.head_size == sizeof(in.head) && in.payload.size == in.head.length)
		accept_frame();
	return static_cast<long>(count);
}

long lunatik_session::write_bytes(const void *user, unsigned long size) noexcept
{
	// SAFETY: an address of the client's, only ever given to copy_from_user().
	auto *bytes = static_cast<const char *>(user);
	unsigned long taken = 0;
	if (input_.lock_interruptible())
		return -EINTR;
	long result = 0;
	while (taken < size) {
		long count = accept_bytes(bytes + taken, size - taken);
		if (count < 0) {
			result = count;
			break;
		}
		taken += static_cast<unsigned long>(count);
	}
	input_.unlock();
	return taken ? static_cast<long>(taken) : result;
}

long lunatik_session::read_bytes(void *user, unsigned long size, bool nonblock) noexcept
{
	// SAFETY: an address of the client's, only ever given to copy_to_user().
	auto *bytes = static_cast<char *>(user);
	auto ready = [this] { return !answers_.empty() || failed_; };
	for (;;) {
		if (output_.lock_interruptible())
			return -EINTR;
		long given = give(bytes, size);
		output_.unlock();
		if (given || failed_ || !size)
			return given;
		if (nonblock)
			return -EAGAIN;
		if (waiters.wait(ready, -1, true) < 0)
			return -EINTR;
	}
}

// Copies what there is; each chunk is out of the queue while it is copied.
long lunatik_session::give(char *bytes, unsigned long size) noexcept
{
	unsigned long given = 0;
	bool faulted = false;
	while (given < size && !faulted) {
		Chunk *chunk = nullptr;
		{
			MutexGuard guard(mutex_);
			chunk = answers_.pop_front();
		}
		if (!chunk)
			break;
		unsigned long count = chunk->size - chunk->taken;
		count = size - given < count ? size - given : count;
		faulted = lunatik_h_copy_to_user(bytes + given, chunk->data() + chunk->taken, count);
		if (faulted)
			count = 0;
		given += count;
		chunk->taken += count;
		bool finished = chunk->taken == chunk->size;
		{
			MutexGuard guard(mutex_);
			queued_ -= count;
			if (!finished)
				answers_.push_front(*chunk);
		}
		if (finished)
			lunatik_h_kvfree(chunk);
	}
	if (given)
		waiters.wake();
	return given ? static_cast<long>(given) : faulted ? -EFAULT : 0;
}

bool lunatik_session::busy() noexcept
{
	MutexGuard guard(mutex_);
	return busy_;
}

unsigned lunatik_session::poll_state() noexcept
{
	MutexGuard guard(mutex_);
	return (!answers_.empty() || failed_ ? 1u : 0u) | (writable() ? 2u : 0u);
}

void lunatik_session::abandon() noexcept
{
	{
		MutexGuard guard(mutex_);
		gone_ = true;
		interrupt();
		waiters.wake();
	}
	put();
}

/* ---- the thread's side ---- */

void lunatik_session::write(std::string_view text) noexcept
{
	while (!text.empty()) {
		bool full = false;
		{
			MutexGuard guard(mutex_);
			if (gone_)
				return;
			full = queued_ >= queue_max;
			if (!full) {
				Chunk *last = answers_.last();
				if (!last || last->taken || last->head().type != LUNATIK_ANSWER_OUTPUT || last->size == last->capacity) {
					last = Chunk::make(sizeof(lunatik_frame) + output_room);
					if (!last) {
						unheard_ = true;
						return;
					}
					last->size = sizeof(lunatik_frame);
					last->head(LUNATIK_ANSWER_OUTPUT);
					push(last);
				}
				std::size_t count = last->capacity - last->size;
				count = text.size() < count ? text.size() : count;
				last->append(text.data(), count);
				last->head(LUNATIK_ANSWER_OUTPUT);
				queued_ += count;
				text.remove_prefix(count);
				waiters.wake();
			}
		}
		if (full) {
			if (running_ && running_->ended())
				return;
			// Short sleeps: what ends the runtime does not wake this queue.
			auto room = [this] { return queued_ < queue_max || gone_; };
			waiters.wait(room, 100, false);
		}
	}
}

void lunatik_session::value(std::string_view text) noexcept
{
	if (values_)
		values_->bytes(LUNATIK_ATTRIBUTE_VALUE, text);
}

void lunatik_session::watch(Runtime *runtime) noexcept
{
	MutexGuard guard(mutex_);
	if (!runtime && running_)
		running_->forgive();
	running_ = runtime;
	if (runtime && (interrupted_ || gone_))
		runtime->interrupt();
}

void lunatik_session::done(Report &report) noexcept
{
	FrameBuilder own;
	FrameBuilder &frame = values_ && values_->complete() ? *values_ : own;
	frame.number(LUNATIK_ATTRIBUTE_STATUS, static_cast<__u32>(report.status));
	if (report.error)
		frame.number(LUNATIK_ATTRIBUTE_ERRNO, static_cast<__u32>(report.error));
	if (!report.text().empty())
		frame.bytes(LUNATIK_ATTRIBUTE_MESSAGE, report.text());
	if (report.traceback)
		frame.bytes(LUNATIK_ATTRIBUTE_TRACEBACK, { report.traceback, report.traceback_size });
	if (report.incomplete)
		frame.flag(LUNATIK_ATTRIBUTE_INCOMPLETE);
	Chunk *chunk = frame.finish(LUNATIK_ANSWER_DONE);

	MutexGuard guard(mutex_);
	if (chunk)
		push(chunk);
	else
		push_last_answer();
	if (!last_answer_)
		last_answer_ = Chunk::make(256);
	lunatik_h_kvfree(std::exchange(request_, {}).data);
	busy_ = false;
	waiters.wake();
}

void lunatik_session::handle_run(const Request &request, bool spawn, Report &report) noexcept
{
	(void)registry::run({ .name = request.name,
			      .context = request.context,
			      .maxalloc = request.maxalloc,
			      .network = network_,
			      .source = request.source,
			      .arguments = request.arguments,
			      .argument_count = request.argument_count,
			      .output = this,
			      .percpu = request.percpu,
			      .path = request.path,
			      .expression = request.expression,
			      .results = request.expression && !spawn ? this : nullptr },
			    spawn, report,
			    [](void *self, Runtime *runtime) {
				    // SAFETY: the watcher given below.
				    static_cast<lunatik_session *>(self)->watch(runtime);
			    },
			    this);
}

bool lunatik_session::own_runtime(Report &report) noexcept
{
	if (runtime_ && !Runtime::of(*runtime_).stopping())
		return true;
	drop_own_runtime();
	Name<64> name("session/");
	char digits[24];
	int length = lunatik_h_snprintf(digits, sizeof(digits), "%d-%u", pid_, session_count.fetch_add(1) + 1);
	name.append({ digits, static_cast<std::size_t>(length) });
	auto created = Runtime::create({ .name = name.view(), .network = network_ });
	if (!created) {
		report.status = LUNATIK_STATUS_LIMIT;
		report.say("not enough memory for the session's runtime");
		return false;
	}
	runtime_ = *created;
	auto &runtime = Runtime::of(*runtime_);
	if (runtime.enter_loading() == 0)
		runtime.leave_loading(true);
	// In the registry, so that list shows it and stop and unload end it.
	(void)registry::add(runtime);
	return true;
}

// Runs `body` inside the session's runtime, where the client can interrupt it.
template <typename Body>
void lunatik_session::in_own_runtime(Report &report, Body body) noexcept
{
	if (!own_runtime(report))
		return;
	auto &runtime = Runtime::of(*runtime_);
	int error = runtime.enter(0);
	if (error) {
		report.status = error == -EINTR ? LUNATIK_STATUS_INTERRUPTED : LUNATIK_STATUS_SCRIPT;
		report.say(error == -EINTR ? "interrupted" : "the session's runtime was stopped");
		return;
	}
	watch(&runtime);
	body(runtime);
	watch(nullptr);
	runtime.leave();
}

void lunatik_session::drop_own_runtime() noexcept
{
	if (Object *object = std::exchange(runtime_, nullptr)) {
		registry::remove(Runtime::of(*object));
		object->drop();
	}
}

void lunatik_session::handle_eval(const Request &request, Report &report) noexcept
{
	Name<80> chunk_name("=");
	chunk_name.append(request.name.empty() ? "stdin" : request.name);
	in_own_runtime(report, [&](Runtime &runtime) {
		runtime.output = this;
		(void)edge::run(runtime,
				{ .source = request.source,
				  .name = chunk_name.c_str(),
				  .arguments = request.arguments,
				  .argument_count = request.argument_count,
				  .expression = request.expression },
				this, report);
	});
}

void lunatik_session::handle_list(Report &report) noexcept
{
	// Gathered first: the queue's lock is not for the time of the registry's.
	struct {
		List<Chunk> items;
		bool whole = true;
	} gathered;
	registry::each(
		network_,
		[](void *context, Runtime &runtime) {
			FrameBuilder frame;
			auto summary = registry::summarize(runtime);
			frame.bytes(LUNATIK_ATTRIBUTE_NAME, runtime.name.view());
			frame.number(LUNATIK_ATTRIBUTE_CONTEXT, static_cast<__u32>(runtime.context));
			frame.number(LUNATIK_ATTRIBUTE_STATE, static_cast<__u32>(summary.state));
			frame.number(LUNATIK_ATTRIBUTE_MEMORY, static_cast<__u64>(summary.held));
			frame.number(LUNATIK_ATTRIBUTE_MAXALLOC, static_cast<__u64>(summary.cap));
			frame.number(LUNATIK_ATTRIBUTE_CALLS, static_cast<__u64>(summary.calls));
			frame.number(LUNATIK_ATTRIBUTE_ERRORS, static_cast<__u64>(summary.errors));
			frame.number(LUNATIK_ATTRIBUTE_AGE, static_cast<__u64>(lunatik_h_ktime_get_ns() - runtime.created));
			frame.number(LUNATIK_ATTRIBUTE_BUSY, static_cast<__u64>(summary.busy_time));
			if (runtime.cpu != Runtime::any_cpu)
				frame.flag(LUNATIK_ATTRIBUTE_PERCPU);
			frame.number(LUNATIK_ATTRIBUTE_NETNS, static_cast<__u32>(lunatik_h_net_inode(runtime.network)));
			if (int pid = runtime.thread_pid())
				frame.number(LUNATIK_ATTRIBUTE_THREAD, static_cast<__u32>(pid));
			// SAFETY: the context given below.
			auto &to = *static_cast<decltype(gathered) *>(context);
			if (Chunk *chunk = frame.finish(LUNATIK_ANSWER_ITEM))
				to.items.push_back(*chunk);
			else
				to.whole = false;
		},
		&gathered);
	if (!gathered.whole) {
		report.status = LUNATIK_STATUS_LIMIT;
		report.say("not enough memory for the list");
	}
	MutexGuard guard(mutex_);
	while (Chunk *chunk = gathered.items.pop_front())
		push(chunk);
}

// Queues one record, waiting for room. False if nobody wants more.
bool lunatik_session::push_record(const journal::Line &line) noexcept
{
	FrameBuilder frame;
	frame.number(LUNATIK_ATTRIBUTE_SEQUENCE, static_cast<__u64>(line.sequence));
	frame.number(LUNATIK_ATTRIBUTE_TIME, static_cast<__u64>(line.time));
	frame.number(LUNATIK_ATTRIBUTE_KIND, static_cast<__u32>(line.kind));
	frame.bytes(LUNATIK_ATTRIBUTE_NAME, line.name.view());
	frame.bytes(LUNATIK_ATTRIBUTE_MESSAGE, line.text.view());
	Chunk *chunk = frame.finish(LUNATIK_ANSWER_RECORD);
	auto room = [this] { return queued_ < queue_max || interrupted_ || gone_; };
	// A record without memory is a gap in the numbers.
	while (chunk) {
		waiters.wait(room, -1, false);
		MutexGuard guard(mutex_);
		if (interrupted_ || gone_) {
			lunatik_h_kvfree(chunk);
			return false;
		}
		if (queued_ >= queue_max)
			continue;
		push(chunk);
		break;
	}
	return true;
}

void lunatik_session::handle_log(const Request &request, Report &report) noexcept
{
	journal::Reader reader({ lunatik_h_net_cookie(network_), request.name });
	// Not on the stack: it is as large as a line.
	journal::Line &line = line_;
	unsigned shutdowns = registry::shutdowns();
	auto ended = [this, shutdowns] { return interrupted_ || gone_ || registry::shutdowns() != shutdowns; };
	for (;;) {
		if (reader.next(line)) {
			if (!push_record(line))
				break;
		} else if (!request.follow || ended()) {
			break;
		} else {
			// What adds a line may be the scheduler's own code, under a probe, and must wake nobody.
			waiters.wait(ended, 100, false);
			lunatik_h_flush_signals();
		}
	}
	if (interrupted_) {
		report.status = LUNATIK_STATUS_INTERRUPTED;
		report.say("interrupted");
	} else if (request.follow && registry::shutdowns() != shutdowns) {
		report.status = LUNATIK_STATUS_NOMODULE;
		report.say("lunatik was unloaded");
	}
}

void lunatik_session::handle_check(const Request &request, Report &report) noexcept
{
	Name<300> chunk_name("@");
	chunk_name.append(request.path.empty() ? "stdin" : request.path);
	in_own_runtime(report, [&](Runtime &runtime) {
		(void)edge::check(runtime, { .source = request.source, .name = chunk_name.c_str() }, *this, report);
	});
}

// Words that the last name of a line may become, found in the session's runtime without running anything of its.
void lunatik_session::handle_complete(const Request &request, Report &report) noexcept
{
	in_own_runtime(report, [&](Runtime &runtime) { edge::complete(runtime, request.source, *this); });
}

void lunatik_session::handle(lunatik_frame_type type, std::string_view payload) noexcept
{
	Report report;
	FrameBuilder values;
	// Not on the stack, which belongs to the script.
	Request &request = *::new (static_cast<void *>(&parsed_)) Request;
	values_ = &values;
	if (const char *wrong = request.parse(payload)) {
		report.status = LUNATIK_STATUS_USAGE;
		report.say(wrong);
		done(report);
		values_ = nullptr;
		return;
	}
	if (request.fault && (!lunatik_fault_injection || lunatik_h_fail_allocation(request.fault))) {
		report.status = LUNATIK_STATUS_PERMISSION;
		report.say("no fault injection: set the module parameter fault_injection, and one at a time");
		done(report);
		values_ = nullptr;
		return;
	}
	switch (type) {
	case LUNATIK_REQUEST_RUN:
	case LUNATIK_REQUEST_SPAWN:
		handle_run(request, type == LUNATIK_REQUEST_SPAWN, report);
		break;
	case LUNATIK_REQUEST_STOP:
		(void)registry::stop(network_, request.name, report);
		break;
	case LUNATIK_REQUEST_LIST:
		handle_list(report);
		break;
	case LUNATIK_REQUEST_LOG:
		handle_log(request, report);
		break;
	case LUNATIK_REQUEST_CHECK:
		handle_check(request, report);
		break;
	case LUNATIK_REQUEST_COMPLETE:
		handle_complete(request, report);
		break;
	case LUNATIK_REQUEST_EVAL:
		handle_eval(request, report);
		break;
	case LUNATIK_REQUEST_SHUTDOWN:
		registry::shutdown();
		break;
	default:
		report.status = LUNATIK_STATUS_USAGE;
		report.say("unknown request");
	}
	lunatik_h_fail_allocation(0);
	bool unheard;
	{
		MutexGuard guard(mutex_);
		unheard = std::exchange(unheard_, false);
	}
	// A runtime that was made is there all the same, and `lunatik log` has what it printed.
	unheard = unheard && type == LUNATIK_REQUEST_EVAL && !report.status;
	if (!values.complete() || unheard) {
		report.status = LUNATIK_STATUS_LIMIT;
		report.say(unheard ? "not enough memory for what was printed" : "not enough memory for the results");
	}
	done(report);
	values_ = nullptr;
}

void lunatik_session::serve() noexcept
{
	auto wanted = [this] { return busy_ || gone_; };
	for (;;) {
		waiters.wait(wanted, -1, false);
		lunatik_h_flush_signals();
		std::string_view payload;
		lunatik_frame_type type{};
		{
			MutexGuard guard(mutex_);
			if (gone_)
				break;
			if (!busy_)
				continue;
			type = type_;
			payload = { request_.data, request_.size };
		}
		handle(type, payload);
	}
	drop_own_runtime();
}

int lunatik_session::thread_main(void *argument) noexcept
{
	// SAFETY: start() passes its session, with a reference.
	auto *session = static_cast<lunatik_session *>(argument);
	session->serve();
	session->put();
	return 0;
}

/* ---- for device.c ---- */

lunatik_session *lunatik_session_open(void)
{
	void *memory = lunatik_h_kmalloc(sizeof(lunatik_session), 0);
	return memory ? ::new (memory) lunatik_session : nullptr;
}

void lunatik_session_release(lunatik_session *session)
{
	session->abandon();
}

long lunatik_session_write(lunatik_session *session, const void *user, unsigned long size)
{
	return session->write_bytes(user, size);
}

long lunatik_session_read(lunatik_session *session, void *user, unsigned long size, int nonblock)
{
	return session->read_bytes(user, size, nonblock);
}

unsigned int lunatik_session_poll(lunatik_session *session)
{
	return session->poll_state();
}

bool lunatik_session_busy(lunatik_session *session)
{
	return session->busy();
}

void *lunatik_session_waitqueue(lunatik_session *session)
{
	return session->waiters.address();
}
