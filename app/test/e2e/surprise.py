# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""What tests of surprises share: an application under full traffic, and what it holds.

Environment: SF_SURPRISES, how many there are of each kind (5); SF_SEED, which decides when
they come; SF_SAMPLES, if there is to be a line after each that says what is held.
"""
import glob
import os
import random
import re
import time

import harness
from test_secondary import TRANSPORT, processes

COUNT = int(os.environ.get("SF_SURPRISES", "5"))
SEED = int(os.environ.get("SF_SEED", "1"))
SAMPLES = "SF_SAMPLES" in os.environ

# The pool of packets takes nearly all of it: whoever wants memory has EAL get more.
MEMORY_MIB = 32
RING = 512
BURST = 32
# On the way from one port to the other: a Tx ring and an Rx ring.
IN_DEVICE = 2 * RING
# So many have come when a surprise may: more than were under way at any time.
FLOWING = f"flowing {8 * RING}"
REMOVAL_EVENTS = 4


class Application:
    """A primary process with two ports, and traffic between them."""

    def __init__(self, started, devices, chance):
        """devices: a function that returns the devargs of a port's device, and its name."""
        self.started = started
        self.devices = devices
        self.names = {}
        self.chance = chance
        self.sent = self.left = self.late = 0
        self.start()

    def start(self):
        """At first, and when it has been killed."""
        self.process = self.started.process(0, ["auxiliary:"])  # none of them
        self.first = None

    def up(self, *ports, queues=1):
        """Have devices, and start traffic."""
        for port in ports:
            devargs, self.names[port] = self.devices(port)
            self.process.do(f"probe {devargs}")
        for port in ports:
            self.process.do(f"configure {port} {queues} {REMOVAL_EVENTS}", f"start {port}")
        self.process.do("wait-link 0", "wait-link 1", "traffic 0 1 0", FLOWING)

    def wait(self):
        """Nobody knows when a surprise comes."""
        time.sleep(self.chance.uniform(0.02, 0.2))

    def down(self, *ports):
        """Free ports, and let their devices go."""
        for port in ports:
            self.process.ask(f"stop {port}")  # of a device that has gone it may fail
            self.process.do(f"close {port}", f"remove {self.names[port]}")

    def _count(self, process, command):
        before = len(process.output)
        process.ask(command, 60)
        said = "\n".join(process.output[before:])
        counts = {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", said)}
        assert counts["changed"] == counts["again"] == 0 and counts["sent"] > 0, said
        self.sent += counts["sent"]
        self.left += counts["left0"] + counts["left1"]
        self.late += counts["late"]
        assert counts["late"] <= 2 * IN_DEVICE, said
        return (counts["left0"], counts["left1"]), counts["missing"]

    def dropped(self):
        """How many packets of each port the devices have counted as dropped."""
        return [int(self.process.ask(f"dropped {port} {1 - port}")) for port in range(2)]

    def calm(self):
        """End the traffic: every packet has come, in order, once, and as it was.

        A process that gets no processor for a while posts no buffers, and what finds none is
        dropped, as by any device.
        """
        left, missing = self._count(self.process, "calm")
        if sum(left) + missing > 0:
            counted = self.dropped()
            assert sum(left) + missing <= sum(counted), (left, missing, counted)

    def halt(self, *gone, process=None, dropped=lambda: (0, 0)):
        """The same of ports that have gone: what is in a device goes with it.

        What a port sends when the other has gone is dropped.  dropped() returns how many of
        each port's packets devices have counted as dropped, once there is no more traffic.
        """
        left, missing = self._count(process or self.process, "halt")
        counted = dropped()
        assert all(left[port] <= IN_DEVICE + counted[port] for port in gone), (left, counted)
        assert missing <= sum(counted), (missing, counted)

    def check(self, kind, mbufs, lost_blocks):
        """Without ports or traffic: holds what it held at first.

        It can be more for a moment.
        """
        blocks = int(self.process.ask("heap")) - lost_blocks
        end = time.monotonic() + 10
        while True:
            fds, maps, rss = self.process.held()
            now = fds, maps, blocks
            self.first = self.first or now
            if all(n <= first for n, first in zip(now, self.first)):
                break
            assert time.monotonic() < end, f"holds {now}, not {self.first}"
            time.sleep(0.02)
        assert int(self.process.ask("mbufs")) <= mbufs
        if SAMPLES:
            print("# sample", int(time.time()), TRANSPORT, kind.replace(" ", "-"), rss, fds, maps,
                  flush=True)


def surprises(env, kind, devices, cycle, ports=(0, 1), back=None, queues=1, lost=(0, 0), sim=None,
              eal=()):
    """COUNT lives of an application's ports, each ended by a surprise.

    devices is a function of a port, and returns the devargs of the port's
    device, and its name.  cycle(application, started) does to the devices or processes what
    they do not expect, and leaves the application without traffic.  ports are then freed, and
    back(started) has their devices come back.  queues of a port, the first of which is the
    application's; how many mbufs and blocks of memory may be lost each time; options of
    the server, and of EAL.
    """
    with processes(env, MEMORY_MIB, **(sim or {})) as started:
        started.args[:0] = eal
        application = Application(started, devices, random.Random(f"{SEED} {kind}"))
        rest = tuple({0, 1} - set(ports))
        application.up(0, 1, queues=queues)
        time.sleep(0.2)
        application.calm()
        application.down(*ports)
        for number in range(1, COUNT + 1):
            application.up(*ports, queues=queues)
            application.process.do("memory 1")
            application.wait()
            cycle(application, started)
            if application.process.popen.poll() is not None:
                application.start()
                continue
            application.down(*ports)
            assert int(application.process.ask("memory 0")) > 0
            application.check(kind, len(rest) * 2 * RING + number * lost[0], number * lost[1])
            if back:
                back(started)
        application.down(*rest)
        application.process.type("quit")
        assert application.process.wait() == 0, application.process.text()
        print(f"# {kind}, {TRANSPORT}: {COUNT} times (seed {SEED}), {application.sent} packets, "
              f"{application.left} went with the device, {application.late} came later",
              flush=True)


def secondary_beside(application, started, number=1):
    """A secondary that uses the second queue of each port, and full traffic of both processes.

    While it starts there is none, beside which a guest's emulated processors take four times
    as long; and EAL's memory does not change: EAL asks all processes about each change, with
    its memory locked, and one that starts cannot answer before it has had that lock.
    """
    application.calm()
    assert int(application.process.ask("memory 0")) > 0
    secondary = started.process(number, [application.devices(port)[0] for port in range(2)])
    application.process.do("traffic 0 1 0")
    secondary.do("traffic 0 1 1", FLOWING)
    application.process.do(FLOWING)
    return secondary


def pool_not_locked():
    """A pool of packets that is a ring, the usual kind, is locked by who is killed in it."""
    if not glob.glob(f"{harness.DPDK_LIB}/dpdk/pmds-*/librte_mempool_stack.so*"):
        raise harness.Skip(f"this DPDK {harness.DPDK_VERSION} has no mempool_stack")
    return "--mbuf-pool-ops-name", "lf_stack"


def secondary_killed(env, devices):
    """The primary and its queue go on; what the other has had in hand, and only that, is lost.

    EAL leaves two blocks of shared memory behind.
    """
    killed = 0

    def cycle(application, started):
        nonlocal killed
        killed += 1
        secondary = secondary_beside(application, started, killed)
        application.process.do("memory 1")
        application.wait()
        secondary.kill()
        application.calm()

    surprises(env, "secondary killed", devices, cycle, queues=2, lost=(3 * BURST, 2),
              eal=pool_not_locked())


def primary_killed(env, devices, drops, sim=None):
    """The secondary goes on without packets, and ends; then both are started again.

    The devices of a primary that has died lose its memory, or are closed, one after the other:
    what the second sends to the first in between is dropped, and counted.  drops(started,
    secondary) returns how many packets of each port devices have dropped so far.

    Who is killed when it takes or frees memory of EAL's leaves the heap locked, which all
    processes share.
    """
    def cycle(application, started):
        secondary = secondary_beside(application, started)
        application.wait()
        before = drops(started, secondary)
        application.process.kill()
        time.sleep(0.05)
        application.halt(0, 1, process=secondary, dropped=lambda: [
            now - then for now, then in zip(drops(started, secondary), before)])
        secondary.type("quit")
        assert secondary.wait() == 0, secondary.text()

    surprises(env, "primary killed", devices, cycle, queues=2, sim=sim, eal=pool_not_locked())
