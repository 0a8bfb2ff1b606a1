// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Where a tab completes. */
#include "catch.hpp"

#include "editor.hpp"

using namespace lunatik::cli;

TEST_CASE("names are completed in code alone", "[editor]")
{
	for (const char *code : {"", "t.x", "'a' .. t.x", "\"it's\" .. t.x", "'\\'' .. t.x", "'\\\\' .. t.x", "[[a]] .. t.x", "[==[ ]] ]==] .. t.x",
			"t[u[1]].x", "t[ '[[' ].x", "-- a comment\nt.x", "--[[ a\ncomment ]] t.x", "--[==[ ]] ]==] t.x", "--[=\nt.x", "a - -t.x", "t[x"}) {
		CAPTURE(code);
		CHECK(ends_in_code(code));
	}
	for (const char *text : {"'t.x", "\"t.x", "\"it's t.x", "'\\'t.x", "'a' .. 't.x", "[[t.x", "[[\nt.x", "[==[ ]] t.x", "-- t.x", "--t.x", "x = 1 -- 't.x",
			"--[[ t.x", "--[[\n\nt.x", "--[==[ ]] t.x", "'\\"}) {
		CAPTURE(text);
		CHECK_FALSE(ends_in_code(text));
	}
}
