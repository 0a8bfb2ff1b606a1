# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Keys typed on the guest's own keyboard: tests/vm/guest gives the guest QEMU's monitor."""

import glob
import os
import pathlib
import subprocess
import time


def monitor():
    """The port that QEMU's monitor listens to, or None."""
    for name in glob.glob("/sys/class/virtio-ports/*/name"):
        if pathlib.Path(name).read_text().strip() == "monitor":
            return "/dev/" + name.split("/")[-2]
    return None


def press(*keys, pause=0.15):
    """Presses and releases each key, by QEMU's name."""
    port = os.open(monitor(), os.O_RDWR | os.O_NONBLOCK)
    try:
        for key in keys:
            os.write(port, f"sendkey {key} 20\n".encode())
            time.sleep(pause)
            try:
                while os.read(port, 4096):
                    pass
            except BlockingIOError:
                pass
    finally:
        os.close(port)


def there():
    """Whether the machine has a keyboard that the kernel's terminals read."""
    subprocess.run(["modprobe", "-q", "atkbd"], check=False)
    return monitor() and "sysrq kbd" in pathlib.Path("/proc/bus/input/devices").read_text()
