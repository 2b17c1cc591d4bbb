#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""dpdk-sf-sim and clients that stop in the middle: of a message, of several, of a reply."""
import json
import os
import socket
import struct
import sys

import harness
import vfio_user
from test_vfio_user import connect, descriptors, without_trace

VERSION = struct.pack("<HH", 0, 1) + json.dumps({"capabilities": {"max_msg_fds": 8}}).encode() + b"\0"


def requests(memory, eventfd):
    """One of each kind: command, payload, files."""
    return [
        (vfio_user.VERSION, VERSION, []),
        (vfio_user.GET_INFO, struct.pack("<IIII", 16, 0, 0, 0), []),
        (vfio_user.GET_REGION_INFO, struct.pack("<IIIIQQ", 200, 0, 0, 0, 0, 0), []),
        (vfio_user.GET_IRQ_INFO, struct.pack("<IIII", 16, 0, 2, 0), []),
        (vfio_user.DMA_MAP, struct.pack("<IIQQQ", 32, 3, 0, 1 << 20, 4096), [memory]),
        (vfio_user.SET_IRQS, struct.pack("<IIIII", 20, vfio_user.IRQ_DATA_EVENTFD
                                         | vfio_user.IRQ_ACTION_TRIGGER, 2, 0, 1), [eventfd]),
        (vfio_user.REGION_READ, struct.pack("<QII", 0, 0, 4), []),
        (vfio_user.REGION_WRITE, struct.pack("<QII", 0, 7, 2) + b"\0\0", []),
        (vfio_user.DMA_UNMAP, struct.pack("<IIQQ", 24, 0, 1 << 20, 4096), []),
        (vfio_user.RESET, b"", []),
    ]


def message(number, command, payload):
    return vfio_user.HEADER.pack(number, command, vfio_user.HEADER.size + len(payload), 0, 0) + payload


class Files:
    """What goes along with messages."""

    def __enter__(self):
        self.memory = os.memfd_create("client")
        os.ftruncate(self.memory, 4096)
        self.eventfd = os.eventfd(0)
        return self.memory, self.eventfd

    def __exit__(self, *_):
        os.close(self.memory)
        os.close(self.eventfd)


def test_leave_at_every_octet(env):
    """Of each kind of message, sent behind those that come before it."""
    sim = env.sim(sfs=1)
    before = descriptors(sim)
    with Files() as files:
        wanted = requests(*files)
        for index, (command, payload, fds) in enumerate(wanted):
            whole = message(index, command, payload)
            for octets in range(len(whole)):
                client = connect(env, negotiate=index > 0)
                for earlier in wanted[1:index]:
                    client.send(*earlier)
                if octets > 0:
                    client.send_raw(whole[:octets], fds)
                client.close()
    without_trace(env, sim, before)


def test_leave_at_every_octet_of_replies(env):
    """All is asked, and only a part of the answers is taken."""
    sim = env.sim(sfs=1)
    before = descriptors(sim)
    with Files() as files:
        taken = total = 0
        while taken <= total:
            client = connect(env, negotiate=False)
            for request in requests(*files):
                client.send(*request)
            if taken == 0:
                # What there is to take: until the last reply, which is an empty one.
                while True:
                    header = vfio_user.HEADER.unpack(client.receive_exactly(vfio_user.HEADER.size))
                    client.receive_exactly(header[2] - vfio_user.HEADER.size)
                    total += header[2]
                    if header[1] == vfio_user.RESET:
                        break
            else:
                client.receive_exactly(taken)
            client.close()
            taken += 1
    assert total > 300, total
    without_trace(env, sim, before)


def test_one_side_closed(env):
    """A client that says it sends no more gets what it asked for before."""
    sim = env.sim(sfs=1)
    before = descriptors(sim)
    with Files() as files:
        client = connect(env, negotiate=False)
        sent = requests(*files)
        for request in sent:
            client.send(*request)
        client.socket.shutdown(socket.SHUT_WR)
        for number, (command, _, _) in enumerate(sent, 1):
            client.receive(number, command)
        client.close()
    without_trace(env, sim, before)


if __name__ == "__main__":
    harness.run(sys.modules[__name__])
