# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Keys, signatures as docs/safety.md makes them, and keyrings, for suites about signed scripts."""

import ctypes
import os
import pathlib
import re
import struct
import subprocess

MARK = b"~Module signature appended~\n"
ADD_KEY, KEYCTL = 248, 250	# x86-64
RESTRICT, LINK, UNLINK = 29, 8, 9
libc = ctypes.CDLL(None, use_errno=True)


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout


def make_key(directory, name):
    """A key and its certificate; returns their common path without what .key, .pem and .der add."""
    path = pathlib.Path(directory) / name
    openssl("req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "3650", "-subj", f"/CN={name}/",
            "-addext", "keyUsage=digitalSignature", "-keyout", f"{path}.key", "-out", f"{path}.pem")
    openssl("x509", "-in", f"{path}.pem", "-outform", "DER", "-out", f"{path}.der")
    return path


def trailer(size, identifier=2):
    return struct.pack(">BBBBB3xI", 0, 0, identifier, 0, 0, size) + MARK


def signature(key, text):
    path = pathlib.Path(f"{key}.text")
    path.write_bytes(text)
    return openssl("cms", "-sign", "-binary", "-noattr", "-nosmimecap", "-nocerts", "-md", "sha256", "-signer", f"{key}.pem",
                   "-inkey", f"{key}.key", "-outform", "DER", "-in", path)


def signed(key, text):
    text = text if isinstance(text, bytes) else text.encode()
    made = signature(key, text)
    return text + made + trailer(len(made))


def errno_name(result):
    return result if result >= 0 else os.strerror(ctypes.get_errno())


def keyring(name):
    """The number of a keyring, or None."""
    found = re.search(rf"^([0-9a-f]+) .* keyring +{re.escape(name)}:", pathlib.Path("/proc/keys").read_text(), re.M)
    return int(found[1], 16) if found else None


def add(ring, certificate):
    """Adds a certificate to a keyring: keyctl padd asymmetric "" RING. Returns 0 or an errno."""
    der = pathlib.Path(certificate).read_bytes()
    key = libc.syscall(ADD_KEY, b"asymmetric", b"", der, ctypes.c_size_t(len(der)), ctypes.c_int(ring))
    return 0 if key > 0 else ctypes.get_errno()


def add_keyring(name, ring):
    """Makes a keyring in another, -3 being the session's own; returns its number."""
    return libc.syscall(ADD_KEY, b"keyring", name.encode(), None, ctypes.c_size_t(0), ctypes.c_int(ring))
