# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""A vfio-user client, written from the protocol's specification alone.

It shares nothing with common/vfio, so what it finds in dpdk-sf-sim is what
anybody's client would find.
"""
import json
import mmap
import os
import select
import socket
import struct

VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO = 1, 2, 3, 4, 5
GET_IRQ_INFO, SET_IRQS, REGION_READ, REGION_WRITE, RESET = 7, 8, 9, 10, 13

REPLY, ERROR = 0x1, 0x20
HEADER = struct.Struct("<HHIII")

DMA_UNMAP_ALL = 1 << 1
REGION_MMAP, REGION_CAPS = 1 << 2, 1 << 3
CAP_SPARSE_MMAP = 1
IRQ_DATA_NONE, IRQ_DATA_BOOL, IRQ_DATA_EVENTFD = 1 << 0, 1 << 1, 1 << 2
IRQ_ACTION_MASK, IRQ_ACTION_UNMASK, IRQ_ACTION_TRIGGER = 1 << 3, 1 << 4, 1 << 5


class Refused(Exception):
    """The server replied with an error; its errno is in args[0]."""


class Closed(Exception):
    """The server has closed the connection."""


class Client:
    def __init__(self, path, negotiate=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)  # waits while the server's backlog is full
        self.socket.settimeout(5)
        self.next_id = 1
        self.fds = []
        if negotiate:
            self.version()

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        self.socket.close()

    # --- Messages ---------------------------------------------------------

    def send_raw(self, data, fds=()):
        if fds:
            socket.send_fds(self.socket, [data], list(fds))
        else:
            self.socket.sendall(data)

    def send(self, command, payload=b"", fds=(), flags=0):
        msg_id = self.next_id
        self.next_id = (self.next_id + 1) & 0xffff
        self.send_raw(HEADER.pack(msg_id, command, HEADER.size + len(payload), flags, 0)
                      + payload, fds)
        return msg_id

    def receive_exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                part, fds, _, _ = socket.recv_fds(self.socket, size - len(data), 8)
            except ConnectionError:
                part, fds = b"", []
            self.fds += fds
            if not part:
                raise Closed()
            data += part
        return data

    def receive(self, msg_id, command):
        got_id, got_command, size, flags, error = HEADER.unpack(self.receive_exactly(HEADER.size))
        payload = self.receive_exactly(size - HEADER.size)
        assert (got_id, got_command) == (msg_id, command), (got_id, got_command)
        assert flags & 0xf == REPLY, flags
        if flags & ERROR:
            assert error != 0 and not payload, (error, payload)
            raise Refused(error)
        return payload

    def call(self, command, payload=b"", fds=()):
        return self.receive(self.send(command, payload, fds), command)

    # --- Commands ---------------------------------------------------------

    def version(self, major=0, minor=1, text=None):
        if text is None:
            text = json.dumps({"capabilities": {"max_msg_fds": 8}}).encode() + b"\0"
        reply = self.call(VERSION, struct.pack("<HH", major, minor) + text)
        assert reply[-1:] == b"\0"
        return struct.unpack_from("<HH", reply) + (json.loads(reply[4:-1]),)

    def info(self):
        return struct.unpack("<IIII", self.call(GET_INFO, struct.pack("<IIII", 16, 0, 0, 0)))

    def region_info(self, index, argsz=32):
        """argsz, flags, cap_offset, size, offset; the whole reply; the file, if any."""
        before = len(self.fds)
        reply = self.call(GET_REGION_INFO, struct.pack("<IIIIQQ", argsz, 0, index, 0, 0, 0))
        argsz, flags, got_index, cap_offset, size, offset = struct.unpack_from("<IIIIQQ", reply)
        assert got_index == index
        fd = self.fds[before] if len(self.fds) > before else None
        return argsz, flags, cap_offset, size, offset, reply, fd

    def sparse_areas(self, index):
        """The mappable areas of a region, and the file to map."""
        argsz = self.region_info(index)[0]
        _, _, at, _, _, reply, fd = self.region_info(index, argsz)
        while at != 0:
            cap, _, following, number = struct.unpack_from("<HHII", reply, at)
            if cap == CAP_SPARSE_MMAP:
                return [struct.unpack_from("<QQ", reply, at + 16 + 16 * n)
                        for n in range(number)], fd
            at = following
        return [], fd

    def irq_count(self, index):
        return struct.unpack("<IIII", self.call(GET_IRQ_INFO,
                                                struct.pack("<IIII", 16, 0, index, 0)))[3]

    def set_irqs(self, flags, index, start, count, fds=(), data=b"", argsz=None):
        argsz = 20 + len(data) if argsz is None else argsz
        self.call(SET_IRQS, struct.pack("<IIIII", argsz, flags, index, start, count) + data, fds)

    def read(self, region, offset, count):
        reply = self.call(REGION_READ, struct.pack("<QII", offset, region, count))
        assert struct.unpack_from("<QII", reply) == (offset, region, count)
        return reply[16:]

    def write(self, region, offset, data):
        self.call(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data)

    def read32(self, region, offset):
        return struct.unpack("<I", self.read(region, offset, 4))[0]

    def write32(self, region, offset, value):
        self.write(region, offset, struct.pack("<I", value))

    def write64(self, region, offset, value):
        self.write(region, offset, struct.pack("<Q", value))

    def dma_map(self, iova, size, fd, offset=0, flags=3):
        fds = [] if fd is None else [fd]
        self.call(DMA_MAP, struct.pack("<IIQQQ", 32, flags, offset, iova, size), fds)

    def dma_unmap(self, iova, size, flags=0, argsz=24):
        self.call(DMA_UNMAP, struct.pack("<IIQQ", argsz, flags, iova, size))

    def reset(self):
        self.call(RESET)


class Memory:
    """Memory that a server can map."""

    def __init__(self, size):
        self.fd = os.memfd_create("client")
        os.ftruncate(self.fd, size)
        self.map = mmap.mmap(self.fd, size)

    def close(self):
        self.map.close()
        os.close(self.fd)


def raised(eventfd, seconds=5.0):
    """Whether an eventfd is signalled within a time; takes the signal."""
    if not select.select([eventfd], [], [], seconds)[0]:
        return False
    os.read(eventfd, 8)
    return True
