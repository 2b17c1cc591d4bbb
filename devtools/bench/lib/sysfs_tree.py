#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Make a tree like that of sysfs: sysfs_tree.py DIRECTORY NUMBER

NUMBER sub-functions bench.sf.N, in random order, 256 to a PCI function.
"""
import os
import random
import sys

top, number = sys.argv[1], int(sys.argv[2])
bus = f"{top}/bus/auxiliary/devices"
os.makedirs(bus)
os.makedirs(f"{top}/devices/system")
order = list(range(number))
random.Random(1).shuffle(order)
for n in order:
    pf = f"devices/pci0000:00/0000:{n // 256:02x}:00.0"
    path = f"{top}/{pf}/bench.sf.{n}"
    os.makedirs(path)
    for name, text in (("numa_node", "0"), ("sfnum", str(n)), ("uevent", "")):
        with open(f"{path}/{name}", "w", encoding="ascii") as file:
            file.write(text + "\n")
    os.symlink(f"../../../{pf}/bench.sf.{n}", f"{bus}/bench.sf.{n}")
