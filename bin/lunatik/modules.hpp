// SPDX-License-Identifier: MIT OR GPL-2.0-only
/**
 * The kernel modules: which are loaded, who uses them, loading and removing them.
 */
#ifndef LUNATIK_CLI_MODULES_HPP
#define LUNATIK_CLI_MODULES_HPP

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lunatik::cli {

/** A loaded module, as sysfs shows it. */
struct Module {
	std::string name;
	std::string version;			/* empty if it declares none */
	long references = 0;			/* -1 if it cannot be unloaded */
	std::vector<std::string> holders;	/* modules that use it */
};

/** Where modules are looked up and how they are loaded and removed; tests put their own there. */
struct ModuleHost {
	std::string sysfs = "/sys/module";
	std::string processes = "/proc";

	/** Runs modprobe for a module; returns nothing, or what modprobe said and its exit status. */
	struct LoadError {
		int status = 0;
		std::string message;
	};
	std::function<std::optional<LoadError>(const std::string &module)> load;

	/** Removes one module; returns 0 or an errno. */
	std::function<int(const std::string &module)> remove;

	/** Names the eBPF programs that call a function of lunatik_xdp. */
	std::function<std::vector<std::string>()> programs = [] { return std::vector<std::string>(); };

	/** What securityfs says about kernel lockdown. */
	std::string lockdown = "/sys/kernel/security/lockdown";
	/** Whether the kernel is locked down. */
	bool locked_down() const;

	/** The running system. */
	static ModuleHost system();
};

/** lunatik and every lunatik_* that is loaded, lunatik first, the others by name. */
std::vector<Module> loaded_modules(const ModuleHost &host);

/** Loads lunatik; throws Failure with modprobe's own words. */
void load_modules(const ModuleHost &host);

/**
 * Throws Failure, which names them, if something uses the modules that stopping every runtime does not end: modules of others, rules of
 * a firewall, processes that have `device` or a script's device open and wait for nothing there. What is in the middle of a call will be
 * told, and is given the time to end.
 */
void require_unused(const ModuleHost &host, const std::string &device);

/**
 * Removes every lunatik_* module and then lunatik. Waits a little for what is being closed just now; throws Failure that
 * says who holds what if something stays.
 */
void remove_modules(const ModuleHost &host, const std::string &device);

/** "1234 (lunatik)" for each process, other than this one, that has `device` or a device of a script's open. */
std::vector<std::string> users_of(const ModuleHost &host, const std::string &device);

} // namespace lunatik::cli

#endif // LUNATIK_CLI_MODULES_HPP
