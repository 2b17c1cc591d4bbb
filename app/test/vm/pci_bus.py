#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: DPDK's PCI bus, of a build of DPDK that is given, by one transport.

The arguments are the build directory, "group" or "cdev", and tests.  With "cdev" the
nodes of the groups are taken away, so that character devices are what is left.  The
guest has two e1000e, two virtio-net and two legacy virtio-net on one hub, and QEMU's
monitor if one of the e1000e, "unplugged", can be taken away by it.
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
VIRTIO_NET_LEGACY = (0x1af4, 0x1000)
DRIVERS = ("mempool_ring", "net_e1000", "net_virtio")
TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
BURSTS = 10
TO_PORT_0 = "1.1.1.1"  # by the routes that l3fwd-power comes with
NOT_SHARED = ["--no-huge", "--no-shconf", "-m", "64"]


def library(name):
    """A driver of the build, by the name with its whole version."""
    return max(glob.glob(f"{BUILD}/drivers/librte_{name}.so.*[0-9]"), key=len)


def drivers_args():
    return [arg for name in DRIVERS for arg in ("-d", library(name))]


def is_patched():
    with open(library("bus_pci"), "rb") as file:
        return b"rte_vfio_dev_open" in file.read()


def iommu_faults():
    return guest.run("dmesg").count("fault addr")


def devices(identity):
    """Two PCI devices of an identity, behind VFIO."""
    guest.modprobe("vfio", "vfio_iommu_type1", "vfio-pci")
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
                   "--no-telemetry", "--log-level=*vfio*:debug", *drivers_args(),
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
        """Packets go to and fro between two devices, over the hub.

        A device may go on with what it could not read, so the IOMMU is asked, too.
        """
        ports = self.ports()
        assert set(ports) == set(names), ports
        before = iommu_faults()
        self.command("clear port stats all")
        self.forward(2.0, first=first)
        assert iommu_faults() == before, guest.run("dmesg")
        for name, port in ports.items():
            stats = self.stats(port)
            assert stats["RX-packets"] > 20 and stats["TX-packets"] > 20, (name, stats)


def check_forward(env, identity, memory=tuple(NOT_SHARED)):
    names = devices(identity)
    testpmd = env.start(Testpmd(names, memory))
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


def test_forward_legacy_virtio(env):
    """Its registers are behind a BAR of I/O ports, and it knows physical addresses alone."""
    for name in guest.pci_find(*VIRTIO_NET_LEGACY):
        kind = guest.read(f"/sys/bus/pci/devices/{name}/resource").split()[2]
        assert int(kind, 16) & 0x100, kind  # IORESOURCE_IO
    check_forward(env, VIRTIO_NET_LEGACY,
                  ["-m", "64", "--in-memory", "--iova-mode=pa"])


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


class L3fwdPower(harness.Process):
    """DPDK's example that sleeps until an Rx interrupt, on one port, with the build's libraries."""

    def __init__(self, name, extra):
        path = f"{TOP}/.sdk/{harness.DPDK_VERSION}/examples/l3fwd-power"
        abi = harness.driver_soname().rpartition(".so.")[2].split(".")[0]
        if not os.path.exists(path) or not os.path.exists(f"{BUILD}/lib/librte_eal.so.{abi}"):
            raise harness.Skip("no l3fwd-power for this DPDK: devtools/dpdk.sh examples")
        super().__init__(
            ["stdbuf", "-oL", path, "-l", "1", *NOT_SHARED[:-1], "256", "--no-telemetry",
             *drivers_args(), *extra, "-a", name, "--", "-p", "0x1", "-P", "--config=(0,0,1)",
             "--parse-ptype", "--interrupt-only"],
            env={"LD_LIBRARY_PATH": f"{BUILD}/lib:{BUILD}/drivers"})

    def ready(self):
        self.expect("entering main interrupt loop", 120)

    def wakeups(self):
        return sum("waked up from rx interrupt" in line for line in self.output)


def check_rx_interrupt(env, identity, *extra):
    """A burst, a pause in which it falls asleep, and so on: all of it comes back."""
    names = devices(identity)
    l3fwd = env.start(L3fwdPower(names[0], extra))
    testpmd = env.start(Testpmd(names[1:], NOT_SHARED, [f"--tx-ip=198.18.0.1,{TO_PORT_0}"]))
    testpmd.command("set fwd rxonly")
    time.sleep(2)
    testpmd.command("clear port stats all")
    for _ in range(BURSTS):
        testpmd.forward(0.5, first=1)
    stats = testpmd.stats(0)
    assert stats["TX-packets"] == stats["RX-packets"] > 0, stats
    assert l3fwd.wakeups() >= BURSTS, l3fwd.wakeups()
    testpmd.quit()


def test_rx_interrupt_virtio(env):
    """MSI-X, enabled by the driver when it knows how many queues there are."""
    check_rx_interrupt(env, VIRTIO_NET)


def test_rx_interrupt_e1000e(env):
    check_rx_interrupt(env, E1000E, "--vfio-intr=msi")


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
    testpmd.expect("Device is detached", 60)
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
