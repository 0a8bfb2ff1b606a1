// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The verb xdp: eBPF programs on network devices, through libbpf.
 */
#ifndef LUNATIK_CLI_XDP_HPP
#define LUNATIK_CLI_XDP_HPP

#include "commands.hpp"

namespace lunatik::cli {

/** "ask (id 12)" for each eBPF program, wherever it is attached, that calls the function of lunatik_xdp.ko, which stays for it. */
std::vector<std::string> calling_programs();

int do_xdp(const Options &options, Environment &environment, Console &console);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_XDP_HPP
