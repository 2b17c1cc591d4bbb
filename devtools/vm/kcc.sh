#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# The C compiler of kernel.sh's kernels: gcc, with the headers that most objects
# share read once.  To read them is two thirds of what an object costs.
#
#   make CC=kcc.sh ...         KCC_HEADERS is a directory with copies of pch/*.h
#   KCC_PRECOMPILE=1 make ...  compile the header that an object gets, too
#
# An object that its header does not suit, by its options or by what it defines
# before it includes, is compiled as if there were none.

set -u

# Only what make compiles for the kernel proper, which ends in -c -o OBJECT SOURCE.
case "$*" in
*' -mcmodel=kernel '*' -c -o '*.c) ;;
*) exec gcc "$@" ;;
esac
object=${*: -2:1}
case $object in
net/*) header=$KCC_HEADERS/net.h ;;
*) header=$KCC_HEADERS/core.h ;;
esac

# The header mentions names of the object in its macros, and gcc takes no
# precompiled header under other definitions than it was made with: it is made
# with one for all, and the object's own come after it.
options=()
names=()
for argument in "${@:1:$#-4}"; do
	case $argument in
	-DKBUILD_* | -D__KBUILD_*)
		name=${argument#-D}
		names+=("#undef ${name%%=*}" "#define ${name/=/ }")
		options+=("-D${name%%=*}=\"object\"")
		;;
	-Wp,-MMD,*) dependencies=$argument ;;
	*/compiler-version.h) unset 'options[-1]' ;; # refuses to be read a second time
	*) options+=("$argument") ;;
	esac
done

if [ -n "${KCC_PRECOMPILE:-}" ]; then
	gcc "${options[@]}" -x c-header -o "$header.gch" "$header"
fi
printf '%s\n' "${names[@]}" >"$object.names"
gcc -include "$header" -include "$object.names" "${options[@]}" "$dependencies" \
	-Werror=invalid-pch -Wfatal-errors "${@: -4}" 2>/dev/null || exec gcc "$@"
