#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""DPDK's own suites that have to do with ports, in a process that has ours.

They make the ports that they work with, and find ours beside them.
"""
import os
import subprocess
import sys

import harness


def suite(env, name, tests=0):
    """Run a suite of dpdk-test, which is to have so many tests at least."""
    program = harness.dpdk_app("dpdk-test")
    env.sim()
    done = subprocess.run(
        [program, "-l", "0", "--no-huge", "--no-shconf", "-m", "512", "--no-pci",
         "--no-telemetry", "-d", harness.driver_soname(), "-a", "auxiliary:sf_sim.sf.0",
         "-a", "auxiliary:sf_sim.sf.1"],
        env={**os.environ, **harness.sysfs(env.devices),
             "LD_LIBRARY_PATH": harness.library_path()},
        input=f"dump_devargs\n{name}\nquit\n", text=True, errors="replace", timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    try:
        assert done.returncode == 0, done.returncode
        assert "sf_sim.sf.1" in done.stdout, "not our devices"
        lines = done.stdout.splitlines()
        assert "Test OK" in lines, "it failed"
        if tests > 0:
            total, = [int(line.split()[-1]) for line in lines if "Tests Total" in line]
            assert total >= tests, f"{total} tests"
    except AssertionError:
        print("\n".join(f"#   {line}" for line in done.stdout.splitlines()[-100:]))
        raise


def test_link_status(env):
    suite(env, "ethdev_link_status", 4)


def test_pdump(env):
    suite(env, "pdump_autotest")


def test_latency_statistics(env):
    suite(env, "latencystats_autotest", 5)


def test_bit_rates(env):
    suite(env, "bitratestats_autotest", 9)


def test_bonding(env):
    suite(env, "link_bonding_autotest", 65)


def test_bonding_rss(env):
    suite(env, "link_bonding_rssconf_autotest", 3)


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
