/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Which source may run: any, or only what is signed. Every way in which text becomes a function of a script comes by here. */
#pragma once

#include <cstddef>
#include <string_view>

#include "helpers/helpers.h"

namespace lunatik::signature {

/// Whether scripts must be signed now: the module parameter says so, or the kernel is locked down. Context: any.
[[nodiscard]] inline bool required() noexcept { return lunatik_h_signature_required(); }

/// What is signed of a script, if it is to run: all before its signature. One without, or with one that is not good, is admitted
/// only if none is required. Returns 0, or a negative errno: EKEYREJECTED, it is not signed, or the signature is of another text;
/// ENOKEY, no key that is trusted made it; EBADMSG, what follows the text is no signature; ENOPKG, the kernel
/// cannot check it; ENOMEM. `why` is set then, for a person. Context: process, may sleep.
[[nodiscard]] int admit(std::string_view &source, const char *&why) noexcept;

} // namespace lunatik::signature
