-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Malformed patterns and their messages.
for _, pattern in ipairs { "(", ")", "%", "[", "[a", "[^", "[]", "[%", "[%a", "%b", "%bx", "%f", "%fx", "(()", "a)", "%1", "(%1)", "(a)%2", "((a)%1)%3", "%0", "a**", "x%", "[a-%", "%g(", "(a" } do
	print(pattern, pcall(string.find, "aaa", pattern))
end
print(pcall(string.gsub, "abc", "(", "")) print(pcall(string.gsub, "abc", "b", "%")) print(pcall(string.gsub, "abc", "b", "%x")) print(pcall(string.gsub, "abc", "b", "%2")) print(pcall(string.gsub, "abc", "(b)", "%2")) print(pcall(function() for _ in ("abc"):gmatch("(") do end end))
print(("aaa"):find("a**")) print(("a*"):find("a%*")) print(("*"):find("*")) print(("+"):find("+")) print(("^a"):find("a^")) print(("a$b"):find("a$b")) print(("]"):find("]")) print(("-"):find("-"))
