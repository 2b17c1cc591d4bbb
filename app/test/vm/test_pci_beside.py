#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: ports on PCI devices, which EAL has, and on sub-functions in one process.

Both map all of EAL's memory and testpmd's own, each for its devices; what one unmaps,
the other goes on to use.
"""
import re
import sys

import guest
from sub_functions import Env, harness

E1000E = (0x8086, 0x10d3)


def names_of_ports(testpmd):
    """Port numbers by the names of their devices."""
    out = testpmd.command("show port summary all")
    return {name: int(port) for port, name in re.findall(
        r"^(\d+) +[0-9A-F:]{17} +(\S+)", out, re.M)}


def check_forwards(testpmd, devices):
    """Packets go to and fro between two devices and two."""
    testpmd.command("port start all", 60)
    ports = names_of_ports(testpmd)
    assert set(ports) == set(devices), testpmd.text()
    testpmd.command("clear port stats all")
    testpmd.forward(2.0, first=4)
    for name, port in ports.items():
        stats = testpmd.stats(port)
        assert stats["RX-packets"] > 20 and stats["TX-packets"] > 20, (name, stats)
    testpmd.command("port stop all", 60)


def pci_beside(env, transport):
    guest.hide_drivers("/usr/bin/dpdk-testpmd", "mempool_ring", "net_e1000")
    sfs = env.sub_functions("pair")
    names = [sfs.add(n) for n in (88, 89)]
    pci = guest.pci_find(*E1000E)
    for bdf in pci:
        guest.pci_bind(bdf)
    devargs = [f"bus=auxiliary,name={name},vfio={transport}" for name in names]
    testpmd = env.testpmd([arg for device in pci + devargs for arg in ("-a", device)], pci=True,
                          app=["--mp-alloc=xmem", "--port-topology=paired"])
    check_forwards(testpmd, pci + names)
    for name in names:
        out = testpmd.command(f"device detach auxiliary:{name}", 60)
        assert "is detached" in out, out
    check_forwards(testpmd, pci)
    for text in devargs:
        out = testpmd.command(f"port attach {text}", 60)
        assert "is attached" in out, out
    check_forwards(testpmd, pci + names)
    assert "cannot map" not in testpmd.text() and "cannot unmap" not in testpmd.text()
    testpmd.quit()


def test_group(env):
    pci_beside(env, "group")


def test_cdev(env):
    pci_beside(env, "cdev")


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
