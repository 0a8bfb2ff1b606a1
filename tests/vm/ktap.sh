# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# What a shell suite of tests/guest says its results with: `. "$KTAP"`, then plan, and one ok, is or like for each test.

ktap_number=0
ktap_failed=0

# plan N: says how many tests follow; a suite that ends early is then seen to.
plan()
{
	echo "KTAP version 1"
	echo "1..$1"
}

# result STATUS NAME: reports a test by an exit status.
result()
{
	ktap_number=$((ktap_number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $ktap_number - $2"
	else
		ktap_failed=$((ktap_failed + 1))
		echo "not ok $ktap_number - $2"
	fi
}

# ok NAME COMMAND...: the command succeeds.
ok()
{
	local name=$1 said status
	shift
	said=$("$@" 2>&1)
	status=$?
	[ $status = 0 ] || printf '# %s: status %s\n%s\n' "$*" "$status" "$said" | sed '2,$s/^/#   /'
	result $status "$name"
}

# is NAME GOT WANTED: the two strings are the same.
is()
{
	[ "$2" = "$3" ]
	local status=$?
	[ $status = 0 ] || printf '# got    %q\n# wanted %q\n' "$2" "$3"
	result $status "$1"
}

# like NAME GOT REGEX: the string contains a match of the extended regular expression.
like()
{
	[[ $2 =~ $3 ]]
	local status=$?
	[ $status = 0 ] || printf '# got    %q\n# wanted a match of %q\n' "$2" "$3"
	result $status "$1"
}

# skip NAME WHY: a test that cannot be made here.
skip()
{
	ktap_number=$((ktap_number + 1))
	echo "ok $ktap_number - $1 # SKIP $2"
}

# finish: the exit status of the suite; its last command.
finish()
{
	[ $ktap_failed = 0 ]
}
