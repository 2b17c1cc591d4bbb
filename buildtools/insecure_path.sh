#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Print the first directory on the way down to $1, as far as there is one, that
# everybody may write. EAL loads no library from below such a directory.

set -eu
dir=$(realpath -m "$1")
found=
while :; do
	[ -z "$(find "$dir" -prune -perm -o+w 2>/dev/null)" ] || found=$dir
	[ "$dir" != / ] || break
	dir=$(dirname "$dir")
done
echo "$found"
