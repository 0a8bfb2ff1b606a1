-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Classes with inheritance and class methods.
local Animal = {} Animal.__index = Animal
function Animal.new(name) return setmetatable({ name = name }, Animal) end
function Animal:speak() return self.name .. " makes a sound" end
function Animal:kind() return "animal" end
local Dog = setmetatable({}, { __index = Animal }) Dog.__index = Dog
function Dog.new(name) local d = Animal.new(name) return setmetatable(d, Dog) end
function Dog:speak() return self.name .. " barks, and " .. Animal.speak(self) end
Dog.__tostring = function(d) return "Dog " .. d.name end
Dog.__eq = function(a, b) return a.name == b.name end
Dog.__lt = function(a, b) return a.name < b.name end
Dog.__len = function(d) return #d.name end
Dog.__call = function(d, what) return d.name .. " fetches " .. what end
Dog.__concat = function(a, b) return tostring(a) .. "&" .. tostring(b) end
local a, b = Dog.new "Rex", Dog.new "Ace"
print(a:speak()) print(a:kind(), a, #a, a "ball", a .. b, a < b, a == Dog.new "Rex", rawequal(a, Dog.new "Rex"))
local kennel = { a, b, Dog.new "Bo" }
table.sort(kennel)
for i, d in ipairs(kennel) do print(i, d) end
local Stack = {} Stack.__index = Stack
function Stack.new() return setmetatable({ n = 0 }, Stack) end
function Stack:push(...) for _, v in ipairs { ... } do self.n = self.n + 1 self[self.n] = v end return self end
function Stack:pop() local v = self[self.n] self[self.n] = nil self.n = self.n - 1 return v end
local s = Stack.new():push(1, 2, 3)
print(s:pop(), s:pop(), s.n)
