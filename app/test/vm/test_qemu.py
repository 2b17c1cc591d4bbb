#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Simulated sub-functions that QEMU gives to its guest as PCI devices.

What is tested is dpdk-sf-sim with a client that is not ours.  The guest's kernel has the
devices by its own vfio-pci, so the driver reaches them by three layers of VFIO: ours in
the guest, the kernel's, and QEMU's vfio-user with the guest's IOMMU in between.
"""
import os
import subprocess
import sys
import time

from sub_functions import guest, harness
from test_testpmd import check_lossless

VENDOR, DEVICE = 0x5f5f, 0x5f01
FUNCTIONS = guest.pci_find(VENDOR, DEVICE)
PACKETS = 1_000_000

# Where the bus finds the functions as sub-functions.
DIRECTORY = "/run/sub-functions"
NAMES = ["sf_sim.sf.0", "sf_sim.sf.1"]


def pci_attribute(bdf, name):
    return guest.read(f"/sys/bus/pci/devices/{bdf}/{name}")


def bind():
    """Give the functions to vfio-pci, unless it has them."""
    for bdf in FUNCTIONS:
        if not os.path.exists(f"/sys/bus/pci/devices/{bdf}/driver"):
            guest.pci_bind(bdf)


def publish():
    """Have the functions look like devices of the auxiliary bus.

    The bus takes the kernel's word alone for what VFIO has of a device, so these are
    the kernel's own directories, under other names.  That does for the character
    device, which sysfs names; a group has its devices by the names that the kernel gave
    them.
    """
    if os.path.exists(DIRECTORY):
        return
    for name, bdf in zip(NAMES, FUNCTIONS):
        os.makedirs(f"{DIRECTORY}/{name}")
        guest.run("mount", "--bind", os.path.realpath(f"/sys/bus/pci/devices/{bdf}"),
                  f"{DIRECTORY}/{name}")
    guest.hide_drivers("/usr/bin/dpdk-testpmd", "mempool_ring")


class Env(harness.Env):
    """Devices are those that QEMU has, all the time."""

    def __init__(self):
        super().__init__()
        self.devices = DIRECTORY

    def testpmd(self, eal, **kwargs):
        bind()
        publish()
        return super().testpmd(eal, huge=True, small=True, **kwargs)


def test_functions(_env):
    """What the guest's kernel has made of configuration space."""
    assert len(FUNCTIONS) == 2, FUNCTIONS
    for bdf in FUNCTIONS:
        assert pci_attribute(bdf, "class") == "0x020000"
        bars = [line.split() for line in pci_attribute(bdf, "resource").splitlines()]
        sizes = [int(end, 16) - int(start, 16) + 1 for start, end, flags in bars[:6]
                 if int(flags, 16)]
        assert sizes == [0x20000, 0x1000], bars


def start_testpmd(env):
    """The driver on both, by character device."""
    return env.testpmd(["--log-level=*vfio:debug", *(
        arg for name in NAMES for arg in ("-a", f"bus=auxiliary,name={name},vfio=cdev"))])


def test_forward(env):
    """A million packets, and none is lost."""
    pmd = start_testpmd(env)
    assert pmd.text().count("open, character device") == 2, pmd.text()
    start = time.monotonic()
    pmd.command("start tx_first 4")
    while sum(pmd.stats(port)["RX-packets"] for port in (0, 1)) < PACKETS:
        assert time.monotonic() - start < 90, pmd.stats(0)
        time.sleep(1)
    seconds = time.monotonic() - start
    pmd.command("stop")
    time.sleep(0.5)
    check_lossless(pmd)
    received = sum(pmd.stats(port)["RX-packets"] for port in (0, 1))
    print(f"# {received} packets in {seconds:.1f} s, 0 lost")
    # Of the far end's link the interrupt of vector 0 tells.
    for command in ("stop", "start"):
        pmd.type(f"port {command} 1")
        pmd.expect("Port 0: link state change event", 30)
    pmd.quit()


def test_reset(env):
    """The guest's kernel resets both functions while they forward.

    The application finds ports that receive nothing; it resets them, and they forward again.
    """
    pmd = start_testpmd(env)
    pmd.command("start tx_first 4")
    time.sleep(0.5)
    for bdf in FUNCTIONS:
        guest.write(f"/sys/bus/pci/devices/{bdf}/reset", "1")
    before = pmd.stats(0)["RX-packets"], pmd.stats(1)["RX-packets"]
    time.sleep(0.5)
    assert (pmd.stats(0)["RX-packets"], pmd.stats(1)["RX-packets"]) == before
    pmd.command("stop")
    for command in ("stop", "reset", "start"):
        pmd.command(f"port {command} all", 60)
    pmd.command("clear port stats all")
    pmd.forward(2.0, first=4)
    check_lossless(pmd)
    assert pmd.stats(0)["RX-packets"] > 1000, pmd.stats(0)
    pmd.quit()


def autotest(name, *options):
    """Cases that need no driver of ours; what they print is shown."""
    bind()
    variables = {f"TEST_VFIO_SF{number}": bdf for number, bdf in enumerate(FUNCTIONS)}
    done = subprocess.run(
        [f"{harness.BUILD}/app/test/dpdk-test-auxiliary", "--in-memory", "--no-pci", "-m", "64",
         "-l", "0", "--no-telemetry", *options, "--", name],
        env={**os.environ, **variables, "LD_LIBRARY_PATH": harness.library_path()},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
    for line in done.stdout.splitlines():
        print("#", line.removeprefix("# "))
    assert done.returncode == 0 and "SKIP" not in done.stdout


def test_registers_by_group(_env):
    autotest("vfio_qemu_group_autotest")


def test_registers_by_cdev(_env):
    autotest("vfio_qemu_cdev_autotest")


def test_registers_without_iommu(_env):
    """In a guest without an IOMMU: what QEMU maps is the guest's memory, once for all."""
    guest.write("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y")
    autotest("vfio_qemu_group_autotest", "--iova-mode=pa")


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
