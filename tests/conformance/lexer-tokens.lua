-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Operators, names and keywords next to each other.
local a,b=1,2
print(a+b,a-b,a*b,a//b,a%b,a&b,a|b,a~b,a<<b,a>>b,~a,-a,not a,#"x",a==b,a~=b,a<b,a>b,a<=b,a>=b,a.."",a and b,a or b)
local _, _a1, A, And = 1, 2, 3, 4
print(_, _a1, A, And)
local t={a=1;b=2,[3]=4;}
print(t.a,t.b,t[3],t . a,t ["b"])
print(("x"):rep(3),#"abc") 
for _, source in ipairs { "a = @", "a = $x", "x = = 1", "a = 1 2", "local end = 1", "a.b:c = 1", "f(", "x = }", "a = !b", "?" } do
	print(load(source))
end
print(load("x = \1"), load("x = \xff"))
