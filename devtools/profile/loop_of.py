#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Print the innermost loop of a function that has some text in it.

    loop_of.py FILE.s FUNCTION TEXT
"""

import re
import sys


def function(lines, name):
    start = lines.index(name + ":")
    return lines[start:next(i for i in range(start, len(lines)) if ".cfi_endproc" in lines[i])]


def loops(body):
    """Lines from a label to a jump back to it, the shortest first."""
    labels = {line[:-1]: i for i, line in enumerate(body) if re.fullmatch(r"\.L\d+:", line)}
    found = []
    for i, line in enumerate(body):
        jump = re.fullmatch(r"\tj\w+\t(\.L\d+)", line)
        if jump and labels.get(jump[1], i) < i:
            found.append(body[labels[jump[1]]:i + 1])
    return sorted(found, key=len)


def main():
    path, name, text = sys.argv[1:]
    with open(path, encoding="ascii") as f:
        body = function(f.read().split("\n"), name)
    for loop in loops(body):
        if any(text in line for line in loop):
            # Jumps and directives are nothing that llvm-mca could follow.
            print("\n".join(line for line in loop if re.match(r"\t[a-ik-z]", line)))
            return
    sys.exit(f"{path}: no loop with {text} in {name}")


if __name__ == "__main__":
    main()
