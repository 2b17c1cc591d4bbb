#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Compare the log lines of the bus and of common/vfio with the guide that explains them.

Prints each line, at the level notice or above, that the code has and the guide has
not, and the reverse.  In the guide a line is in a block ".. code-block:: text", and
<word> stands for what differs from one time to the next.  With --list, prints the
lines of the code.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
GUIDE = "doc/guides/howto/it_does_not_work.rst"
SOURCES = ("drivers/bus/auxiliary", "drivers/common/auxiliary", "drivers/common/vfio")

# Which argument of a call is the level, if one is, and which is the format.
LOGS = {
    "AUXILIARY_LOG": (0, 1),
    "AUXILIARY_LOG_AT": (0, 1),
    "VFIO_LOG": (0, 2),
    "VFIO_LOG_OPEN": (None, 1),
    "RTE_LOG": (0, 2),
    "RTE_LOG_LINE": (0, 2),
    "rte_log": (0, 2),
}

# Functions that put one of their arguments into a line: which, and the line's format.
HELPERS = {
    "vfio_refused": (1, "{} <> refused: <>"),
    "vfio_no_memory": (1, "no memory for {}"),
    "vfio_not_here": (1, "{} is for the primary process"),
    "vfio_user_breach": (1, "vfio-user server {} (<>): connection given up"),
    "vfio_dma_log": (2, "{} at <>, IOVA 0x<>, 0x<> bytes: <><>"),
}

# Advice is put together from pieces in a buffer of this name, and logged behind the device's name.
ADVICE_FILE = "auxiliary_advice.c"
ADVICE_CALLS = {"snprintf": 2, "strlcpy": 1}

# Lines that hold nothing but advice, or a reason, whose own call is among those above.
FORWARDED = ("<>", "device <>: <>")

CALL = re.compile(r"\b(" + "|".join([*LOGS, *HELPERS, *ADVICE_CALLS]) + r")\s*\(")
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\w+)|\S')
CONVERSION = re.compile(r"%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|j|z|t)?[a-zA-Z]")
# What <inttypes.h>, Jansson and the compiler define.
DEFINED = {"PRId64": "ld", "PRIu32": "u", "PRIu64": "lu", "PRIx64": "lx",
           "JSON_INTEGER_FORMAT": "lld"}


def arguments(text, at):
    """The arguments of a call, of which text[at] is the first octet."""
    found, depth, start = [], 0, at
    while depth >= 0:
        if text[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth < 0 or (depth == 0 and text[at] == ","):
            found.append(text[start:at].strip())
            start = at + 1
        at += 1
    return found


def string(expression, macros):
    """The string that literals and macros make, or None where something else is in it."""
    result = ""
    for literal, word in (match.groups() for match in TOKEN.finditer(expression)):
        if word is not None:
            literal = macros.get(word)
        if literal is None:
            return None
        result += literal
    return result


def normal(text):
    """A format or a line of the guide, with <> for all that differs."""
    text = CONVERSION.sub("<>", text.replace("\\n", "").replace('\\"', '"'))
    return re.sub(r"<[^<>]*>", "<>", text).strip()


def macros_of(texts):
    found = dict(DEFINED)
    for text in texts:
        for name, value in re.findall(r'^#define (\w+)\s+(".*)$', text, re.M):
            found[name] = string(value, found)
    return found


def code_lines():
    """Where each line comes from, by the line."""
    files = [f for d in SOURCES for f in sorted((TOP / d).rglob("*.[ch]"))]
    texts = {}
    for file in files:
        text = file.read_text(encoding="utf-8").replace("\\\n", " ")
        texts[file] = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    macros = macros_of(texts.values())
    found = {}
    for file, text in texts.items():
        for match in CALL.finditer(text):
            line = one_line(file, match.group(1), arguments(text, match.end()), macros)
            if line is not None:
                found[line] = file.relative_to(TOP)
    for name, (_, form) in HELPERS.items():
        if found.pop(normal(form.format("<>")), None) is None:
            print(f"devtools/lint/log_lines.py: {name}() logs \"{form}\" no more")
    for line in FORWARDED:
        found.pop(line, None)
    return found


def one_line(file, name, args, macros):
    """The line of a call, or None."""
    if name in LOGS:
        level, at = LOGS[name]
        if level is not None and not re.search("NOTICE|WARNING|ERR|CRIT|ALERT|EMERG", args[level]):
            return None
        form = "{}"
    elif name in HELPERS:
        at, form = HELPERS[name]
    elif file.name == ADVICE_FILE and args[0].startswith("advice"):
        at, form = ADVICE_CALLS[name], "{}"
    else:
        return None
    text = string(args[at], macros) if at < len(args) else None
    if name == "rte_log" and text is not None:
        text = text.removeprefix("vfio: device %s: ")
    return None if not text else normal(form.format(text))


def guide_lines():
    text = (TOP / GUIDE).read_text(encoding="utf-8")
    blocks = re.findall(r"^\.\. code-block:: text\n\n((?:   .*\n)+)", text, re.M)
    return {normal(line): line.strip() for block in blocks for line in block.splitlines()}


def main():
    code = code_lines()
    if sys.argv[1:] == ["--list"]:
        print("\n".join(f"{file}: {line}" for line, file in code.items()))
        return
    guide = guide_lines()
    for line in sorted(set(code) - set(guide)):
        print(f"{code[line]}: {GUIDE} does not explain \"{line}\"")
    for line in sorted(set(guide) - set(code)):
        print(f"{GUIDE}: no code logs \"{guide[line]}\"")


if __name__ == "__main__":
    main()
