#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest with QEMU's edu: bind it to vfio-pci and run dpdk-bench-dma with it.

The argument is the number of rounds.
"""
import os
import sys

top = os.path.realpath(f"{os.path.dirname(__file__)}/../../..")
sys.path.insert(0, f"{top}/app/test/vm")
from sub_functions import guest, harness  # noqa: E402 pylint: disable=wrong-import-position

bdf, = guest.pci_find(0x1234, 0x11e8)
guest.pci_bind(bdf)
cdev, = os.listdir(f"/sys/bus/pci/devices/{bdf}/vfio-dev")
os.environ["LD_LIBRARY_PATH"] = harness.library_path()
os.execv(f"{harness.BUILD}/app/bench/dpdk-bench-dma", [
    "dpdk-bench-dma", "--in-memory", "--no-pci", "-m", "64", "-l", "0", "--no-telemetry",
    "--iova-mode=va", "--log-level=4", "--", bdf, f"/dev/vfio/devices/{cdev}", sys.argv[1]])
