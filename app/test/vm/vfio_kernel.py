#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: make the devices of vfio_kernel_*_autotest, then run them.

The argument is the MAC address that QEMU gave to the e1000e.
"""
import os
import sys

import guest

guest.modprobe("mtty", "mdpy", "mbochs")
os.environ["TEST_VFIO_MTTY"] = guest.mdev_create("mtty", "mtty-1")
os.environ["TEST_VFIO_MDPY"] = guest.mdev_create("mdpy", "mdpy-vga")
os.environ["TEST_VFIO_MBOCHS"] = guest.mdev_create("mbochs", "mbochs-small")
os.environ["TEST_VFIO_FOREIGN"] = guest.mdev_create("mtty", "mtty-2")
guest.pretend("/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/device_api", "vfio-ap")
for name, vendor, device in (("EDU", 0x1234, 0x11e8), ("E1000E", 0x8086, 0x10d3)):
    bdf, = guest.pci_find(vendor, device)
    guest.pci_bind(bdf)
    os.environ[f"TEST_VFIO_{name}"] = bdf
os.environ["TEST_VFIO_E1000E_MAC"] = sys.argv[1]
build = os.environ["SF_BUILD"]
os.environ["LD_LIBRARY_PATH"] = f"{build}/drivers"
os.execv(f"{build}/app/test/dpdk-test-auxiliary", [
    "dpdk-test-auxiliary", "--in-memory", "--no-pci", "-m", "128", "-l", "0", "--no-telemetry",
    "--", "vfio_kernel_group_autotest", "vfio_kernel_cdev_autotest",
    "vfio_kernel_bus_autotest"])
