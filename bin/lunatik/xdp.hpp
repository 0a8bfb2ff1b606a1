// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The verb xdp: eBPF programs on network devices, through libbpf.
 */
#ifndef LUNATIK_CLI_XDP_HPP
#define LUNATIK_CLI_XDP_HPP

#include "commands.hpp"

namespace lunatik::cli {

int do_xdp(const Options &options, Environment &environment, Console &console);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_XDP_HPP
