// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "vm/signature.hpp"

#include <asm-generic/errno.h>

namespace lunatik::signature {

static const char *reason(int error) noexcept
{
	switch (error) {
	case -ENODATA:
		return "not signed, and only signed scripts may run here: sign it, as docs/safety.md says";
	case -ENOKEY:
		return "ENOKEY: signed with a key that is not trusted here; docs/safety.md says which are";
	case -EKEYREJECTED:
		return "EKEYREJECTED: the signature is of another text: sign it again";
	case -EBADMSG:
		return "EBADMSG: what follows the text is no signature: sign it again";
	case -ENOPKG:
		return "ENOPKG: this kernel cannot check the signature: it lacks the cipher or the digest";
	case -ENOMEM:
		return "ENOMEM";
	default:
		return "the signature cannot be checked";
	}
}

int admit(std::string_view &source, const char *&why) noexcept
{
	bool must = required();
	long size = must ? lunatik_h_verify(source.data(), source.size()) : lunatik_h_signed_text(source.data(), source.size());
	if (size >= 0) {
		source.remove_suffix(source.size() - static_cast<std::size_t>(size));
		return 0;
	}
	if (!must)
		return 0;
	why = reason(static_cast<int>(size));
	return size == -ENODATA ? -EKEYREJECTED : static_cast<int>(size);
}

} // namespace lunatik::signature
