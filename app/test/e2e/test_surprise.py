#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Servers and processes that end under full traffic, over vfio-user (see surprise.py)."""
import os
import signal
import sys
import time

import harness
from surprise import BURST, surprises
from test_secondary import SF0, SF1


def device(_started, port):
    return (SF0, SF1)[port], f"sf_sim.sf.{port}"


def serve(started):
    """A server for an application that has lost its own."""
    if started.sim.popen.poll() is not None:
        started.sim = started.env.sim()


def test_server_killed(env):
    def cycle(application, started):
        started.sim.kill()
        application.process.do("removed 2")
        application.halt(0, 1)

    surprises(env, "server killed", device, cycle, back=serve)


def test_server_ended(env):
    def cycle(application, started):
        started.sim.stop()
        application.process.do("removed 2")
        application.halt(0, 1)

    surprises(env, "server ended", device, cycle, back=serve)


def test_device_removed(env):
    """One of two; the other goes on."""
    ctl = env.path("ctl")

    def order(text):
        with open(ctl, "w", encoding="ascii") as fifo:
            fifo.write(f"{text}\n")

    def cycle(application, started):
        del started
        order("remove 1")
        application.process.do("removed 1")
        application.halt(1)

    def back(started):
        del started
        order("add 1")
        while not os.path.exists(f"{env.devices}/sf_sim.sf.1"):
            time.sleep(0.01)

    surprises(env, "device removed", device, cycle, ports=(1,), back=back,
              sim={"extra": ["--ctl", ctl]})


def test_server_stopped(env):
    """For less than the driver waits: it is late, and nothing is lost."""
    def cycle(application, started):
        started.sim.popen.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        started.sim.popen.send_signal(signal.SIGCONT)
        application.calm()

    surprises(env, "server stopped", device, cycle)


def test_secondary_killed(env):
    """The primary and its queue go on; what the other has had in hand, and only that, is lost.

    EAL leaves two blocks of shared memory behind.  A pool of packets that is a ring, the
    usual kind, is locked for good by who is killed in it.
    """
    harness.need_driver("mempool_stack")
    killed = 0

    def cycle(application, started):
        nonlocal killed
        killed += 1
        secondary = started.process(killed, [SF0, SF1])
        secondary.do("traffic 0 1 1")
        time.sleep(0.05)
        secondary.kill()
        application.calm()

    surprises(env, "secondary killed", device, cycle, queues=2, lost=(3 * BURST, 2),
              eal=("--mbuf-pool-ops-name", "lf_stack"))


def test_primary_killed(env):
    """The secondary goes on without packets, and ends; then both are started again.

    Who is killed when it takes or frees memory of EAL's leaves the heap locked, which all
    processes share.  And the server polls, as a secondary asks its primary to wake one that
    does not, and waits for the answer.
    """
    def cycle(application, started):
        secondary = started.process(1, [SF0, SF1])
        secondary.do("traffic 0 1 1")
        time.sleep(0.05)
        assert int(application.process.ask("memory 0")) > 0
        application.process.kill()
        time.sleep(0.05)
        application.halt(0, 1, process=secondary)
        secondary.type("quit")
        assert secondary.wait() == 0, secondary.text()

    surprises(env, "primary killed", device, cycle, queues=2, sim={"poll": True})


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
