# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The kernel's simulated sub-functions, and what a test of them works with."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../e2e"))
import guest  # noqa: E402
import harness  # noqa: E402

MODULE = f"{harness.BUILD}/kmod/{os.uname().release}/sim/linux/sf_sim.ko"


PARENT = "platform/sf_sim"
DEVICES = "/sys/bus/auxiliary/devices"


class Devlink(harness.Process):
    """devlink, started once: starting a program takes long on a slow kernel."""

    def __init__(self):
        super().__init__(["stdbuf", "-oL", "devlink", "--batch", "-"])

    def port(self, text):
        """A command, done when this returns; devlink ends at one that fails."""
        self.type(f"port {text}\ndev show {PARENT}")
        self.expect(f"^{PARENT}$", 60)


class SubFunctions:
    """sf_sim.ko, and the sub-functions that devlink makes of it."""

    def __init__(self, wire, driver="vfio"):
        guest.hide_drivers("/usr/bin/dpdk-testpmd", "mempool_ring", "mempool_stack", "net_tap")
        guest.modprobe("mdev", "vfio", "vfio_iommu_type1")
        guest.run("insmod", MODULE, f"wire={wire}", f"driver={driver}", "cpu=1")
        self.devlink = Devlink()

    def add(self, sfnum):
        """An active sub-function; returns its name on the auxiliary bus."""
        self.devlink.port(f"add {PARENT} flavour pcisf pfnum 0 sfnum {sfnum}")
        self.set(sfnum, "active")
        return self.name(sfnum)

    def set(self, sfnum, state):
        self.devlink.port(f"function set {PARENT}/{sfnum} state {state}")

    def delete(self, sfnum):
        self.devlink.port(f"del {PARENT}/{sfnum}")

    @staticmethod
    def names():
        return set(os.listdir(DEVICES))

    @staticmethod
    def name(sfnum):
        """An active sub-function's name on the auxiliary bus."""
        name, = [n for n in os.listdir(DEVICES) if guest.read(f"{DEVICES}/{n}/sfnum") == str(sfnum)]
        return name

    def stop(self):
        """Safe to be called again."""
        if self.devlink is not None:
            self.devlink.kill()
            guest.run("rmmod", "sf_sim")
        self.devlink = None


def bind_mdev(name):
    """Have a sub-function be a parent of mediated devices, and not one of VFIO."""
    guest.write(f"{DEVICES}/{name}/driver/unbind", name)
    guest.write("/sys/bus/auxiliary/drivers/sf_sim.mdev/bind", name)


class Env(harness.Env):
    """Devices are the kernel's; its module goes with the test."""

    def __init__(self):
        super().__init__()
        self.devices = None
        self.sfs = None

    def sub_functions(self, wire, driver="vfio"):
        self.sfs = SubFunctions(wire, driver)
        self.processes.append(self.sfs.devlink)
        return self.sfs

    def testpmd(self, eal, **kwargs):
        return super().testpmd(eal, huge=True, small=True, **kwargs)

    def close(self):
        super().close()
        if self.sfs is not None:
            self.sfs.stop()
