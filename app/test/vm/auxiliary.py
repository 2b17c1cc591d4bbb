#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: the bus on the real sysfs, with the sub-functions of sf_sim.ko."""
import os
import re
import subprocess
import sys

import guest
from sub_functions import MODULE, harness

PARENT = "/sys/devices/platform/sf_sim"
SYSFS = "/sys/bus/auxiliary/devices"
KERNEL_ENV = {"SYSFS_MDEV_DEVICES": "/sys/bus/mdev/devices"}


def devlink(*args):
    subprocess.run(["devlink", "port", *args], check=True, stdout=subprocess.DEVNULL)


def sf_add(sfnum):
    devlink("add", "platform/sf_sim", "flavour", "pcisf", "pfnum", "0", "sfnum", str(sfnum))


def sf_state(sfnum, state):
    devlink("function", "set", f"platform/sf_sim/{sfnum}", "state", state)


def sf_name(sfnum):
    """An active sub-function's name on the auxiliary bus."""
    name, = [n for n in os.listdir(SYSFS) if guest.read(f"{SYSFS}/{n}/sfnum") == str(sfnum)]
    return name


class Sfs:
    """Active sub-functions, gone afterwards."""

    def __init__(self, *sfnums):
        self.sfnums = sfnums

    def __enter__(self):
        for sfnum in self.sfnums:
            sf_add(sfnum)
            sf_state(sfnum, "active")
        return [sf_name(sfnum) for sfnum in self.sfnums]

    def __exit__(self, *_):
        for sfnum in self.sfnums:
            devlink("del", f"platform/sf_sim/{sfnum}")


def testpmd(env, eal, **kwargs):
    env.devices = SYSFS
    return env.testpmd(eal, env=KERNEL_ENV, **kwargs)


def ports(pmd):
    """Names of the devices that testpmd has ports on."""
    return re.findall(r"^\d+ +\S+ +(\S+) +net_sf_example", pmd.command("show port summary all"), re.M)


def test_pick(env):
    with Sfs(88, 89) as (first, _):
        pmd = testpmd(env, ["-a", "bus=auxiliary,pf=sf_sim,sfnum=88"])
        assert ports(pmd) == [first], pmd.text()
        for transport in ("group", "cdev"):
            out = pmd.command(f"port attach bus=auxiliary,sfnum=89,vfio={transport}")
            assert "is attached" in out, out
            pmd.command("port close 1")
            out = pmd.command("device detach bus=auxiliary,sfnum=89")
            assert "is detached" in out, out
        pmd.quit()


def test_hot_plug(env):
    """Deactivated in use: the kernel asks for it, testpmd lets go, and regains it."""
    with Sfs(88, 89) as (first, _):
        pmd = testpmd(env, ["-a", f"auxiliary:{first}", "-a", "bus=auxiliary,sfnum=89"],
                      app=["--hot-plug"])
        for _ in range(3):
            sf_state(89, "inactive")  # comes back when testpmd has let go
            pmd.expect("Device is detached")
            assert ports(pmd) == [first], pmd.text()
            sf_state(89, "active")
            second = sf_name(89)
            pmd.expect(f"device: {second} has been added")
            out = pmd.command("port attach bus=auxiliary,pf=sf_sim,sfnum=89")
            assert "is attached" in out, out
            pmd.command("port start 1")
        pmd.quit()


def test_mdev_on_sf(env):
    """What is missing is said; with an mdev on it the sub-function can be used."""
    with Sfs(88) as (name,):
        guest.write(f"{SYSFS}/{name}/driver/unbind", name)
        guest.write("/sys/bus/auxiliary/drivers/sf_sim.mdev/bind", name)
        pmd = testpmd(env, ["-a", "auxiliary:"], app=["--hot-plug"])
        out = pmd.command(f"port attach auxiliary:{name}")
        assert "no VFIO node" in out and "create an mdev on it" in out, out
        uuid = guest.mdev_create(name, "sf_sim.mdev-eth")
        pmd.expect(f"device: {name} has been added")
        out = pmd.command(f"port attach auxiliary:{name}")
        assert "is attached" in out, out
        pmd.command("port close 0")
        pmd.command(f"device detach auxiliary:{name}")
        pmd.quit()
        guest.write(f"/sys/bus/mdev/devices/{uuid}/remove", "1")


def test_mdev_alone(env):
    uuid = guest.mdev_create("sf_sim", "sf_sim-eth")
    pmd = testpmd(env, ["-a", f"bus=auxiliary,uuid={uuid}"])
    assert ports(pmd) == [uuid], pmd.text()
    pmd.command("port close 0")
    pmd.command(f"device detach auxiliary:{uuid}")
    out = pmd.command("port attach bus=auxiliary,kind=mdev,pf=sf_sim,type=sf_sim-eth")
    assert "is attached" in out, out
    pmd.quit()
    guest.write(f"/sys/bus/mdev/devices/{uuid}/remove", "1")


def test_parity_sysfs(env):
    """What the bus says of a device is what sysfs says."""
    with Sfs(7) as (name,):
        pmd = testpmd(env, ["-a", f"auxiliary:{name}"])
        out = pmd.command(f"show device info {name}")
        assert name in out and "sfnum=7" in out, out
        pmd.quit()


if __name__ == "__main__":
    guest.modprobe("mdev", "vfio_iommu_type1")
    subprocess.run(["insmod", MODULE, "wire=pair"], check=True)
    harness.run(sys.modules[__name__])
