// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * States and events over generic netlink, through libnl.
 */
#include <lunatik/states.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <fmt/format.h>

#include <lunatik/netlink.h>

#include "network.hpp"

namespace lunatik::client {

namespace {

/* Code of a message: an attribute holds less than 64 KiB. */
constexpr std::size_t piece_max = 32000;
/* Room for what one receive call may give: the kernel fills at most 32 KiB. */
constexpr std::size_t receive_room = 64 << 10;
/*
 * The room at first. The kernel makes each message of a dump as large as the room that it was last asked with, and zeroes all of it,
 * so that room for much is dear where there is little to say.
 */
constexpr std::size_t receive_least = LUNATIK_GENL_ANSWER_MAX;

lunatik_status status_of(int code)
{
	switch (code) {
	case EPERM:
	case EACCES:
		return LUNATIK_STATUS_PERMISSION;
	case ENOENT:
	case EEXIST:
		return LUNATIK_STATUS_NAME;
	case ENOMEM:
	case ENOBUFS:
		return LUNATIK_STATUS_LIMIT;
	case ETIMEDOUT:
		return LUNATIK_STATUS_TIMEOUT;
	case EINTR:
		return LUNATIK_STATUS_INTERRUPTED;
	case EINVAL:
	case ERANGE:
	case EFBIG:
		return LUNATIK_STATUS_USAGE;
	default:
		return LUNATIK_STATUS_SCRIPT;
	}
}

[[noreturn]] void fail(int code, const std::string &what)
{
	throw NetlinkError(status_of(code), code, what.empty() ? std::strerror(code) : what);
}

/* What generic netlink refuses before the module sees it: the words are those that the module has for the other bad names. */
void check_name(std::string_view name)
{
	if (name.empty() || name.size() > LUNATIK_NAME_MAX)
		fail(EINVAL, fmt::format("no name of a state: 1 to {} bytes, no control characters, no '..', no '/' at an end", LUNATIK_NAME_MAX));
}

/* What the kernel means where it has no words: for what generic netlink itself refuses, and before 6.6 for a dump that is refused. */
std::string meaning_of(int code, lunatik_genl_command command)
{
	switch (code) {
	case ENOENT:
		return "there is no state of that name";
	case EPERM:
		return command == LUNATIK_GENL_GET ? "CAP_NET_ADMIN over the network namespace is needed" :
			"scripts run with the kernel's rights: CAP_NET_ADMIN over the network namespace and CAP_SYS_ADMIN in the initial user "
			"namespace are needed";
	case EBUSY:
		return "a kernel module uses the state";
	case EOPNOTSUPP:
		return "code runs in states of process context only; or the loaded module, of another version than this command, does not know this";
	default:
		return {};
	}
}

struct FreeMessage {
	void operator()(nl_msg *message) const noexcept { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

std::string_view bytes_of(const nlattr *attribute)
{
	// SAFETY: libnl has checked that the attribute lies within its message.
	return {static_cast<const char *>(nla_data(attribute)), static_cast<std::size_t>(nla_len(attribute))};
}

/* Text that may end with a zero. */
std::string text_of(const nlattr *attribute)
{
	std::string_view text = bytes_of(attribute);
	while (!text.empty() && text.back() == '\0')
		text.remove_suffix(1);
	return std::string(text);
}

std::uint64_t number_of(const nlattr *attribute)
{
	return nla_len(attribute) == 8 ? nla_get_u64(attribute) : nla_len(attribute) == 4 ? nla_get_u32(attribute) : 0;
}

/* The attributes of a message of the family, in order. */
template <class Function>
void each_attribute(nl_msg *message, Function function)
{
	genlmsghdr *head = genlmsg_hdr(nlmsg_hdr(message));
	nlattr *attribute = genlmsg_attrdata(head, 0);
	int left = genlmsg_attrlen(head, 0);
	for (; nla_ok(attribute, left); attribute = nla_next(attribute, &left))
		function(nla_type(attribute), attribute);
}

lunatik_genl_command command_of(const Message &message)
{
	return static_cast<lunatik_genl_command>(genlmsg_hdr(nlmsg_hdr(message.get()))->cmd);
}

/* Whether the kernel says that the module's family is no more. */
bool is_end_of_family(nl_msg *message)
{
	if (nlmsg_hdr(message)->nlmsg_type != GENL_ID_CTRL || genlmsg_hdr(nlmsg_hdr(message))->cmd != CTRL_CMD_DELFAMILY)
		return false;
	bool ours = false;
	each_attribute(message, [&](int type, const nlattr *attribute) {
		ours = ours || (type == CTRL_ATTR_FAMILY_NAME && text_of(attribute) == LUNATIK_GENL_NAME);
	});
	return ours;
}

State state_of(nl_msg *message)
{
	State state;
	each_attribute(message, [&](int type, const nlattr *attribute) {
		switch (type) {
		case LUNATIK_GENL_A_NAME:
			state.name = bytes_of(attribute);
			break;
		case LUNATIK_GENL_A_CONTEXT:
			state.context = static_cast<lunatik_context>(number_of(attribute));
			break;
		case LUNATIK_GENL_A_STATE:
			state.state = static_cast<lunatik_runtime_state>(number_of(attribute));
			break;
		case LUNATIK_GENL_A_MEMORY:
			state.memory = number_of(attribute);
			break;
		case LUNATIK_GENL_A_MAXALLOC:
			state.maxalloc = number_of(attribute);
			break;
		case LUNATIK_GENL_A_CALLS:
			state.calls = number_of(attribute);
			break;
		case LUNATIK_GENL_A_ERRORS:
			state.errors = number_of(attribute);
			break;
		case LUNATIK_GENL_A_AGE:
			state.age = std::chrono::nanoseconds(number_of(attribute));
			break;
		case LUNATIK_GENL_A_BUSY:
			state.busy = std::chrono::nanoseconds(number_of(attribute));
			break;
		case LUNATIK_GENL_A_USERS:
			state.users = static_cast<std::uint32_t>(number_of(attribute));
			break;
		case LUNATIK_GENL_A_SCRIPTSIZE:
			state.script_size = number_of(attribute);
			break;
		case LUNATIK_GENL_A_INUSE:
			state.in_use = true;
			break;
		default:
			break;
		}
	});
	return state;
}

/* Gathers the parts of an answer to EXEC; a long one comes in pieces. */
struct ResultReader {
	Result result;
	bool complete = false;
	std::optional<std::uint32_t> rest;	/* the answer is to be asked for, as that one */

	void take(nl_msg *message)
	{
		each_attribute(message, [this](int type, const nlattr *attribute) { take(type, attribute); });
	}

private:
	std::string *open = nullptr;	/* the part that the next attribute may go on with */
	bool goes_on = false;

	void append(std::string *part, const nlattr *attribute)
	{
		if (goes_on && open)
			part = open;
		part->append(bytes_of(attribute));
		open = part;
		goes_on = false;
	}
	void take(int type, const nlattr *attribute)
	{
		switch (type) {
		case LUNATIK_GENL_A_MORE:
			goes_on = true;
			break;
		case LUNATIK_GENL_A_OUTPUT:
			append(&result.output, attribute);
			break;
		case LUNATIK_GENL_A_VALUE:
			if (!goes_on) {
				result.values.emplace_back();
				open = nullptr;
			}
			append(&result.values.back(), attribute);
			break;
		case LUNATIK_GENL_A_MESSAGE:
			append(&result.message, attribute);
			break;
		case LUNATIK_GENL_A_TRACEBACK:
			append(&result.traceback, attribute);
			break;
		case LUNATIK_GENL_A_LOST:
			result.lost = number_of(attribute);
			break;
		case LUNATIK_GENL_A_ERRNO:
			result.code = static_cast<int>(number_of(attribute));
			break;
		case LUNATIK_GENL_A_STATUS:
			result.status = static_cast<lunatik_status>(number_of(attribute));
			complete = true;
			break;
		case LUNATIK_GENL_A_REST:
			rest = static_cast<std::uint32_t>(number_of(attribute));
			break;
		default:
			break;
		}
	}
};

} // namespace

InNetwork::InNetwork(const std::string &netns)
{
	if (netns.empty())
		return;
	const std::string path = netns.find('/') == std::string::npos ? "/run/netns/" + netns : netns;
	const FileDescriptor other(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (!other)
		fail(errno, fmt::format("no network namespace '{}': {}", netns, std::strerror(errno)));
	own_ = FileDescriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
	if (!own_ || setns(other.get(), CLONE_NEWNET) != 0) {
		const int code = errno;
		own_ = FileDescriptor();
		fail(code, fmt::format("cannot enter the network namespace '{}': {}", netns, code == EPERM ? "CAP_SYS_ADMIN is needed" :
			std::strerror(code)));
	}
}

InNetwork::~InNetwork()
{
	if (own_)
		[[maybe_unused]] const int back = setns(own_.get(), CLONE_NEWNET);
}

struct States::Socket {
	nl_sock *socket = nl_socket_alloc();
	int family = 0;
	const std::string *netns = nullptr;
	/* Of the request that runs now. */
	std::function<void(nl_msg *)> taker;
	int code = 0;
	std::string words;
	bool ended = false;
	bool single = false;	/* the answer is one message, which no other ends */
	bool roomy = false;

	Socket()
	{
		if (!socket)
			fail(ENOMEM, {});
	}
	~Socket() { nl_socket_free(socket); }
	Socket(const Socket &) = delete;
	Socket &operator=(const Socket &) = delete;

	void open()
	{
		if (const int error = genl_connect(socket); error < 0)
			fail(EIO, nl_geterror(error));
		nl_socket_enable_msg_peek(socket);
		nl_socket_set_msg_buf_size(socket, receive_least);
		nl_socket_disable_auto_ack(socket);
		const int on = 1;
		setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
		// A refusal does not send back all the code.
		setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
		family = genl_ctrl_resolve(socket, LUNATIK_GENL_NAME);
		if (family < 0)
			throw NetlinkError(LUNATIK_STATUS_NOMODULE, ENOENT, "the kernel module is not loaded");
		nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, &on_valid, this);
		nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, &on_end, this);
		nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM, &on_end, this);
		nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, &on_error, this);
	}

	/* From now on a receive call takes what the kernel makes at most, and does not look first. */
	void make_room()
	{
		nl_socket_disable_msg_peek(socket);
		nl_socket_set_msg_buf_size(socket, receive_room);
		roomy = true;
	}

	/* Whether receive calls look first how long the next message is. */
	void look_first(bool look)
	{
		if (!roomy)
			look ? nl_socket_enable_msg_peek(socket) : nl_socket_disable_msg_peek(socket);
	}

	static int on_valid(nl_msg *message, void *self)
	{
		// SAFETY (all three): open() passes its Socket.
		auto &socket = *static_cast<Socket *>(self);
		if (nlmsg_hdr(message)->nlmsg_len > receive_least)
			socket.make_room();
		if (socket.taker)
			socket.taker(message);
		socket.ended = socket.ended || socket.single;
		return NL_OK;
	}
	static int on_end(nl_msg *, void *self)
	{
		static_cast<Socket *>(self)->ended = true;
		return NL_STOP;
	}
	static int on_error(sockaddr_nl *, nlmsgerr *error, void *self)
	{
		auto &socket = *static_cast<Socket *>(self);
		socket.code = -error->error;
		socket.ended = true;
		// SAFETY: libnl hands on the payload of a message, whose head stands in front of it.
		const auto *head = reinterpret_cast<const nlmsghdr *>(reinterpret_cast<const char *>(error) - NLMSG_HDRLEN);
		if (!(head->nlmsg_flags & NLM_F_ACK_TLVS))
			return NL_STOP;
		std::size_t skip = sizeof(*error);
		if (!(head->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len >= sizeof(nlmsghdr))
			skip += error->msg.nlmsg_len - sizeof(nlmsghdr);
		skip = NLMSG_ALIGN(skip);
		if (head->nlmsg_len < NLMSG_HDRLEN + skip)
			return NL_STOP;
		auto *attribute = reinterpret_cast<nlattr *>(reinterpret_cast<char *>(error) + skip);
		int left = static_cast<int>(head->nlmsg_len - NLMSG_HDRLEN - skip);
		for (; nla_ok(attribute, left); attribute = nla_next(attribute, &left)) {
			if (nla_type(attribute) == NLMSGERR_ATTR_MSG)
				socket.words = text_of(attribute);
		}
		return NL_STOP;
	}

	/* With room for so many bytes of code, and a name. */
	Message message(lunatik_genl_command command, int flags, std::size_t size = 0) const
	{
		Message made(nlmsg_alloc_size(size + LUNATIK_NAME_MAX + 256));
		if (!made || !genlmsg_put(made.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, command, LUNATIK_GENL_VERSION))
			fail(ENOMEM, {});
		return made;
	}
	static void put(const Message &message, lunatik_genl_attribute type, std::string_view bytes)
	{
		if (bytes.size() > piece_max || nla_put(message.get(), type, static_cast<int>(bytes.size()), bytes.data()) < 0)
			fail(EINVAL, "a name or piece of code is too long");
	}

	/* Sends it and takes everything up to the end of the answer. */
	void ask(const Message &message, std::function<void(nl_msg *)> function = {})
	{
		taker = std::move(function);
		code = 0;
		words.clear();
		ended = false;
		if (const int error = nl_send_auto(socket, message.get()); error < 0)
			fail(EIO, nl_geterror(error));
		while (!ended) {
			const int error = nl_recvmsgs_default(socket);
			if (code || ended)
				break;
			if (error == -NLE_NOMEM)	// what libnl makes of ENOBUFS
				fail(ENOBUFS, "the kernel dropped an answer, for which there was no room: what was asked for may have been done");
			// Another entry came or went during a dump: what was got is good nevertheless.
			if (error < 0 && error != -NLE_DUMP_INTR)
				fail(EIO, nl_geterror(error));
		}
		taker = {};
		if (code)
			fail(code, words.empty() ? meaning_of(code, command_of(message)) : words);
	}

	/* The same for a request whose answer is one message of at most LUNATIK_GENL_ANSWER_MAX bytes, or an error. */
	void ask_one(const Message &message, std::function<void(nl_msg *)> function)
	{
		const Single answer(*this);
		ask(message, std::move(function));
	}

	/* While it lives an answer is one message, for which there is room. */
	class Single {
	public:
		explicit Single(Socket &of) : socket(of)
		{
			socket.single = true;
			socket.look_first(false);
		}
		~Single()
		{
			socket.single = false;
			socket.look_first(true);
		}
		Single(const Single &) = delete;
		Single &operator=(const Single &) = delete;

	private:
		Socket &socket;
	};
};

States::States(const std::string &netns) : socket_(std::make_unique<Socket>())
{
	const InNetwork there(netns);
	socket_->open();
}

States::~States() = default;
States::States(States &&) noexcept = default;
States &States::operator=(States &&) noexcept = default;

void States::create(std::string_view name, std::uint64_t maxalloc)
{
	check_name(name);
	const Message message = socket_->message(LUNATIK_GENL_CREATE, NLM_F_REQUEST | NLM_F_ACK);
	Socket::put(message, LUNATIK_GENL_A_NAME, name);
	nla_put_u64(message.get(), LUNATIK_GENL_A_MAXALLOC, maxalloc);
	socket_->ask(message);
}

void States::close(std::string_view name)
{
	check_name(name);
	const Message message = socket_->message(LUNATIK_GENL_CLOSE, NLM_F_REQUEST | NLM_F_DUMP);
	Socket::put(message, LUNATIK_GENL_A_NAME, name);
	std::uint64_t status = LUNATIK_STATUS_OK;
	std::string words;
	socket_->ask(message, [&](nl_msg *answer) {
		each_attribute(answer, [&](int type, const nlattr *attribute) {
			if (type == LUNATIK_GENL_A_STATUS)
				status = number_of(attribute);
			else if (type == LUNATIK_GENL_A_MESSAGE)
				words = text_of(attribute);
		});
	});
	if (status != LUNATIK_STATUS_OK)
		throw NetlinkError(static_cast<lunatik_status>(status), ETIMEDOUT, words);
}

std::vector<State> States::list()
{
	const Message message = socket_->message(LUNATIK_GENL_GET, NLM_F_REQUEST | NLM_F_DUMP);
	std::vector<State> states;
	socket_->ask(message, [&](nl_msg *answer) { states.push_back(state_of(answer)); });
	std::sort(states.begin(), states.end(), [](const State &a, const State &b) { return a.name < b.name; });
	return states;
}

State States::get(std::string_view name)
{
	check_name(name);
	const Message message = socket_->message(LUNATIK_GENL_GET, NLM_F_REQUEST | NLM_F_ACK);
	Socket::put(message, LUNATIK_GENL_A_NAME, name);
	State state;
	socket_->ask(message, [&](nl_msg *answer) { state = state_of(answer); });
	return state;
}

Result States::exec(std::string_view name, std::string_view code, std::chrono::milliseconds timeout)
{
	check_name(name);
	if (code.size() > LUNATIK_REQUEST_MAX)
		fail(EFBIG, fmt::format("the code is too large: at most {} MiB", LUNATIK_REQUEST_MAX >> 20));
	std::uint64_t offset = 0;
	for (; code.size() > piece_max; code.remove_prefix(piece_max), offset += piece_max) {
		const Message piece = socket_->message(LUNATIK_GENL_CODE, NLM_F_REQUEST | NLM_F_ACK, piece_max);
		nla_put_u64(piece.get(), LUNATIK_GENL_A_OFFSET, offset);
		Socket::put(piece, LUNATIK_GENL_A_CODE, code.substr(0, piece_max));
		socket_->ask(piece);
	}
	const Message message = socket_->message(LUNATIK_GENL_EXEC, NLM_F_REQUEST, code.size());
	Socket::put(message, LUNATIK_GENL_A_NAME, name);
	if (offset)
		nla_put_u64(message.get(), LUNATIK_GENL_A_OFFSET, offset);
	Socket::put(message, LUNATIK_GENL_A_CODE, code);
	if (timeout.count() > 0)
		nla_put_u64(message.get(), LUNATIK_GENL_A_TIMEOUT, static_cast<std::uint64_t>(timeout.count()));
	ResultReader reader;
	const auto take = [&](nl_msg *answer) { reader.take(answer); };
	socket_->ask_one(message, take);
	if (reader.rest) {
		const Message rest = socket_->message(LUNATIK_GENL_EXEC, NLM_F_REQUEST | NLM_F_DUMP);
		nla_put_u32(rest.get(), LUNATIK_GENL_A_REST, *reader.rest);
		socket_->ask(rest, take);
	}
	if (!reader.complete)
		fail(EPROTO, "the kernel's answer has no end");
	return std::move(reader.result);
}

/*
 * Whether events come to those who ask. The kernel lets root of any user namespace into the group of a network namespace of its own, and
 * sends nothing to whom it would not let use a state. A request that has nothing in it says which of them the caller is.
 */
bool States::may_listen()
{
	try {
		socket_->ask(socket_->message(LUNATIK_GENL_CODE, NLM_F_REQUEST | NLM_F_ACK));
	} catch (const NetlinkError &) {
		// Without words it is generic netlink's answer to who may not administer the network, for which events do not ask.
		return socket_->code != EPERM || socket_->words.empty();
	}
	return true;
}

void States::listen()
{
	constexpr const char *refused = "events are for CAP_SYS_ADMIN in the initial user namespace";
	if (!may_listen())
		fail(EPERM, refused);
	const int group = genl_ctrl_resolve_grp(socket_->socket, LUNATIK_GENL_NAME, LUNATIK_GENL_EVENTS);
	if (group < 0)
		fail(EIO, nl_geterror(group));
	if (setsockopt(nl_socket_get_fd(socket_->socket), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0)
		fail(errno, errno == EPERM ? refused : "");
	// Who is in a group learns nothing when the group goes: that the module is unloaded is another family's event.
	const int families = genl_ctrl_resolve_grp(socket_->socket, "nlctrl", "notify");
	if (families < 0)
		fail(EIO, nl_geterror(families));
	if (setsockopt(nl_socket_get_fd(socket_->socket), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &families, sizeof(families)) != 0)
		fail(errno, {});
	socket_->make_room();
	nl_socket_disable_seq_check(socket_->socket);
	nl_socket_set_buffer_size(socket_->socket, 1 << 20, 0);
}

int States::descriptor() const noexcept
{
	return nl_socket_get_fd(socket_->socket);
}

bool States::wait(const std::function<void(const Record &)> &event)
{
	pollfd ready{nl_socket_get_fd(socket_->socket), POLLIN, 0};
	if (::poll(&ready, 1, -1) < 0) {
		if (errno == EINTR)
			return true;
		fail(errno, {});
	}
	bool gone = false;
	socket_->taker = [&](nl_msg *message) {
		if (nlmsg_hdr(message)->nlmsg_type != socket_->family) {
			gone = gone || is_end_of_family(message);
			return;
		}
		Record record;
		each_attribute(message, [&](int type, const nlattr *attribute) {
			switch (type) {
			case LUNATIK_GENL_A_SEQUENCE:
				record.sequence = number_of(attribute);
				break;
			case LUNATIK_GENL_A_TIME:
				record.time = std::chrono::nanoseconds(number_of(attribute));
				break;
			case LUNATIK_GENL_A_KIND:
				record.kind = static_cast<lunatik_kind_of_record>(number_of(attribute));
				break;
			case LUNATIK_GENL_A_NAME:
				record.name = bytes_of(attribute);
				break;
			case LUNATIK_GENL_A_MESSAGE:
				record.text = bytes_of(attribute);
				break;
			default:
				break;
			}
		});
		event(record);
	};
	const int error = nl_recvmsgs_default(socket_->socket);
	socket_->taker = {};
	if (error == -NLE_NOMEM)	// what libnl makes of ENOBUFS
		return false;
	if (error < 0 && error != -NLE_AGAIN)
		fail(EIO, nl_geterror(error));
	if (gone)
		throw NetlinkError(LUNATIK_STATUS_NOMODULE, ENODEV, "lunatik was unloaded");
	return true;
}

} // namespace lunatik::client
