#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Build the Debian packages of this tree, in a copy of it, and have lintian look at
# them.
#
#   devtools/packages.sh [--version VERSION] [DIRECTORY]
#
# The packages are then in the directory, which is build/packages by default. Their
# version is that of debian/changelog, or what is given, for a test of upgrades, which
# lintian does not look at.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

die() {
	echo "packages: $*" >&2
	exit 1
}

# The files of the project, and the driver SDK headers.
copy_tree() {
	(cd "$top" && git ls-files -z --cached --others --exclude-standard |
		xargs -0 ls -d 2>/dev/null | tar -cf - -T -) | tar -xf - -C "$1"
	[ ! -d "$top/.sdk" ] || (cd "$top" && find .sdk -maxdepth 2 -name include -print0 |
		tar -cf - --null -T -) | tar -xf - -C "$1"
}

# An entry of version $1 at the top of the changelog.
set_version() {
	{
		sed -n "1s/(.*)/($1)/p" debian/changelog
		printf '\n  * Built for a test.\n\n'
		sed -n "/^ -- /{s/>.*/>  $(LC_ALL=C date -R)/p;q}" debian/changelog
		echo
		cat debian/changelog
	} >debian/changelog.new
	mv debian/changelog.new debian/changelog
}

main() {
	local out=${1:-$build/packages} tree=$work/dpdk-auxiliary

	"$top/devtools/setup.sh"
	"$top/devtools/setup.sh" --deb
	mkdir -p "$out" "$tree"
	copy_tree "$tree"
	# What a clone has compiled before is in the cache of the user, not of debhelper.
	export CCACHE_DIR=${CCACHE_DIR:-$HOME/.cache/ccache} CCACHE_BASEDIR=$tree
	[ -z "$version" ] || (cd "$tree" && set_version "$version")
	(cd "$tree" && DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" \
		dpkg-buildpackage -us -uc -b) >"$work/log" 2>&1 || {
		tail -n 40 "$work/log" >&2
		die "dpkg-buildpackage failed"
	}
	if [ -z "$version" ]; then # else the same has been looked at
		lintian --allow-root --fail-on error --tag-display-limit 0 "$work"/*.changes \
			>"$work/lintian" || {
			cat "$work/lintian" >&2
			die "lintian found errors"
		}
		cat "$work/lintian"
	fi
	rm -f "$out"/*.deb
	mv "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$out"
	ls "$out"/*.deb
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=
if [ "${1:-}" = --version ]; then
	version=${2:?}
	shift 2
fi
[ $# -le 1 ] || {
	sed -n '/^# Build the/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
main "$@"
