#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Servers and processes that end under full traffic, over vfio-user (see surprise.py)."""
import os
import signal
import sys
import time

import harness
from surprise import primary_killed, secondary_killed, surprises
from test_secondary import SF0, SF1


def device(port):
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
    secondary_killed(env, device)


def drops(started, _secondary):
    """How many packets of each port were dropped: without a link, or by the other port."""
    counted = started.sim.drops()
    return [counted[f"sf_sim.sf.{port}"][1] + counted[f"sf_sim.sf.{1 - port}"][0]
            for port in range(2)]


def test_primary_killed(env):
    """The server polls: a secondary asks its primary to wake one that does not, and waits."""
    primary_killed(env, device, drops, sim={"poll": True})


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
