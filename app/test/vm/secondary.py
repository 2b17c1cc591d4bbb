#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: secondary processes on the kernel's sub-functions.

The arguments are the test, secondary or secondary_sleep, the transport, group or cdev,
and the test's own.
"""
import os
import sys

from sub_functions import SubFunctions

sfs = SubFunctions("pair")
for number in range(2):
    sfs.add(number)
here = os.path.dirname(os.path.abspath(__file__))
os.environ["SF_TRANSPORT"] = sys.argv[2]
test = f"test_{sys.argv[1]}.py"
os.execv(f"{here}/../e2e/{test}", [test, *sys.argv[3:]])
