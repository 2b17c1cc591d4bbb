#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Have a QEMU that is a client of vfio-user, and say where it is.
#
#   devtools/vm/qemu.sh
#
# Debian 12 has QEMU 7.2; the device vfio-user-pci came with 10.1.  So this takes a
# later one from a later suite of the archive, with the libraries that it needs, and
# unpacks them into a root of their own; this machine's packages are as they were.
# Prints the path of a program that is started as qemu-system-x86_64 is.  It is kept in
# ${XDG_CACHE_HOME:-~/.cache}/dpdk-auxiliary, under a name made of the version and a
# digest of what is below; remove it to get what the archive has by then.

set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dpdk-auxiliary
# The libraries are those of a release, so that few packages change.
release=trixie
suite=$release-backports
package=qemu-system-x86
export PATH=/usr/bin:/usr/sbin:/bin:/sbin

die() {
	echo "qemu: $*" >&2
	exit 1
}

# The archive that this machine's own Debian packages are from.
mirror() {
	local uri

	# shellcheck disable=SC2016 # apt's variables
	uri=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		awk '$1 !~ /-/ { print $2; exit }')
	[ -n "$uri" ] || die "apt has no archive of Debian's to get packages from"
	echo "$uri"
}

# apt-get for a machine with that suite which has nothing installed yet, and is in $work.
apt_new() {
	apt-get -qq -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o Dir::State="$work" -o Dir::State::status="$work/status" -o Dir::Cache="$work" \
		-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Acquire::Languages=none -o Acquire::http::Timeout=30 -o Acquire::Retries=1 \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

# Download the package, and what has to be there with it; sets version.
download() {
	local name uri

	mkdir -p "$work/lists/partial" "$work/archives/partial"
	: >"$work/status"
	uri=$(mirror)
	for name in "$release" "$suite"; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $name main"
	done >"$work/sources.list"
	apt_new -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 &&
		apt_new -t "$suite" --download-only -y --no-install-recommends install "$package" \
			>>"$work/log" 2>&1 ||
		die "cannot get $package of $suite from $uri: $(tail -n 1 "$work/log")"
	version=$(dpkg-deb -f "$work/archives/${package}"_*.deb Version)
}

# What starts it with its own libraries, firmware and modules: those of this
# machine, which it would find by itself, are of another version.
launcher() {
	cat <<'END'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")
lib=$root/usr/lib/x86_64-linux-gnu
export QEMU_MODULE_DIR="$lib/qemu"
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$root/usr/bin/qemu-system-x86_64" \
	-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
END
}

# Unpack into directory $1 the program, libraries and firmware, and nothing else.  For
# a package that has none of one kind tar fails; whether all is there, the program tells.
make_root() {
	local root=$1 deb

	mkdir -p "$root"
	for deb in "$work"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$root" --wildcards --no-wildcards-match-slash --exclude='./usr/share/doc' \
				'./usr/lib/x86_64-linux-gnu' './usr/bin/qemu-system-x86_64' \
				'./usr/share/qemu' './usr/share/seabios' 2>/dev/null || true
	done
	launcher >"$root/qemu"
	chmod +x "$root/qemu"
	"$root/qemu" -device vfio-user-pci,help >/dev/null 2>"$work/log" ||
		die "$package $version: $(head -n 1 "$work/log")"
}

# What is there already, of whatever version.
kept() {
	find "$cache" -maxdepth 1 -name "qemu-*-$1" | sort | tail -n 1
}

main() {
	local digest root version

	[ "$(uname -m)" = x86_64 ] || die "the packages are for x86_64"
	digest=$({ echo "$suite $package"; declare -f make_root launcher; } | sha256sum | cut -c 1-12)
	mkdir -p "$cache"
	root=$(kept "$digest")
	if [ -z "$root" ]; then
		exec 9>"$cache/lock"
		flock 9
		root=$(kept "$digest") # while we waited
	fi
	if [ -z "$root" ]; then
		echo "qemu: getting $package of $suite" >&2
		work=$(mktemp -d)
		download
		root=$cache/qemu-${version#*:}-$digest
		new=$root.new
		rm -rf "$new"
		make_root "$new"
		mv -T "$new" "$root"
	fi
	echo "$root/qemu"
}

work=
new=
trap 'rm -rf "$work" "$new"' EXIT
[ $# -eq 0 ] || {
	sed -n '/^# Have/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
main
