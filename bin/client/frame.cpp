// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * Frames and attributes as bytes, in both directions.
 */
#include <lunatik/client.hpp>

#include <cstring>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

namespace lunatik::client {

namespace {

template <typename T>
void append_bytes(std::string &bytes, const T &value)
{
	static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);
	char raw[sizeof(T)];
	// SAFETY: T has no padding and the array has exactly its size.
	std::memcpy(raw, &value, sizeof(T));
	bytes.append(raw, sizeof(T));
}

template <typename T>
T read_bytes(std::string_view bytes)
{
	static_assert(std::is_trivially_copyable_v<T>);
	T value;
	// SAFETY: every caller has checked that `bytes` holds at least sizeof(T); alignment does not matter to memcpy.
	std::memcpy(&value, bytes.data(), sizeof(T));
	return value;
}

constexpr std::size_t padding_of(std::size_t length)
{
	return (4 - length % 4) % 4;
}

/* A frame of another version and bytes that are no frame at all have one cause: two versions that do not match. */
lunatik_status status_of(Fault fault)
{
	return fault == Fault::Oversized ? LUNATIK_STATUS_USAGE : LUNATIK_STATUS_VERSION;
}

[[noreturn]] void fail(Fault fault, const std::string &message)
{
	throw ProtocolError(fault, message);
}

lunatik_context context_of(std::uint32_t value)
{
	switch (value) {
	case LUNATIK_CONTEXT_PROCESS:
	case LUNATIK_CONTEXT_SOFTIRQ:
	case LUNATIK_CONTEXT_HARDIRQ:
		return static_cast<lunatik_context>(value);
	default:
		fail(Fault::AttributeValue, fmt::format("there is no context {}", value));
	}
}

lunatik_runtime_state state_of(std::uint32_t value)
{
	switch (value) {
	case LUNATIK_STATE_LOADING:
	case LUNATIK_STATE_READY:
	case LUNATIK_STATE_RUNNING:
	case LUNATIK_STATE_STOPPING:
		return static_cast<lunatik_runtime_state>(value);
	default:
		fail(Fault::AttributeValue, fmt::format("there is no state {}", value));
	}
}

lunatik_status status_of(std::uint32_t value)
{
	switch (value) {
	case LUNATIK_STATUS_OK:
	case LUNATIK_STATUS_SCRIPT:
	case LUNATIK_STATUS_USAGE:
	case LUNATIK_STATUS_NOMODULE:
	case LUNATIK_STATUS_PERMISSION:
	case LUNATIK_STATUS_VERSION:
	case LUNATIK_STATUS_NAME:
	case LUNATIK_STATUS_LIMIT:
	case LUNATIK_STATUS_TIMEOUT:
	case LUNATIK_STATUS_INTERRUPTED:
		return static_cast<lunatik_status>(value);
	default:
		fail(Fault::AttributeValue, fmt::format("there is no status {}", value));
	}
}

} // namespace

ProtocolError::ProtocolError(Fault fault, const std::string &message) : Error(status_of(fault), message), fault_(fault)
{
}

std::uint32_t Attribute::u32() const
{
	if (value.size() != sizeof(std::uint32_t))
		fail(Fault::AttributeSize, fmt::format("attribute {} has {} bytes instead of 4", type, value.size()));
	return read_bytes<std::uint32_t>(value);
}

std::uint64_t Attribute::u64() const
{
	if (value.size() != sizeof(std::uint64_t))
		fail(Fault::AttributeSize, fmt::format("attribute {} has {} bytes instead of 8", type, value.size()));
	return read_bytes<std::uint64_t>(value);
}

void FrameDecoder::feed(std::string_view bytes)
{
	// What was returned already is dropped only when it is most of the buffer, so that feeding stays linear.
	if (consumed_ > buffer_.size() / 2) {
		buffer_.erase(0, consumed_);
		consumed_ = 0;
	}
	buffer_.append(bytes);
}

std::optional<Frame> FrameDecoder::next()
{
	const std::string_view pending = std::string_view(buffer_).substr(consumed_);
	if (pending.size() < sizeof(lunatik_frame))
		return std::nullopt;

	const auto head = read_bytes<lunatik_frame>(pending);
	if (head.magic != LUNATIK_MAGIC)
		fail(Fault::Magic, fmt::format("a frame begins with {:#010x} instead of {:#010x}", head.magic, LUNATIK_MAGIC));
	if (head.version != LUNATIK_PROTOCOL)
		fail(Fault::Version, fmt::format("the other end speaks protocol {}, this end speaks {}", head.version,
			LUNATIK_PROTOCOL));
	if (head.reserved != 0)
		fail(Fault::Reserved, fmt::format("the reserved field of a frame is {:#x}", head.reserved));
	if (head.length > largest_)
		fail(Fault::Oversized, fmt::format("a frame of {} bytes; at most {} are allowed", head.length, largest_));

	const std::size_t whole = sizeof(head) + head.length;
	if (pending.size() < whole)
		return std::nullopt;
	Frame frame{head.type, std::string(pending.substr(sizeof(head), head.length))};
	consumed_ += whole;
	return frame;
}

void FrameDecoder::finish() const
{
	if (!empty())
		fail(Fault::Truncated, fmt::format("the stream ended {} bytes into a frame", buffer_.size() - consumed_));
}

std::string encode_frame(std::uint16_t type, std::string_view payload)
{
	if (payload.size() > std::numeric_limits<std::uint32_t>::max())
		fail(Fault::Oversized, fmt::format("a frame of {} bytes", payload.size()));
	const lunatik_frame head{LUNATIK_MAGIC, LUNATIK_PROTOCOL, type, static_cast<std::uint32_t>(payload.size()), 0};
	std::string bytes;
	bytes.reserve(sizeof(head) + payload.size());
	append_bytes(bytes, head);
	bytes.append(payload);
	return bytes;
}

void append_attribute(std::string &payload, std::uint32_t type, std::string_view value)
{
	if (value.size() > std::numeric_limits<std::uint32_t>::max())
		fail(Fault::Oversized, fmt::format("an attribute of {} bytes", value.size()));
	append_bytes(payload, lunatik_attribute{type, static_cast<std::uint32_t>(value.size())});
	payload.append(value);
	payload.append(padding_of(value.size()), '\0');
}

void append_attribute(std::string &payload, std::uint32_t type, std::uint32_t value)
{
	std::string bytes;
	append_bytes(bytes, value);
	append_attribute(payload, type, bytes);
}

void append_attribute(std::string &payload, std::uint32_t type, std::uint64_t value)
{
	std::string bytes;
	append_bytes(bytes, value);
	append_attribute(payload, type, bytes);
}

std::vector<Attribute> decode_attributes(std::string_view payload)
{
	std::vector<Attribute> attributes;
	while (!payload.empty()) {
		if (payload.size() < sizeof(lunatik_attribute))
			fail(Fault::AttributeOverrun, fmt::format("{} bytes where an attribute should begin", payload.size()));
		const auto head = read_bytes<lunatik_attribute>(payload);
		payload.remove_prefix(sizeof(head));
		if (head.length > payload.size())
			fail(Fault::AttributeOverrun, fmt::format("attribute {} has {} bytes where {} are left", head.type,
				head.length, payload.size()));
		attributes.push_back({head.type, payload.substr(0, head.length)});
		payload.remove_prefix(head.length);

		const std::size_t padding = padding_of(head.length);
		if (payload.size() < padding)
			fail(Fault::AttributePadding, fmt::format("attribute {} lacks its padding", head.type));
		if (payload.substr(0, padding).find_first_not_of('\0') != std::string_view::npos)
			fail(Fault::AttributePadding, fmt::format("the padding of attribute {} is not zero", head.type));
		payload.remove_prefix(padding);
	}
	return attributes;
}

Request &Request::name(std::string_view name)
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_NAME, name);
	return *this;
}

Request &Request::source(std::string_view source)
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_SOURCE, source);
	return *this;
}

Request &Request::path(std::string_view path)
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_PATH, path);
	return *this;
}

Request &Request::context(lunatik_context context)
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_CONTEXT, static_cast<std::uint32_t>(context));
	return *this;
}

Request &Request::percpu()
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_PERCPU, std::string_view());
	return *this;
}

Request &Request::maxalloc(std::uint64_t bytes)
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_MAXALLOC, bytes);
	return *this;
}

Request &Request::argument(std::string_view argument)
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_ARGUMENT, argument);
	return *this;
}

Request &Request::expression()
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_EXPRESSION, std::string_view());
	return *this;
}

Request &Request::follow()
{
	append_attribute(payload_, LUNATIK_ATTRIBUTE_FOLLOW, std::string_view());
	return *this;
}

std::string Request::frame() const
{
	if (payload_.size() > LUNATIK_REQUEST_MAX)
		fail(Fault::Oversized, fmt::format("the request has {} bytes; a script and its arguments may have at most {}",
			payload_.size(), LUNATIK_REQUEST_MAX));
	return encode_frame(static_cast<std::uint16_t>(type_), payload_);
}

Item decode_item(std::string_view payload)
{
	Item item;
	bool named = false;
	for (const Attribute &attribute : decode_attributes(payload)) {
		switch (attribute.type) {
		case LUNATIK_ATTRIBUTE_NAME:
			item.name = attribute.value;
			named = true;
			break;
		case LUNATIK_ATTRIBUTE_CONTEXT:
			item.context = context_of(attribute.u32());
			break;
		case LUNATIK_ATTRIBUTE_STATE:
			item.state = state_of(attribute.u32());
			break;
		case LUNATIK_ATTRIBUTE_MEMORY:
			item.memory = attribute.u64();
			break;
		case LUNATIK_ATTRIBUTE_MAXALLOC:
			item.maxalloc = attribute.u64();
			break;
		case LUNATIK_ATTRIBUTE_CALLS:
			item.calls = attribute.u64();
			break;
		case LUNATIK_ATTRIBUTE_ERRORS:
			item.errors = attribute.u64();
			break;
		case LUNATIK_ATTRIBUTE_AGE:
			item.age = std::chrono::nanoseconds(static_cast<std::int64_t>(attribute.u64()));
			break;
		case LUNATIK_ATTRIBUTE_BUSY:
			item.busy = std::chrono::nanoseconds(static_cast<std::int64_t>(attribute.u64()));
			break;
		case LUNATIK_ATTRIBUTE_NETNS:
			item.netns = attribute.u32();
			break;
		case LUNATIK_ATTRIBUTE_PERCPU:
			item.percpu = true;
			break;
		case LUNATIK_ATTRIBUTE_THREAD:
			item.thread = attribute.u32();
			break;
		default: // An attribute added within the same protocol version is one this program does not need.
			break;
		}
	}
	if (!named)
		fail(Fault::AttributeMissing, "a runtime in the list has no name");
	return item;
}

Record decode_record(std::string_view payload)
{
	Record record;
	for (const Attribute &attribute : decode_attributes(payload)) {
		switch (attribute.type) {
		case LUNATIK_ATTRIBUTE_SEQUENCE:
			record.sequence = attribute.u64();
			break;
		case LUNATIK_ATTRIBUTE_TIME:
			record.time = std::chrono::nanoseconds(static_cast<std::int64_t>(attribute.u64()));
			break;
		case LUNATIK_ATTRIBUTE_KIND:
			// A kind added later is a line of text all the same.
			record.kind = static_cast<lunatik_kind_of_record>(attribute.u32());
			break;
		case LUNATIK_ATTRIBUTE_NAME:
			record.name = attribute.value;
			break;
		case LUNATIK_ATTRIBUTE_MESSAGE:
			record.text = attribute.value;
			break;
		default:
			break;
		}
	}
	if (record.sequence == 0)
		fail(Fault::AttributeMissing, "a line of the log has no number");
	return record;
}

Answer decode_answer(std::string_view payload)
{
	Answer answer;
	bool ended = false;
	for (const Attribute &attribute : decode_attributes(payload)) {
		switch (attribute.type) {
		case LUNATIK_ATTRIBUTE_STATUS:
			answer.status = status_of(attribute.u32());
			ended = true;
			break;
		case LUNATIK_ATTRIBUTE_ERRNO:
			answer.code = static_cast<int>(attribute.u32());
			break;
		case LUNATIK_ATTRIBUTE_MESSAGE:
			answer.message = attribute.value;
			break;
		case LUNATIK_ATTRIBUTE_TRACEBACK:
			answer.traceback = attribute.value;
			break;
		case LUNATIK_ATTRIBUTE_VALUE:
			answer.values.emplace_back(attribute.value);
			break;
		case LUNATIK_ATTRIBUTE_INCOMPLETE:
			answer.incomplete = true;
			break;
		default:
			break;
		}
	}
	if (!ended)
		fail(Fault::AttributeMissing, "an answer has no status");
	return answer;
}

} // namespace lunatik::client
