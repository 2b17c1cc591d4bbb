#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Have a fresh root of this machine's Debian, made by debootstrap, and say where it is.
#
#   devtools/root.sh [PACKAGE]...
#
# The packages are installed in it. It is kept, and not to be changed by those who use
# it, in ${XDG_CACHE_HOME:-~/.cache}/dpdk-auxiliary, under a name made of the release
# and a digest of the packages; remove it to get what the archive has by then.

set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dpdk-auxiliary
export PATH=/usr/bin:/usr/sbin:/bin:/sbin

die() {
	echo "root: $*" >&2
	exit 1
}

# The archive that this machine's own Debian packages are from, and its release.
mirror() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(CODENAME) $(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		awk '$1 !~ /-/ { print $1, $2; exit }'
}

# Run a command in the root, whose services are not to be started.
in_root() {
	DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 unshare --mount sh -ec '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		exec chroot "$root" "$@"' sh "$root.new" "$@"
}

make_root() {
	local new=$root.new

	rm -rf "$new"
	debootstrap --variant=minbase "$release" "$new" "$uri" >"$root.log" 2>&1 ||
		die "debootstrap of $release from $uri: $(tail -n 1 "$root.log")"
	printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
	chmod +x "$new/usr/sbin/policy-rc.d"
	{
		in_root apt-get -qq update &&
		in_root apt-get -qq -y --no-install-recommends install "$@" &&
		in_root apt-get clean
	} >>"$root.log" 2>&1 || die "cannot install $*: $(tail -n 1 "$root.log")"
	rm "$root.log"
	mv -T "$new" "$root"
}

release=
uri=
read -r release uri < <(mirror) || die "apt has no archive of Debian's to get packages from"
[ "$(id -u)" -eq 0 ] || die "debootstrap needs root"
mkdir -p "$cache"
digest=$({ echo "$release $*"; declare -f make_root; } | sha256sum | cut -c 1-12)
root=$cache/root-$release-$digest
trap 'rm -rf "$root.new"' EXIT
if [ ! -d "$root" ]; then
	exec 9>"$root.lock"
	flock 9
fi
if [ ! -d "$root" ]; then # nor made while we waited
	echo "root: $release with $*" >&2
	make_root "$@"
fi
echo "$root"
