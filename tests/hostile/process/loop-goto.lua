-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- expect: stopped
-- goto.
::top::
goto top
