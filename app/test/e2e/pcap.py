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


def read_ng(path):
    """The frames of a pcapng file, which are in its enhanced packet blocks."""
    with open(path, "rb") as file:
        data = file.read()
    frames, at = [], 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            captured, = struct.unpack_from("<I", data, at + 20)
            frames.append(data[at + 28:at + 28 + captured])
        at += length
    return frames


def checksum(header):
    """The Internet checksum of an even number of bytes; 0 if theirs is right."""
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    total = (total & 0xffff) + (total >> 16)
    return 0xffff - ((total & 0xffff) + (total >> 16))


def ipv4(payload, flow, seed, dst, fragment=0):
    """An IPv4 packet of UDP, with flags and offset in the form that they have there."""
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), seed & 0xffff, fragment, 64, 17,
                     0, bytes([10, 0, 0, 1 + flow % 200]), bytes(dst))
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + payload


def ethernet(packet, dst=b"\x02\x00\x00\x00\x00\x02"):
    return dst + b"\x02\x00\x00\x00\x00\x01\x08\x00" + packet


def udp(length, flow, seed):
    """A UDP packet of so many bytes, without checksum."""
    payload = random.Random(seed).randbytes(length - 8)
    return struct.pack(">HHHH", 1024 + flow, 53, length, 0) + payload


def udp_frame(length, flow, seed, dst=(10, 0, 1, 1)):
    """An IPv4/UDP frame of so many bytes, all of them part of the packet."""
    return ethernet(ipv4(udp(length - 34, flow, seed), flow, seed, dst))


def frames(lengths, flows=64):
    return [udp_frame(length, n % flows, n) for n, length in enumerate(lengths)]
