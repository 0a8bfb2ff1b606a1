// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The manual and the shells' completions know what --help knows. */
#include "catch.hpp"

#include <regex>

#include "describe.hpp"
#include "options.hpp"

using namespace lunatik::cli;

namespace {

/* Every "--word" of a help text. */
std::vector<std::string> options_in(const std::string &help)
{
	static const std::regex option("--[a-z]+");
	std::vector<std::string> found;
	for (std::sregex_iterator match(help.begin(), help.end(), option), end; match != end; ++match)
		found.push_back(match->str());
	return found;
}

const Description &find(const std::vector<Description> &all, const std::string &name)
{
	for (const Description &one : all) {
		if (one.name == name)
			return one;
	}
	FAIL("no description of " << name);
	return all.front();
}

} // namespace

TEST_CASE("what --help says of a verb, the description says", "[describe]")
{
	const std::vector<Description> all = describe();
	CHECK(all.front().name.empty());
	CHECK(all.size() == 19);
	for (const Description &verb : all) {
		CAPTURE(verb.name);
		const Parsed help = verb.name.empty() ? parse({"--help"}) : parse({verb.name, "--help"});
		CHECK(help.text.find(verb.help) != std::string::npos);
		for (const std::string &option : options_in(help.text)) {
			CAPTURE(option);
			bool described = false;
			for (const Word &word : verb.words)
				described = described || std::find(word.spellings.begin(), word.spellings.end(), option) != word.spellings.end();
			CHECK(described);
		}
		for (const Word &word : verb.words) {
			CAPTURE(word.text);
			CHECK_FALSE(word.help.empty());
			CHECK(help.text.find(word.spellings.empty() ? word.text : word.spellings.back()) != std::string::npos);
		}
	}
}

TEST_CASE("the manual and every shell have all verbs and options", "[describe]")
{
	const std::vector<Description> all = describe();
	const std::vector<std::string> texts{manual(all), bash_completion(all), zsh_completion(all), fish_completion(all)};
	for (const std::string &text : texts) {
		CAPTURE(text.substr(0, 40));
		const bool fish = text.starts_with("# fish");
		for (const Description &verb : all) {
			CHECK(text.find(verb.name) != std::string::npos);
			for (const Word &word : verb.words) {
				for (const std::string &spelling : word.spellings) {
					CAPTURE(spelling);
					// fish writes options without their dashes.
					CHECK(text.find(fish ? (spelling.starts_with("--") ? "-l " + spelling.substr(2) : "-s " + spelling.substr(1))
						: spelling) != std::string::npos);
				}
			}
		}
	}
}

TEST_CASE("a value is asked for where one is", "[describe]")
{
	const std::vector<Description> all = describe();
	for (const Word &word : find(all, "top").words) {
		if (word.spellings.empty() || word.spellings.back() == "--help")
			continue;
		CHECK(word.value == (word.spellings.back() == "--delay" ? "SECONDS" : "COUNT"));
	}
	for (const Word &word : find(all, "log").words)
		CHECK(word.value.empty());
}
