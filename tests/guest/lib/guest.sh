# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# What the shell suites of tests/guest share: `. "$(dirname "$0")/lib/guest.sh"` first, `finish` last.
# It adds to tests/vm/ktap.sh; the plan stands at the end, where the number of tests is known, and a suite that ends
# early is one without a plan.

# shellcheck source=tests/vm/ktap.sh
. "$KTAP"

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
scripts=/lib/modules/lua/test
work=$(mktemp -d /tmp/suite.XXXXXX)
mkdir -p $scripts
cp "$here"/*.lua $scripts/
# How much more slowly things may happen here than the suites ask for: the detectors cost time.
slow=1
[ -e /proc/lockdep_stats ] && slow=4

echo "KTAP version 1"

# finish: says how many tests there were; the exit status of the suite, hence its last command.
finish()
{
	echo "1..$ktap_number"
	rm -rf "$work"
	[ $ktap_failed = 0 ]
}

# install_script NAME: installs standard input as the script test/NAME.
install_script()
{
	cat >"$scripts/$1.lua"
}

# run COMMAND...: leaves its exit status in $status, what it says in $out and $err. Never longer than 20 seconds.
run()
{
	timeout -k 1 $((20 * slow)) "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	# A shell drops zeros, and complains of them.
	{ out=$(<"$work/out") err=$(<"$work/err"); } 2>/dev/null
}

# gives NAME STATUS OUT ERR COMMAND...: the exit status is STATUS, the outputs contain matches of the regular
# expressions OUT and ERR; an empty expression wants an empty output, `*` takes any.
gives()
{
	local name=$1 wanted=$2 wanted_out=$3 wanted_err=$4 good=0
	shift 4
	run "$@"
	if [ $status != "$wanted" ] || ! matches "$out" "$wanted_out" || ! matches "$err" "$wanted_err"; then
		good=1
		printf '# %q ' "$@"
		printf '\n# status %s, wanted %s\n# stdout %q, wanted %q\n# stderr %q, wanted %q\n' $status "$wanted" \
			"${out:0:2000}" "$wanted_out" "${err:0:2000}" "$wanted_err"
	fi
	result $good "$name"
}

matches()
{
	case $2 in
	'*') ;;
	'') [ -z "$1" ] ;;
	*) [[ $1 =~ $2 ]] ;;
	esac
}

# within SECONDS COMMAND...: repeats the command until it succeeds, for at most that long.
within()
{
	local until=$((SECONDS + $1 * slow + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.05
	done
}

# now: milliseconds of the guest's own clock.
now()
{
	local time=${EPOCHREALTIME/./}
	echo $((time / 1000))
}

# faster NAME MILLISECONDS START: the time since START is below the limit.
faster()
{
	local took=$(($(now) - $3))
	[ $took -le $(($2 * slow)) ]
	local late=$?
	[ $late = 0 ] || echo "# took $took ms, limit $(($2 * slow)) ms"
	result $late "$1"
}

# state NAME: the state that `lunatik list` shows of a runtime.
state()
{
	lunatik list 2>/dev/null | awk -v name="$1" '$1 == name { for (i = 2; i <= NF; i++)
		if ($i ~ /^(loading|ready|running|stopping)$/) print $i }'
}

# is_state NAME STATE
is_state()
{
	[ "$(state "$1")" = "$2" ]
}

# is_gone NAME
is_gone()
{
	[ -z "$(state "$1")" ]
}

# lua_suite NAME [ARGUMENT...]: runs lib/NAME.lua in the kernel, which reports with lib/ktap.lua, as one test with subtests.
lua_suite()
{
	local name=$1
	shift
	echo "  KTAP version 1"
	lunatik run "test/$name" -- "$@" 2>&1 | sed -u 's/^/  /'
	result "${PIPESTATUS[0]}" "$name.lua"
}
