# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Capture files of test frames; format: pcap-savefile(5)."""
import random
import struct

HEADER = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)


def write(path, frames):
    with open(path, "wb") as out:
        out.write(HEADER)
        for n, frame in enumerate(frames):
            out.write(struct.pack("<IIII", n // 1000000, n % 1000000, len(frame), len(frame)))
            out.write(frame)


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    frames, at = [], len(HEADER)
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


def udp_frame(length, flow, seed):
    """An IPv4/UDP frame of so many bytes, all of them part of the packet."""
    rng = random.Random(seed)
    payload = rng.randbytes(length - 42)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length - 14, seed & 0xffff, 0, 64, 17, 0,
                     bytes([10, 0, 0, 1 + flow % 200]), bytes([10, 0, 1, 1]))
    total = sum(struct.unpack(">10H", ip))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", 0xffff - total) + ip[12:]
    udp = struct.pack(">HHHH", 1024 + flow, 53, length - 34, 0)
    return b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00" + ip + udp + payload


def frames(lengths, flows=64):
    return [udp_frame(length, n % flows, n) for n, length in enumerate(lengths)]
