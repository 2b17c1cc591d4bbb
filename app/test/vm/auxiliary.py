#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: the bus on the real sysfs, with the sub-functions of sf_sim.ko."""
import os
import re
import shutil
import signal
import sys

import guest
import sub_functions
from sub_functions import DEVICES, bind_mdev, harness


class Env(sub_functions.Env):
    """The module is loaded for every test, its sub-functions connected in pairs."""

    def __init__(self):
        super().__init__()
        self.sub_functions("pair")

    def add(self, *sfnums):
        return [self.sfs.add(sfnum) for sfnum in sfnums]


def ports(pmd):
    """Names of the devices that testpmd has ports on."""
    return re.findall(r"^\d+ +\S+ +(\S+) +net_sf_example", pmd.command("show port summary all"), re.M)


def test_pick(env):
    first, _ = env.add(88, 89)
    pmd = env.testpmd(["-a", "bus=auxiliary,pf=sf_sim,sfnum=88"])
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
    first, _ = env.add(88, 89)
    pmd = env.testpmd(["-a", f"auxiliary:{first}", "-a", "bus=auxiliary,sfnum=89"],
                      app=["--hot-plug"])
    for changes in range(1, 4):
        env.sfs.set(89, "inactive")  # comes back when testpmd has let go
        pmd.expect("Device is detached")
        assert ports(pmd) == [first], pmd.text()
        env.sfs.set(89, "active")
        second = env.sfs.name(89)
        pmd.expect(f"device: {second} has been added")
        out = pmd.command("port attach bus=auxiliary,pf=sf_sim,sfnum=89")
        assert "is attached" in out, out
        pmd.command("port start 1")
        # Told once each, although the kernel tells twice; testpmd had let go before.
        for told in ("has been added!", "can not get port by device"):
            assert pmd.text().count(told) == changes, pmd.text()
    pmd.quit()


def test_plugged_by_the_bus(env):
    """What devargs ask for is done when the kernel has the sub-function again."""
    first, _ = env.add(88, 89)
    pmd = env.testpmd(["-a", f"auxiliary:{first}", "-a", "bus=auxiliary,sfnum=89,hotplug=plug"],
                      app=["--hot-plug"])
    for _ in range(3):
        env.sfs.set(89, "inactive")
        pmd.expect("Device is detached")
        assert ports(pmd) == [first], pmd.text()
        env.sfs.set(89, "active")
        pmd.expect("has come, plugged")
        assert ports(pmd) == [first, env.sfs.name(89)], pmd.text()
    pmd.quit()


def test_uevents_lost(env):
    """A sub-function that comes among more uevents than the application's socket holds."""
    first, = env.add(88)
    pmd = env.testpmd(["-a", f"auxiliary:{first}", "-a", "bus=auxiliary,sfnum=89,hotplug=plug"])
    pmd.popen.send_signal(signal.SIGSTOP)
    for number in range(6000):
        guest.write(f"{DEVICES}/{first}/uevent", "change")
        if number == 5000:
            second, = env.add(89)
    pmd.popen.send_signal(signal.SIGCONT)
    pmd.expect("has come, plugged")
    assert ports(pmd) == [first, second], pmd.text()
    pmd.quit()


def test_unbound(env):
    """The line that says what is missing says what to type."""
    name, = env.add(88)
    guest.write(f"{DEVICES}/{name}/driver/unbind", name)
    pmd = env.testpmd(["-a", "auxiliary:"])
    out = pmd.command(f"port attach auxiliary:{name}")
    advice = re.findall(rf"device {name}: no VFIO node, .*; bind it to \S+: (echo .*)$", out, re.M)
    assert len(advice) == 1, out
    guest.run("sh", "-c", advice[0])
    out = pmd.command(f"port attach auxiliary:{name}")
    assert "is attached" in out, out
    pmd.quit()


def test_ordinary_user(env):
    """Who may not open the node is told so; who owns it needs no capability."""
    name, = env.add(88)
    node, = os.listdir(f"{DEVICES}/{name}/vfio-dev")
    node = f"/dev/vfio/devices/{node}"
    user = ["prlimit", "--memlock=unlimited", "setpriv", "--reuid=nobody", "--regid=nogroup",
            "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    pmd = harness.Env.testpmd(env, ["-a", "auxiliary:"], small=True, before=user)
    out = pmd.command(f"port attach auxiliary:{name}")
    said = f"device {name}: this user may not read and write {node}, which driver net_sf_example needs"
    assert out.count(said) == 1, out
    for path in (node, "/dev/iommu"):
        shutil.chown(path, "nobody")
    out = pmd.command(f"port attach auxiliary:{name}")
    assert "is attached" in out, out
    pmd.quit()


def test_node_of_another(env):
    """A file that has the name of a device's node, but is another device's, is not opened."""
    name, other = env.add(88, 89)
    node, other = (f"/dev/vfio/devices/{os.listdir(f'{DEVICES}/{n}/vfio-dev')[0]}"
                   for n in (name, other))
    pmd = env.testpmd(["-a", "auxiliary:"])
    os.rename(node, f"{node}.own")
    os.rename(other, node)
    out = pmd.command(f"port attach bus=auxiliary,name={name},vfio=cdev")
    assert "is attached" not in out and f"device {name}: " in out, out
    os.rename(node, other)
    os.rename(f"{node}.own", node)
    entry = f"{DEVICES}/{name}/vfio-dev/{os.path.basename(node)}"
    guest.run("mount", "-t", "tmpfs", "none", entry)  # where sysfs has the node's number
    out = pmd.command(f"port attach bus=auxiliary,name={name},vfio=cdev")
    assert "is attached" not in out and f"device {name}: " in out, out
    guest.run("umount", entry)
    out = pmd.command(f"port attach bus=auxiliary,name={name},vfio=cdev")
    assert "is attached" in out, out
    pmd.quit()


def test_mdev_on_sf(env):
    """What is missing is said; with an mdev on it the sub-function can be used."""
    name, = env.add(88)
    bind_mdev(name)
    pmd = env.testpmd(["-a", "auxiliary:"], app=["--hot-plug"])
    out = pmd.command(f"port attach auxiliary:{name}")
    assert "no VFIO node" in out and "create an mdev on it" in out, out
    guest.mdev_create(name, "sf_sim.mdev-eth")
    pmd.expect(f"device: {name} has been added")
    out = pmd.command(f"port attach auxiliary:{name}")
    assert "is attached" in out, out
    pmd.command("port close 0")
    pmd.command(f"device detach auxiliary:{name}")
    pmd.quit()


def test_mdev_goes_with_sf(env):
    """A sub-function that leaves with the mdev on it is one device, however close it is seen."""
    name, = env.add(88)
    pmd = env.testpmd(["-a", "auxiliary:"], app=["--hot-plug"])
    gone = "can not get port by device"  # nobody has opened it
    for number in range(20):
        bind_mdev(name)
        pmd.expect(f"{gone} {name}")
        pmd.expect(f"device: {name} has been added")
        uuid = guest.mdev_create(name, "sf_sim.mdev-eth")
        pmd.expect(f"device: {name} has been added")
        env.sfs.set(88, "inactive")
        env.sfs.set(88, "active")
        name = env.sfs.name(88)
        pmd.expect(f"device: {name} has been added")
        assert f"{gone} {uuid}" not in pmd.text(), pmd.text()
        assert pmd.text().count(gone) == 2 * (number + 1), pmd.text()
    pmd.quit()


def test_mdev_alone(env):
    uuid = guest.mdev_create("sf_sim", "sf_sim-eth")
    pmd = env.testpmd(["-a", f"bus=auxiliary,uuid={uuid}"])
    assert ports(pmd) == [uuid], pmd.text()
    pmd.command("port close 0")
    pmd.command(f"device detach auxiliary:{uuid}")
    out = pmd.command("port attach bus=auxiliary,kind=mdev,pf=sf_sim,type=sf_sim-eth")
    assert "is attached" in out, out
    pmd.quit()
    guest.mdev_remove(uuid)


def test_parity_sysfs(env):
    """What the bus says of a device is what sysfs says."""
    name, = env.add(7)
    pmd = env.testpmd(["-a", f"auxiliary:{name}"])
    out = pmd.command(f"show device info {name}")
    assert name in out and "sfnum=7" in out, out
    pmd.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
