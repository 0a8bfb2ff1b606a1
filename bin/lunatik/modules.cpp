// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "modules.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <lunatik/client.hpp>

#include "console.hpp"
#include "xdp.hpp"

namespace lunatik::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char *core = "lunatik";
constexpr std::chrono::seconds patience{2};

std::string first_line(const fs::path &path)
{
	std::ifstream file(path);
	std::string line;
	std::getline(file, line);
	return line;
}

/* Runs a program of the system's own directories, whatever PATH the caller has, and collects what it complains about. */
std::optional<ModuleHost::LoadError> modprobe(const std::string &module)
{
	std::array<int, 2> ends{};
	if (pipe2(ends.data(), O_CLOEXEC) != 0)
		return ModuleHost::LoadError{1, std::strerror(errno)};
	client::FileDescriptor reader(ends[0]);
	client::FileDescriptor writer(ends[1]);

	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, writer.get(), STDERR_FILENO);

	std::string program = "modprobe", end_of_options = "--", argument = module;
	std::string path = "PATH=/usr/sbin:/sbin:/usr/bin:/bin", locale = "LC_ALL=C.UTF-8";
	std::array<char *, 4> arguments{program.data(), end_of_options.data(), argument.data(), nullptr};
	std::array<char *, 3> environment{path.data(), locale.data(), nullptr};
	pid_t child = 0;
	int failure = ENOENT;
	for (const char *candidate : {"/usr/sbin/modprobe", "/sbin/modprobe", "/usr/bin/modprobe", "/bin/modprobe"}) {
		if (access(candidate, X_OK) != 0)
			continue;
		failure = posix_spawn(&child, candidate, &actions, nullptr, arguments.data(), environment.data());
		break;
	}
	posix_spawn_file_actions_destroy(&actions);
	if (failure != 0)
		return ModuleHost::LoadError{1, fmt::format("cannot run modprobe: {}", std::strerror(failure))};
	writer = client::FileDescriptor();

	std::string said;
	std::array<char, 4096> buffer;
	for (ssize_t got; (got = read(reader.get(), buffer.data(), buffer.size())) != 0;) {
		if (got > 0)
			said.append(buffer.data(), static_cast<std::size_t>(got));
		else if (errno != EINTR)
			break;
	}
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return std::nullopt;
	while (!said.empty() && said.back() == '\n')
		said.pop_back();
	std::replace(said.begin(), said.end(), '\n', ' ');
	return ModuleHost::LoadError{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		said.empty() ? "modprobe failed without saying why" : said};
}

int delete_module(const std::string &module)
{
	return syscall(SYS_delete_module, module.c_str(), O_NONBLOCK) == 0 ? 0 : errno;
}

std::string describe(const Module &module, int failure)
{
	if (failure != EAGAIN && failure != EBUSY)
		return fmt::format("{}: {}", module.name, std::strerror(failure));
	std::string text = fmt::format("{} is in use: {} reference{}", module.name, module.references,
		module.references == 1 ? "" : "s");
	if (!module.holders.empty())
		text += fmt::format(", used by {}", fmt::join(module.holders, ", "));
	return text;
}

/* The major number of the devices that scripts make, whose files may be open when the devices are gone; 0 if there is none. */
unsigned device_number(const ModuleHost &host)
{
	std::ifstream devices(fs::path(host.processes) / "devices");
	for (std::string line; std::getline(devices, line);) {
		if (line.ends_with(" lunatik"))
			return static_cast<unsigned>(std::strtoul(line.c_str(), nullptr, 10));
	}
	return 0;
}

/* A process that has one of the devices open. */
struct User {
	std::string pid, name;	/* "1234", "1234 (bash)" */
	std::string path;	/* of the device file */
	bool control = false;	/* it is the control device's */
	bool calling = false;	/* in the middle of a request or a call, which stopping the runtimes ends */
};

/* Whether a thread of the process is in a call that reads or writes the descriptor, or runs, which it may do to make one. */
bool is_calling(const fs::path &process, const std::string &descriptor)
{
	constexpr std::array calls{SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64};
	std::error_code gone;
	for (const fs::directory_entry &thread : fs::directory_iterator(process / "task", gone)) {
		std::ifstream file(thread.path() / "syscall");
		std::string number, argument;
		if (!(file >> number))
			continue;
		if (number == "running")
			return true;
		const bool known = std::any_of(calls.begin(), calls.end(), [&](long call) { return number == std::to_string(call); });
		if (known && file >> argument && std::strtol(argument.c_str(), nullptr, 16) == std::strtol(descriptor.c_str(), nullptr, 10))
			return true;
	}
	return false;
}

/* Whether a session has a request that runs. A module that does not say is of another version, and was never asked. */
bool has_request(const fs::path &process, const std::string &descriptor)
{
	std::ifstream file(process / "fdinfo" / descriptor);
	for (std::string line; std::getline(file, line);) {
		if (line.starts_with("lunatik-request:"))
			return line.back() != '0';
	}
	return true;
}

/* All but this process; one entry for each, and one that waits for nothing if it has one. */
std::vector<User> find_users(const ModuleHost &host, const std::string &device)
{
	std::vector<User> users;
	std::error_code error;
	const unsigned number = device_number(host);
	for (const fs::directory_entry &process : fs::directory_iterator(host.processes, error)) {
		const std::string pid = process.path().filename();
		if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(getpid()))
			continue;
		std::optional<User> user;
		std::error_code gone; // a process may end while it is looked at
		for (const fs::directory_entry &file : fs::directory_iterator(process.path() / "fd", gone)) {
			struct stat what{};
			const bool script = stat(file.path().c_str(), &what) == 0 && S_ISCHR(what.st_mode) && number != 0 &&
				major(what.st_rdev) == number;
			const std::string path = fs::read_symlink(file.path(), gone);
			if ((!script && path != device) || (user && !user->calling))
				continue;
			const std::string descriptor = file.path().filename();
			user = User{pid, fmt::format("{} ({})", pid, first_line(process.path() / "comm")), path, !script,
				script ? is_calling(process.path(), descriptor) : has_request(process.path(), descriptor)};
		}
		if (user)
			users.push_back(*user);
	}
	std::sort(users.begin(), users.end(), [](const User &a, const User &b) { return a.name < b.name; });
	return users;
}

/* Those who are seen to wait for nothing each time they are looked at: a moment between two calls is no sign of it. */
std::vector<User> find_idle(const ModuleHost &host, const std::string &device)
{
	std::vector<User> idle = find_users(host, device);
	const auto forget_callers = [&idle](const std::vector<User> &now) {
		std::erase_if(idle, [&](const User &user) {
			return std::none_of(now.begin(), now.end(), [&](const User &other) { return other.pid == user.pid && !other.calling; });
		});
	};
	forget_callers(std::vector<User>(idle));
	for (int look = 0; look < 6 && !idle.empty(); ++look) {
		std::this_thread::sleep_for(std::chrono::milliseconds(50));
		forget_callers(find_users(host, device));
	}
	return idle;
}

} // namespace

ModuleHost ModuleHost::system()
{
	ModuleHost host;
	host.load = modprobe;
	host.remove = delete_module;
	host.programs = calling_programs;
	return host;
}

std::vector<Module> loaded_modules(const ModuleHost &host)
{
	std::vector<Module> modules;
	std::error_code error;
	for (const fs::directory_entry &entry : fs::directory_iterator(host.sysfs, error)) {
		Module module;
		module.name = entry.path().filename();
		if (module.name != core && !module.name.starts_with("lunatik_"))
			continue;
		// A module that is being loaded or removed has another state; one built into the kernel has none.
		const std::string state = first_line(entry.path() / "initstate");
		if (!state.empty() && state != "live")
			continue;
		module.version = first_line(entry.path() / "version");
		const std::string references = first_line(entry.path() / "refcnt");
		module.references = references.empty() ? -1 : std::strtol(references.c_str(), nullptr, 10);
		for (const fs::directory_entry &holder : fs::directory_iterator(entry.path() / "holders", error))
			module.holders.push_back(holder.path().filename());
		std::sort(module.holders.begin(), module.holders.end());
		modules.push_back(std::move(module));
	}
	// "lunatik" is a prefix of the others, so it sorts first.
	std::sort(modules.begin(), modules.end(), [](const Module &a, const Module &b) { return a.name < b.name; });
	return modules;
}

bool ModuleHost::locked_down() const
{
	const std::string levels = first_line(lockdown);
	return !levels.empty() && levels.find("[none]") == std::string::npos;
}

void load_modules(const ModuleHost &host)
{
	const std::optional<ModuleHost::LoadError> error = host.load(core);
	if (!error)
		return;
	const auto says = [&](const char *text) { return error->message.find(text) != std::string::npos; };
	if (says("not permitted") && host.locked_down())
		throw Failure(LUNATIK_STATUS_PERMISSION, error->message,
			"this kernel is locked down and takes signed modules only: sign them with an enrolled key, or turn Secure Boot off");
	if (says("not permitted") || says("Permission denied"))
		throw Failure(LUNATIK_STATUS_PERMISSION, error->message, "sudo lunatik load");
	if (says("not found"))
		throw Failure(LUNATIK_STATUS_NAME, error->message,
			"install the modules for this kernel: make && sudo make install");
	if (says("Exec format error") || says("Invalid module format"))
		throw Failure(LUNATIK_STATUS_VERSION, error->message,
			"the module was built for another kernel: make && sudo make install");
	if (says("Key was rejected"))
		throw Failure(LUNATIK_STATUS_PERMISSION, error->message,
			"this kernel takes signed modules only: sign it with an enrolled key, or turn Secure Boot off");
	throw Failure(LUNATIK_STATUS_SCRIPT, error->message, "the kernel's log may say more: sudo dmesg | tail");
}

void require_unused(const ModuleHost &host, const std::string &device)
{
	const std::vector<Module> modules = loaded_modules(host);
	std::vector<std::string> complaints, others, names;
	for (const Module &module : modules) {
		std::vector<std::string> foreign;
		for (const std::string &holder : module.holders) {
			if (std::none_of(modules.begin(), modules.end(), [&](const Module &one) { return one.name == holder; }))
				foreign.push_back(holder);
		}
		if (foreign.empty())
			continue;
		complaints.push_back(fmt::format("{} is in use by the kernel module{} {}", module.name, foreign.size() == 1 ? "" : "s",
			fmt::join(foreign, ", ")));
		others.insert(others.end(), foreign.begin(), foreign.end());
	}
	if (!others.empty()) {
		std::sort(others.begin(), others.end());
		others.erase(std::unique(others.begin(), others.end()), others.end());
		throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("{}", fmt::join(complaints, "; ")),
			fmt::format("nothing was stopped; first remove what uses it: sudo rmmod {}", fmt::join(others, " ")));
	}

	const std::string rules = first_line(fs::path(host.sysfs) / "lunatik_xtable/parameters/rules");
	if (!rules.empty() && rules != "0")
		throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("lunatik_xtable is in use: a firewall has {} rule{} for scripts", rules,
			rules == "1" ? "" : "s"),
			"nothing was stopped; first delete the rules: iptables-legacy -S, iptables -S or ebtables -L shows them in their network namespace");

	const auto xdp = std::find_if(modules.begin(), modules.end(), [](const Module &module) { return module.name == "lunatik_xdp"; });
	const std::vector<std::string> programs = xdp != modules.end() && xdp->references > 0 ? host.programs() : std::vector<std::string>();
	if (!programs.empty())
		throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("lunatik_xdp is in use: {} eBPF program{} call{} it: {}", programs.size(),
			programs.size() == 1 ? "" : "s", programs.size() == 1 ? "s" : "", fmt::join(programs, ", ")),
			"nothing was stopped; first: lunatik xdp unload DEVICE, which lunatik xdp list shows, in its network namespace");

	std::map<std::string, std::vector<std::string>> openers;
	for (const User &user : find_idle(host, device)) {
		openers[fmt::format("{} is in use: {} is open", user.control ? core : "lunatik_device", user.path)].push_back(user.name);
		names.push_back(user.name);
	}
	for (const auto &[file, users] : openers)
		complaints.push_back(fmt::format("{} in {}", file, fmt::join(users, ", ")));
	if (!names.empty())
		throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("{}", fmt::join(complaints, "; ")),
			fmt::format("nothing was stopped; these have {} or a device of a script's open and must end first: {}", device,
			fmt::join(names, ", ")));
}

void remove_modules(const ModuleHost &host, const std::string &device)
{
	using Clock = std::chrono::steady_clock;
	auto until = Clock::now() + patience;
	std::size_t before = SIZE_MAX;
	for (;;) {
		std::vector<Module> modules = loaded_modules(host);
		if (modules.empty())
			return;
		if (modules.size() < before)
			until = Clock::now() + patience;
		before = modules.size();

		// Users before what they use: a module that has holders waits for the next round.
		std::vector<std::string> complaints;
		bool denied = false, removed = false;
		for (const Module &module : modules) {
			const int failure = module.holders.empty() ? host.remove(module.name) : EBUSY;
			if (failure == 0 || failure == ENOENT) {
				removed = true;
				continue;
			}
			denied = denied || failure == EPERM;
			complaints.push_back(describe(module, failure));
		}
		if (denied)
			throw Failure(LUNATIK_STATUS_PERMISSION, "not permitted to remove modules", "sudo lunatik unload");
		if (removed)
			continue;
		if (Clock::now() >= until) {
			const std::vector<std::string> users = users_of(host, device);
			std::string hint = "close what uses them, and again: sudo lunatik unload";
			// What eBPF programs call has no other users.
			if (std::any_of(modules.begin(), modules.end(), [](const Module &module) { return module.name == "lunatik_xdp"; }))
				hint = "an eBPF program calls it: lunatik xdp unload DEVICE, which lunatik xdp list shows, in its network namespace";
			if (!users.empty())
				hint = fmt::format("these have {} or a device of a script's open and must end first: {}", device,
					fmt::join(users, ", "));
			throw Failure(LUNATIK_STATUS_SCRIPT, fmt::format("{}", fmt::join(complaints, "; ")), hint);
		}
		std::this_thread::sleep_for(std::chrono::milliseconds(50));
	}
}

std::vector<std::string> users_of(const ModuleHost &host, const std::string &device)
{
	std::vector<std::string> names;
	for (const User &user : find_users(host, device))
		names.push_back(user.name);
	return names;
}

} // namespace lunatik::cli
