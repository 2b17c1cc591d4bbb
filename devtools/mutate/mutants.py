#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Small changes of the drivers, at random.

    mutants.py SEED NUMBER TESTS TIMES    change one line in drivers/, the NUMBERth of that seed

Prints the file, the line's number, and the line before and after, and changes the
file below the current directory.  Then prints the names of the tests that run the line,
the shortest first: TESTS is what devtools/coverage/lines.py says of them, TIMES meson's log
in JSON.  What only says or declares something is left alone, and so are locks, which are
for ThreadSanitizer.
"""
import glob
import json
import random
import re
import sys

# What is found, and what it may become.
CHANGES = [
    (r" < ", (" <= ", " >= ")),
    (r" <= ", (" < ",)),
    (r" > ", (" >= ", " <= ")),
    (r" >= ", (" > ",)),
    (r" == ", (" != ",)),
    (r" != ", (" == ",)),
    (r" && ", (" || ",)),
    (r" \|\| ", (" && ",)),
    (r" \+ 1\b", ("", " + 2")),
    (r" - 1\b", ("", " - 2")),
    (r" \+ ", (" - ",)),
    (r" & ", (" | ",)),
    (r"\btrue\b", ("false",)),
    (r"\bfalse\b", ("true",)),
    (r"\bbreak;", ("continue;",)),
    (r"\bcontinue;", ("break;",)),
    (r"\breturn ret;", ("return 0;",)),
    (r"\breturn -E[A-Z]+;", ("return 0;",)),
    (r"(?<=[(\s])!(?=[a-z(])", ("",)),
    (r"^(\t+)[a-z_]+(\([^=]*\)|[\w.>\[\]-]* [+|&-]?= .*|\+\+|--);$", (r"\1;",)),  # it does not happen
]

# Lines that a statement may have.
STATEMENT = 6

TELLS = re.compile(r"lock\(|LOG|trace|strerror|snprintf|telemetry|rte_tel_|^#|^\s*(/?\*|//)|"
                   r"RTE_BUILD_BUG|RTE_INIT|RTE_SET_USED|^\t*(const|static|struct|unsigned|int|"
                   r"uint\d+_t|bool|char|size_t|enum|void) [^=]*;$|\"|rte_free\(NULL")


def lines():
    """Lines that may be changed, and how."""
    for path in sorted(glob.glob("drivers/*/*/*.c") + glob.glob("drivers/*/*/linux/*.c")):
        # Other processors' and other systems' is not built here.
        if re.search(r"neon|_none\.c|_telemetry\.c|_trace\.c", path):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read().split("\n")
        for number, line in enumerate(text):
            if not line.startswith("\t") or TELLS.search(line):
                continue
            for pattern, become in CHANGES:
                for match in re.finditer(pattern, line):
                    for new in become:
                        yield path, text, number, line[:match.start()] + match.expand(
                            new) + line[match.end():]


def tests_of(path, number, tests, times):
    """Names of the tests that run a line; of a statement, gcov counts its first line only."""
    with open(tests, encoding="utf-8") as file:
        known = json.load(file).get(path, {})
    with open(times, encoding="utf-8") as file:
        logs = [json.loads(line) for line in file]
    seconds = {log["name"].rpartition(" ")[2]: log["duration"] for log in logs}
    counted = [int(n) for n in known if number - STATEMENT < int(n) <= number]
    names = known[str(max(counted))] if counted else []
    return sorted(names, key=lambda name: seconds.get(name, 0))


def main():
    seed, number = map(int, sys.argv[1:3])
    candidates = list(lines())
    random.Random(seed).shuffle(candidates)
    path, text, index, new = candidates[number]
    print(f"{path}:{index + 1}: {text[index].strip()}  ->  {new.strip()}")
    text[index] = new
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(text))
    for name in tests_of(path, index + 1, *sys.argv[3:]):
        print(name)


if __name__ == "__main__":
    main()
