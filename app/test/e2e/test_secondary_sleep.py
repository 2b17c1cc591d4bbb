#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Packets and Rx interrupts in a secondary process, whatever the primary does in which order.

Port 0 sends, and port 1 is received from.  Both are the primary's.
"""
import contextlib
import sys
import time

import harness
from test_secondary import SF0, SF1, processes

PACKETS = 5000
GAP_US = 150


def configure(primary, queues=1, intr=1):
    primary.do("configure 0 1 0", f"configure 1 {queues} {intr}")


def start(primary):
    primary.do("start 0", "start 1", "wait-link 0", "wait-link 1")


def stop(primary):
    primary.do("stop 1", "stop 0")


def sleep_through(sender, sleeper, queue=0, packets=PACKETS):
    """Packets come while another process sleeps in between: it gets all, and did sleep."""
    sleeper.type(f"sleep 1 {queue} {packets}")
    sleeper.expect("^asleep")
    sender.do(f"send 0 {packets} {GAP_US}")
    times = sleeper.answer(60)
    assert times.isdigit() and int(times) > 2, times  # it was armed again


def quit_all(*processes_):
    for process in processes_:
        process.type("quit")
        code = process.wait()
        assert code == 0, f"{process.args[0]} ended with {code}"


@contextlib.contextmanager
def pair(env, devices=()):
    """A primary and a secondary process, which both end well."""
    with processes(env) as started:
        primary = started.process(0, devices)
        secondary = started.process(1, devices)
        yield primary, secondary
        quit_all(secondary, primary)


@contextlib.contextmanager
def attached_late(env, intr=1):
    """The same, and the ports have been started when the secondary comes."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, intr=intr)
        start(primary)
        secondary = started.process(1, [SF0, SF1])
        yield primary, secondary
        quit_all(secondary, primary)


def test_attached_after_start(env):
    with attached_late(env) as (primary, secondary):
        secondary.do("wait-on 1 0")
        sleep_through(primary, secondary)


def test_attached_before_configure(env):
    """And its thread waits for a queue of which nobody has heard yet."""
    with pair(env, [SF0, SF1]) as (primary, secondary):
        configure(primary, queues=4)
        secondary.do("wait-on 1 3")
        start(primary)
        primary.do("point 1 3")
        sleep_through(primary, secondary, queue=3)


def test_plugged_in_primary(env):
    """Devices that the primary attaches come to the secondary with their interrupts."""
    with pair(env) as (primary, secondary):
        primary.do(f"probe {SF0}", f"probe {SF1}")
        configure(primary)
        start(primary)
        secondary.do("wait-on 1 0")
        sleep_through(primary, secondary)


def test_other_number_of_queues(env):
    """The primary reconfigures, with more queues and with fewer; stops, starts, resets."""
    with pair(env, [SF0, SF1]) as (primary, secondary):
        configure(primary, queues=2)
        secondary.do("wait-on 1 0")
        for queues in (2, 16, 1):
            configure(primary, queues)
            start(primary)
            sleep_through(primary, secondary, packets=1000)
            stop(primary)
        start(primary)
        sleep_through(primary, secondary, packets=1000)
        stop(primary)
        primary.do("reset 1")
        configure(primary)
        start(primary)
        sleep_through(primary, secondary, packets=1000)


def test_other_functions(env):
    """A port that is started in another way is received from in that way."""
    with attached_late(env) as (primary, secondary):
        primary.do("send 0 1 0")
        assert secondary.ask("receive 1 0 2000") == "60"
        stop(primary)
        assert secondary.ask("receive 1 0 2000") == "ETIMEDOUT"
        primary.do("configure 0 1 2", "configure 1 1 2")
        start(primary)
        primary.do("send-one 0")
        assert secondary.ask("receive 1 0 2000") == "4500"
        secondary.do("send-one 1")
        assert primary.ask("receive 0 0 2000") == "4500"


def test_sleep_in_both(env):
    """One queue each, and packets for the one while the other sleeps on."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary, queues=2)
        start(primary)
        secondaries = [started.process(1, [SF0, SF1]), started.process(2, [SF0, SF1])]
        for queue, sleeper in enumerate(secondaries):
            sleeper.do(f"wait-on 1 {queue}")
        for queue, sleeper in enumerate(secondaries):
            other = secondaries[1 - queue]
            other.type(f"sleep 1 {1 - queue} 1")
            other.expect("^asleep")
            primary.do(f"point 1 {queue}")
            sleep_through(primary, sleeper, queue, 1000)
            primary.do(f"point 1 {1 - queue}", "send 0 1 0")
            assert other.answer() == "1"
        quit_all(*secondaries, primary)


def test_secondary_dies_asleep(env):
    """Another takes its place, and then the primary, for which the queue need not be restarted."""
    with processes(env) as started:
        primary = started.process(0, [SF0, SF1])
        configure(primary)
        start(primary)
        for number in (1, 2):
            secondary = started.process(number, [SF0, SF1])
            secondary.do("wait-on 1 0")
            sleep_through(primary, secondary, packets=1000)
            secondary.type("sleep 1 0 1")
            secondary.expect("^asleep")
            secondary.kill()
        primary.do("wait-on 1 0", "send 0 1 0")
        assert primary.ask("sleep 1 0 1").isdigit()
        quit_all(primary)


def test_queue_restarted(env):
    """Who sleeps on a queue is woken when that queue is stopped, and when it is started."""
    with attached_late(env) as (primary, secondary):
        secondary.do("wait-on 1 0")
        secondary.type("sleep 1 0 1")
        secondary.expect("^asleep")
        primary.do("stop-queue 1 0")
        time.sleep(0.5)
        primary.do("start-queue 1 0")
        time.sleep(0.5)
        primary.do("send 0 1 0")
        assert secondary.answer() == "3"


def test_configured_without(env):
    """Who sleeps is woken, and told, when a port comes back without Rx interrupts."""
    with attached_late(env) as (primary, secondary):
        secondary.do("wait-on 1 0")
        secondary.type("sleep 1 0 1")
        secondary.expect("^asleep")
        stop(primary)
        time.sleep(0.5)  # it is asleep again, on a queue that does not run
        configure(primary, intr=0)
        start(primary)
        assert secondary.answer() == "EOPNOTSUPP"
        assert primary.ask("wait-on 1 0") != "0"


def test_not_configured(env):
    """There is nothing to be armed if the primary has not asked for Rx interrupts."""
    with attached_late(env, intr=0) as (primary, secondary):
        assert secondary.ask("arm 1 0") == "EOPNOTSUPP"
        assert secondary.ask("wait-on 1 9") == "EINVAL"


def test_many_threads(env):
    """Accesses that the primary makes for a secondary can come from several threads."""
    with pair(env, [SF0]) as (primary, secondary):
        secondary.do("read 0")


def test_no_room(env):
    """Without file descriptors for them the port has no Rx interrupts, and works."""
    with pair(env) as (primary, secondary):
        secondary.do("spare-files 12")
        primary.do(f"probe {SF0}")
        primary.do("configure 0 1 1", "start 0")
        secondary.do("read 0")
        assert secondary.ask("wait-on 0 0") == "EPERM"
        assert "no Rx interrupts in this process: Too many open files" in secondary.text()


def test_no_room_for_device(env):
    """Without file descriptors for its regions there is no device; with them there is one."""
    with pair(env) as (primary, secondary):
        primary.do("hostile files")
        secondary.do("spare-files 2")
        assert secondary.ask("interrupts 0") == "EMFILE"
        assert "does not describe region 1: Too many open files" in secondary.text()
        secondary.do("spare-files 100", "interrupts 0")


def test_primary_misbehaves(env):
    """What is no answer is none: an error, and nothing left behind."""
    with pair(env) as (primary, secondary):
        for kind, error in (("error", "EIO"), ("none", "EPROTO"), ("few", "EPROTO"),
                            ("short", "EPROTO"), ("silent", "ETIMEDOUT")):
            primary.do(f"hostile {kind}")
            assert secondary.ask("interrupts 11") == error, kind
        assert secondary.text().count("eventfds not to be had from the primary process") == 5


def test_primary_describes_nonsense(env):
    """A region that cannot be keeps the device from being opened; nothing is mapped."""
    with pair(env) as (primary, secondary):
        for kind in ("outside", "many", "number"):
            primary.do(f"hostile {kind}")
            assert secondary.ask("interrupts 11") == "EPROTO", kind
        assert secondary.text().count("does not describe region 0: Protocol error") == 3
        primary.do("hostile transport")
        assert secondary.ask("interrupts 11") == "EPROTO"


def test_answer_is_late(env):
    """The answer to a question given up on is not taken for that to the next."""
    with pair(env) as (primary, secondary):
        primary.do("hostile late")
        assert secondary.ask("after-late 8") == "8"


def test_secondary_misbehaves(env):
    """What there is not is refused, and no file descriptor comes with what has none."""
    region, read = 1, 2
    with pair(env, [SF0, SF1]) as (primary, secondary):
        answers = [secondary.ask(f"ask {region} {index}") for index in range(16)]
        there = [answer for answer in answers if answer != "EINVAL"]
        assert 1 <= len(there) <= 9 and answers[:len(there)] == there, answers
        assert secondary.ask(f"ask {region} 4294967295") == "EINVAL"
        assert secondary.ask(f"ask {read} 0 4") == "0"
        assert secondary.ask(f"ask {read} 0 129") == "EINVAL"
        assert secondary.ask(f"ask {read} 16 4") == "EINVAL"
        assert secondary.ask("ask 77 0") == "EINVAL"


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
