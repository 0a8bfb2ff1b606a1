# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What suites start and read all the time, as a part of the initramfs: a file that the guest has by itself costs it nothing, each
that it must ask the host for some milliseconds."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from common import BUILD, locked
from cpio import Archive

PROGRAMS = ("awk", "bash", "basename", "cat", "chmod", "cp", "cut", "date", "diff", "dirname", "dmesg", "env", "find", "fish", "grep",
            "head", "id", "ip", "kill", "ln", "ls", "mkdir", "mktemp", "modprobe", "mount", "mv", "nc", "openssl", "paste", "ping",
            "printf", "ps", "python3", "readlink", "rm", "rmmod", "sed", "seq", "sh", "sleep", "sort", "stat", "stdbuf", "tail",
            "taskset", "tee", "timeout", "touch", "tr", "true", "umount", "uname", "uniq", "wc", "xargs", "zsh")
# Patterns below /, of files and of directories as a whole.
FILES = ("usr/lib/python3.*/*.py", "usr/lib/python3.*/__pycache__", "usr/lib/python3.*/lib-dynload",
         *(f"usr/lib/python3.*/{package}" for package in ("asyncio", "collections", "concurrent", "ctypes", "email", "encodings", "http",
                                                          "importlib", "json", "logging", "re", "unittest", "urllib")),
         "usr/lib/*/zsh", "usr/share/zsh/functions", "usr/share/fish/config.fish", "usr/share/fish/functions",
         "usr/share/bash-completion/bash_completion", "usr/lib/locale/C.utf8", "usr/lib/*/gconv/gconv-modules.cache",
         "usr/lib/*/ossl-modules", "etc/ld.so.cache")


def libraries(program):
    """Of a program, the interpreter it names among them: as paths that may be links."""
    shown = subprocess.run(["ldd", program], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return re.findall(r"(?:^\s*|=> )(/\S+) \(0x", shown, re.M)


def programs():
    return [path for name in PROGRAMS if (path := shutil.which(name, path="/usr/bin:/usr/sbin"))]


def files():
    return [str(below) for pattern in FILES for path in pathlib.Path("/").glob(pattern)
            for below in (path.rglob("*") if path.is_dir() else (path,))
            if below.is_file() and (below.suffix != ".pyc" or "opt-" not in below.name)]


def with_links(paths):
    """The paths, with what each link leads to, and without the links of the root's directories."""
    found = set()
    for path in paths:
        while True:
            path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
            if path in found or not os.path.lexists(path):
                break
            found.add(path)
            if not os.path.islink(path):
                break
            path = os.path.join(os.path.dirname(path), os.readlink(path))
    return sorted(path for path in found if path.startswith(("/usr/", "/etc/")))


def pack(paths):
    archive, made = Archive(), set()
    for path in paths:
        for parent in [*pathlib.PurePath("near" + path).parents][-2::-1]:
            if parent not in made:
                made.add(parent)
                archive.directory(str(parent))
        if os.path.islink(path):
            archive.symlink("near" + path, os.readlink(path))
        else:
            about = os.stat(path)
            # Python takes what it compiled only beside a source of the same time.
            archive.file("near" + path, pathlib.Path(path).read_bytes(), about.st_mode & 0o7777, int(about.st_mtime))
    return archive.bytes()


def initramfs():
    """The archive's file, made anew when one of its files has changed, or libraries have, which are in the linker's cache."""
    started, read = programs(), files()
    key = hashlib.sha256()
    for path in [*started, *read, "/etc/ld.so.cache"]:
        about = os.stat(path)
        key.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    place = BUILD / "guest"
    place.mkdir(parents=True, exist_ok=True)
    made = place / f"near-{key.hexdigest()[:16]}.cpio"
    with locked(place / "near.lock"):
        if not made.exists():
            for old in place.glob("near-*.cpio"):
                old.unlink()
            work = made.with_suffix(".new")
            work.write_bytes(pack(with_links([*started, *read, *(library for program in started for library in libraries(program))])))
            work.rename(made)
    return made
