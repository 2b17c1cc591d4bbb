#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""net_bonding over sub-functions, two bonds of two ports each, back to back.

DPDK's own suites for bonding make virtual ports of their own; these have ours.
"""
import sys
import time

import harness

ROUND_ROBIN, ACTIVE_BACKUP = 0, 1
# Words that testpmd replaced in 23.11.
if harness.DPDK_RELEASE < (23, 11):
    BONDING, MEMBER = "bonded", "slave"
else:
    BONDING, MEMBER = "bonding", "member"
FIRST, SECOND = 4, 5  # the bonds, of ports 0 and 2, and of 1 and 3


def bonds(env, mode):
    harness.need_driver("net_bond")
    env.sim(sfs=4)
    testpmd = env.testpmd([x for n in range(4) for x in ("-a", f"auxiliary:sf_sim.sf.{n}")])
    testpmd.command("port stop all")
    for bond, members in ((FIRST, (0, 2)), (SECOND, (1, 3))):
        out = testpmd.command(f"create {BONDING} device {mode} 0")
        assert f"(port {bond})" in out, out
        for member in members:
            testpmd.command(f"add bonding {MEMBER} {member} {bond}")
    testpmd.command("port start all")
    testpmd.command(f"set portlist {FIRST},{SECOND}")
    for bond, members in ((FIRST, "0 2"), (SECOND, "1 3")):
        wait_active(testpmd, bond, members)
    return testpmd


def wait_active(testpmd, bond, members):
    """Until just these members of a bond have link."""
    end = time.monotonic() + 10
    while f"Active {MEMBER.capitalize()}s ({len(members.split())}): [{members}]" not in \
            testpmd.command(f"show bonding config {bond}"):
        assert time.monotonic() < end, testpmd.command(f"show bonding config {bond}")
        time.sleep(0.05)


def forward(testpmd):
    """Packets go round for a while, and none is lost; statistics of all six ports."""
    testpmd.command("clear port stats all")
    testpmd.forward(0.5, first=2)
    stats = [testpmd.stats(port) for port in range(6)]
    for sender, receiver in ((FIRST, SECOND), (SECOND, FIRST)):
        assert stats[sender]["TX-packets"] == stats[receiver]["RX-packets"] > 100, stats
    for port in stats:
        assert port["RX-missed"] == port["RX-errors"] == port["TX-errors"] == 0, stats
    return stats


def test_active_backup(env):
    """One member has all; when its link goes the other takes over, and back."""
    testpmd = bonds(env, ACTIVE_BACKUP)
    stats = forward(testpmd)
    assert stats[0]["TX-packets"] > 100 and stats[2]["TX-packets"] == 0, stats
    testpmd.command("set link-down port 0")
    for bond, members in ((FIRST, "2"), (SECOND, "3")):
        wait_active(testpmd, bond, members)
    stats = forward(testpmd)
    assert stats[2]["TX-packets"] > 100 and stats[0]["TX-packets"] == 0, stats
    testpmd.command("set link-up port 0")
    wait_active(testpmd, FIRST, "2 0")
    wait_active(testpmd, SECOND, "3 1")
    forward(testpmd)
    testpmd.quit()


def test_round_robin(env):
    """Members take turns; when one has no link the other has it all."""
    testpmd = bonds(env, ROUND_ROBIN)
    stats = forward(testpmd)
    for one, other in ((0, 2), (1, 3)):
        sent = stats[one]["TX-packets"], stats[other]["TX-packets"]
        # Both bonds count on from where the other was, so turns are not quite even.
        assert min(sent) > 0.4 * sum(sent), stats
    testpmd.command("set link-down port 3")
    for bond, members in ((FIRST, "0"), (SECOND, "1")):
        wait_active(testpmd, bond, members)
    stats = forward(testpmd)
    assert stats[2]["TX-packets"] == stats[3]["TX-packets"] == 0, stats
    testpmd.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
