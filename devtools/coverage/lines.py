#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""Which lines and branches of drivers/ the tests have run.

    lines.py BUILD DATA         print what of each file was run
    lines.py --missing BUILD DATA    and the lines that were not
    lines.py --tests BUILD DATA     print, as JSON, the tests that run each line

BUILD is compiled with -Db_coverage=true.  DATA has a directory for each test, in which
gcov's data files are below the paths of their objects, as GCOV_PREFIX lays them.
"""
import collections
import glob
import json
import os
import subprocess
import sys

SOURCES = "drivers/"


class Report:
    """What has been run of each file, by one test or by several."""

    def __init__(self):
        # By file and line: names of the tests; every line that has code is there.
        self.lines = collections.defaultdict(lambda: collections.defaultdict(set))
        # By file, line and place in the line: whether a branch was taken.
        self.branches = collections.defaultdict(dict)

    def add(self, test, top, document):
        """What gcov says of one object file."""
        for file in document["files"]:
            path = os.path.relpath(os.path.join(document["current_working_directory"],
                                                file["file"]), top)
            if path.startswith(SOURCES):
                self._add_file(test, path, file["lines"])

    def _add_file(self, test, path, lines):
        # An inline function is in the list once for each place it is compiled into.
        places = collections.Counter()
        for line in lines:
            number = line["line_number"]
            tests = self.lines[path][number]
            if line["count"]:
                tests.add(test)
            for branch in line["branches"]:
                key = number, places[number]
                places[number] += 1
                taken = self.branches[path].get(key, False)
                self.branches[path][key] = taken or branch["count"] > 0

    def print(self, missing):
        """A line for each file, and one for all."""
        print(f"{'lines':>16} {'branches':>18}  file")
        total = collections.Counter()
        for path in sorted(self.lines):
            lines, branches = self.lines[path], self.branches[path]
            counts = {"lines": len(lines), "run": sum(map(bool, lines.values())),
                      "branches": len(branches), "taken": sum(branches.values())}
            total.update(counts)
            print_counts(counts, path)
            if missing:
                print("   not run:", *(n for n in sorted(lines) if not lines[n]))
        print_counts(total, "all")


def print_counts(counts, name):
    shares = []
    for part, whole in (("run", "lines"), ("taken", "branches")):
        share = 100 * counts[part] / (counts[whole] or 1)
        shares.append(f"{counts[part]:5}/{counts[whole]:<5} {share:5.1f}%")
    print(*shares, f" {name}")


def gcov(build, directory):
    """What gcov says of the objects of the drivers that have data below a directory."""
    known = []
    for note in glob.glob(f"{build}/drivers/**/*.gcno", recursive=True):
        place = directory + note
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if not os.path.lexists(place):
            os.symlink(note, place)
        data = f"{place[:-len('gcno')]}gcda"
        known.append(data if os.path.exists(data) else place)
    said = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *known],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return [json.loads(line) for line in said.stdout.splitlines() if line]


def main():
    *options, build, data = sys.argv[1:]
    build = os.path.realpath(build)
    top = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
    report = Report()
    for test in sorted(name for name in os.listdir(data) if not name.startswith(".")):
        for document in gcov(build, os.path.join(data, test)):
            report.add(test, top, document)
    if "--tests" in options:
        json.dump({path: {n: sorted(tests) for n, tests in lines.items()}
                   for path, lines in report.lines.items()}, sys.stdout)
    else:
        report.print("--missing" in options)


if __name__ == "__main__":
    main()
