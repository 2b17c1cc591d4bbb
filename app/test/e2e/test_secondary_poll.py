#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""A secondary process polls all queues there may be, whatever the primary does with the port.

Port 0 sends, and port 1 is polled by the secondary.  Both are the primary's.
"""
import itertools
import platform
import signal
import sys
import time

import harness
from test_secondary import SF0, SF1, processes
from test_secondary_sleep import attached_late, configure, pair, quit_all, start, stop


def traffic(primary, queues):
    for queue in range(queues):
        if queues > 1:
            primary.do(f"point 1 {queue}")
        primary.do("send 0 100 0")


def all_back(primary):
    """Every mbuf is in its pool, when the secondary has freed those it had in hand."""
    end = time.monotonic() + 2
    while primary.ask("mbufs") != "0":
        assert time.monotonic() < end, primary.ask("mbufs")


def test_primary_reconfigures(env):
    """1, 4, 16 and again 1 queues: packets come through, and no mbuf is lost or had twice."""
    with pair(env, [SF0, SF1]) as (primary, secondary):
        secondary.do("poll 1")
        for queues in (1, 4, 16, 1, 4, 1, 16, 4, 1):
            configure(primary, queues, intr=0)
            start(primary)
            traffic(primary, queues)
            stop(primary)
            all_back(primary)
        assert int(secondary.ask("rest")) > 1000
        all_back(primary)


def test_primary_restarts(env):
    """Many times, at no particular moment."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, queues=4, intr=0)
        start(primary)
        secondary = started.process(1, [SF0, SF1])
        secondary.do("poll 1")
        for _ in range(50):
            primary.do("send 0 64 0", "stop 1", "start 1", "wait-link 1")
        stop(primary)
        assert int(secondary.ask("rest")) > 0
        all_back(primary)
        quit_all(secondary, primary)


def test_primary_resets_and_closes(env):
    """A port that is closed in the primary is one without queues here."""
    with pair(env, [SF0, SF1]) as (primary, secondary):
        secondary.do("poll 1")
        for _ in range(3):
            configure(primary, queues=4, intr=0)
            start(primary)
            traffic(primary, 4)
            primary.do("reset 1", "stop 0")
            all_back(primary)
        primary.do("close 1")
        time.sleep(0.1)
        assert int(secondary.ask("rest")) > 0


def test_dies_polling(env):
    """A secondary that is killed, maybe within a burst, holds nobody up."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, queues=4, intr=0)
        for number in range(1, 6):
            start(primary)
            secondary = started.process(number, [SF0, SF1])
            secondary.do("poll 1")
            primary.do("send 0 64 0")
            secondary.kill()
            begun = time.monotonic()
            stop(primary)
            assert time.monotonic() - begun < 2
        quit_all(primary)


def test_hangs_polling(env):
    """One that is stopped, maybe within a burst, holds up for seconds; what it had comes back."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, queues=4, intr=0)
        secondary = started.process(1, [SF0, SF1])
        secondary.do("poll 1")
        for _ in range(5):
            start(primary)
            primary.do("send 0 64 0")
            secondary.popen.send_signal(signal.SIGSTOP)
            begun = time.monotonic()
            stop(primary)
            assert time.monotonic() - begun < 5
            secondary.popen.send_signal(signal.SIGCONT)
        start(primary)
        stop(primary)
        assert int(secondary.ask("rest")) > 0
        all_back(primary)
        quit_all(secondary, primary)


def stop_within(primary, secondary):
    """Have the secondary stopped (SIGSTOP) within an Rx burst on port 1."""
    secondary.do("stop-within", "poll 1")
    primary.do("send 0 64 0")
    end = time.monotonic() + 10
    with open(f"/proc/{secondary.popen.pid}/stat", encoding="ascii") as stat:
        while ") T " not in stat.read():
            assert time.monotonic() < end, "the secondary runs"
            stat.seek(0)


def test_hangs_within(env):
    """Stopped within a burst: nothing is started in the queue's place until it has come out."""
    with pair(env, [SF0, SF1]) as (primary, secondary):
        configure(primary, intr=0)
        for then in ([], ["configure 1 1 0"], ["reset 1", "configure 1 1 0"]):
            before = len(primary.text())
            start(primary)
            stop_within(primary, secondary)
            stop(primary)
            assert "the rings of 1 queues are kept until it is" in primary.text()[before:]
            assert int(primary.ask("mbufs")) > 0
            primary.do(*then)
            assert primary.ask("start 1") == "EBUSY"
            said = primary.text()[before:]
            assert "Rx queue 0: a secondary process does not come out of it" in said
            secondary.popen.send_signal(signal.SIGCONT)
            secondary.ask("rest")
            start(primary)
            secondary.do("poll 1")
            primary.do("send 0 64 0")
            stop(primary)
            assert int(secondary.ask("rest")) >= 64
            if "reset 1" not in then:  # which keeps for good what is used
                all_back(primary)


def secondary_stopped(started):
    """A primary with running ports, and a secondary that is stopped within a burst."""
    primary = started.process(0, [SF0, SF1])
    secondary = started.process(1, [SF0, SF1])
    configure(primary, intr=0)
    start(primary)
    stop_within(primary, secondary)
    return primary, secondary


def test_killed_within(env):
    """Killed within a burst, but not while it changes the ring: another goes on from there."""
    with processes(env) as started:
        primary, secondary = secondary_stopped(started)
        secondary.kill()
        another = started.process(2, [SF0, SF1])
        another.do("poll 1")
        primary.do("send 0 64 0")
        stop(primary)
        assert int(another.ask("rest")) >= 64
        quit_all(another, primary)


RING = 64
FEW_DESCRIPTORS = 8


def prepare_receiving(primary, secondary, packets, mbufs):
    """Packets at the end of the ring and at its beginning, and one on both sides of it."""
    before = RING - packets * mbufs // 2 - 1
    for count in (before // 2, before - before // 2):
        primary.do(f"send 0 {count} 0")
        secondary.do(f"discard 1 0 {count}")
    primary.do(*["send-one 0"] * packets)


def exchange_receiving(primary, secondary):
    """The first packet may go with one that the killed process had begun.

    More than fit the ring follow: the device is told of buffers that are posted anew.
    """
    primary.do("send-one 0", "send-one 0")
    lengths = [secondary.ask("receive 1 0 5000")]
    for _ in range(9):
        primary.do(*["send-one 0"] * 8)
        secondary.do("discard 1 0 8")
    return lengths


def prepare_sending(primary, secondary, packets, mbufs):
    """The killed process makes its own."""


def exchange_sending(primary, secondary):
    """What the killed process had sent may come as well, without another packet behind it."""
    secondary.do("wait-sent 0", "send-one 0")
    lengths = [primary.ask("receive 1 0 5000")]
    while lengths[-1].isdigit():
        lengths.append(primary.ask("receive 1 0 0"))
    return lengths[:-1]


def dies(process, command):
    """Whether a process is killed by a command for that, or has fewer changes to make."""
    process.type(f"{command}\nquit")
    if process.wait() == -signal.SIGKILL:
        return True
    assert "= ERANGE" in process.text(), process.text()
    return False


def killed_at_each_change(env, way, packets, mbufs=1):
    """One process after another is killed, a change of the queue further on within a burst.

    The next one goes on with whole packets; or nobody does until the primary has started the
    queue again, as the ring is half done.
    """
    if platform.machine() != "x86_64":
        raise harness.Skip("the trap flag is x86's")
    command, prepare, exchange = {
        "receiving": ("die-receiving 1 0", prepare_receiving, exchange_receiving),
        "sending": ("die-sending 0 0", prepare_sending, exchange_sending),
    }[way]
    length, how = ("60", FEW_DESCRIPTORS) if mbufs == 1 else ("4500", FEW_DESCRIPTORS | 2)
    went_on = refused = 0
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        primary.do(f"configure 0 1 {how}", f"configure 1 1 {how}")
        secondary = started.process(1, [SF0, SF1])
        for number in itertools.count(1):
            start(primary)
            prepare(primary, secondary, packets, mbufs)
            if not dies(secondary, f"{command} {number}"):
                break
            secondary = started.process(number + 1, [SF0, SF1])
            secondary.do("try 0 0", "try 1 0")
            if "was killed when it changed the ring" in secondary.text():
                refused += 1
                stop(primary)
                start(primary)
            else:
                went_on += 1
            lengths = exchange(primary, secondary)
            assert set(lengths) == {length}, lengths
            stop(primary)
        print(f"# went on {went_on} times, refused {refused} times")
        assert went_on > 0 and refused > 0
        stop(primary)
        quit_all(primary)


def test_killed_at_each_change_receiving(env):
    killed_at_each_change(env, "receiving", 32)


def test_killed_at_each_change_receiving_in_pieces(env):
    killed_at_each_change(env, "receiving", 2, mbufs=3)


def test_killed_at_each_change_sending(env):
    killed_at_each_change(env, "sending", 4)


def test_killed_at_each_change_sending_in_pieces(env):
    killed_at_each_change(env, "sending", 4, mbufs=3)


def test_successor_killed(env):
    """Killed with a packet begun, and so is whoever drops that: no mbuf is freed twice."""
    if platform.machine() != "x86_64":
        raise harness.Skip("the trap flag is x86's")
    killed = 0
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        primary.do("configure 0 1 2", "configure 1 1 2")
        # By then the first buffer of a packet is out of the ring, and the second may be.
        for changes, again in itertools.product(range(4, 7), range(1, 4)):
            start(primary)
            primary.do("send-one 0")
            assert dies(started.process(1, [SF0, SF1]), f"die-receiving 1 0 {changes}")
            killed += dies(started.process(2, [SF0, SF1]), f"die-succeeding 1 0 {again}")
            third = started.process(3, [SF0, SF1])
            third.do("try 1 0")
            quit_all(third)
            stop(primary)
            assert primary.ask("twice") == "0", (changes, again)
        assert killed > 0
        quit_all(primary)


def test_killed_and_same_pid(env):
    """A process comes after a killed one and has its PID, as in a container that is restarted."""
    if platform.machine() != "x86_64":
        raise harness.Skip("the trap flag is x86's")
    # The first process of a PID namespace could not kill itself; the second is PID 2 in each.
    namespace = ["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", '"$@"; exit $?', "sh"]
    half_done = "process 2 was killed when it changed the ring"
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, intr=0)
        start(primary)
        primary.do("send 0 1 0")
        killed = started.process(1, [SF0, SF1], within=namespace)
        killed.type("die-receiving 1 0 1")
        assert killed.wait() != 0
        for number in (2, 3):
            secondary = started.process(number, [SF0, SF1], within=namespace)
            assert secondary.ask("receive 1 0 100") == "ETIMEDOUT"
            secondary.do("try 1 0")
            assert secondary.text().count(half_done) == 1, secondary.text()
            quit_all(secondary)
        stop(primary)
        start(primary)
        secondary = started.process(4, [SF0, SF1], within=namespace)
        primary.do("send-one 0")
        assert secondary.ask("receive 1 0 5000") == "60"
        assert half_done not in secondary.text()
        quit_all(secondary, primary)


def test_killed_looking(env):
    """Killed while it looks at a descriptor: another process can look at that all the same."""
    if platform.machine() != "x86_64":
        raise harness.Skip("the trap flag is x86's")
    available, unavailable = "0", "2"
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, intr=0)
        start(primary)
        assert dies(started.process(1, [SF0, SF1]), "die-looking 1 0 1")
        secondary = started.process(2, [SF0, SF1])
        assert secondary.ask("look 1 0 0") == available
        assert secondary.ask("look 1 0 511") == unavailable
        stop(primary)
        quit_all(secondary, primary)


def close(primary, port):
    """How many blocks of EAL's heap this gives back."""
    before = int(primary.ask("heap"))
    primary.do(f"close {port}")
    return before - int(primary.ask("heap"))


def test_closed_within(env):
    """A queue that was kept is freed with the port, as all others are."""
    with processes(env) as started:
        primary, secondary = secondary_stopped(started)
        stop(primary)
        secondary.popen.send_signal(signal.SIGCONT)
        secondary.ask("rest")
        assert close(primary, 1) == close(primary, 0)
        all_back(primary)
        quit_all(secondary, primary)


def test_without_driver(env):
    """A secondary that has not loaded the driver costs a start or a stop nothing."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        bare = started.process(1, driver=False)
        configure(primary, intr=0)
        begun = time.monotonic()
        start(primary)
        stop(primary)
        assert time.monotonic() - begun < 1
        assert "secondary" not in primary.text()
        quit_all(bare, primary)


def test_woken(env):
    """Who sleeps on a queue is woken when the port is stopped, and when it is started again."""
    with attached_late(env) as (primary, secondary):
        secondary.do("wait-on 1 0")
        secondary.type("sleep 1 0 100")
        secondary.expect("^asleep")
        for _ in range(5):
            stop(primary)
            start(primary)
        primary.do("send 0 100 150")
        assert int(secondary.answer()) > 2


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
