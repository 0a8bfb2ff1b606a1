// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "diagnose.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/utsname.h>

#include <fmt/format.h>

#include "interrupts.hpp"

namespace lunatik::cli {

namespace fs = std::filesystem;

namespace {

using client::Answer;
using client::Request;
using client::Session;
using Json = nlohmann::ordered_json;

std::string contents(const fs::path &path)
{
	std::ifstream file(path);
	std::ostringstream text;
	text << file.rdbuf();
	std::string bytes = text.str();
	while (!bytes.empty() && bytes.back() == '\n')
		bytes.pop_back();
	return bytes;
}

bool is_there(const fs::path &path)
{
	std::error_code error;
	return fs::exists(path, error);
}

/* The file of the core below a kernel's modules, wherever make install or DKMS has put it. */
fs::path find_module(const fs::path &modules)
{
	for (const char *directory : {"updates/lunatik", "updates/dkms", "updates", "extra"}) {
		for (const char *suffix : {"", ".xz", ".zst", ".gz"}) {
			const fs::path path = modules / directory / fmt::format("lunatik.ko{}", suffix);
			if (is_there(path))
				return path;
		}
	}
	return {};
}

/* The value of an option in a kernel's configuration: "y", "m", "n", or nothing if the file cannot be read. */
std::optional<std::string> configured(const std::string &config, const std::string &option)
{
	if (config.empty())
		return std::nullopt;
	const std::size_t at = config.find(fmt::format("\n{}=", option));
	return at == std::string::npos ? "n" : config.substr(at + option.size() + 2, 1);
}

Finding good(std::string name, std::string detail)
{
	return {std::move(name), Finding::State::Good, std::move(detail), {}};
}

Finding note(std::string name, std::string detail, std::string fix)
{
	return {std::move(name), Finding::State::Note, std::move(detail), std::move(fix)};
}

Finding bad(std::string name, std::string detail, std::string fix)
{
	return {std::move(name), Finding::State::Bad, std::move(detail), std::move(fix)};
}

Finding examine_device(const Environment &environment)
{
	try {
		Session session = Session::open(environment.device);
		const Answer answer = session.request(Request(LUNATIK_REQUEST_LIST), {}, std::chrono::seconds(5));
		if (answer.ok())
			return good("control", fmt::format("{} answers, protocol {}", environment.device, LUNATIK_PROTOCOL));
		return bad("control", answer.message, "sudo lunatik reload");
	} catch (const client::Error &error) {
		const Failure failure = failure_of(error, environment);
		return bad("control", failure.what(), failure.hint);
	}
}

const char *name_of(Finding::State state)
{
	return state == Finding::State::Good ? "ok" : state == Finding::State::Note ? "note" : "problem";
}

/* Which script to compile, its source and what errors call it. */
std::pair<std::string, std::string> source_to_check(const Options &options, const Environment &environment)
{
	if (options.script == "-")
		return {"stdin", read_source("-", environment.input)};
	const Script script = find_script(options.script);
	const std::string path = script.file.value_or(fmt::format("{}/{}.lua", environment.scripts, script.name));
	if (!script.file && !is_there(path))
		throw Failure(LUNATIK_STATUS_NAME, fmt::format("no script {}", path),
			"scripts are installed below /lib/modules/lua; a file is checked by its path: lunatik check ./file.lua");
	return {path, read_source(path, environment.input)};
}

} // namespace

int do_check(const Options &options, Environment &environment, Console &console)
{
	const auto [path, source] = source_to_check(options, environment);
	const Request request = Request(LUNATIK_REQUEST_CHECK).source(source).path(path);
	request.frame();
	Session session = Session::open(environment.device);
	std::optional<Answer> answer;
	{
		Interrupts interrupts(session);
		answer = session.request(request, {}, options.timeout);
	}
	if (!answer->ok())
		throw failure_of(*answer, options);

	Json list = Json::array();
	std::string text;
	for (const std::string &value : answer->values) {
		const std::size_t blank = value.find(' ');
		const std::string line = value.substr(0, blank), name = value.substr(std::min(blank + 1, value.size()));
		list.push_back({{"file", path}, {"line", std::strtol(line.c_str(), nullptr, 10)}, {"global", name}});
		text += fmt::format("{}:{}: unknown global '{}'\n", path, line, printable(name));
	}
	if (console.json())
		console.object({{"status", answer->values.empty() ? 0 : 1}, {"unknown_globals", list}});
	else
		console.data(text);
	return answer->values.empty() ? LUNATIK_STATUS_OK : LUNATIK_STATUS_SCRIPT;
}

std::vector<Finding> examine(const Environment &environment, const std::string &release, const std::string &root)
{
	std::vector<Finding> findings;
	const auto add = [&](Finding finding) { findings.push_back(std::move(finding)); };
	const fs::path modules = fmt::format("{}/lib/modules/{}", root, release);

	add(good("kernel", release));
	const std::string config = '\n' + contents(fmt::format("{}/boot/config-{}", root, release));
	if (config.size() == 1) {
		add(note("configuration", fmt::format("there is no /boot/config-{} to look at", release),
			"install the distribution's kernel package with its configuration, if something does not work"));
	} else {
		std::string missing;
		for (const char *option : {"CONFIG_MODULES", "CONFIG_KPROBES", "CONFIG_KALLSYMS", "CONFIG_PREEMPT_COUNT"}) {
			if (configured(config, option) == "n")
				missing += fmt::format("{}{}", missing.empty() ? "" : ", ", option);
		}
		add(missing.empty() ? good("configuration", "what Lunatik needs is on") :
			bad("configuration", fmt::format("off in this kernel: {}", missing), "boot a kernel that has it on"));
	}

	const fs::path installed = find_module(modules);
	if (installed.empty())
		add(bad("module", fmt::format("no lunatik.ko for {}", release),
			is_there(modules / "build") ? "make && sudo make install" :
			fmt::format("sudo apt install linux-headers-{}, then make && sudo make install", release)));
	else
		add(good("module", installed.string().substr(root.size())));
	add(is_there(modules / "build") ? good("headers", (modules / "build").string().substr(root.size())) :
		note("headers", "modules cannot be built for this kernel",
			fmt::format("sudo apt install linux-headers-{}", release)));
	add(is_there(root + "/sys/kernel/btf/vmlinux") ? good("BTF", "/sys/kernel/btf/vmlinux") :
		note("BTF", "this kernel describes none of its types", "xdp needs a kernel with CONFIG_DEBUG_INFO_BTF"));

	// "[none] integrity confidentiality": the one in brackets is on.
	const std::string lockdown = contents(root + "/sys/kernel/security/lockdown");
	const std::string enforced = contents(root + "/sys/module/module/parameters/sig_enforce");
	if (lockdown.empty() || lockdown.find("[none]") != std::string::npos)
		add(good("lockdown", lockdown.empty() ? "this kernel knows none" : "none"));
	else
		add(note("lockdown", lockdown, "only signed modules load: sign them with an enrolled key, or turn Secure Boot off"));
	if (enforced == "Y")
		add(note("signatures", "only signed modules load", "sign lunatik.ko with a key of this machine's"));

	const std::vector<Module> loaded = loaded_modules(environment.modules);
	if (loaded.empty()) {
		add(bad("loaded", "the kernel module is not loaded", "sudo lunatik load"));
	} else {
		const std::string &running = loaded.front().version;
		add(running == version() ? good("loaded", fmt::format("version {}", running)) :
			bad("loaded", fmt::format("the module is of version {}, this command of version {}",
				running.empty() ? "-" : running, version()), "sudo make install && sudo lunatik reload"));
		add(examine_device(environment));
	}
	if (!environment.root)
		add(note("user", "only root may talk to the kernel module", "run it as root: sudo lunatik"));
	add(is_there(root + environment.scripts) ? good("scripts", environment.scripts) :
		note("scripts", fmt::format("there is no {}", environment.scripts), "sudo make install makes it"));
	return findings;
}

int do_doctor(const Options &, Environment &environment, Console &console)
{
	utsname kernel{};
	uname(&kernel);
	const std::vector<Finding> findings = examine(environment, kernel.release);
	const bool ill = std::any_of(findings.begin(), findings.end(), [](const Finding &finding) {
		return finding.state == Finding::State::Bad;
	});
	const int status = ill ? LUNATIK_STATUS_SCRIPT : LUNATIK_STATUS_OK;
	if (console.json()) {
		Json list = Json::array();
		for (const Finding &finding : findings) {
			Json object{{"name", finding.name}, {"state", name_of(finding.state)}, {"detail", finding.detail}};
			if (!finding.fix.empty())
				object["fix"] = finding.fix;
			list.push_back(object);
		}
		console.object({{"status", status}, {"findings", list}});
		return status;
	}
	std::string text;
	for (const Finding &finding : findings) {
		const std::string word = fmt::format("{:8}", name_of(finding.state));
		text += fmt::format("{}{:14}{}\n", finding.state == Finding::State::Bad ? console.in_red(word) : word, finding.name,
			printable(finding.detail));
		if (!finding.fix.empty())
			text += fmt::format("{:22}fix: {}\n", "", finding.fix);
	}
	console.data(text);
	return status;
}

Score score_of(const std::string &ktap)
{
	Score score;
	std::istringstream lines(ktap);
	for (std::string line; std::getline(lines, line);) {
		const bool failed = line.starts_with("not ok ");
		if (!failed && !line.starts_with("ok "))
			continue;
		if (line.find(" # SKIP") != std::string::npos) {
			++score.skipped;
		} else if (failed) {
			if (score.failed++ == 0)
				score.first_failure = line;
		} else {
			++score.passed;
		}
	}
	return score;
}

int do_test(const Options &options, Environment &environment, Console &console)
{
	const fs::path directory = fs::path(environment.scripts) / "test";
	std::vector<std::string> suites;
	std::error_code error;
	for (const fs::directory_entry &entry : fs::directory_iterator(directory, error)) {
		const std::string name = entry.path().stem();
		// What the suites report with is none.
		if (entry.path().extension() == ".lua" && name != "ktap" && (options.script.empty() || options.script == name))
			suites.push_back(name);
	}
	std::sort(suites.begin(), suites.end());
	if (suites.empty())
		throw Failure(LUNATIK_STATUS_NAME, options.script.empty() ? fmt::format("there are no test suites in {}",
			directory.string()) : fmt::format("there is no test suite {}", options.script),
			options.script.empty() ? "sudo make install puts them there" : "lunatik test runs all there are");

	Score all;
	Json list = Json::array();
	for (const std::string &name : suites) {
		// Each suite has a runtime of its own, which ends with its session.
		Session session = Session::open(environment.device);
		const std::string path = directory / (name + ".lua");
		std::string output;
		client::Callbacks callbacks;
		callbacks.output = [&](std::string_view bytes) { output += bytes; };
		std::optional<Answer> answer;
		{
			Interrupts interrupts(session);
			answer = session.request(Request(LUNATIK_REQUEST_EVAL).name(name).source(read_source(path, -1)), callbacks,
				options.timeout);
		}
		if (answer->status == LUNATIK_STATUS_INTERRUPTED)
			throw failure_of(*answer, options);
		Score score = score_of(output);
		// A suite that broke off, or said nothing, has not passed.
		if (score.failed == 0 && (!answer->ok() || score.passed + score.skipped == 0)) {
			score.failed = 1;
			score.first_failure = answer->ok() ? "it reported no test" : answer->message;
		}
		all.passed += score.passed;
		all.failed += score.failed;
		all.skipped += score.skipped;
		if (console.json()) {
			list.push_back({{"name", name}, {"passed", score.passed}, {"failed", score.failed}, {"skipped", score.skipped}});
			if (score.failed)
				list.back()["first_failure"] = score.first_failure;
			continue;
		}
		console.data(fmt::format("{}  {}  {} passed{}{}\n", score.failed ? console.in_red("FAILED") : "ok    ", name, score.passed,
			score.failed ? fmt::format(", {} failed: {}", score.failed, printable(score.first_failure)) : "",
			score.skipped ? fmt::format(", {} skipped", score.skipped) : ""));
	}
	const int status = all.failed ? LUNATIK_STATUS_SCRIPT : LUNATIK_STATUS_OK;
	if (console.json())
		console.object({{"status", status}, {"suites", list}});
	else
		console.data(fmt::format("{} passed, {} failed\n", all.passed, all.failed));
	return status;
}

} // namespace lunatik::cli
