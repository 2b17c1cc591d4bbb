#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""What the guides tell readers to type on a host; test_guides.py of the guests has the rest."""
import sys

import guides
import harness

# In network and mount namespaces of its own, for interfaces and files of /etc.
PRIVATE = ["unshare", "--mount", "--net"]
EAL = ["--no-huge", "-m", "128", "--no-pci", "--no-telemetry", "--no-shconf"]


def test_all_are_marked(_env):
    """Where a test runs it, or why none does, stands above each block."""
    marks = {block.where: block.mark for found in guides.blocks().values() for block in found}
    assert not [where for where, mark in marks.items() if not mark], marks
    assert set(mark for mark in marks.values() if mark.startswith("run: ")) == {
        "run: host", "run: guest", "run: boot"}, marks


def test_dpdk_sf_sim(env):
    guides.run(env, "tools/dpdk_sf_sim.rst", "host", EAL, PRIVATE)


def test_sf_example(env):
    guides.run(env, "nics/sf_example.rst", "host", EAL, PRIVATE)


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
