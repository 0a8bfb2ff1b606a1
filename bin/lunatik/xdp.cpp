// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "xdp.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

namespace lunatik::cli {

namespace {

using Json = nlohmann::ordered_json;

/* What libbpf has to say; it knows one place for that in a program. */
std::string said;

int listen(libbpf_print_level level, const char *format, va_list words)
{
	if (level == LIBBPF_DEBUG)
		return 0;
	std::array<char, 4096> line{};
	std::vsnprintf(line.data(), line.size(), format, words);
	// A verifier's account may be long; it ends with what matters.
	said += line.data();
	if (said.size() > 65536)
		said.erase(0, said.size() - 65536);
	return 0;
}

lunatik_status status_of(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return LUNATIK_STATUS_PERMISSION;
	case ENOENT:
	case ENODEV:
	case EBUSY:
	case EEXIST:
		return LUNATIK_STATUS_NAME;
	case ENOMEM:
		return LUNATIK_STATUS_LIMIT;
	default:
		return LUNATIK_STATUS_SCRIPT;
	}
}

std::string reason(int error)
{
	std::array<char, 256> text{};
	libbpf_strerror(error, text.data(), text.size());
	return text.data();
}

Failure failure(int error, const std::string &what, std::string hint = {})
{
	if (error == EPERM && geteuid() != 0)
		hint = "eBPF programs are loaded by root: sudo lunatik xdp ...";
	Failure result(status_of(error), fmt::format("{}: {}", what, reason(error)), std::move(hint), said);
	// libbpf has numbers of its own above those of the kernel.
	result.code = error < 4000 ? error : 0;
	return result;
}

struct Close {
	void operator()(bpf_object *object) const noexcept { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, Close>;

/* Where a program hangs on a device. */
struct Attached {
	const char *mode;
	std::uint32_t flags;
	std::uint32_t id;
};

const char *mode_name(std::uint32_t flags)
{
	return flags & XDP_FLAGS_SKB_MODE ? "generic" : flags & XDP_FLAGS_HW_MODE ? "offload" : "native";
}

std::vector<Attached> attached_to(unsigned index)
{
	bpf_xdp_query_opts query{};
	query.sz = sizeof(query);
	std::vector<Attached> all;
	if (const int error = bpf_xdp_query(static_cast<int>(index), 0, &query))
		throw failure(-error, "cannot ask the kernel for programs");
	for (const auto &[flags, id] : {std::pair<std::uint32_t, std::uint32_t>{XDP_FLAGS_DRV_MODE, query.drv_prog_id},
		     {XDP_FLAGS_SKB_MODE, query.skb_prog_id}, {XDP_FLAGS_HW_MODE, query.hw_prog_id}}) {
		if (id)
			all.push_back({mode_name(flags), flags, id});
	}
	// A device with one program tells its number only.
	if (all.empty() && query.prog_id) {
		const std::uint32_t flags = query.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE :
			query.attach_mode == XDP_ATTACHED_HW ? XDP_FLAGS_HW_MODE : XDP_FLAGS_DRV_MODE;
		all.push_back({mode_name(flags), flags, query.prog_id});
	}
	return all;
}

/* The name of a program, or nothing without the right to know it. */
std::string program_name(std::uint32_t id)
{
	const int fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return {};
	bpf_prog_info info{};
	std::uint32_t size = sizeof(info);
	const int error = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return error ? std::string() : printable(info.name);
}

/* Where the function of lunatik_xdp.ko lies, as calls of programs name it: seen from a symbol of the kernel's. */
std::optional<std::int32_t> place_of_function()
{
	std::ifstream symbols("/proc/kallsyms");
	std::uint64_t base = 0, function = 0;
	// "ffffffffc0a1b2c3 t name	[module]"; all zeros for who may not know.
	for (std::string line; (!base || !function) && std::getline(symbols, line);) {
		if (line.ends_with(" __bpf_call_base"))
			base = std::strtoull(line.c_str(), nullptr, 16);
		else if (line.ends_with("\t[lunatik_xdp]") && line.find(" bpf_luaxdp_run\t") != std::string::npos)
			function = std::strtoull(line.c_str(), nullptr, 16);
	}
	if (!base || !function)
		return std::nullopt;
	return static_cast<std::int32_t>(function - base);
}

/* Whether a program calls it. */
bool calls(int fd, std::int32_t place)
{
	bpf_prog_info info{};
	std::uint32_t size = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0 || info.type != BPF_PROG_TYPE_XDP)
		return false;
	std::vector<bpf_insn> code(info.xlated_prog_len / sizeof(bpf_insn));
	info = {};
	info.xlated_prog_len = static_cast<std::uint32_t>(code.size() * sizeof(bpf_insn));
	// SAFETY: the kernel fills at most that much of the vector.
	info.xlated_prog_insns = reinterpret_cast<std::uintptr_t>(code.data());
	size = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
		return false;
	return std::any_of(code.begin(), code.end(), [place](const bpf_insn &one) {
		return one.code == (BPF_JMP | BPF_CALL) && one.src_reg == BPF_PSEUDO_KFUNC_CALL && one.imm == place;
	});
}

unsigned index_of(const std::string &device)
{
	const unsigned index = if_nametoindex(device.c_str());
	if (!index)
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("there is no network device '{}'", printable(device)), "ip link shows them");
	return index;
}

/* Programs call a function of lunatik_xdp.ko, which need not be there for those that do not. */
void load_function(Environment &environment)
{
	const std::vector<Module> modules = loaded_modules(environment.modules);
	if (std::none_of(modules.begin(), modules.end(), [](const Module &module) { return module.name == "lunatik_xdp"; }))
		environment.modules.load("lunatik_xdp");
}

bpf_program *choose(bpf_object *object, const Options &options)
{
	bpf_program *chosen = nullptr, *program;
	bpf_object__for_each_program(program, object) {
		const bool wanted = bpf_program__type(program) == BPF_PROG_TYPE_XDP &&
			(options.program.empty() || options.program == bpf_program__name(program));
		if (wanted && !chosen)
			chosen = program;
		else
			bpf_program__set_autoload(program, false);
	}
	if (!chosen)
		throw Failure(LUNATIK_STATUS_NAME, options.program.empty() ? fmt::format("{} has no XDP program", printable(options.script)) :
			fmt::format("{} has no XDP program '{}'", printable(options.script), printable(options.program)),
			"its function needs SEC(\"xdp\")");
	return chosen;
}

int load(const Options &options, Environment &environment, Console &console)
{
	const unsigned index = index_of(options.device);
	// libbpf says of a file that is not there what it says of one that is none of its own.
	if (access(options.script.c_str(), R_OK))
		throw failure(errno, printable(options.script));
	Object object(bpf_object__open_file(options.script.c_str(), nullptr));
	if (!object)
		throw failure(errno, fmt::format("{} is no eBPF object", printable(options.script)),
			"clang -O2 -g -target bpf -c program.bpf.c -o program.o makes one");
	bpf_program *program = choose(object.get(), options);
	load_function(environment);
	if (const int error = bpf_object__load(object.get())) {
		std::string hint = "the lines above say what the kernel does not like";
		const bool hidden = said.find("bpf_luaxdp_run") != std::string::npos && said.find("not found") != std::string::npos;
		// Where everybody may ask for programs of some kinds, what modules have is shown to root only.
		if (hidden && geteuid() != 0)
			throw failure(EPERM, fmt::format("cannot load {}", printable(options.script)));
		if (hidden)
			hint = "lunatik run -e 'require \"xdp\"' says why this kernel has no bpf_luaxdp_run";
		else if (console.json() || said.empty())
			hint.clear();
		throw failure(-error, fmt::format("cannot load {}", printable(options.script)), hint);
	}
	std::uint32_t flags = options.replace ? 0 : XDP_FLAGS_UPDATE_IF_NOEXIST;
	if (options.mode == AttachMode::Native)
		flags |= XDP_FLAGS_DRV_MODE;
	else if (options.mode == AttachMode::Generic)
		flags |= XDP_FLAGS_SKB_MODE;
	if (const int error = bpf_xdp_attach(static_cast<int>(index), bpf_program__fd(program), flags, nullptr)) {
		std::string hint;
		if (error == -EBUSY || error == -EEXIST)
			hint = fmt::format("lunatik xdp unload {} first, or add --replace", printable(options.device));
		else if (error == -EOPNOTSUPP && options.mode == AttachMode::Native)
			hint = "its driver cannot; --mode generic always can";
		throw failure(-error, fmt::format("cannot attach it to '{}'", printable(options.device)), hint);
	}
	const std::vector<Attached> now = attached_to(index);
	const std::string name = bpf_program__name(program);
	const char *mode = now.empty() ? "native" : now.front().mode;
	if (console.json())
		console.object({{"status", 0}, {"device", options.device}, {"program", name}, {"mode", mode}, {"id", now.empty() ? 0 : now.front().id}});
	else
		console.note(fmt::format("{} is attached to {} ({})", printable(name), options.device, mode));
	return LUNATIK_STATUS_OK;
}

int unload(const Options &options, Console &console)
{
	const unsigned index = index_of(options.device);
	const std::vector<Attached> all = attached_to(index);
	if (all.empty())
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("'{}' has no XDP program", printable(options.device)),
			"lunatik xdp list shows which devices have");
	for (const Attached &one : all) {
		if (const int error = bpf_xdp_detach(static_cast<int>(index), one.flags, nullptr))
			throw failure(-error, fmt::format("cannot detach the program of '{}'", printable(options.device)));
	}
	if (console.json())
		console.object({{"status", 0}});
	return LUNATIK_STATUS_OK;
}

int list(Console &console)
{
	struct Free {
		void operator()(struct if_nameindex *names) const noexcept { if_freenameindex(names); }
	};
	const std::unique_ptr<struct if_nameindex, Free> names(if_nameindex());
	if (!names)
		throw failure(errno, "cannot list the network devices");
	std::vector<std::vector<std::string>> rows{{"DEVICE", "PROGRAM", "MODE", "ID"}};
	Json all = Json::array();
	// SAFETY: an entry whose index is 0 ends the array.
	for (const struct if_nameindex *device = names.get(); device->if_index; device++) {
		for (const Attached &one : attached_to(device->if_index)) {
			const std::string name = program_name(one.id);
			rows.push_back({device->if_name, name.empty() ? "?" : name, one.mode, fmt::to_string(one.id)});
			all.push_back({{"device", device->if_name}, {"program", name}, {"mode", one.mode}, {"id", one.id}});
		}
	}
	if (console.json())
		console.object({{"status", 0}, {"programs", all}});
	else if (rows.size() == 1)
		console.note("no device has an XDP program");
	else
		console.data(aligned(rows, 3));
	return LUNATIK_STATUS_OK;
}

} // namespace

std::vector<std::string> calling_programs()
{
	std::vector<std::string> names;
	const std::optional<std::int32_t> place = place_of_function();
	for (std::uint32_t id = 0; place && bpf_prog_get_next_id(id, &id) == 0;) {
		const client::FileDescriptor program(bpf_prog_get_fd_by_id(id));
		if (program && calls(program.get(), *place))
			names.push_back(fmt::format("{} (id {})", program_name(id), id));
	}
	return names;
}

int do_xdp(const Options &options, Environment &environment, Console &console)
{
	said.clear();
	libbpf_set_print(listen);
	switch (options.operation) {
	case Operation::Load:
		return load(options, environment, console);
	case Operation::Unload:
		return unload(options, console);
	default:
		return list(console);
	}
}

} // namespace lunatik::cli
