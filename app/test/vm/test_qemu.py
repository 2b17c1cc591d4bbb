#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Simulated sub-functions that QEMU gives to its guest as PCI devices.

What is tested is dpdk-sf-sim with a client that is not ours.  The guest's kernel has the
devices by its own vfio-pci, so the driver reaches them by three layers of VFIO: ours in
the guest, the kernel's, and QEMU's vfio-user with the guest's IOMMU in between.
"""
import os
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
        guest.pci_bind(bdf)
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


def test_forward(env):
    """The driver on both, by character device: a million packets, and none is lost."""
    pmd = env.testpmd(["--log-level=*vfio:debug", *(
        arg for name in NAMES for arg in ("-a", f"bus=auxiliary,name={name},vfio=cdev"))])
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


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
