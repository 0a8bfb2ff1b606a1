#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=240
#
# What the documentation shows is what happens, and what there is has an entry in it.

exec "$(dirname "$0")/../../docs/check"
