-- SPDX-License-Identifier: MIT OR GPL-2.0-only
answer = 42 return answer
