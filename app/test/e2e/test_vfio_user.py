#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""dpdk-sf-sim as somebody else's client finds it, well-behaved and not.

Register offsets and codes are those of the data sheet.
"""
import contextlib
import errno
import fcntl
import itertools
import json
import mmap
import os
import resource
import signal
import struct
import sys
import time

import harness
from vfio_user import (DMA_MAP, DMA_UNMAP, DMA_UNMAP_ALL, ERROR, GET_INFO, GET_REGION_INFO, HEADER,
                       IRQ_ACTION_MASK, IRQ_ACTION_TRIGGER, IRQ_ACTION_UNMASK, IRQ_DATA_BOOL,
                       IRQ_DATA_EVENTFD, IRQ_DATA_NONE, REGION_CAPS, REGION_MMAP, REGION_READ,
                       REGION_WRITE, SET_IRQS, VERSION, Client, Closed, Memory, Refused, raised)

BAR0, MSIX_BAR, CONFIG = 0, 2, 7
MSIX, NUM_VECTORS = 2, 17

FEATURES, DRV_FEATURES = 0x08, 0x0c
F_CSUM, F_VLAN, F_SEGS, F_TSO = 1 << 3, 1 << 4, 1 << 5, 1 << 6
Q_ENABLE, Q_SCATTER = 1, 2
EOP, CTX, VLAN, L3, TCP, TSO = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 6
ID, STATUS, QUEUES, MTU, MTU_MAX = 0x00, 0x14, 0x18, 0x20, 0x24
CTRL, RX_MODE, INT_MASK, ERROR_INFO = 0x10, 0x38, 0x44, 0x48
RXQ, TXQ = 0x1000, 0x1080
Q_BASE, Q_CPL_BASE, Q_SIZE, Q_BUF_SIZE, Q_CTRL, Q_STATE = 0x00, 0x08, 0x10, 0x14, 0x18, 0x1c
DB, DB_RX_TAIL, DB_TX_TAIL = 0x10000, 0x00, 0x40

IOVA = 0x100000000
M64 = (1 << 64) - 1
RING = 64
# Where things are in the client's memory.
RX_RING, RX_CPL, TX_RING, TX_STATUS, RX_BUFS, TX_BUFS = 0, 0x1000, 0x2000, 0x3000, 0x10000, 0x40000
MEMORY = 0x80000


def connect(env, index=0, **kwargs):
    return Client(os.path.join(env.devices, f"sf_sim.sf.{index}", "vfio-user"), **kwargs)


def version_text(capabilities):
    return json.dumps({"capabilities": capabilities}).encode() + b"\0"


def refused(function, *args, **kwargs):
    """The errno with which a call is refused."""
    try:
        function(*args, **kwargs)
    except Refused as refusal:
        return refusal.args[0]
    raise AssertionError("not refused")


def closed(client):
    """Whether the server ends the connection."""
    try:
        client.receive_exactly(HEADER.size)
    except Closed:
        return True
    return False


class Driver:
    """One queue pair of a looped device, as the data sheet brings it up."""

    def __init__(self, env, start=True, features=0, extra=(), sfs=1):
        env.sim(sfs=sfs, wire="loop", extra=extra)
        self.client = connect(env)
        self.memory = Memory(MEMORY)
        self.client.dma_map(IOVA, MEMORY, self.memory.fd)
        ((offset, size),), fd = self.client.sparse_areas(BAR0)
        self.db = mmap.mmap(fd, size, offset=offset)
        self.client.write32(BAR0, CTRL, 1)
        assert self.client.read32(BAR0, STATUS) & 1
        assert self.client.read32(BAR0, FEATURES) & features == features
        self.client.write32(BAR0, DRV_FEATURES, features)
        if start:
            assert self.start(RXQ, RX_RING, RX_CPL) == 1
            assert self.start(TXQ, TX_RING, TX_STATUS) == 1
            self.client.write32(BAR0, RX_MODE, 3)

    def start(self, block, ring, cpl, size=RING, buf_size=2048, ctrl=Q_ENABLE):
        """Start a queue; its STATE."""
        self.client.write64(BAR0, block + Q_BASE, IOVA + ring)
        self.client.write64(BAR0, block + Q_CPL_BASE, IOVA + cpl)
        self.client.write32(BAR0, block + Q_SIZE, size)
        if block == RXQ:
            self.client.write32(BAR0, block + Q_BUF_SIZE, buf_size)
        self.client.write32(BAR0, block + Q_CTRL, ctrl)
        return self.client.read32(BAR0, block + Q_STATE)

    def doorbell(self, register, value):
        struct.pack_into("<I", self.db, register, value)

    def post(self, count):
        for i in range(count):
            struct.pack_into("<Q", self.memory.map, RX_RING + 8 * i, IOVA + RX_BUFS + 2048 * i)
        self.doorbell(DB_RX_TAIL, count)

    def describe(self, index, length, flags=1, addr=None, rest=0):
        addr = IOVA + TX_BUFS + 2048 * index if addr is None else addr
        struct.pack_into("<QHHI", self.memory.map, TX_RING + 16 * index, addr, length, flags, rest)

    def state(self, block):
        return self.client.read32(BAR0, block + Q_STATE)

    def wait_state(self, block, state):
        deadline = time.monotonic() + 5
        while self.state(block) != state and time.monotonic() < deadline:
            time.sleep(0.002)
        assert self.state(block) == state, f"state 0x{self.state(block):x}, not 0x{state:x}"

    def wait_packets(self, count):
        """Lengths of the packets received, from index 0."""
        def completions():
            return [struct.unpack_from("<IHHHHHH", self.memory.map, RX_CPL + 16 * i)
                    for i in range(count)]

        deadline = time.monotonic() + 5
        while not all(e[6] & 1 for e in completions()) and time.monotonic() < deadline:
            time.sleep(0.002)
        entries = completions()  # again: what was read before the generation may be older
        assert all(e[6] & 1 for e in entries), entries
        assert [e[1] for e in entries] == list(range(count)), entries
        return [e[3] for e in entries]


# --- A client that keeps to the protocol ------------------------------------

def test_describe(env):
    env.sim(sfs=1, extra=["--queues", "4"])
    client = connect(env, negotiate=False)
    major, minor, text = client.version()
    assert (major, minor) == (0, 1)
    assert 1 <= text["capabilities"]["max_msg_fds"] <= 16
    argsz, flags, regions, irqs = client.info()
    assert argsz == 16 and flags & 3 == 3 and regions == 9 and irqs == 5
    # The capability, and the file, come when there is room for both.
    for room in (32, 33, client.region_info(BAR0)[0] - 1):
        argsz, flags, cap, size, _, reply, fd = client.region_info(BAR0, room)
        assert argsz > room and len(reply) == 32 and size == 0x20000
        assert flags & REGION_MMAP and not flags & REGION_CAPS and cap == 0
        assert fd is None
    got, flags, cap, _, _, reply, fd = client.region_info(BAR0, argsz + 8)
    assert got == argsz == len(reply) and flags & REGION_CAPS and cap != 0 and fd is not None
    areas, fd = client.sparse_areas(BAR0)
    assert areas == [(0x10000, 4 * 0x1000)] and fd is not None
    assert client.region_info(1)[3] == 0
    assert [client.irq_count(n) for n in range(5)] == [0, 0, NUM_VECTORS, 0, 0]
    assert client.read(CONFIG, 0, 4) == struct.pack("<HH", 0x5f5f, 0x5f01)
    assert client.read32(BAR0, ID) == 0x31584653
    assert client.read32(BAR0, QUEUES) == 4
    client.close()


def test_registers(env):
    env.sim(sfs=1)
    client = connect(env)
    client.write32(BAR0, MTU, 4000)
    assert client.read32(BAR0, MTU) == 4000
    for value in (0, 67, 9001, 0xffffffff):
        client.write32(BAR0, MTU, value)
        assert client.read32(BAR0, MTU) == 4000
    client.write32(BAR0, MTU_MAX, 1)
    assert client.read32(BAR0, MTU_MAX) == 9000
    assert client.read(BAR0, MTU + 1, 2) == struct.pack("<I", 4000)[1:3]
    client.reset()
    assert client.read32(BAR0, MTU) == 1500
    client.close()


def test_reset(env):
    """A register resets the device, VFIO resets the function."""
    env.sim(sfs=1)
    client = connect(env)
    bars = struct.pack("<IIII", 0xfebe0004, 0x12, 0xfebd0004, 0x34)
    vector = struct.pack("<QII", 0xfee00000, 0x41, 1)

    def pci():
        return (client.read(CONFIG, 0x04, 2), client.read(CONFIG, 0x10, 16),
                client.read(CONFIG, 0x42, 2), client.read(MSIX_BAR, 16, 16))

    defaults = pci()
    client.write(CONFIG, 0x04, b"\x06\x04")
    client.write(CONFIG, 0x10, bars)
    client.write(CONFIG, 0x42, b"\x00\xc0")
    client.write(MSIX_BAR, 16, vector)
    client.write32(BAR0, MTU, 4000)
    written = pci()
    assert written[0] == b"\x06\x04" and written[1] == bars and written[3] == vector
    client.write32(BAR0, CTRL, 1)
    assert client.read32(BAR0, MTU) == 1500
    assert pci() == written
    client.write32(BAR0, MTU, 4000)
    client.reset()
    assert client.read32(BAR0, MTU) == 1500
    assert pci() == defaults
    client.close()


def leave_and_return(env, extra=()):
    """A client sets a device up and leaves; the next client of the device."""
    driver = Driver(env, extra=extra)
    event = os.eventfd(0, os.EFD_NONBLOCK)
    driver.client.set_irqs(IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 1, [event])
    driver.client.write32(BAR0, MTU, 4000)
    driver.client.write(CONFIG, 0x04, b"\x06")
    driver.post(8)
    driver.client.close()
    driver.client = connect(env)
    # What was the client's has gone, whatever the device is.
    assert refused(driver.client.dma_unmap, IOVA, MEMORY) == errno.ENOENT
    driver.client.set_irqs(IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, 0, 1)
    assert not raised(event, 0.05)
    os.close(event)
    return driver


def test_disconnect(env):
    """A device is as its client has left it, but for memory that it cannot use any more."""
    driver = leave_and_return(env)
    client = driver.client
    assert client.read32(BAR0, MTU) == 4000
    assert client.read32(BAR0, RX_MODE) == 3
    assert client.read(CONFIG, 0x04, 1) == b"\x06"
    assert driver.state(RXQ) == driver.state(TXQ) == 9 << 8
    client.dma_map(IOVA, MEMORY, driver.memory.fd)
    for block in (RXQ, TXQ):
        client.write32(BAR0, block + Q_CTRL, 0)
        client.write32(BAR0, block + Q_CTRL, 1)
    driver.post(8)
    driver.describe(0, 60)
    driver.doorbell(DB_TX_TAIL, 1)
    assert driver.wait_packets(1) == [60]
    client.close()


def test_disconnect_resets(env):
    driver = leave_and_return(env, extra=["--reset"])
    client = driver.client
    assert client.read32(BAR0, MTU) == 1500
    assert client.read32(BAR0, RX_MODE) == 0
    assert client.read(CONFIG, 0x04, 1) == b"\x00"
    assert driver.state(RXQ) == driver.state(TXQ) == 0
    client.close()


def test_interrupts(env):
    env.sim(sfs=1)
    client = connect(env)
    fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(3)]
    client.set_irqs(IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 3, fds)
    for n, fd in enumerate(fds):
        client.set_irqs(IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, n, 1)
        assert raised(fd)
        assert not any(raised(other, 0) for other in fds)
    client.set_irqs(IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, 0, 0)
    client.set_irqs(IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, 1, 1)
    assert not raised(fds[1], 0.05)
    for fd in fds:
        os.close(fd)
    client.close()


def test_packets(env):
    driver = Driver(env)
    driver.post(16)
    frames = [bytes([2, 0, 0, 0, 0, 9] * 2) + b"\x88\xb5" + os.urandom(50 + 90 * n)
              for n in range(16)]
    for n, frame in enumerate(frames):
        driver.memory.map[TX_BUFS + 2048 * n:TX_BUFS + 2048 * n + len(frame)] = frame
        driver.describe(n, len(frame))
    driver.doorbell(DB_TX_TAIL, 16)
    lengths = driver.wait_packets(16)
    assert lengths == [len(f) for f in frames]
    for n, frame in enumerate(frames):
        at = RX_BUFS + 2048 * n
        assert driver.memory.map[at:at + len(frame)] == frame, f"frame {n}"
    assert struct.unpack_from("<I", driver.memory.map, TX_STATUS)[0] == 16


def scattered(driver, buf_size, count, *descriptors):
    """What arrives in this many Rx buffers of a packet, whose descriptors go to describe()."""
    for block in (RXQ, TXQ):
        driver.client.write32(BAR0, block + Q_CTRL, 0)
    driver.doorbell(DB_TX_TAIL, 0)
    driver.memory.map[RX_CPL:RX_CPL + 16 * RING] = bytes(16 * RING)
    ctrl = Q_ENABLE | Q_SCATTER
    assert driver.start(RXQ, RX_RING, RX_CPL, buf_size=buf_size, ctrl=ctrl) == 1
    assert driver.start(TXQ, TX_RING, TX_STATUS) == 1
    driver.client.write32(BAR0, RX_MODE, 3)
    driver.post(count)
    for n, descriptor in enumerate(descriptors):
        driver.describe(n, *descriptor)
    driver.doorbell(DB_TX_TAIL, len(descriptors))
    return b"".join(driver.memory.map[RX_BUFS + 2048 * n:RX_BUFS + 2048 * n + length]
                    for n, length in enumerate(driver.wait_packets(count)))


def test_scattered(env):
    """Rx buffers that end where the headers do, which the device keeps apart, or nearly there."""
    driver = Driver(env, start=False, features=F_SEGS | F_VLAN)
    macs = bytes([2, 0, 0, 0, 0, 9] * 2)
    frame = macs + b"\x88\xb5" + os.urandom(486)
    driver.memory.map[TX_BUFS:TX_BUFS + len(frame)] = frame
    for length in (60, 160, 161, 320, 500):
        for buf_size in (60, 159, 160, 161, 250, 500):
            got = scattered(driver, buf_size, -(-length // buf_size), (length, EOP))
            assert got == frame[:length], (length, buf_size)
        tagged = macs + b"\x81\x00\x00\x05" + frame[12:length]
        for buf_size in (64, 160, 164, 165):
            got = scattered(driver, buf_size, -(-len(tagged) // buf_size),
                            (length, EOP | VLAN, None, 5))
            assert got == tagged, (length, buf_size)


def test_scattered_segments(env):
    """The same, of a TCP packet that the device cuts up."""
    driver = Driver(env, start=False, features=F_CSUM | F_SEGS | F_TSO)
    payload = os.urandom(300)
    packet = bytes([2, 0, 0, 0, 0, 9] * 2) + b"\x08\x00\x45" + bytes(39) + payload
    driver.memory.map[TX_BUFS + 2048:TX_BUFS + 2048 + len(packet)] = packet
    for buf_size in (27, 54, 55, 77):
        buffers = -(-154 // buf_size)
        got = scattered(driver, buf_size, 3 * buffers, context(100),
                        (len(packet), EOP | TCP | TSO, None, headers(14, 20, 20)))
        assert [got[n:n + 12] for n in (0, 154, 308)] == [packet[:12]] * 3, buf_size
        assert got[54:154] + got[208:308] + got[362:] == payload, buf_size


def order(env, command):
    """Have a device removed or added."""
    with open(env.path("ctl"), "w", encoding="ascii") as fifo:
        fifo.write(f"{command}\n")
    action, index = command.split()
    deadline = time.monotonic() + 5
    while os.path.exists(f"{env.devices}/sf_sim.sf.{index}") != (action == "add"):
        assert time.monotonic() < deadline, command
        time.sleep(0.002)


def pairs(env, nb):
    """Which devices have link when they alone are started."""
    clients = [connect(env, n) for n in range(nb)]
    found = []
    for a, b in itertools.combinations(range(nb), 2):
        for enabled in (1, 0):
            for n in (a, b):
                clients[n].write32(BAR0, RX_MODE, enabled)
            if enabled and all(clients[n].read32(BAR0, STATUS) & 2 for n in (a, b)):
                found.append((a, b))
    for client in clients:
        client.close()
    return found


def test_pairs(env):
    """Devices have their peers again after some have gone and come back, or others."""
    env.sim(sfs=4, extra=["--ctl", env.path("ctl")])
    first = [(0, 1), (2, 3)]
    assert pairs(env, 4) == first
    for gone, back, found in (((1, 3), (1, 3), first), ((1, 3), (3, 1), first),
                              ((0, 3), (3, 0), first), ((2, 1), (2, 1), first),
                              ((0, 1, 2, 3), (2, 3, 1, 0), first),
                              ((3, 0, 1), (0, 1, 3), [(0, 2), (1, 3)])):
        for n in gone:
            order(env, f"remove {n}")
        for n in back:
            order(env, f"add {n}")
        assert pairs(env, 4) == found, (gone, back)


def test_add_fails(env):
    """Nothing is left of a device that cannot be added, and it is added when it can be."""
    if harness.EMULATOR:
        raise harness.Skip("limits are those of qemu")
    sim = env.sim(sfs=1, extra=["--ctl", env.path("ctl")])
    pid = sim.popen.pid

    def command(text, answer):
        with open(env.path("ctl"), "w", encoding="ascii") as fifo:
            fifo.write(f"{text}\n")
        sim.expect(answer)

    order(env, "remove 0")
    command("remove 0", "sf_sim.sf.0: already removed")
    listed, before = sorted(os.listdir(env.devices)), descriptors(sim)
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        memory = int(file.read().split()[0]) * mmap.PAGESIZE
    for name, limit in (("NOFILE", before), ("NOFILE", before + 1), ("AS", memory)):
        limits = resource.prlimit(pid, getattr(resource, f"RLIMIT_{name}"))
        resource.prlimit(pid, getattr(resource, f"RLIMIT_{name}"), (limit, limits[1]))
        command("add 0", "sf_sim.sf.0: ")
        resource.prlimit(pid, getattr(resource, f"RLIMIT_{name}"), limits)
        command("remove 0", "sf_sim.sf.0: already removed")
        assert sorted(os.listdir(env.devices)) == listed, (name, limit)
        assert descriptors(sim) == before, (name, limit)
        order(env, "add 0")
        client = connect(env)
        assert client.read32(BAR0, ID) == 0x31584653
        client.close()
        order(env, "remove 0")
        command("remove 0", "sf_sim.sf.0: already removed")


# --- A driver that does not keep to the data sheet --------------------------

def test_queue_does_not_start(env):
    driver = Driver(env, start=False)
    for size in (0, 1, 16, 33, 4128, 0xffffffff):
        assert driver.start(RXQ, RX_RING, RX_CPL, size=size) == 1 << 8, size
    assert driver.start(RXQ, RX_RING + 8, RX_CPL) == 2 << 8
    assert driver.start(TXQ, TX_RING, TX_STATUS + 32) == 2 << 8
    assert driver.start(RXQ, MEMORY - 64, RX_CPL) == 3 << 8
    assert driver.start(RXQ, RX_RING, -IOVA) == 3 << 8
    assert driver.start(TXQ, TX_RING, MEMORY) == 3 << 8
    for buf_size in (0, 65536, 0xffffffff):
        assert driver.start(RXQ, RX_RING, RX_CPL, buf_size=buf_size) == 4 << 8, buf_size
    # None of it stays behind.
    assert driver.start(RXQ, RX_RING, RX_CPL) == 1
    assert driver.start(TXQ, TX_RING, TX_STATUS) == 1


def halts(env, code, block, misbehave, features=0):
    """The queue halts with that code, tells, and starts anew."""
    driver = Driver(env, features=features)
    event = os.eventfd(0, os.EFD_NONBLOCK)
    driver.client.set_irqs(IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 1, [event])
    driver.client.write32(BAR0, INT_MASK, 2)
    driver.post(8)
    misbehave(driver)
    driver.wait_state(block, code << 8)
    assert raised(event)
    os.close(event)
    tx = 1 << 15 if block == TXQ else 0
    assert driver.client.read32(BAR0, ERROR_INFO) == code | tx
    assert driver.client.read32(BAR0, STATUS) & 4
    driver.client.write32(BAR0, block + Q_CTRL, 0)
    driver.doorbell(DB_TX_TAIL, 0)
    driver.memory.map[RX_CPL:RX_CPL + 16 * RING] = bytes(16 * RING)
    for each, ring, cpl in ((RXQ, RX_RING, RX_CPL), (TXQ, TX_RING, TX_STATUS)):
        driver.client.write32(BAR0, each + Q_CTRL, 0)
        assert driver.start(each, ring, cpl) == 1
    assert not driver.client.read32(BAR0, STATUS) & 4
    driver.post(8)
    driver.describe(0, 60)
    driver.doorbell(DB_TX_TAIL, 1)
    assert driver.wait_packets(1) == [60]
    driver.client.close()


def test_halt_doorbell_tx(env):
    halts(env, 5, TXQ, lambda d: d.doorbell(DB_TX_TAIL, RING))


def test_halt_doorbell_rx(env):
    def misbehave(driver):
        driver.doorbell(DB_RX_TAIL, 0xffffffff)
        driver.describe(0, 60)
        driver.doorbell(DB_TX_TAIL, 1)
    halts(env, 5, RXQ, misbehave)


def halts_on_descriptor(env, code, **kwargs):
    def misbehave(driver):
        driver.describe(0, **kwargs)
        driver.doorbell(DB_TX_TAIL, 1)
    halts(env, code, TXQ, misbehave)


def test_halt_tx_buffer(env):
    halts_on_descriptor(env, 6, length=60, addr=IOVA + MEMORY - 59)


def test_halt_tx_buffer_wraps(env):
    halts_on_descriptor(env, 6, length=60, addr=0xffffffffffffffff - 30)


def test_halt_tx_short(env):
    halts_on_descriptor(env, 7, length=13)


def test_halt_tx_long(env):
    halts_on_descriptor(env, 7, length=9019)


def test_halt_tx_flags(env):
    halts_on_descriptor(env, 8, length=60, flags=0x8001)


def headers(l2_len, l3_len, l4_len=0):
    """The field for header lengths, in the upper half of a word."""
    return (l2_len // 2 | l3_len // 4 << 7 | l4_len // 4 << 12) << 16


def halts_on_packet(env, code, *descriptors):
    """A packet of several descriptors, each the arguments of describe()."""
    def misbehave(driver):
        for n, (length, flags, *more) in enumerate(descriptors):
            driver.describe(n, length, flags, *more)
        driver.doorbell(DB_TX_TAIL, len(descriptors))
    halts(env, code, TXQ, misbehave, F_CSUM | F_SEGS | F_TSO)


def context(mss):
    return mss, CTX, 0


def test_halt_tx_segments(env):
    """40 are as many as there may be."""
    halts_on_packet(env, 10, *[(60, 0)] * 40, (60, EOP))


def test_halt_tx_segment_empty(env):
    halts_on_packet(env, 7, (60, 0), (0, EOP))


def test_halt_tx_without_end(env):
    halts_on_packet(env, 8, (60, 0), (60, 0))


def test_halt_tx_context_alone(env):
    halts_on_packet(env, 8, context(1000))


def test_halt_tx_context_misplaced(env):
    halts_on_packet(env, 10, context(1000), (60, EOP))


def test_halt_tx_context_missing(env):
    halts_on_packet(env, 10, (60, EOP | TCP | TSO, None, headers(14, 20, 20)))


def test_halt_tx_headers_short(env):
    halts_on_packet(env, 11, (60, EOP | L3, None, headers(12, 20)))


def test_halt_tx_headers_no_ip(env):
    halts_on_packet(env, 11, (60, EOP | L3, None, headers(14, 16)))


def test_halt_tx_headers_longer_than_packet(env):
    halts_on_packet(env, 11, (53, EOP | TCP, None, headers(14, 20)))


def test_halt_tx_headers_of_tcp(env):
    """TCP's length is for segmentation only, and then not less than it can be."""
    halts_on_packet(env, 11, (60, EOP | TCP, None, headers(14, 20, 20)))


def test_halt_tx_headers_tcp_short(env):
    halts_on_packet(env, 11, context(1000), (2000, EOP | TCP | TSO, None, headers(14, 20, 16)))


def test_halt_tx_mss_none(env):
    halts_on_packet(env, 12, context(0), (2000, EOP | TCP | TSO, None, headers(14, 20, 20)))


def test_halt_tx_mss_long(env):
    """A segment with its headers is a frame, of 9018 bytes at the most."""
    halts_on_packet(env, 12, context(8965), (2000, EOP | TCP | TSO, None, headers(14, 20, 20)))


def test_feature_not_accepted(env):
    """What the device offers is not there before the driver has accepted it."""
    def misbehave(driver):
        driver.describe(0, 60, EOP | TCP, None, headers(14, 20))
        driver.doorbell(DB_TX_TAIL, 1)
    halts(env, 8, TXQ, misbehave)


def test_halt_rx_buffer(env):
    def misbehave(driver):
        struct.pack_into("<Q", driver.memory.map, RX_RING, IOVA + MEMORY - 2047)
        driver.describe(0, 60)
        driver.doorbell(DB_TX_TAIL, 1)
    halts(env, 6, RXQ, misbehave)


def halts_in_burst(env, code, block, before, misbehave):
    """The packets before the bad one arrive, those behind it do not."""
    driver = Driver(env)
    driver.post(16)
    for n in range(12):
        driver.describe(n, 60 + n)
    misbehave(driver)
    driver.doorbell(DB_TX_TAIL, 12)
    driver.wait_state(block, code << 8)
    assert driver.wait_packets(before) == [60 + n for n in range(before)]
    assert driver.memory.map[RX_CPL + 16 * before:RX_CPL + 16 * 12] == bytes(16 * (12 - before))


def test_halt_in_burst_tx(env):
    halts_in_burst(env, 8, TXQ, 7, lambda d: d.describe(7, 60, rest=1))


def test_halt_in_burst_rx(env):
    halts_in_burst(env, 6, RXQ, 5,
                   lambda d: struct.pack_into("<Q", d.memory.map, RX_RING + 8 * 5, 1 << 63))


def test_memory_unmapped(env):
    """The rings' memory goes: both queues halt, and the device goes on."""
    driver = Driver(env)
    driver.post(8)
    driver.client.dma_unmap(IOVA, MEMORY)
    assert driver.state(RXQ) == driver.state(TXQ) == 9 << 8
    driver.client.dma_map(IOVA, MEMORY, driver.memory.fd)
    for block, ring, cpl in ((RXQ, RX_RING, RX_CPL), (TXQ, TX_RING, TX_STATUS)):
        driver.client.write32(BAR0, block + Q_CTRL, 0)
        assert driver.start(block, ring, cpl) == 1


def test_memory_not_unmapped(env):
    """A range with no whole mapping in it: the queues go on."""
    driver = Driver(env)
    driver.post(8)
    for iova, size, error in ((IOVA, MEMORY - 0x1000, errno.ENOENT),
                              (IOVA + 0x1000, MEMORY, errno.ENOENT),
                              (IOVA + 0x1000, 0x1000, errno.ENOENT),
                              (IOVA, 0, errno.EINVAL), (IOVA, M64, errno.EINVAL)):
        assert refused(driver.client.dma_unmap, iova, size) == error, (iova, size)
    assert driver.state(RXQ) == driver.state(TXQ) == 1
    driver.describe(0, 60)
    driver.doorbell(DB_TX_TAIL, 1)
    assert driver.wait_packets(1) == [60]


def test_memory_unmapped_in_one(env):
    """All mappings that lie wholly in a range go, and no other."""
    driver = Driver(env)
    driver.post(8)
    client, fd = driver.client, driver.memory.fd
    below, above = IOVA - 0x4000, IOVA + MEMORY
    for iova, size in ((below, 0x2000), (below + 0x2000, 0x1000), (above, 0x1000),
                       (above + 0x3000, 0x2000)):
        client.dma_map(iova, size, fd)
    client.dma_unmap(below + 0x1000, above + 0x4000 - (below + 0x1000))
    assert driver.state(RXQ) == driver.state(TXQ) == 9 << 8
    for iova, size in ((below, 0x1000), (below + 0x1000, 0x1000), (above + 0x4000, 0x1000)):
        assert refused(client.dma_map, iova, size, fd) == errno.EEXIST, hex(iova)
    client.dma_map(below + 0x2000, 0x1000, fd)
    client.dma_map(IOVA, MEMORY, fd)
    client.dma_map(above, 0x1000, fd)
    client.dma_unmap(0, M64)
    assert refused(client.dma_unmap, 0, M64) == errno.ENOENT
    client.close()


def test_memory_out_of_reach(env):
    """Memory that comes without a file: the device cannot use it, and says so."""
    driver = Driver(env, start=False)
    client = driver.client
    below, above = IOVA - 0x2000, IOVA + MEMORY
    for iova, size in ((below, 0x2000), (above, 0x2000), (0, 0x1000)):
        client.dma_map(iova, size, None)
        assert refused(client.dma_map, iova, size, None) == errno.EEXIST
        assert refused(client.dma_map, iova, size, driver.memory.fd) == errno.EEXIST
    for iova, size, flags in ((1, 0x1000, 3), (0x10000, 0xfff, 3), (0x10000, 0, 3),
                              (0x10000, 0x1000, 0), (0xfffffffffffff000, 0x2000, 3)):
        assert refused(client.dma_map, iova, size, None, flags=flags) == errno.EINVAL
    # a ring in it, or half in it, does not start
    assert driver.start(RXQ, above - IOVA, RX_CPL) == 3 << 8
    assert driver.start(TXQ, above - 64 - IOVA, TX_STATUS) == 3 << 8
    assert driver.start(TXQ, TX_RING, -IOVA) == 3 << 8
    # a buffer in it, or half in it, halts its queue
    for addr in (above, above - 30, below + 0x1000, below + 0x1fe0, 0x10):
        client.write32(BAR0, TXQ + Q_CTRL, 0)
        assert driver.start(TXQ, TX_RING, TX_STATUS) == 1
        driver.doorbell(DB_TX_TAIL, 0)
        driver.describe(0, 60, addr=addr)
        driver.doorbell(DB_TX_TAIL, 1)
        driver.wait_state(TXQ, 6 << 8)
    # it is unmapped as other memory is
    client.dma_unmap(above, 0x2000)
    client.dma_map(above, 0x2000, driver.memory.fd)
    client.dma_unmap(0, above)
    assert refused(client.dma_unmap, below, 0x2000) == errno.ENOENT
    client.dma_map(below, 0x2000, None)
    client.close()
    client = connect(env)
    assert client.read32(BAR0, ID) == 0x31584653
    client.close()


def test_memory_unmapped_at_the_end(env):
    """Rings at the highest addresses that there are."""
    driver = Driver(env, start=False)
    top = 1 << 64
    driver.client.dma_map(top - MEMORY, MEMORY, driver.memory.fd)
    ring, cpl = top - 0x1000 - IOVA, top - RING * 16 - IOVA
    assert driver.start(RXQ, ring, cpl) == 1
    assert driver.start(TXQ, ring, top - 64 - IOVA) == 1
    driver.client.dma_unmap(top - MEMORY, MEMORY)
    assert driver.state(RXQ) == driver.state(TXQ) == 9 << 8


def test_memory_cut_short(env):
    """The client takes back what it had given: it is let go, the next one is served."""
    driver = Driver(env)
    driver.post(8)
    os.ftruncate(driver.memory.fd, 0x1000)
    driver.doorbell(DB_TX_TAIL, 1)
    assert closed(driver.client)
    client = connect(env)
    assert client.read32(BAR0, ID) == 0x31584653
    client.close()


def test_memory_of_disk(env):
    """A file that is not in memory, on which a page fault may wait for whoever serves it."""
    env.sim(sfs=1)
    client = connect(env)
    with open(sys.executable, "rb") as file:
        assert refused(client.dma_map, 0, 0x1000, file.fileno(), flags=1) == errno.ENOTSUP
    client.close()


def hugetlb_file(size):
    try:
        fd = os.memfd_create("client", os.MFD_HUGETLB | os.MFD_HUGE_2MB)
    except OSError:
        raise harness.Skip("no hugepages of 2 MiB") from None
    os.ftruncate(fd, size)
    return fd


def test_memory_of_hugepages(env):
    """Whole hugepages only: the kernel maps no part of one."""
    page = 2 << 20
    if harness.hugepages_free() < 4:
        raise harness.Skip("no two free hugepages")
    fd = hugetlb_file(2 * page)
    env.sim(sfs=1)
    client = connect(env)
    for iova, size, offset in ((IOVA, 0x1000, 0), (IOVA + 0x1000, page, 0), (IOVA, page, 0x1000),
                               (IOVA, page + 0x1000, 0)):
        assert refused(client.dma_map, iova, size, fd, offset) == errno.EINVAL, (iova, size, offset)
    client.dma_map(IOVA + page, page, fd)
    client.dma_map(IOVA, page, fd, page)
    client.dma_unmap(IOVA, 2 * page)
    os.close(fd)
    client.close()


def test_memory_lacking(env):
    """Memory that the server cannot map leaves no gap among the addresses that it keeps for it."""
    if harness.EMULATOR:
        raise harness.Skip("qemu has other addresses than the program")
    huge = hugetlb_file(1 << 37)
    sim = env.sim(sfs=1)
    client = connect(env)

    def kept():
        with open(f"/proc/{sim.popen.pid}/maps", encoding="utf-8") as file:
            return [line for line in file if " ---p " in line]

    memory = Memory(MEMORY)
    client.dma_map(IOVA, MEMORY, memory.fd)
    client.dma_unmap(IOVA, MEMORY)
    before = kept()
    assert refused(client.dma_map, IOVA, 1 << 37, huge) == errno.ENOMEM
    assert kept() == before
    os.close(huge)
    client.close()


def test_memory_in_pieces(env):
    """As many as the server says it maps; then memory that is taken back does not end it."""
    driver = Driver(env, sfs=2)
    client = driver.client
    other = connect(env, 1, negotiate=False)
    pieces = other.version()[2]["capabilities"]["max_dma_maps"]
    above = IOVA + 2 * MEMORY
    for n in range(pieces - 1):
        client.dma_map(above + 0x2000 * n, 0x1000, driver.memory.fd)
    assert refused(client.dma_map, 0, 0x1000, driver.memory.fd) == errno.ENOSPC
    assert refused(client.dma_map, 0, 0x1000, None) == errno.ENOSPC
    # The limit for all clients counts some windows of address space that the first has not used.
    with contextlib.suppress(Refused):
        for n in range(16):
            other.dma_map(0x2000 * n, 0x1000, driver.memory.fd)
    assert refused(other.dma_map, MEMORY, 0x1000, driver.memory.fd) == errno.ENOSPC
    other.dma_map(MEMORY, 0x1000, None)
    client.dma_unmap(above, 0x2000)
    other.dma_map(2 * MEMORY, 0x1000, driver.memory.fd)
    other.dma_unmap(0, IOVA)
    driver.post(8)
    os.ftruncate(driver.memory.fd, 0)
    driver.doorbell(DB_TX_TAIL, 1)
    assert closed(client)
    memory = Memory(0x1000)
    for _ in range(2):  # room for all that the first client had
        for n in range(pieces):
            other.dma_map(above + 0x2000 * n, 0x1000, memory.fd)
        other.dma_unmap(above, 0x2000 * pieces)
    other.close()


# --- A client that does not keep to the protocol ------------------------------

def test_bad_requests(env):
    """Refused, and the connection goes on."""
    env.sim(sfs=1)
    client = connect(env)
    memory = Memory(0x2000)
    # fds of a kind that is no use, or where none belong
    with open("/dev/null", "rb") as null:
        assert refused(client.set_irqs, IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 1,
                       [null.fileno()]) == errno.EINVAL
        assert refused(client.dma_map, 0, 0x1000, null.fileno()) == errno.ENOTSUP
        assert refused(client.call, GET_INFO, bytes(16), [null.fileno()]) == errno.EINVAL
    # what only has the name of an eventfd
    os.mkfifo(env.path("anon_inode:[eventfd]"))
    fifo = os.open(env.path("anon_inode:[eventfd]"), os.O_RDWR | os.O_NONBLOCK)
    assert refused(client.set_irqs, IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 1, [fifo]) \
        == errno.EINVAL
    os.close(fifo)
    assert refused(client.call, DMA_MAP, struct.pack("<IIQQQ", 31, 3, 0, 0, 0x1000)) \
        == errno.EINVAL
    assert refused(client.dma_unmap, 0, 0x2000) == errno.ENOENT
    for iova, size, offset in ((1, 0x1000, 0), (0, 0xfff, 0), (0, 0, 0), (0, 0x1000, 1),
                               (0, 0x3000, 0), (0, 0x1000, 0x2000), (0, 0x1000, 1 << 63),
                               (0xfffffffffffff000, 0x2000, 0)):
        assert refused(client.dma_map, iova, size, memory.fd, offset) == errno.EINVAL
    for flags in (0, 4, 7, 1 << 31 | 3):
        assert refused(client.dma_map, 0, 0x1000, memory.fd, 0, flags) == errno.EINVAL
    client.dma_map(0, 0x2000, memory.fd)
    for argsz in (0, 23):
        assert refused(client.dma_unmap, 0, 0x2000, argsz=argsz) == errno.EINVAL
        assert refused(client.dma_unmap, 0, 0, flags=DMA_UNMAP_ALL, argsz=argsz) == errno.EINVAL
    assert refused(client.dma_unmap, 0, 0x2000, flags=1 << 31) == errno.EINVAL
    assert refused(client.dma_map, 0x1000, 0x1000, memory.fd) == errno.EEXIST
    assert refused(client.dma_unmap, 0, 0x1000) == errno.ENOENT
    client.dma_unmap(0, 0x2000)
    assert refused(client.dma_unmap, 0, 0x2000) == errno.ENOENT
    for region, offset, count in ((0, 0x20000, 4), (0, 0x1fffe, 4), (1, 0, 4), (99, 0, 4),
                                  (7, 0xffffffffffffffff, 4), (0, 0, 0xffffffff)):
        assert refused(client.read, region, offset, count) == errno.EINVAL
    assert refused(client.write, BAR0, 2, bytes(4)) == errno.EINVAL
    assert refused(client.write, BAR0, 0, bytes(3)) == errno.EINVAL
    # more or less data than announced
    assert refused(client.call, REGION_WRITE, struct.pack("<QII", 0, 0, 8) + bytes(4)) \
        == errno.EINVAL
    for start, count in ((0, 18), (17, 1), (0xffffffff, 2), (1, 0xffffffff)):
        assert refused(client.set_irqs, IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, start, count) \
            == errno.EINVAL
    assert refused(client.irq_count, 5) == errno.EINVAL
    assert refused(client.region_info, 9) == errno.EINVAL
    for command in (GET_INFO, GET_REGION_INFO, SET_IRQS, REGION_READ, DMA_UNMAP):
        assert refused(client.call, command, b"\0\0\0") == errno.EINVAL
    for command in (0, 6, 99, 0xffff):
        assert refused(client.call, command) == errno.ENOTSUP
    assert refused(client.call, VERSION, bytes(4)) == errno.EINVAL
    assert client.read32(BAR0, ID) == 0x31584653
    memory.close()
    client.close()


def broken(env, data, negotiate=True, fds=()):
    """The server ends a connection on which this is sent."""
    client = connect(env, negotiate=negotiate)
    client.send_raw(data, fds)
    assert closed(client), data
    client.close()


def descriptors(sim):
    return len(os.listdir(f"/proc/{sim.popen.pid}/fd"))


def without_trace(env, sim, before):
    """The next client is served, and nothing is left of those before."""
    client = connect(env)
    assert client.read32(BAR0, ID) == 0x31584653
    client.close()
    deadline = time.monotonic() + 5
    while descriptors(sim) != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert descriptors(sim) == before
    sim.stop()


def test_bad_irq_requests(env):
    """What makes no sense is refused; the eventfds stay, and none is signalled."""
    env.sim(sfs=1)
    client = connect(env)
    fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(3)]
    none, boolean, eventfd = (data | IRQ_ACTION_TRIGGER
                              for data in (IRQ_DATA_NONE, IRQ_DATA_BOOL, IRQ_DATA_EVENTFD))
    client.set_irqs(eventfd, MSIX, 0, 2, fds[:2])

    def check(*args, error=errno.EINVAL, **kwargs):
        assert refused(client.set_irqs, *args, **kwargs) == error, (args, kwargs)
        assert not any(raised(fd, 0) for fd in fds), (args, kwargs)

    for argsz in (0, 19):
        check(none, MSIX, 0, 2, argsz=argsz)
        check(none, MSIX, 0, 0, argsz=argsz)
    check(boolean, MSIX, 0, 2, data=b"\1\1", argsz=21)
    check(none, MSIX, 1, 0)
    check(none, MSIX, 0xffffffff, 0)
    # data, or descriptors, that belong to nothing
    check(none, MSIX, 0, 0, data=b"\1")
    check(none, MSIX, 0, 2, data=b"\1\1")
    check(boolean, MSIX, 0, 0)
    check(boolean, MSIX, 0, 0, data=b"\1")
    check(boolean, MSIX, 0, 2, data=b"\1")
    check(boolean, MSIX, 0, 2, data=b"\1\1\1")
    check(eventfd, MSIX, 0, 0)
    check(eventfd, MSIX, 0, 0, fds[2:])
    check(eventfd, MSIX, 0, 2, fds[2:])
    check(none, MSIX, 0, 0, fds[2:])
    check(none, MSIX, 0, 2, fds[:2])
    check(boolean, MSIX, 0, 2, fds[:2], data=b"\1\1")
    # one action, one kind of data, and nothing that nobody knows
    check(IRQ_DATA_NONE, MSIX, 0, 2)
    check(IRQ_DATA_NONE, MSIX, 0, 0)
    check(IRQ_ACTION_TRIGGER, MSIX, 0, 2)
    check(none | IRQ_DATA_BOOL, MSIX, 0, 2, data=b"\1\1")
    check(none | 1 << 6, MSIX, 0, 2)
    check(IRQ_DATA_NONE | IRQ_ACTION_MASK | IRQ_ACTION_UNMASK, MSIX, 0, 1)
    check(none | IRQ_ACTION_UNMASK, MSIX, 0, 1)
    check(IRQ_DATA_NONE | IRQ_ACTION_MASK, MSIX, 0, 0)
    for action in (IRQ_ACTION_MASK, IRQ_ACTION_UNMASK):
        check(IRQ_DATA_NONE | action, MSIX, 0, 1, error=errno.ENOTSUP)
    # an index without vectors takes none away from another
    client.set_irqs(none, 0, 0, 0)
    client.set_irqs(boolean, MSIX, 0, 2, data=b"\0\1")
    assert raised(fds[1]) and not raised(fds[0], 0)
    client.set_irqs(none, MSIX, 0, 1)
    assert raised(fds[0])
    for fd in fds:
        os.close(fd)
    client.close()


def test_broken_connections(env):
    """Let go, without a trace; the next client is served."""
    sim = env.sim(sfs=1)
    before = descriptors(sim)
    broken(env, b"GET / HTTP/1.1\r\nHost: sub-function\r\n\r\n")
    broken(env, HEADER.pack(1, GET_INFO, 3, 0, 0))
    broken(env, HEADER.pack(1, GET_INFO, 0xffffffff, 0, 0))
    broken(env, HEADER.pack(1, GET_INFO, 32, 1, 0))
    broken(env, HEADER.pack(1, GET_INFO, 32, 0xf | ERROR, 0))
    broken(env, HEADER.pack(1, GET_INFO, 32, 0x10, 0) + bytes(16), negotiate=False)
    # gone in the middle: of a header, of a payload, with a descriptor under way
    for data in (b"\1", HEADER.pack(1, SET_IRQS, 36, 0, 0) + b"\0"):
        client = connect(env)
        event = os.eventfd(0)
        client.send_raw(data, [event])
        os.close(event)
        client.close()
    without_trace(env, sim, before)


def test_too_many_descriptors(env):
    """More than a message may have; those that there is room for are not kept."""
    if harness.EMULATOR:
        raise harness.Skip("qemu does not tell a program that it got not all descriptors")
    sim = env.sim(sfs=1)
    before = descriptors(sim)
    with open("/dev/null", "rb") as null:
        broken(env, HEADER.pack(1, GET_INFO, 32, 0, 0), fds=[null.fileno()] * 17)
    without_trace(env, sim, before)


def test_refused_connections(env):
    """A client that the server cannot agree with is told so before the connection ends."""
    env.sim(sfs=1)

    def check(error, function, *args, **kwargs):
        client = connect(env, negotiate=False)
        assert refused(getattr(client, function), *args, **kwargs) == error, (args, kwargs)
        assert closed(client), (args, kwargs)
        client.close()

    check(errno.EINVAL, "info")
    check(errno.EINVAL, "read", BAR0, ID, 4)
    check(errno.EINVAL, "call", 99)
    check(errno.EPROTONOSUPPORT, "version", major=7)
    check(errno.EINVAL, "call", VERSION, b"\0\0")
    for text in (b"{[}\0", b"{}", b"[]\0", b"7\0", b"\0"):
        check(errno.EINVAL, "version", text=text)
    for capabilities in (7, [], None):
        check(errno.EINVAL, "version", text=version_text(capabilities))
    for name in ("max_msg_fds", "max_data_xfer_size", "max_dma_maps", "pgsizes"):
        for value in ("8", [], {}, True, None, 8.5):
            check(errno.EINVAL, "version", text=version_text({name: value}))
    for name in ("migration", "twin_socket"):
        check(errno.EINVAL, "version", text=version_text({name: 1}))
    check(errno.EINVAL, "version", text=version_text({"write_multiple": 1}))
    # What a client may say, or leave unsaid.
    for text in (b"", b"{}\0", b'{"other":1}\0', version_text({}),
                 version_text({"max_msg_fds": 1, "pgsizes": 4096, "write_multiple": True,
                               "migration": {"pgsize": 4096}, "twin_socket": {}, "other": []})):
        client = connect(env, negotiate=False)
        client.version(text=text)
        assert client.read32(BAR0, ID) == 0x31584653
        client.close()


def test_most_descriptors(env):
    """As many as the server says it takes in one message."""
    env.sim(sfs=1)
    client = connect(env)
    fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(16)]
    client.set_irqs(IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 16, fds)
    client.set_irqs(IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, 0, NUM_VECTORS)
    assert all(raised(fd) for fd in fds)
    for fd in fds:
        os.close(fd)
    client.close()


def test_broken_pipe(env):
    """Whoever reads what the server writes may leave."""
    sim = env.sim(sfs=1)
    client = connect(env)
    sim.popen.send_signal(signal.SIGPIPE)
    assert client.read32(BAR0, ID) == 0x31584653
    client.close()
    sim.stop()


def test_slow_client(env):
    """A message that comes octet by octet holds up nobody else."""
    env.sim(sfs=2)
    slow = connect(env)
    other = connect(env, 1)
    message = HEADER.pack(9, REGION_READ, 32, 0, 0) + struct.pack("<QII", 0, 0, 4)
    for n in range(len(message)):
        slow.send_raw(message[n:n + 1])
        assert other.read32(BAR0, ID) == 0x31584653
    assert slow.receive(9, REGION_READ)[16:] == struct.pack("<I", 0x31584653)
    # Requests without end, and no reply ever read.
    slow.socket.settimeout(0.2)
    request = HEADER.pack(1, REGION_READ, 32, 0, 0) + struct.pack("<QII", 0, 0, 0x10000)
    try:
        for _ in range(100000):
            slow.send_raw(request)
        raise AssertionError("the server takes requests without end")
    except TimeoutError:
        pass
    assert other.read32(BAR0, ID) == 0x31584653
    slow.close()
    other.close()


def test_full_eventfd(env):
    """An eventfd that blocks, and is full, holds up nobody; it has all interrupts it can hold."""
    if harness.EMULATOR:
        raise harness.Skip("qemu has no asynchronous I/O for programs")
    env.sim(sfs=2)
    client = connect(env)
    other = connect(env, 1)
    event = os.eventfd(0)
    client.set_irqs(IRQ_DATA_EVENTFD | IRQ_ACTION_TRIGGER, MSIX, 0, 1, [event])
    for _ in range(2000):
        client.set_irqs(IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, 0, 1)
    assert os.eventfd_read(event) == 2000
    fcntl.fcntl(event, fcntl.F_SETFL, 0)
    os.eventfd_write(event, M64 - 1)
    client.send(SET_IRQS, struct.pack("<IIIII", 20, IRQ_DATA_NONE | IRQ_ACTION_TRIGGER, MSIX, 0, 1))
    assert other.read32(BAR0, ID) == 0x31584653
    assert os.eventfd_read(event) >= M64 - 1
    os.close(event)
    client.close()
    other.close()


def test_second_client(env):
    env.sim(sfs=1)
    first = connect(env)
    for _ in range(3):  # one that asks for nothing gives way to the next
        silent = connect(env, negotiate=False)
    second = connect(env, negotiate=False)
    assert refused(second.version) == errno.EBUSY
    assert closed(second) and closed(silent)
    assert first.read32(BAR0, ID) == 0x31584653
    first.close()
    connect(env).close()


def test_client_after_client(env):
    """One that has left is not in the way of the next, however soon that comes."""
    env.sim(sfs=1)
    for _ in range(200):
        connect(env, negotiate=False).close()
        after = connect(env)
        assert after.read32(BAR0, ID) == 0x31584653
        after.close()


def test_client_while_another_leaves(env):
    """The server learns at once that one client is new, and that another has left with an error."""
    sim = env.sim(sfs=1)
    for _ in range(3):
        first = connect(env)
        first.send(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0))
        time.sleep(0.05)  # the reply waits for the client, and the server sleeps
        sim.popen.send_signal(signal.SIGSTOP)
        second = connect(env, negotiate=False)
        first.close()
        sim.popen.send_signal(signal.SIGCONT)
        time.sleep(0.05)
        second.version()
        assert second.read32(BAR0, ID) == 0x31584653
        second.close()


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
