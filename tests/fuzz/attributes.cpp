// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The attributes of a request, as the kernel reads them (kernel/base/frame.hpp): whatever the bytes are, it stays within them,
// and it agrees with the client's own reader about what is well-formed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/frame.hpp"
#include <lunatik/client.hpp>

namespace {

void check(bool good)
{
	if (!good)
		std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	// SAFETY: bytes may be looked at as characters.
	const std::string_view payload(reinterpret_cast<const char *>(data), size);
	std::vector<lunatik::Attribute> kernel;
	lunatik::Attributes attributes(payload);
	lunatik::Attribute attribute;
	while (attributes.next(attribute)) {
		check(attribute.value.empty() || (attribute.value.data() >= payload.data() &&
			attribute.value.data() + attribute.value.size() <= payload.data() + payload.size()));
		std::uint32_t small = 0;
		std::uint64_t large = 0;
		check(attribute.read(small) == (attribute.value.size() == 4));
		check(attribute.read(large) == (attribute.value.size() == 8));
		kernel.push_back(attribute);
	}
	check(!attributes.next(attribute));
	try {
		const auto client = lunatik::client::decode_attributes(payload);
		check(!attributes.bad() && client.size() == kernel.size());
		for (std::size_t i = 0; i < client.size(); ++i)
			check(client[i].type == kernel[i].type && client[i].value == kernel[i].value);
	} catch (const lunatik::client::ProtocolError &error) {
		// The kernel does not look at what padding contains.
		check(attributes.bad() || error.fault() == lunatik::client::Fault::AttributePadding);
	}
	return 0;
}
