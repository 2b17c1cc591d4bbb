#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: inject_autotest on the kernel's sub-functions.

The arguments are the transport, group or cdev, and the cases.
"""
import os
import sys

from sub_functions import SubFunctions, harness

sfs = SubFunctions("pair")
for number in range(2):
    sfs.add(number)
os.environ["SF_TRANSPORT"] = sys.argv[1]
os.environ["LD_LIBRARY_PATH"] = harness.library_path()
os.execv(f"{harness.BUILD}/app/test/dpdk-test-auxiliary", [
    "dpdk-test-auxiliary", "--in-memory", "--no-pci", "-m", "128", "-l", "0", "--no-telemetry",
    "-a", "auxiliary:", "--", "inject_autotest", *sys.argv[2:]])
