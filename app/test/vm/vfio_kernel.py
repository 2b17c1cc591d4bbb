#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: make the devices of vfio_kernel_*_autotest, then run some of them.

The arguments are the MAC address that QEMU gave to the e1000e, and which.
"""
import os
import sys

from sub_functions import guest, harness

mac, *suites = sys.argv[1:]
# The PCI devices, as the test knows them; with QEMU's identities.
DEVICES = {
    "EDU": (0x1234, 0x11e8),
    "E1000E": (0x8086, 0x10d3),
    "IVSHMEM": (0x1af4, 0x1110),
    "SDHCI": (0x1b36, 0x0007),
    "NVME": (0x1b36, 0x0010),
    "NOT_VIABLE": (0x1b36, 0x0005),  # pci-testdev, behind one bridge with a virtio device
}

options = []
if any(suite.startswith("noiommu") for suite in suites):
    guest.modprobe("vfio")
    guest.write("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y")
    options = ["--iova-mode=va" if "noiommu_virtual" in suites else "--iova-mode=pa"]
guest.modprobe("mtty", "mdpy", "mbochs")
os.environ["TEST_VFIO_MTTY"] = guest.mdev_create("mtty", "mtty-1")
os.environ["TEST_VFIO_MDPY"] = guest.mdev_create("mdpy", "mdpy-vga")
os.environ["TEST_VFIO_MBOCHS"] = guest.mdev_create("mbochs", "mbochs-small")
os.environ["TEST_VFIO_FOREIGN"] = guest.mdev_create("mtty", "mtty-2")
guest.pretend("/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/device_api", "vfio-ap")
for name, (vendor, device) in DEVICES.items():
    for bdf in guest.pci_find(vendor, device):
        guest.pci_bind(bdf)
        os.environ[f"TEST_VFIO_{name}"] = bdf
# A device that no driver of VFIO has: the host bridge.
os.environ["TEST_VFIO_UNBOUND"] = "0000:00:00.0"
if "noiommu" in suites:
    # As if VFIO's modules were loaded after the application has started.
    os.environ["TEST_VFIO_HIDDEN"] = "/dev/vfio/hidden"
    os.rename("/dev/vfio/vfio", "/dev/vfio/hidden")
os.environ["TEST_VFIO_E1000E_MAC"] = mac
os.environ["LD_LIBRARY_PATH"] = harness.library_path()
os.execv(f"{harness.BUILD}/app/test/dpdk-test-auxiliary", [
    "dpdk-test-auxiliary", "--in-memory", "--no-pci", "-m", "128", "-l", "0", "--no-telemetry",
    *options, "--", *(f"vfio_kernel_{suite}_autotest" for suite in suites)])
