// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A stream of answers, as the client library takes it apart: the first byte says into pieces of which size it is cut, and that
// must not matter. Nothing but ProtocolError comes of any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <lunatik/client.hpp>

using namespace lunatik::client;

namespace {

// Enough for the fuzzer, and small enough to be exceeded by it.
constexpr std::size_t largest = 4096;

struct Outcome {
	std::vector<std::pair<std::uint16_t, std::string>> frames;
	int fault = -1;
	bool operator==(const Outcome &) const = default;
};

Outcome decode(std::string_view stream, std::size_t piece)
{
	Outcome outcome;
	FrameDecoder decoder(largest);
	try {
		while (!stream.empty()) {
			decoder.feed(stream.substr(0, piece));
			stream.remove_prefix(std::min(piece, stream.size()));
			while (auto frame = decoder.next())
				outcome.frames.emplace_back(frame->type, std::move(frame->payload));
		}
		decoder.finish();
	} catch (const ProtocolError &error) {
		outcome.fault = static_cast<int>(error.fault());
	}
	return outcome;
}

template <typename Function>
void attempt(Function function)
{
	try {
		function();
	} catch (const ProtocolError &) {
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (size == 0)
		return 0;
	// SAFETY: bytes may be looked at as characters.
	const std::string_view stream(reinterpret_cast<const char *>(data) + 1, size - 1);
	const Outcome whole = decode(stream, stream.size() + 1);
	if (!(decode(stream, data[0] % 40 + 1U) == whole))
		std::abort();
	for (const auto &frame : whole.frames) {
		const std::string &payload = frame.second;
		attempt([&] { (void)decode_item(payload); });
		attempt([&] { (void)decode_record(payload); });
		attempt([&] { (void)decode_answer(payload); });
	}
	return 0;
}
