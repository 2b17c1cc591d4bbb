# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The kernel's simulated sub-functions, and what a test of them works with."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../e2e"))
import guest  # noqa: E402
import harness  # noqa: E402

MODULE = f"{harness.BUILD}/kmod/{os.uname().release}/sim/linux/sf_sim.ko"


class SubFunctions:
    """sf_sim.ko, and the sub-functions that devlink makes of it."""

    DEVLINK = "platform/sf_sim"

    def __init__(self, wire, driver="vfio"):
        guest.modprobe("mdev", "vfio", "vfio_iommu_type1")
        guest.run("insmod", MODULE, f"wire={wire}", f"driver={driver}", "cpu=1")
        self.loaded = True

    def add(self, sfnum):
        """An active sub-function; returns its name on the auxiliary bus."""
        before = self.names()
        guest.run("devlink", "port", "add", self.DEVLINK, "flavour", "pcisf", "pfnum", "0",
                  "sfnum", str(sfnum))
        self.set(sfnum, "active")
        name, = self.names() - before
        return name

    def set(self, sfnum, state):
        guest.run("devlink", "port", "function", "set", f"{self.DEVLINK}/{sfnum}", "state", state)

    def delete(self, sfnum):
        guest.run("devlink", "port", "del", f"{self.DEVLINK}/{sfnum}")

    @staticmethod
    def names():
        return set(os.listdir("/sys/bus/auxiliary/devices"))

    def stop(self):
        """Safe to be called again."""
        if self.loaded:
            guest.run("rmmod", "sf_sim")
        self.loaded = False


class Env(harness.Env):
    """Devices are the kernel's; its module goes with the test."""

    def __init__(self):
        super().__init__()
        self.devices = None
        self.sfs = None

    def sub_functions(self, wire, driver="vfio"):
        self.sfs = SubFunctions(wire, driver)
        return self.sfs

    def testpmd(self, eal, **kwargs):
        return super().testpmd(eal, huge=True, small=True, **kwargs)

    def close(self):
        super().close()
        if self.sfs is not None:
            self.sfs.stop()
