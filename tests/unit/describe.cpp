// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The manual and the shells' completions know what --help knows. */
#include "catch.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

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

/* docs/cli.md */
std::string page()
{
	std::ifstream file(LUNATIK_CLI_PAGE);
	REQUIRE(file);
	return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/* The words of a usage line, where `optional` with those in brackets, each as somebody might type it; but for number `without`. */
std::vector<std::string> typed(const Description &verb, std::string usage, bool optional, std::size_t without)
{
	std::vector<std::string> words{verb.name};
	std::istringstream line(usage);
	bool skipped = false;
	std::size_t number = 0;
	for (std::string token; line >> token;) {
		const bool opens = token.starts_with('['), closes = token.find(']') != std::string::npos;
		skipped = skipped || (opens && !optional) || token == "[OPTIONS]";
		const bool leave = skipped;
		skipped = skipped && !closes;
		if (leave || (!opens && number++ == without))
			continue;
		const std::string word = token.substr(opens, token.find_first_of(".]", 1) - opens);
		words.push_back(word == "context" ? "softirq" : word == "CODE" ? "return 1" : word);
	}
	return words;
}

} // namespace

TEST_CASE("the usage says which words must be there", "[describe]")
{
	std::size_t required = 0;
	for (const Description &verb : describe()) {
		std::string all;
		for (const std::string &usage : verb.usage) {
			CAPTURE(verb.name, usage);
			CHECK_THAT(parse({verb.name, "--help"}).text, has("lunatik " + verb.name + " " + usage + "\n"));
			CHECK(parse(typed(verb, usage, false, 100)).options);
			CHECK(parse(typed(verb, usage, true, 100)).options);
			const std::size_t words = typed(verb, usage, false, 100).size() - 1;
			for (std::size_t word = 0; word < words; ++word) {
				CAPTURE(word);
				// What begins with a dash says what the next word is, and takes another one for it.
				const std::vector<std::string> all_words = typed(verb, usage, false, 100);
				if (all_words[word + 1].starts_with('-') || all_words[word].starts_with('-'))
					continue;
				CHECK_FALSE(parse(typed(verb, usage, false, word)).options);
				++required;
			}
			all += usage + " ";
		}
		for (const Word &word : verb.words) {
			CAPTURE(verb.name, word.text);
			if (word.spellings.empty() && word.text != "action" && word.text != "operation")
				CHECK(all.find(word.text) != std::string::npos);
		}
	}
	CHECK(required > 15);
}

TEST_CASE("the manual has what docs/cli.md says", "[describe]")
{
	const std::string text = manual(describe(), page());
	for (const char *part : {"# READ, EVALUATE, PRINT\n", "\nTab\n\t", "Ctrl-R", "CALLS, ERRORS\n\tentries into it", "*busy* and CPU%", "lunatik log -f\n",
			"8192 lines", "# JSON\n", "*unknown\\_globals*", "# ENVIRONMENT\n", "*NO\\_COLOR*\n\t", "*XDG\\_STATE\\_HOME*", "# EXIT STATUS\n",
			"*lunatik* *run* [options...] _script_ [_context_] [*percpu*] [*--* _argument_...]\n", "*lunatik* *state* *exec* [options...] [*--*] _state_ _code_\n",
			"*lunatik* *xdp* *unload* [options...] _device_\n"}) {
		CAPTURE(part);
		CHECK_THAT(text, has(part));
	}
	// Of links only their text; and each section once.
	CHECK_THAT(text, !has("]("));
	CHECK(text.find("The kernel keeps the last 8192 lines") == text.rfind("The kernel keeps the last 8192 lines"));
	CHECK(text.find("of a CPU)") == text.rfind("of a CPU)"));
}

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
	const std::vector<std::string> texts{manual(all, page()), bash_completion(all), zsh_completion(all), fish_completion(all)};
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
		CHECK(word.value == (word.spellings.back() == "--delay" ? "SECONDS" : word.spellings.back() == "--netns" ? "NAME" : "COUNT"));
	}
	for (const Word &word : find(all, "log").words)
		CHECK(word.value == (!word.spellings.empty() && word.spellings.back() == "--netns" ? "NAME" : ""));
}
