#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=400
"""The completions of bash, zsh and fish, as their shells load and run them: verbs, options, scripts that are installed, and
runtimes that run at this moment; files where a script may be one, and nowhere else."""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, finish, install, lunatik, ok, stop

SHARE = pathlib.Path("/usr/local/share")
FILES = {"bash": SHARE / "bash-completion/completions/lunatik", "zsh": SHARE / "zsh/site-functions/_lunatik",
         "fish": SHARE / "fish/vendor_completions.d/lunatik.fish"}

# bash-completion finds and loads the file by itself, as it does at the first Tab; then readline's variables are set and
# the function is called that `complete` knows.
BASH = r"""
. /usr/share/bash-completion/bash_completion
shift
_completion_loader lunatik
[[ $(complete -p lunatik) =~ -F\ ([^ ]+) ]] || { echo "no completion for lunatik"; exit 1; }
COMP_WORDS=(lunatik "$@") COMP_CWORD=$#
COMP_LINE="lunatik $*" COMP_POINT=${#COMP_LINE}
"${BASH_REMATCH[1]}" lunatik "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\n' "${COMPREPLY[@]}"
"""

# An interactive zsh behind a pseudo-terminal of zsh's own, for all questions, since it is slow to start. What its
# completion system would offer is caught where it hands the words over, in compadd.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PROMPT2="
zpty -w shell "autoload -Uz compinit; compinit -u -d /tmp/zcompdump"
zpty -w shell '
offered() { compadd() {
	local -a found
	builtin compadd -O found "$@"
	(( $#found )) && print -rl -- "offer:"${^found}":"
	builtin compadd "$@"
}; _main_complete; compstate[insert]=; compstate[list]=; print -r -- "offer"end: ; }
zle -C offered complete-word offered
bindkey "^I" offered
print -r -- rea"dy":'
while zpty -r shell line; do [[ $line == *ready:* ]] && break; done
while read -r words; do
	zpty -w -n shell $'\025'"lunatik $words"$'\t'
	while zpty -r shell line; do
		[[ $line == *offerend:* ]] && break
		[[ $line == *offer:*:* ]] && print -r -- "${${line##*offer:}%%:*}"
	done
	print -r -- "that is all"
done
zpty -d shell
"""


def run(name, argv):
    done = subprocess.run(argv, text=True, errors="replace", capture_output=True, stdin=subprocess.DEVNULL, timeout=60 * SLOW,
                          env=dict(os.environ, HOME="/root", XDG_DATA_DIRS="/usr/local/share:/usr/share"))
    if done.returncode:
        ok(name, False, f"status {done.returncode}", done.stdout, done.stderr)
    return done


def bash(words):
    done = run("bash", ["bash", "-c", BASH, "bash", "-", *words])
    return [line for line in done.stdout.splitlines() if line]


def zsh(words):
    if not zsh.process:
        zsh.process = subprocess.Popen(["zsh", "-fc", ZSH], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    zsh.process.stdin.write(" ".join(words) + "\n")
    zsh.process.stdin.flush()
    found = []
    while (line := zsh.process.stdout.readline()) not in ("", "that is all\n"):
        found.append(line.strip())
    return found


zsh.process = None


def fish(words):
    done = run("fish", ["fish", "-c", "complete -C $argv[1]", "--", " ".join(["lunatik", *words])])
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def offers(shell, name, wanted, words, exactly=True):
    got = sorted(set(shell(words)))
    good = got == sorted(wanted) if exactly else set(wanted) <= set(got)
    ok(f"{shell.__name__}: {name}", good, f"lunatik {' '.join(words)}", f"got    {got}", f"wanted {sorted(wanted)}")


def main():
    # Files whose names begin as the words of lists do, which only a script's place may offer.
    place = tempfile.TemporaryDirectory()
    os.chdir(place.name)
    for name in ("data.sh", "passwd.txt", "create.txt", "stats.txt", "unload.sh", "local.lua", "program.o"):
        pathlib.Path(name).touch()
    install("zebra", "print(1)")
    install("zeal", "print(1)")
    for name in ("test/zebra", "test/zeal", "passwd"):
        lunatik("run", name)
    for shell, path in FILES.items():
        done = subprocess.run([shell, "-n", path], capture_output=True, text=True)
        equal(f"{shell} parses its file", (done.returncode, done.stdout + done.stderr), (0, ""))
    for shell in (bash, zsh, fish):
        offers(shell, "verbs", ["state", "stats", "status", "stop"], ["st"])
        offers(shell, "one verb", ["unload"], ["un"])
        offers(shell, "options of a verb", ["--timeout"], ["run", "--ti"], exactly=False)
        offers(shell, "installed scripts", ["test/zeal", "test/zebra"], ["run", "test/ze"])
        offers(shell, "no script that is not there", [], ["run", "test/nosuchscript"])
        offers(shell, "runtimes", ["test/zeal", "test/zebra"], ["stop", "test/ze"])
        offers(shell, "a script that does not run is none", [], ["stop", "test/fai"])
        offers(shell, "runtimes, of restart", ["passwd"], ["restart", "pass"])
        offers(shell, "suites", ["data"], ["test", "da"])
        offers(shell, "actions", ["close", "create"], ["state", "c"])
        offers(shell, "operations", ["unload"], ["xdp", "unl"])
        offers(shell, "devices", ["lo"], ["xdp", "unload", "lo"])
        offers(shell, "an object file", ["program.o"], ["xdp", "load", "prog"])
        offers(shell, "no file where nothing is wanted", [], ["monitor", "da"])
        offers(shell, "a file that is a script", ["local.lua"], ["check", "loc"], exactly=False)
        offers(shell, "contexts", ["softirq"], ["run", "passwd", "soft"])
    stop("test/zebra")
    for shell in (bash, zsh, fish):
        offers(shell, "a runtime that has ended is not offered", ["test/zeal"], ["stop", "test/ze"])
    zsh.process.stdin.close()
    equal("zsh ends well", zsh.process.wait(60), 0)
    os.chdir("/")
    place.cleanup()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
