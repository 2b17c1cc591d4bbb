#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
"""In a guest: secondary processes on the kernel's sub-functions.

The argument is the transport: group or cdev.
"""
import os
import sys

from sub_functions import SubFunctions

sfs = SubFunctions("pair")
for number in range(2):
    sfs.add(number)
here = os.path.dirname(os.path.abspath(__file__))
os.environ["SF_TRANSPORT"] = sys.argv[1]
os.execv(f"{here}/../e2e/test_secondary.py", ["test_secondary.py"])
