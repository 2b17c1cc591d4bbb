#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""DPDK's l3fwd-power between two sub-functions: it sleeps, and misses nothing."""
import os
import sys
import time

import harness

ROUTED = "--tx-ip=198.18.0.1,2.1.1.1"  # to its port 1, by the routes it comes with
BURST = 8


class L3fwdPower(harness.Process):
    """On ports sf_sim.sf.0 and sf_sim.sf.2, one thread for both."""

    def __init__(self, directory):
        super().__init__(
            ["stdbuf", "-oL", harness.example("l3fwd-power"), "-l", "0", "--no-huge", "--no-shconf",
             "-m", "256", "--no-pci", "--no-telemetry", "-d", harness.driver_soname(),
             "-a", "auxiliary:sf_sim.sf.0", "-a", "auxiliary:sf_sim.sf.2",
             "--", "-p", "0x3", "-P", "--config=(0,0,0),(1,0,0)", "--interrupt-only"],
            env={**harness.sysfs(directory), "LD_LIBRARY_PATH": harness.library_path()})

    def ready(self):
        """It says no more until the links are up, for which the far end must be there."""
        self.expect("Initializing rx queues on lcore 0")

    def cpu_seconds(self):
        with open(f"/proc/{self.popen.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakeups(self):
        return sum("waked up from rx interrupt" in line for line in self.output)


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def received(testpmd, packets):
    wait_for(lambda: testpmd.stats(1)["RX-packets"] >= packets)


def test_l3fwd_power(env):
    """A burst, a pause in which it falls asleep, and so on: each is forwarded, all of it."""
    rounds = 40
    env.sim(sfs=4)
    l3fwd = env.start(L3fwdPower(env.devices))
    testpmd = env.testpmd(["-a", "auxiliary:sf_sim.sf.1", "-a", "auxiliary:sf_sim.sf.3"],
                          app=[ROUTED, f"--burst={BURST}"])
    testpmd.command("set portlist 0")
    testpmd.command("set fwd rxonly")
    l3fwd.expect("entering main interrupt loop", 30)
    time.sleep(0.2)
    woken = l3fwd.wakeups()
    for number in range(1, rounds + 1):
        testpmd.command("start tx_first 1")
        received(testpmd, number * BURST)
        testpmd.command("stop")
        time.sleep(0.05)
    assert testpmd.stats(0)["TX-packets"] == rounds * BURST, testpmd.stats(0)
    assert testpmd.stats(1)["RX-packets"] == rounds * BURST, testpmd.stats(1)
    # On a busy machine it may not get to sleep in every pause.
    assert l3fwd.wakeups() - woken > rounds / 2, f"{l3fwd.wakeups() - woken} wake-ups"
    # And now it sleeps: without traffic it takes no time at all.
    before = l3fwd.cpu_seconds()
    time.sleep(1)
    assert l3fwd.cpu_seconds() - before < 0.1, l3fwd.cpu_seconds() - before
    testpmd.quit()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
