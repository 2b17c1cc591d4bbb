#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: secondary processes on the kernel's sub-functions.

The argument is the transport: group or cdev.
"""
import glob
import os
import subprocess
import sys

import guest



def run(*args):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL)


guest.modprobe("mdev", "vfio", "vfio_iommu_type1")
module, = glob.glob(f"{os.environ['SF_BUILD']}/kmod/{os.uname().release}/**/sf_sim.ko",
                    recursive=True)
run("insmod", module, "wire=pair")
for number in range(2):
    run("devlink", "port", "add", "platform/sf_sim", "flavour", "pcisf", "pfnum", "0",
        "sfnum", str(number))
    run("devlink", "port", "function", "set", f"platform/sf_sim/{number}",
        "hw_addr", f"02:5f:00:00:00:0{number}", "state", "active")
here = os.path.dirname(os.path.abspath(__file__))
os.environ["SF_TRANSPORT"] = sys.argv[1]
os.execv(f"{here}/../e2e/test_secondary.py", ["test_secondary.py"])
