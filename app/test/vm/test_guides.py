#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: what the guides tell readers to type where sf_sim.ko is."""
import os
import subprocess
import sys

import guest
import sub_functions
from sub_functions import harness

import guides  # pylint: disable=wrong-import-order # sub_functions says where it is

EAL = ["--in-memory", "-m", "64", "--no-pci", "--no-telemetry"]


class Env(harness.Env):
    """The module is in the directory where the guides' commands run, and ends with the test.

    So do the modules that it needs, for the next guide to load them by itself.
    """

    def __init__(self):
        super().__init__()
        guest.hide_drivers("/usr/bin/dpdk-testpmd", "mempool_ring", "mempool_stack", "net_tap")
        os.symlink(sub_functions.MODULE, self.path("sf_sim.ko"))

    def close(self):
        super().close()
        if os.path.exists("/sys/module/sf_sim"):
            guest.run("rmmod", "sf_sim")
        subprocess.run(["modprobe", "-r", "mdev", "vfio_iommu_type1", "vfio"], check=False)


def test_sfctl(env):
    guides.run(env, "tools/sfctl.rst", "guest", EAL)


def test_scalable_functions(env):
    guides.run(env, "howto/scalable_functions.rst", "guest", EAL)


def test_sf_sim(env):
    guides.run(env, "tools/sf_sim.rst", "guest", EAL)


def test_it_does_not_work(env):
    guides.run(env, "howto/it_does_not_work.rst", "guest", EAL)


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
