#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""What a secondary process calls fails, one call after the other; the next try succeeds.

Environment: SF_POINTS, a directory for lists of the points that have failed.
"""
import contextlib
import os
import re
import sys
import time

import harness
from test_secondary import SF0, SF1, processes
from test_secondary_sleep import quit_all

NAMES = ("sf_sim.sf.0", "sf_sim.sf.1")


def live(primary, secondary):
    """Both have the ports, and the secondary sleeps on a queue; up to what fails."""
    steps = [(primary, f"probe {SF0}"), (primary, f"probe {SF1}"),
             (primary, "configure 0 1 0"), (primary, "configure 1 1 1"),
             (primary, "start 0"), (primary, "start 1"), (primary, "wait-link 0"),
             (primary, "wait-link 1"), (secondary, "wait-on 1 0"), (secondary, "read 1"),
             (primary, "send 0 1 0"), (secondary, "receive 1 0 2000"), (primary, "stop 1")]
    for process, command in steps:
        said = process.ask(command)
        if not said.isdigit():
            return f"{command}: {said}"
    return None


def die(primary):
    """A device that was not plugged cannot be removed."""
    for port in (0, 1):
        primary.ask(f"stop {port}")
    for name in NAMES:
        primary.ask(f"remove {name}")


def fail(primary, secondary, failing, function):
    """Live with the next failure of a function: false if there is none any more."""
    before = len(primary.output), len(secondary.output)
    failing.do(f"fail {function}")
    fault = live(primary, secondary)
    has_failed = failing.ask("failed") == "1"
    die(primary)
    assert has_failed or fault is None, fault
    end = time.monotonic() + 10  # a secondary waits as long as that for an answer
    while fault is not None:
        said = "\n".join(primary.output[before[0]:] + secondary.output[before[1]:])
        if re.search(r"^(?!EAL: ).*sf_sim\.sf|^auxiliary bus: ", said, re.MULTILINE):
            break
        assert time.monotonic() < end, f"nothing is said of {fault}"
        time.sleep(0.05)
    return has_failed


def holds(primary, secondary):
    """Descriptors and mappings of both."""
    return [*primary.held()[:2], *secondary.held()[:2]]


def good(primary, secondary):
    """Live with no failure; what both hold afterwards."""
    fault = live(primary, secondary)
    assert fault is None, fault
    die(primary)
    return holds(primary, secondary)


def failures(env, who, *functions, at_first=()):
    """Of functions at_first, also what is called once in the life of a process."""
    count = 0
    with processes(env) as started:
        primary = started.process(0, ["auxiliary:"])
        secondary = started.process(1)
        failing = (primary, secondary)[who]
        for function in at_first:
            while fail(primary, secondary, failing, function):
                count += 1
        held = good(primary, secondary)
        for function in functions:
            while fail(primary, secondary, failing, function):
                count += 1
                now = good(primary, secondary)
                end = time.monotonic() + 10
                while any(n > h for n, h in zip(now, held)):  # it can be more for a moment
                    assert time.monotonic() < end, (now, held)
                    now = holds(primary, secondary)
        print(f"# {count} points have failed")
        assert count >= len(functions)
        with contextlib.suppress(KeyError):
            failing.do(f"points {os.environ['SF_POINTS']}/secondary-{who}")
        quit_all(secondary, primary)


def test_secondary_each_once(env):
    failures(env, 1, "any", at_first=["calloc"])


def test_primary_for_secondary(env):
    """What the primary calls for another process only."""
    failures(env, 0, "rte_mp_reply", "write")


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
