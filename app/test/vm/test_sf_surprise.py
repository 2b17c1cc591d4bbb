#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Devices and processes that go under full traffic, on a kernel (see e2e/surprise.py).

The argument is the transport, group or cdev; those after it are the test's own.
"""
import contextlib
import glob
import os
import sys
import threading

os.environ["SF_TRANSPORT"] = sys.argv.pop(1)
# pylint: disable=wrong-import-position
import guest
import sub_functions
from sub_functions import DEVICES, harness
from surprise import primary_killed, secondary_killed, surprises
from test_secondary import TRANSPORT
import test_sf_churn as churn

SFNUMS = 88, 89


def share_processors():
    """Have the devices' thread leave other threads some time of its processor.

    It comes before all others, and a guest has two processors: beside full traffic a process
    that was killed took twenty seconds to end.
    """
    for comm in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError), open(comm, encoding="ascii") as name:
            if name.read() == "sf_sim\n":
                os.setpriority(os.PRIO_PROCESS, int(comm.split("/")[2]), 0)


class Env(sub_functions.Env):
    """Two sub-functions, connected as a pair."""

    def __init__(self):
        super().__init__()
        self.sub_functions("pair")
        share_processors()
        for sfnum in SFNUMS:
            self.sfs.add(sfnum)

    def device(self, port):
        name = self.sfs.name(SFNUMS[port])
        return f"bus=auxiliary,name={name},vfio={TRANSPORT}", name


def taken_away(env, kind, device, take, give):
    """The kernel wants the device of port 1, and waits until the application has let it go."""
    waiting = None

    def cycle(application, _started):
        nonlocal waiting
        waiting = threading.Thread(target=take)
        waiting.start()
        application.process.do("removed 1")
        application.halt(1)

    def back(_started):
        waiting.join()
        give()

    surprises(env, kind, device, cycle, ports=(1,), back=back)


def test_deactivated(env):
    taken_away(env, "deactivated", env.device, lambda: env.sfs.set(SFNUMS[1], "inactive"),
               lambda: env.sfs.set(SFNUMS[1], "active"))


def test_unbound(env):
    name = env.sfs.name(SFNUMS[1])
    driver = os.path.realpath(f"{DEVICES}/{name}/driver")
    taken_away(env, "unbound", env.device, lambda: guest.write(f"{driver}/unbind", name),
               lambda: guest.write(f"{driver}/bind", name))


def test_mdev_removed(env):
    uuids = [guest.mdev_create("sf_sim", "sf_sim-eth") for _ in range(2)]

    def device(port):
        return f"bus=auxiliary,uuid={uuids[port]},vfio={TRANSPORT}", uuids[port]

    def give():
        uuids[1] = guest.mdev_create("sf_sim", "sf_sim-eth")

    taken_away(env, "mdev removed", device, lambda: guest.mdev_remove(uuids[1]), give)
    for name in uuids:
        guest.mdev_remove(name)


def test_secondary_killed(env):
    secondary_killed(env, env.device)


def drops(_started, secondary):
    """How many packets of each port were dropped: secondary processes keep their devices."""
    return [int(secondary.ask(f"dropped {port} {1 - port}")) for port in range(2)]


def test_primary_killed(env):
    primary_killed(env, env.device, drops)


def test_kernel_is_content(env):
    churn.test_kernel_is_content(env)


if __name__ == "__main__":
    harness.run(sys.modules[__name__], Env)
