#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: DPDK's PCI bus, of a build of DPDK that is given, by one transport.

The arguments are the build directory, "group" or "cdev", and tests.  With "cdev" the
nodes of the groups are taken away, so that character devices are what is left.  The
guest has two e1000e and two virtio-net on one hub, and QEMU's monitor if one of the
e1000e, "unplugged", can be taken away by it.
"""
import glob
import os
import re
import subprocess
import sys
import time

import guest
from sub_functions import harness

BUILD, TRANSPORT = sys.argv[1:3]
del sys.argv[1:3]
# common/vfio tells how it opened a device; the unpatched bus does not ask it.
OPEN = {"group": "open, group", "cdev": "open, character device"}[TRANSPORT]

E1000E = (0x8086, 0x10d3)
VIRTIO_NET = (0x1af4, 0x1041)
DRIVERS = ("mempool_ring", "net_e1000", "net_virtio")
NOT_SHARED = ["--no-huge", "--no-shconf", "-m", "64"]


def library(name):
    """A driver of the build, by the name with its whole version."""
    return max(glob.glob(f"{BUILD}/drivers/librte_{name}.so.*[0-9]"), key=len)


def drivers_args():
    return [arg for name in DRIVERS for arg in ("-d", library(name))]


def is_patched():
    with open(library("bus_pci"), "rb") as file:
        return b"rte_vfio_dev_open" in file.read()


def devices(identity):
    """Two PCI devices of an identity, behind VFIO."""
    found = guest.pci_find(*identity)
    assert len(found) == 2, found
    for bdf in found:
        bind(bdf)
    return found


def bind(bdf):
    driver = f"/sys/bus/pci/devices/{bdf}/driver"
    if os.path.exists(driver):
        guest.write(f"{driver}/unbind", bdf)
    guest.pci_bind(bdf)
    if TRANSPORT == "cdev":
        group = os.path.basename(os.readlink(f"/sys/bus/pci/devices/{bdf}/iommu_group"))
        if os.path.exists(f"/dev/vfio/{group}"):
            os.unlink(f"/dev/vfio/{group}")


class Testpmd(harness.Testpmd):
    """testpmd of the build."""

    def __init__(self, names, memory, app=()):
        harness.Process.__init__(
            self, ["stdbuf", "-oL", f"{BUILD}/app/dpdk-testpmd", "--lcores", "0@0,1@0", *memory,
                   "--no-telemetry", "--log-level=common.vfio:debug", *drivers_args(),
                   *(arg for name in names for arg in ("-a", name)),
                   "--", "-i", "--total-num-mbufs=4096", "--port-topology=paired", *app],
            env={"LD_LIBRARY_PATH": f"{BUILD}/lib:{BUILD}/drivers"})

    def ready(self):
        super().ready()
        assert not is_patched() or OPEN in self.text() or "secondary" in self.args, self.text()

    def ports(self):
        """Port numbers by the names of their devices."""
        return {name: int(port) for port, name in re.findall(
            r"^(\d+) +[0-9A-F:]{17} +(\S+)", self.command("show port summary all"), re.M)}

    def check_forwards(self, names, first=4):
        """Packets go to and fro between two devices, over the hub."""
        ports = self.ports()
        assert set(ports) == set(names), ports
        self.command("clear port stats all")
        self.forward(2.0, first=first)
        for name, port in ports.items():
            stats = self.stats(port)
            assert stats["RX-packets"] > 20 and stats["TX-packets"] > 20, (name, stats)


def check_forward(env, identity):
    names = devices(identity)
    testpmd = env.start(Testpmd(names, NOT_SHARED, ["--mp-alloc=xmem"]))
    testpmd.check_forwards(names)
    # An end to end of everything that was set up, and the same anew.
    testpmd.command("port stop 0", 60)
    testpmd.command("port close 0", 60)
    out = testpmd.command(f"device detach {names[0]}", 60)
    assert "is detached" in out, out
    out = testpmd.command(f"port attach {names[0]}", 60)
    assert "is attached" in out, out
    testpmd.command("port start all", 60)
    testpmd.check_forwards(names)
    testpmd.quit()


def test_forward_e1000e(env):
    check_forward(env, E1000E)


def test_forward_virtio(env):
    check_forward(env, VIRTIO_NET)


def test_secondary(env):
    """A secondary process forwards on the primary's ports, and reads their registers."""
    names = devices(E1000E)
    memory = ["-m", "64", "--file-prefix", "pci_bus"]
    primary = env.start(Testpmd(names, [*memory, "--proc-type", "primary"]))
    secondary = env.start(Testpmd(names, [*memory, "--proc-type", "secondary"]))
    secondary.check_forwards(names)
    secondary.quit()
    primary.check_forwards(names)
    primary.quit()


def monitor_port():
    """The device file of the port to QEMU's monitor, or None."""
    for name in glob.glob("/sys/class/virtio-ports/*/name"):
        if guest.read(name) == "monitor":
            return "/dev/" + name.split("/")[-2]
    return None


def unplug(bdf):
    """Take a device away; who has it open is waited for.  By QEMU's monitor if it is there."""
    port = monitor_port()
    if port is not None:
        with open(port, "wb", buffering=0) as monitor:
            monitor.write(b"device_del unplugged\n")
        return None
    return subprocess.Popen(["sh", "-c", f"echo 1 >/sys/bus/pci/devices/{bdf}/remove"])


def test_hot_unplug(env):
    """The application hears that a device is to go, and lets go of it."""
    names = devices(E1000E)
    testpmd = env.start(Testpmd(names, NOT_SHARED, ["--hot-plug"]))
    testpmd.check_forwards(names)
    gone = names[-1]
    writer = unplug(gone)
    testpmd.expect(f"{gone} has been removed", 60)
    end = time.monotonic() + 60
    while os.path.exists(f"/sys/bus/pci/devices/{gone}"):
        assert time.monotonic() < end, "the kernel still has the device"
        time.sleep(0.1)
    assert writer is None or writer.wait(10) == 0
    assert set(testpmd.ports()) == {names[0]}, testpmd.text()
    if writer is not None:
        guest.write("/sys/bus/pci/rescan", "1")
        bind(gone)
        out = testpmd.command(f"port attach {gone}", 60)
        assert "is attached" in out, out
        testpmd.command("port start all", 60)
        testpmd.check_forwards(names)
    testpmd.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
