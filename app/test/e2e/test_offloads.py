#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""DPDK's own applications and tests on ports of the sample driver."""
import os
import re
import subprocess
import sys
import time

import harness

PAIR = ["-a", "auxiliary:sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.1"]


def dpdk_test(env, suite):
    """Run a suite of dpdk-test with two of our ports there; its verdict."""
    program = harness.dpdk_app("dpdk-test")
    env.sim()
    done = subprocess.run(
        [program, "--no-huge", "--no-shconf", "-m", "256", "-l", "0", "--no-pci",
         "--no-telemetry", "-d", harness.driver_soname(), *PAIR],
        input=f"{suite}\nquit\n", text=True, capture_output=True, timeout=120, check=False,
        env={**os.environ, "SYSFS_AUXILIARY_DEVICES": env.devices,
             "LD_LIBRARY_PATH": harness.library_path()})
    assert "Test OK" in done.stdout, done.stdout[-2000:] + done.stderr[-1000:]


def test_suite_link_status(env):
    dpdk_test(env, "ethdev_link_status")


def test_suite_pdump(env):
    dpdk_test(env, "pdump_autotest")


def test_suite_latency(env):
    dpdk_test(env, "latencystats_autotest")


def test_jumbo_frames(env):
    """Frames of 9,000 bytes in several mbufs, there and back."""
    env.sim()
    testpmd = env.testpmd(PAIR, app=["--max-pkt-len=9018", "--enable-scatter",
                                     "--tx-offloads=0x8000", "--txpkts=2000,2000,2000,2000,1000"])
    testpmd.forward(0.5, first=1)
    stats = [testpmd.stats(p) for p in (0, 1)]
    assert stats[0]["TX-packets"] > 1000, stats
    assert stats[0]["TX-bytes"] == 9000 * stats[0]["TX-packets"], stats
    assert stats[1]["RX-errors"] == stats[0]["TX-errors"] == 0, stats
    testpmd.quit()


def test_checksum_forwarding(env):
    """testpmd's checksum engine has the device fill in what it leaves out."""
    env.sim()
    testpmd = env.testpmd(PAIR, app=["--rx-offloads=0xe", "--tx-offloads=0xe", "--txd=512",
                                     "--no-flush-rx"])
    for port in (0, 1):
        for layer in ("ip", "udp", "tcp"):
            testpmd.command(f"csum set {layer} hw {port}")
    testpmd.command("set fwd csum")
    # The first packets are not of that engine, and since 25.03 testpmd asks for
    # checksums in them for which it has not prepared them: they go round once more.
    testpmd.forward(0.3, first=4)
    testpmd.command("clear port stats all")
    testpmd.command("clear port xstats all")
    testpmd.forward(0.5)
    stats = [testpmd.stats(p) for p in (0, 1)]
    assert stats[0]["RX-packets"] > 1000, stats
    assert stats[0]["RX-errors"] == stats[0]["TX-errors"] == 0, stats
    for port in (0, 1):
        assert testpmd.xstats(port)["rx_bad_checksum"] == 0
    testpmd.quit()


def test_flow_rules(env):
    """Rules typed at testpmd's prompt count what they match."""
    env.sim()
    testpmd = env.testpmd(PAIR, app=["--rxq=2", "--txq=2"])
    out = testpmd.command("flow create 0 ingress pattern eth / ipv4 / udp / end "
                          "actions queue index 1 / count / end")
    assert "Flow rule #0 created" in out, out
    out = testpmd.command("flow create 0 ingress pattern eth / ipv6 src is fd00::1 / udp dst is 53 "
                          "/ end actions drop / end")
    assert "Flow rule #1 created" in out, out
    out = testpmd.command("flow create 0 ingress pattern eth / ipv4 / sctp / end actions drop / end")
    assert "not Ethernet, VLAN, IPv4, IPv6, TCP or UDP" in out, out
    testpmd.command("set fwd txonly")
    testpmd.forward(0.3)
    out = testpmd.command("flow query 0 0 count")
    hits = int(re.search(r"hits: (\d+)", out).group(1))
    assert hits > 0, out
    assert testpmd.xstats(0)["rx_q1_packets"] > 0
    assert "Flow rule #0" in testpmd.command("flow destroy 0 rule 0")
    testpmd.quit()


def test_flow_rss(env):
    """What testpmd's rss action leaves to default is the port's, whatever that is now."""
    rule = "flow create 0 ingress pattern eth / ipv4 / end actions rss queues 0 1 end {}/ end"
    env.sim()
    testpmd = env.testpmd(PAIR, app=["--rxq=2", "--txq=2"])
    assert "Flow rule #0 created" in testpmd.command(rule.format(""))
    assert "Flow rule #1 created" in testpmd.command(rule.format("types ipv4 ipv6 end "))
    testpmd.command("port config all rss udp")
    assert "Flow rule #2 created" in testpmd.command(rule.format(""))
    assert "Flow rule #3 created" in testpmd.command(rule.format("types udp end "))
    out = testpmd.command(rule.format("types ipv4 ipv6 end "))
    assert "hash types other than the port's" in out, out
    testpmd.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
