#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""The distribution's testpmd on sub-functions and mediated devices of the kernel."""
import json
import os
import re
import subprocess
import sys
import time

import guest
from sub_functions import DEVICES, PARENT, Env, harness
from test_testpmd import check_lossless

REPRESENTOR = "pf0sf88"
FAR = "far"  # name space of the peer behind testpmd


def allow(*devices):
    return [arg for device in devices for arg in ("-a", device)]


def forward(env, devices, says):
    """Packets to and fro between two devices, by a transport that the log names."""
    testpmd = env.testpmd(["--log-level=*vfio:debug", *allow(*devices)])
    assert len(re.findall(says, testpmd.text())) == 2, f"'{says}' is not there twice"
    testpmd.forward(1.0, first=4)
    check_lossless(testpmd)
    testpmd.quit()


def test_group(env):
    sfs = env.sub_functions("pair")
    forward(env, [f"bus=auxiliary,name={sfs.add(n)},vfio=group" for n in (88, 89)],
            "open, group")


def test_cdev(env):
    sfs = env.sub_functions("pair")
    forward(env, [f"bus=auxiliary,name={sfs.add(n)},vfio=cdev" for n in (88, 89)],
            "open, character device")


def test_mdev_on_sf(env):
    """The sub-function is named; the mediated device on it is what is opened."""
    sfs = env.sub_functions("pair", driver="mdev")
    names = [sfs.add(n) for n in (88, 89)]
    for name in names:
        guest.mdev_create(name, "sf_sim.mdev-eth")
    forward(env, [f"auxiliary:{name}" for name in names], "open, ")


def test_mdev_alone(env):
    env.sub_functions("pair")
    uuids = [guest.mdev_create("sf_sim", "sf_sim-eth") for _ in range(2)]
    forward(env, [f"bus=auxiliary,uuid={uuid}" for uuid in uuids], "open, ")


def test_sfnum_of_mdev(env):
    """The MAC addresses of mediated devices without a sub-function are no sub-function's."""
    sfs = env.sub_functions("pair")
    sfs.add(0x7fffff)
    for sfnum in (0x800000, 0xffffffff):
        done = subprocess.run(["devlink", "port", "add", PARENT, "flavour", "pcisf", "pfnum", "0",
                               "sfnum", str(sfnum)], capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "sfnum must be less than" in done.stderr, done


def near(name, addresses):
    guest.run("ip", "link", "set", name, "up")
    for address in addresses:
        guest.run("ip", "address", "add", address, "dev", name, *nodad(address))


def nodad(address):
    return ["nodad"] if ":" in address else []


def ping(address, count):
    out = guest.run("ping", "-q", "-c", str(count), "-i", "0.002", "-W", "5", address)
    assert f"{count} packets transmitted, {count} received, 0% packet loss" in out, out


def test_ping_testpmd(env):
    """testpmd answers what the guest's IP stack asks through the representor."""
    name = env.sub_functions("switch").add(88)
    env.testpmd(allow(f"auxiliary:{name}"), app=["--forward-mode=icmpecho", "--auto-start"])
    near(REPRESENTOR, ["10.0.0.1/24"])
    ping("10.0.0.2", 1000)


def test_representor_without_application(env):
    """The representor has no carrier any more when the application has been killed."""
    name = env.sub_functions("switch").add(88)
    near(REPRESENTOR, [])
    for _ in range(2):
        testpmd = env.testpmd(allow(f"auxiliary:{name}"))
        wait_carrier("1")
        time.sleep(1)  # the thread that moves packets sleeps
        testpmd.kill()
        wait_carrier("0")


def wait_carrier(state):
    end = time.monotonic() + 10
    while guest.read(f"/sys/class/net/{REPRESENTOR}/carrier") != state:
        assert time.monotonic() < end, f"carrier is not {state}"
        time.sleep(0.05)


def test_deactivated_after_unbinding(env):
    """A user who had to let go once is no longer waited for; the device is."""
    sfs = env.sub_functions("switch")
    for _ in range(3):
        name = sfs.add(88)
        driver = os.path.realpath(f"{DEVICES}/{name}/driver")
        testpmd = env.testpmd(allow(f"auxiliary:{name}"))
        guest.write(f"{driver}/unbind", name)
        testpmd.expect("Now total ports is 0", 60)
        testpmd.quit()
        guest.write(f"{driver}/bind", name)
        sfs.set(88, "inactive")
        assert name not in sfs.names()
        sfs.delete(88)


def bridge(env):
    """testpmd between a sub-function and a TAP in another name space."""
    name = env.sub_functions("switch").add(88)
    testpmd = env.testpmd([*allow(f"auxiliary:{name}"), "--vdev", f"net_tap0,iface={FAR}0"])
    near(REPRESENTOR, ["10.0.0.1/24", "fd00::1/64"])
    guest.run("ip", "netns", "add", FAR)
    guest.run("ip", "link", "set", f"{FAR}0", "netns", FAR)
    inside = ["ip", "netns", "exec", FAR]
    guest.run(*inside, "ip", "link", "set", f"{FAR}0", "up")
    for address in ("10.0.0.2/24", "fd00::2/64"):
        guest.run(*inside, "ip", "address", "add", address, "dev", f"{FAR}0", *nodad(address))
    testpmd.command("start")
    return inside


def test_ping_and_iperf3_through(env):
    """Two IP stacks with testpmd between them: ICMP, ICMPv6, and ten seconds of TCP."""
    inside = bridge(env)
    try:
        ping("10.0.0.2", 500)
        ping("fd00::2", 500)
        guest.run(*inside, "iperf3", "--server", "--daemon", "--one-off")
        end = json.loads(guest.run("iperf3", "--client", "10.0.0.2", "--time", "10", "--json"))["end"]
        sent, received = end["sum_sent"]["bytes"], end["sum_received"]["bytes"]
        print(f"# iperf3: {received * 8 / end['sum_received']['seconds'] / 1e6:.0f} Mbit/s,"
              f" {end['sum_sent']['retransmits']} retransmitted")
        assert received > 1 << 20 and sent - received < 8 << 20, end
    finally:
        guest.run("ip", "netns", "delete", FAR)


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
