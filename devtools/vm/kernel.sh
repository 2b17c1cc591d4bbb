#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Have a kernel for vm.sh's guests, and say where it is.
#
#   devtools/vm/kernel.sh test     the archive's linux-source-6.12 with test.config
#   devtools/vm/kernel.sh kasan    the same, and kasan.config
#   devtools/vm/kernel.sh stock    the distribution's own, of linux-image-amd64
#
# Prints a directory with vmlinuz, modules/ (what /lib/modules/RELEASE is in the
# guest) and build/ (to build modules against: make -C DIR/build M=...).  It is
# kept in ${XDG_CACHE_HOME:-~/.cache}/dpdk-auxiliary, under a name made of the
# version and a digest of the configuration.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dpdk-auxiliary
source_package=linux-source-6.12
export PATH=/usr/bin:/usr/sbin:/bin:/sbin

die() {
	echo "kernel: $*" >&2
	exit 1
}

# Version of a package in the archive; of what is kept already if the archive
# is not known.
archive_version() {
	local version

	version=$(apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }')
	if [ -z "$version" ]; then
		version=$(find "$cache" -maxdepth 1 -name "$1_*" -printf '%T@ %f\n' | sort -n | tail -n 1)
		version=${version##*_}
	fi
	[ -n "$version" ] || die "no package $1 in the archive (apt-get update?)"
	echo "$version"
}

# Package $1 of version $2 into the current directory; the lists may be older
# than the archive.
download() {
	apt-get -qq download "$1=$2" >/dev/null 2>&1 && return
	apt-get -qq update >&2 || true
	apt-get -qq download "$1=$2" >/dev/null 2>&1 || die "cannot download $1 $2"
}

# The kernel's source, but what is never compiled here: most of it.
unpack_source() {
	local dir=$1 version=$2 tmp=$1.new

	[ ! -d "$dir" ] || return 0
	rm -rf "$tmp"
	mkdir -p "$tmp"
	(
		cd "$tmp"
		download "$source_package" "$version"
		dpkg-deb --fsys-tarfile ./*.deb | tar -xO "./usr/src/$source_package.tar.xz" |
			tar -xJ --strip-components=1 --wildcards --wildcards-match-slash \
				--exclude='*/Documentation/*/*' --exclude='*/drivers/gpu/*.[ch]' \
				--exclude='*/sound/*.[ch]' --exclude='*/drivers/media/*.[ch]' \
				--exclude='*/tools/testing/*' --exclude='*/tools/perf/*' \
				--exclude='*/arch/*/boot/dts/*'
		rm ./*.deb
	)
	mv "$tmp" "$dir"
}

# Build kernel $1 into directory $2 from the source in $3.
build_kernel() {
	local dir=$2 tree=$3 image

	rm -rf "$dir"
	mkdir -p "$dir/build"
	cp -r "$here/pch" "$dir/pch"
	fragments "$1" >"$dir/fragment"
	(
		exec >"$dir/log" 2>&1
		cd "$tree"
		make -s "O=$dir/build" "KCONFIG_ALLCONFIG=$dir/fragment" allnoconfig
		check_config "$dir"
		export KCC_HEADERS=$dir/pch
		make -s "-j$(nproc)" "O=$dir/build" "CC=$here/kcc.sh" prepare
		# One object of those that get each precompiled header.
		KCC_PRECOMPILE=1 make -s -j2 "O=$dir/build" "CC=$here/kcc.sh" fs/open.o net/socket.o
		make -s "-j$((2 * $(nproc)))" "O=$dir/build" "CC=$here/kcc.sh" bzImage modules
		make -s "O=$dir/build" "INSTALL_MOD_PATH=$dir/root" modules_install
	) || {
		tail -n 20 "$dir/log" >&2
		die "kernel $1 does not build, see $dir/log"
	}
	mv "$dir"/root/lib/modules/* "$dir/modules"
	rm -rf "$dir"/{root,pch} "$dir"/modules/{build,source}
	image=$(readlink -f "$dir/build/arch/x86/boot/bzImage")
	mv "$image" "$dir/image"
	# Modules need the generated headers, the tools and the symbols, not the objects.
	find "$dir/build" \( -name '*.o' -o -name '*.names' -o -name '*.a' -o -name 'vmlinux*' \) \
		-not -path '*/scripts/*' -not -path '*/tools/*' -delete
	mv "$dir/image" "$dir/vmlinuz" # last: with it, the directory is complete
}

# What a configuration asks for and does not get would fail later and further away.
check_config() {
	local line missing=0

	while read -r line; do
		grep -qxF "$line" "$1/build/.config" && continue
		# "is not set" also holds for what is not there at all.
		[[ $line == "# CONFIG_"* ]] && ! grep -q "^${line:2:-11}=" "$1/build/.config" && continue
		echo "not in the kernel's configuration: $line"
		missing=1
	done < <(grep -E '^CONFIG_|^# CONFIG_[A-Z0-9_]* is not set' "$1/fragment")
	return $missing
}

# What the distribution's kernel needs to be up to its root.
boot_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

# The distribution's kernel and its headers, unpacked into directory $1.
unpack_stock() {
	local dir=$1 release=$2 root=$1/root package module n=10

	rm -rf "$dir"
	mkdir -p "$root" "$dir/boot-modules"
	(
		cd "$dir"
		for package in "linux-image-$release" "linux-headers-$release" \
				$(apt-cache depends "linux-headers-$release" |
					awk '$1 == "Depends:" && $2 ~ /^linux-/ { print $2 }'); do
			# While the archive is updated, they need not all have the same version.
			download "$package" "$(archive_version "$package")"
		done
		for package in ./*.deb; do
			dpkg-deb -x "$package" "$root"
		done
		rm ./*.deb
	)
	sed -i "s|/usr/src/|$root&|" "$root/usr/src/linux-headers-$release/Makefile"
	depmod -b "$root" "$release"
	modprobe -d "$root" -S "$release" --show-depends -a "${boot_modules[@]}" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
			cp "$module" "$dir/boot-modules/$((n++))-${module##*/}"
		done
	ln -s "root/usr/src/linux-headers-$release" "$dir/build"
	ln -s "root/lib/modules/$release" "$dir/modules"
	rm -f "$dir/modules/build" "$dir/modules/source"
	mv "$root/boot/vmlinuz-$release" "$dir/vmlinuz"
}

fragments() {
	cat "$here/test.config"
	[ "$1" != kasan ] || cat "$here/kasan.config"
}

make_kernel() {
	local kind=$1 version=$2 dir=$3

	if [ "$kind" = stock ]; then
		unpack_stock "$dir" "$stock_release"
	else
		unpack_source "$cache/${source_package}_$version" "$version"
		build_kernel "$kind" "$dir" "$cache/${source_package}_$version"
	fi
}

main() {
	local kind=$1 version name

	mkdir -p "$cache"
	if [ "$kind" = stock ]; then
		version=$(archive_version linux-image-amd64)
		stock_release=$(apt-cache depends linux-image-amd64 |
			awk '$1 == "Depends:" { sub("linux-image-", "", $2); print $2; exit }')
		name=stock-$version
	else
		version=$(archive_version "$source_package")
		name=$kind-$version-$(fragments "$kind" | sha256sum | cut -c 1-12)
	fi
	if [ ! -f "$cache/$name/vmlinuz" ]; then
		exec 9>"$cache/lock"
		flock 9
	fi
	if [ ! -f "$cache/$name/vmlinuz" ]; then # nor while we waited
		echo "kernel: making $name" >&2
		make_kernel "$kind" "$version" "$cache/$name"
	fi
	echo "$cache/$name"
}

case ${1:-} in
test | kasan | stock) main "$1" ;;
*)
	sed -n '/^# Have/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
