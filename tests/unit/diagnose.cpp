// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* What doctor finds in a system made of files, how suites are counted, and what top makes of two looks. */
#include "catch.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "diagnose.hpp"
#include "fake.hpp"
#include "observe.hpp"

using namespace lunatik::cli;
namespace fs = std::filesystem;

namespace {

/* A system in a directory: what is written is there, all else is not. */
class System {
public:
	void write(const std::string &path, const std::string &text) const
	{
		fs::create_directories((root_.path() / path).parent_path());
		root_.write(path, text);
	}
	Finding find(const std::string &name) const
	{
		Environment environment;
		environment.device = root_.path() / "dev/lunatik";
		environment.modules.sysfs = root_.path() / "sys/module";
		environment.root = true;
		for (const Finding &finding : examine(environment, "6.12", root_.path())) {
			if (finding.name == name)
				return finding;
		}
		return {"", Finding::State::Good, "nothing was found", ""};
	}

private:
	fake::Directory root_;
};

} // namespace

TEST_CASE("a system without anything gets a fix for everything", "[diagnose]")
{
	const System system;
	for (const char *name : {"module", "loaded"}) {
		CAPTURE(name);
		CHECK(system.find(name).state == Finding::State::Bad);
		CHECK_FALSE(system.find(name).fix.empty());
	}
	CHECK(system.find("headers").state == Finding::State::Note);
	CHECK(system.find("BTF").state == Finding::State::Note);
	CHECK(system.find("configuration").state == Finding::State::Note);
	CHECK(system.find("lockdown").state == Finding::State::Good);
}

TEST_CASE("modules are found where make and DKMS install them", "[diagnose]")
{
	for (const char *place : {"updates/lunatik/lunatik.ko", "updates/dkms/lunatik.ko.xz"}) {
		const System system;
		system.write(fmt::format("lib/modules/6.12/{}", place), "");
		CHECK(system.find("module").state == Finding::State::Good);
		CHECK(system.find("module").detail == fmt::format("/lib/modules/6.12/{}", place));
	}
}

TEST_CASE("an option that is off is named", "[diagnose]")
{
	const System system;
	system.write("boot/config-6.12", "CONFIG_MODULES=y\n# CONFIG_KPROBES is not set\nCONFIG_KALLSYMS=y\nCONFIG_PREEMPT_COUNT=y\n");
	CHECK(system.find("configuration").state == Finding::State::Bad);
	CHECK(system.find("configuration").detail == "off in this kernel: CONFIG_KPROBES");
	system.write("boot/config-6.12", "CONFIG_MODULES=y\nCONFIG_KPROBES=y\nCONFIG_KALLSYMS=y\nCONFIG_PREEMPT_COUNT=y\n");
	CHECK(system.find("configuration").state == Finding::State::Good);
}

TEST_CASE("lockdown is shown as the kernel shows it", "[diagnose]")
{
	const System system;
	system.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	CHECK(system.find("lockdown").state == Finding::State::Note);
	system.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	CHECK(system.find("lockdown").state == Finding::State::Good);
}

TEST_CASE("a module of another version", "[diagnose]")
{
	const System system;
	system.write("sys/module/lunatik/version", "0.0.1\n");
	CHECK(system.find("loaded").state == Finding::State::Bad);
	CHECK(system.find("control").state == Finding::State::Bad);
	system.write("sys/module/lunatik/version", version() + "\n");
	CHECK(system.find("loaded").state == Finding::State::Good);
}

TEST_CASE("suites are counted as KTAP says", "[diagnose]")
{
	const Score score = score_of("KTAP version 1\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no reason\nnot ok 4 - d\n# ok 5\n  ok 6\n1..4\n");
	CHECK(score.passed == 1);
	CHECK(score.failed == 2);
	CHECK(score.skipped == 1);
	CHECK(score.first_failure == "not ok 2 - b");
	CHECK(score_of("").passed == 0);
}

TEST_CASE("top compares two looks", "[observe]")
{
	using lunatik::client::Item;
	Item idle, busy, anew;
	idle.name = "idle";
	busy.name = "busy";
	anew.name = "anew";
	idle.age = busy.age = anew.age = std::chrono::seconds(10);
	anew.calls = 1000;
	std::vector<Item> before{idle, busy, anew};
	busy.calls = 50;
	busy.errors = 4;
	busy.busy = std::chrono::milliseconds(500);
	idle.age = busy.age = std::chrono::seconds(12);
	// A runtime of the same name that began since.
	anew.age = std::chrono::seconds(1);
	anew.calls = 6;
	const std::string table = top_table(before, {anew, busy, idle}, std::chrono::seconds(2));
	CAPTURE(table);
	CHECK(table.find("busy  process  loading  25.0       25         2") != std::string::npos);
	CHECK(table.find("anew  process  loading   0.0        3         0") != std::string::npos);
	CHECK(table.find("busy") < table.find("anew"));
	CHECK(table.find("anew") < table.find("idle"));
	idle.context = LUNATIK_CONTEXT_SOFTIRQ;
	idle.percpu = true;
	CHECK(top_table({}, {idle}, std::chrono::seconds(2)).find("idle  softirq percpu  loading") != std::string::npos);
}
