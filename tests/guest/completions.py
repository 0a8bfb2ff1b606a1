#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# suite: timeout=900
"""The completions of bash, zsh and fish, as their shells load and run them: verbs, options, scripts that are installed, and
runtimes that run at this moment; files where a script may be one, and nowhere else. Names are no shell's code: each that a shell
completes on a terminal is the one that the command gets, whatever is in it."""

import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "lib"))
from ktap import SLOW, equal, finish, install, lunatik, ok, stop

SHARE = pathlib.Path("/usr/local/share")
FILES = {"bash": SHARE / "bash-completion/completions/lunatik", "zsh": SHARE / "zsh/site-functions/_lunatik",
         "fish": SHARE / "fish/vendor_completions.d/lunatik.fish"}

# bash-completion finds and loads the file by itself, as it does at the first Tab; then, for each question, readline's
# variables are set and the function is called that `complete` knows. To all three shells a last word @ stands for one that is still empty.
BASH = r"""
. /usr/share/bash-completion/bash_completion
_completion_loader lunatik
[[ $(complete -p lunatik) =~ -F\ ([^ ]+) ]] || { echo "no completion for lunatik"; exit 1; }
offer=${BASH_REMATCH[1]}
while read -ra words; do
	[[ ${words[-1]} != @ ]] || words[-1]=
	COMP_WORDS=(lunatik "${words[@]}") COMP_CWORD=${#words[@]} COMPREPLY=()
	COMP_LINE="lunatik ${words[*]}" COMP_POINT=${#COMP_LINE}
	"$offer" lunatik "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
	[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
	echo "that is all"
done
"""

# An interactive zsh behind a pseudo-terminal of zsh's own. What its
# completion system would offer is caught where it hands the words over, in compadd; `compadd -a` takes the name of an array, so ours
# has one that no completion has.
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
	local -a seen_here
	builtin compadd -O seen_here "$@"
	(( $#seen_here )) && print -rl -- "offer:"${^seen_here}":"
	builtin compadd "$@"
}; _main_complete; compstate[insert]=; compstate[list]=; print -r -- "offer"end: ; }
zle -C offered complete-word offered
bindkey "^I" offered
print -r -- rea"dy":'
while zpty -r shell line; do [[ $line == *ready:* ]] && break; done
while read -r words; do
	zpty -w -n shell $'\025'"lunatik ${words%@}"$'\t'
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
	complete -C "lunatik "(string replace --regex -- '@$' '' $words)
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
    got = sorted(shell(words))
    # zsh asks for some words more than once, and shows them once.
    got = got if shell.name == "bash" else sorted(set(got))
    good = got == sorted(wanted) if exactly else set(wanted) <= set(got)
    ok(f"{shell.name}: {name}", good, f"lunatik {' '.join(words)}", f"got    {got}", f"wanted {sorted(wanted)}")


# The beginning of each name is its own, and is what is typed. The command would be an unwanted one, if a shell ran it.
COMMAND = "touch owned"
NAMES = ["n00$(%s)", "n01`%s`", "n02 two words", "n03it's", 'n04"quoted"', "n05*?[a-z]", "n06;%s", "n07&%s", "n08|%s", "n09#hash", "n10\\back\\",
         "n11(par)", "n12{a,b}", "n13$HOME", "n14!!", "n15co:lon", "n16=equals", "n17\u00fc\u00df", "n18<in>out", "n19^at@x%", "n20'$(%s)'", 'n21"$(%s)"',
         "n22~", "n23\\$(%s)", "n24${IFS}", "n25'\"`%s`"]
NAMES = [name.replace("%s", COMMAND) for name in NAMES]


class Typist:
    """An interactive shell on a terminal of its own, where `lunatik` writes down the words it is called with. What completes asks
    the real one."""

    ARGV = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"], "fish": ["fish", "--no-config", "-i"]}
    SETUP = {"bash": ["bind 'set enable-bracketed-paste off'", f". {FILES['bash']}"],
             "zsh": ["fpath=(${(M)fpath:#(*site-functions|*/functions/(Completion|Completion/Base|Completion/Zsh|Misc))})",
                     "autoload -Uz compinit; compinit -u -d /tmp/zcompdump-typed", "PS1= PROMPT2="],
             "fish": ["function fish_prompt; end", f"source {FILES['fish']}"]}
    CALLED = pathlib.Path("/tmp/called")

    def __init__(self, name):
        self.name = name
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", HOME="/root", XDG_CONFIG_HOME="/tmp/none", XDG_DATA_HOME="/tmp/none")
            os.execvp(self.ARGV[name][0], self.ARGV[name])
        arguments = "$argv" if name == "fish" else '"$@"'
        body = f"printf '%s\\0' {arguments} >{self.CALLED}.new; mv {self.CALLED}.new {self.CALLED}"
        define = f"function lunatik; {body}; end" if name == "fish" else f"lunatik() {{ {body}; }}"
        for line in self.SETUP[name] + [define]:
            self.send(line + "\n")
        ok(f"{name} is ready", self.call("lunatik ready", 60) == ["ready"])

    def send(self, text):
        os.write(self.descriptor, text.encode())

    def read(self, seconds):
        while select.select([self.descriptor], [], [], seconds)[0]:
            try:
                if not os.read(self.descriptor, 65536):
                    return
            except OSError:
                return

    def call(self, line, seconds=10):
        """The words that the command gets when this is typed, or None."""
        self.CALLED.unlink(missing_ok=True)
        self.send(line + "\r")
        until = time.monotonic() + seconds * SLOW
        while not self.CALLED.exists() and time.monotonic() < until:
            self.read(0.1)
        if self.CALLED.exists():
            return self.CALLED.read_bytes().decode().split("\0")[:-1]
        self.send("\x03")
        self.read(0.5)
        return None

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)


def typed():
    """Names that a shell could take for code, quotes or patterns: completing one evaluates nothing, and gives the command that name."""
    install(f"y$({COMMAND})", "print(1)")
    odd = "-n30 dash"
    for name in [*NAMES, odd, f"$({COMMAND})", f"`{COMMAND}`"]:
        done = lunatik("run", "-e", "x = 1", "--name", name)
        ok(f"a runtime {name}", done.returncode == 0, done.stderr)
    for shell in ("bash", "zsh", "fish"):
        typist = Typist(shell)
        for name in NAMES:
            equal(f"{shell} completes {name}", typist.call(f"lunatik stop {name[:3]}\t"), ["stop", name])
        equal(f"{shell}: behind a quote", typist.call("lunatik stop 'n02\t"), ["stop", NAMES[2]])
        equal(f"{shell}: in the other quotes", typist.call('lunatik stop "n02 tw\t'), ["stop", NAMES[2]])
        equal(f"{shell}: behind a blank that is escaped", typist.call("lunatik stop n02\\ \t"), ["stop", NAMES[2]])
        equal(f"{shell}: behind a colon", typist.call("lunatik stop n15co:\t"), ["stop", NAMES[15]])
        equal(f"{shell}: behind an equals sign", typist.call("lunatik stop n16=\t"), ["stop", NAMES[16]])
        equal(f"{shell}: a name that begins as a command", typist.call("lunatik stop \\`\t"), ["stop", f"`{COMMAND}`"])
        equal(f"{shell}: a name with a dash is no option", typist.call("lunatik stop -- -n3\t"), ["stop", "--", odd])
        equal(f"{shell}: nor is that of a state", typist.call("lunatik state close -- -n3\t"), ["state", "close", "--", odd])
        equal(f"{shell}: a state", typist.call("lunatik state close n00\t"), ["state", "close", NAMES[0]])
        equal(f"{shell}: a script", typist.call("lunatik run test/y\t"), ["run", f"test/y$({COMMAND})"])
        typist.call("lunatik stop \t\t")
        typist.close()
    ok("nothing was run", not pathlib.Path("owned").exists())
    for name in [*NAMES, odd, f"$({COMMAND})", f"`{COMMAND}`"]:
        equal(f"stop {name}", lunatik("stop", "--", name).returncode, 0)


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
    subprocess.run(["ip", "netns", "add", "elsewhere"], check=True)
    lunatik("run", "test/zeal", "--name", "zoo", "--netns", "elsewhere")
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
        offers(shell, "one of another network namespace is not offered", [], ["stop", "zo"])
        offers(shell, "network namespaces", ["elsewhere"], ["stop", "--netns", "else"])
        offers(shell, "runtimes of another network namespace", ["zoo"], ["stop", "--netns", "elsewhere", "z"])
        offers(shell, "and behind --", ["zoo"], ["stop", "--netns", "elsewhere", "--", "z"])
        offers(shell, "runtimes, of restart", ["passwd"], ["restart", "pass"])
        offers(shell, "suites", ["data"], ["test", "da"])
        offers(shell, "actions", ["close", "create"], ["state", "c"])
        offers(shell, "states", ["test/zeal", "test/zebra"], ["state", "exec", "test/ze"])
        offers(shell, "states to close", ["passwd"], ["state", "close", "pas"])
        offers(shell, "no state where a new one is named", [], ["state", "create", "test/ze"])
        offers(shell, "modes", ["generic", "native"], ["xdp", "load", "--mode", "@"])
        offers(shell, "a mode", ["native"], ["xdp", "load", "program.o", "--mode", "n"])
        offers(shell, "operations", ["unload"], ["xdp", "unl"])
        offers(shell, "devices", ["lo"], ["xdp", "unload", "lo"])
        offers(shell, "an object file", ["program.o"], ["xdp", "load", "prog"])
        offers(shell, "no file where nothing is wanted", [], ["monitor", "da"])
        offers(shell, "a file that is a script", ["local.lua"], ["check", "loc"], exactly=False)
        offers(shell, "contexts", ["softirq"], ["run", "passwd", "soft"])
        offers(shell, "all contexts, and no files", ["hardirq", "percpu", "process", "softirq"], ["run", "passwd", "@"])
        offers(shell, "contexts behind code", ["hardirq", "percpu", "process", "softirq"], ["run", "-e", "1", "@"])
        offers(shell, "percpu behind softirq", ["percpu"], ["spawn", "passwd", "softirq", "@"])
        offers(shell, "nothing behind a name", [], ["stop", "passwd", "@"])
        offers(shell, "options, those of all verbs too, each once", ["-0", "--help", "--json", "--netns", "--null", "--quiet", "--version", "-V", "-h", "-j", "-q"],
               ["list", "-"])
    stop("test/zebra")
    for shell in shells:
        offers(shell, "a runtime that has ended is not offered", ["test/zeal"], ["stop", "test/ze"])
    for shell in shells:
        shell.close()
    subprocess.run(["ip", "netns", "delete", "elsewhere"], check=True)
    typed()
    os.chdir("/")
    place.cleanup()
    return finish()


if __name__ == "__main__":
    sys.exit(main())
