#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest of boot.sh: declared sub-functions are there after systemd has started.

The tests are run in this order, on the same system.
"""
import grp
import json
import os
import re
import subprocess
import sys
import time

import guest
import sub_functions
from sub_functions import harness

import guides  # pylint: disable=wrong-import-order # sub_functions says where it is
import pod  # pylint: disable=wrong-import-order

UNIT = "dpdk-sf@sf_sim.service"
DECLARED = "/etc/dpdk-sf.d/sf_sim"
PF = "/sys/bus/platform/devices/sf_sim"
TENANT = ["prlimit", "--memlock=unlimited", "setpriv", "--reuid=tenant", "--regid=tenant",
          "--init-groups"]


class Env(sub_functions.Env):
    """The module is the system's, and stays."""

    def __init__(self):
        super().__init__()
        guest.hide_drivers("/usr/bin/dpdk-testpmd", "mempool_ring", "mempool_stack")


def state():
    return subprocess.run(["systemctl", "is-active", UNIT], stdout=subprocess.PIPE, text=True,
                          check=False).stdout.strip()


def wait_for(wanted):
    for _ in range(300):
        if state() == wanted:
            return
        time.sleep(0.1)
    raise AssertionError(guest.run("sh", "-c", f"systemctl status {UNIT} 'dpdk-sf-*.device'; "
                                   "journalctl -b --no-pager | tail -n 60; true"))


def rows():
    found = json.loads(guest.run("/usr/local/bin/dpdk-sfctl", "list", "--json"))
    return {row["sfnum"]: row for row in found}


def group_of(path):
    info = os.stat(path)
    assert info.st_mode & 0o777 == 0o660, oct(info.st_mode)
    return grp.getgrgid(info.st_gid).gr_name


def check_made(groups):
    """Sub-functions with MAC address and driver, their nodes for these groups; by number."""
    wait_for("active")
    found = rows()
    assert set(found) == set(groups), found
    for sfnum, group in groups.items():
        row = found[sfnum]
        assert row["active"] and row["kernel_driver"] == "sf_sim.vfio", row
        assert row["mac"] == f"02:00:00:00:00:{sfnum}", row
        assert row["access"] == f"root:{group} rw-rw----", row
        link = os.readlink(f"{sub_functions.DEVICES}/{row['name']}/iommu_group")
        assert group_of(f"/dev/vfio/{os.path.basename(link)}") == group, row
    assert group_of("/dev/iommu") == "dpdk-sf"
    return found


def test_after_start(_env):
    """All has been done when nobody has logged in yet."""
    check_made({88: "dpdk-sf", 89: "others"})


def test_tenant(env):
    """A user of the group has its device, by each way, and is refused the other one."""
    for way, says in (("cdev", "open, character device"), ("group", "open, group")):
        testpmd = env.testpmd(["--log-level=*vfio:debug", "-a",
                               f"bus=auxiliary,pf=sf_sim,sfnum=88,vfio={way}"], before=TENANT)
        assert says in testpmd.text(), testpmd.text()
        assert "02:00:00:00:00:88" in testpmd.command("show port summary all").lower()
        testpmd.quit()
    other = rows()[89]
    refused = harness.Testpmd(None, ["-a", f"bus=auxiliary,name={other['name']}"], huge=True,
                              small=True, before=TENANT)
    env.processes.append(refused)
    refused.expect(f"this user may not read and write {other['node']}", 60)


def start_pod(env, name, nodes, *devices):
    """A container with the guest's own root, device nodes of /dev, and the names of devices."""
    root = "/run/pod"
    if not os.path.ismount(root):
        os.makedirs(root)
        guest.run("mount", "--bind", "/", root)
    directory = env.path(name)
    os.makedirs(directory)
    process = pod.Pod(directory, [], root, {"PCIDEVICE_EXAMPLE_COM_SF": ",".join(devices)},
                      nodes=nodes)
    env.processes.append(process)
    return process


def test_pod(env):
    """pod.yaml with the node of one sub-function, whose far end sends back; then with both names."""
    ours, other = (rows()[sfnum] for sfnum in (88, 89))
    nodes = [ours["node"], "/dev/iommu"]
    far_end = env.testpmd(["-a", f"auxiliary:{other['name']}"])
    far_end.command("start")
    process = start_pod(env, "one", nodes, ours["name"])
    process.expect(f"{ours['name']}: nothing is in the way of DPDK", 60)
    process.expect(r"RX-packets: [1-9]\d{3}", 120)
    status = process.status()
    assert "dpdk-testpmd" in status and re.search(r"^CapEff:\s+0+$", status, re.M), status
    assert re.search(r"^Seccomp:\s+2$", status, re.M), status
    process.kill()
    far_end.quit()
    said = [line for line in process.output if re.match("auxiliary bus|vfio|sf_|net_sf|dpdk-", line)]
    assert len(said) == 2 and "another bus named" in said[1], said
    assert not re.search(f"{other['name']}|denied|failed", process.text()), process.text()

    refused = start_pod(env, "both", nodes, ours["name"], other["name"])
    refused.expect(f"{other['name']}: neither {other['node']} nor /dev/vfio/\\d+ is there", 60)
    assert refused.wait() == 1, refused.text()


def test_stop_and_start(_env):
    """A stopped unit has no sub-functions; what is declared otherwise is so when it starts."""
    guest.run("systemctl", "stop", UNIT)
    assert not rows(), rows()
    with open(DECLARED, "a", encoding="ascii") as file:
        file.write("GROUP=others\nCOUNT=1\n")
    guest.run("systemctl", "start", UNIT)
    check_made({88: "others"})


def test_parent_goes(_env):
    """Sub-functions come back with their parent."""
    guest.run("modprobe", "-r", "sf_sim")
    wait_for("inactive")
    guest.modprobe("sf_sim")
    check_made({88: "others"})


def test_ping(env):
    """What the guide has an operator type, from no sub-function to ping by Open vSwitch."""
    guest.run("systemctl", "stop", UNIT)
    assert not rows(), rows()
    guest.show_drivers()  # the service finds what is installed, as an operator's does
    guides.run(env, "howto/applications.rst", "boot")
    switched = guest.run("ovs-ofctl", "dump-ports", "br0", "sf88")
    assert not re.search(r"[rt]x pkts=0,", switched), switched
    guest.run("systemctl", "stop", "openvswitch-switch")
    guest.run("/usr/local/bin/dpdk-sfctl", "delete", "sf_sim", "--sfnum", "88", "--count", "2")


def test_declare(env):
    """What the guide has operators type on a system that runs."""
    guest.run("systemctl", "stop", UNIT)
    for path in (DECLARED, f"{DECLARED},89"):
        os.unlink(path)
    guest.run("udevadm", "trigger", "--settle", PF)
    guides.run(env, "howto/scalable_functions.rst", "boot", [])
    check_made({88: "dpdk-sf", 89: "dpdk-sf"})
    assert "user" in grp.getgrnam("dpdk-sf").gr_mem


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
