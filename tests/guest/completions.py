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

# bash-completion finds and loads the file by itself, as it does at the first Tab; then, for each question, readline's
# variables are set and the function is called that `complete` knows.
BASH = r"""
. /usr/share/bash-completion/bash_completion
_completion_loader lunatik
[[ $(complete -p lunatik) =~ -F\ ([^ ]+) ]] || { echo "no completion for lunatik"; exit 1; }
offer=${BASH_REMATCH[1]}
while read -ra words; do
	COMP_WORDS=(lunatik "${words[@]}") COMP_CWORD=${#words[@]} COMPREPLY=()
	COMP_LINE="lunatik ${words[*]}" COMP_POINT=${#COMP_LINE}
	"$offer" lunatik "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
	[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
	echo "that is all"
done
"""

# An interactive zsh behind a pseudo-terminal of zsh's own. What its
# completion system would offer is caught where it hands the words over, in compadd.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PROMPT2="
# It would read the hundreds of others' completions first: only ours, and the functions that all use.
zpty -w shell 'others=($fpath) fpath=(${(M)fpath:#(*site-functions|*/functions/(Completion|Completion/Base|Completion/Zsh|Misc))})'
zpty -w shell 'autoload -Uz compinit; compinit -u -d /tmp/zcompdump'
zpty -w shell 'fpath=($others); autoload -Uz _files _path_files _list_files'
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


FISH = r"""
while read words
	complete -C "lunatik $words"
	echo "that is all"
end
"""


class Shell:
    """A shell that answers questions, one after the other, since shells are slow to start."""

    def __init__(self, name, *argv):
        self.name = name
        self.process = subprocess.Popen(argv, text=True, errors="replace", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=dict(os.environ, HOME="/root", XDG_DATA_DIRS="/usr/local/share:/usr/share"))

    def __call__(self, words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        found = []
        while (line := self.process.stdout.readline()) not in ("", "that is all\n"):
            # fish describes what it offers.
            found.append(line.strip().split("\t")[0])
        return found

    def close(self):
        self.process.stdin.close()
        equal(f"{self.name} ends well", self.process.wait(60 * SLOW), 0)


def offers(shell, name, wanted, words, exactly=True):
    got = sorted(set(shell(words)))
    good = got == sorted(wanted) if exactly else set(wanted) <= set(got)
    ok(f"{shell.name}: {name}", good, f"lunatik {' '.join(words)}", f"got    {got}", f"wanted {sorted(wanted)}")


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
    shells = [Shell("bash", "bash", "-c", BASH), Shell("zsh", "zsh", "-fc", ZSH), Shell("fish", "fish", "-c", FISH)]
    for shell in shells:
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
    for shell in shells:
        offers(shell, "a runtime that has ended is not offered", ["test/zeal"], ["stop", "test/ze"])
    for shell in shells:
        shell.close()
    os.chdir("/")
    place.cleanup()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
