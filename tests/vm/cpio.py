# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Writes the newc cpio archives that a kernel unpacks as its initramfs; several may be concatenated."""

import stat


class Archive:
    """An archive in memory. Parents of a path must be added before it, as the kernel creates nothing by itself."""

    def __init__(self):
        self._parts = []
        self._inode = 0

    def directory(self, path):
        self._add(path, stat.S_IFDIR | 0o755, b"")

    def file(self, path, data, mode=0o644, mtime=0):
        self._add(path, stat.S_IFREG | mode, data, mtime=mtime)

    def symlink(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path, mode, major, minor):
        """A character device; the kernel opens /dev/console before anything can be mounted."""
        self._add(path, stat.S_IFCHR | mode, b"", (major, minor))

    def bytes(self):
        return b"".join(self._parts) + self._entry("TRAILER!!!", 0, b"", (0, 0), 0, 0)

    def _add(self, path, mode, data, device=(0, 0), mtime=0):
        self._inode += 1
        self._parts.append(self._entry(path.lstrip("/"), mode, data, device, self._inode, mtime))

    @staticmethod
    def _entry(name, mode, data, device, inode, mtime):
        encoded = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, mtime, len(data), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        return header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4)
