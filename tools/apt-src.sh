#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Pinned sources through apt, without touching the system's own configuration:
#
#   tools/apt-src.sh fetch CACHE LOCKFILE     verify, fetch what is missing, unpack
#   tools/apt-src.sh lock CACHE PKG[=VER]...  print lock lines for what apt offers now
#
# A lock line is `PACKAGE FILE SHA256`. FILE is an orig tarball, or a *.debian.tar.* whose
# patch series is then applied on top. The hash pins the file, not the Debian revision:
# any revision that ships the same bytes will do. Result: CACHE/src/PACKAGE; tarballs stay
# in CACHE/dl, so a second run needs no network. Runs as root or not, wants no dpkg-dev.

set -eu

# POSIX sh has no local variables: each function uses names of its own.

die() {
	echo "apt-src: $*" >&2
	exit 1
}

usage() {
	die 'usage: apt-src.sh fetch CACHE LOCKFILE | lock CACHE PKG[=VER]...'
}

[ $# -ge 3 ] || usage
verb=$1
mkdir -p "$2/dl" "$2/src" "$2/apt/lists/partial" "$2/apt/cache/archives/partial" "$2/apt/sources.d"
cache=$(cd "$2" && pwd)
apt=$cache/apt
shift 2

# apt with private lists and sources. No sandbox user: _apt may not write a home folder.
private_apt() {
	tool=$1
	shift
	LC_ALL=C "$tool" -q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt/sources.d" \
		-o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Debug::NoLocking=1 \
		-o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=3 -o Acquire::Languages=none \
		-o APT::Get::Only-Source=1 "$@"
}

# A machine usually has no deb-src lines: derive them from its deb lines, in both formats.
twin_sources() {
	rm -f "$apt"/sources.d/*
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	number=0
	for listing in "$list" "$parts"*.list; do
		[ -f "$listing" ] || continue
		number=$((number + 1))
		sed -n -E -e 's/^[[:space:]]*deb[[:space:]]+/deb-src /' \
			-e 's/(\[[^]]*)\barch=[^] ]+ */\1/' -e 's/\[ *\] *//' -e '/^deb-src /p' \
			"$listing" > "$apt/sources.d/$number.list"
	done
	for listing in "$parts"*.sources; do
		[ -f "$listing" ] || continue
		number=$((number + 1))
		sed -E -e '/^Architectures:/Id' -e 's/^Types:.*/Types: deb-src/I' \
			"$listing" > "$apt/sources.d/$number.sources"
	done
	[ "$number" -gt 0 ] || die 'apt has no sources on this machine: add a Debian mirror to /etc/apt'
}

# The index of source packages, at most twelve hours old.
refresh_index() {
	[ -z "$(find "$apt/fresh" -mmin -720 2>/dev/null)" ] || return 0
	twin_sources
	private_apt apt-get update >&2
	: > "$apt/fresh"
}

# "version file sha256" of every tarball of a package that apt knows of.
tarballs() {
	private_apt apt-cache showsrc --only-source "$1" 2>/dev/null | awk '
		/^Version:/ { version = $2 }
		/^[A-Z]/ { listed = 0 }
		/^Checksums-Sha256:/ { listed = 1; next }
		listed && $3 ~ /\.tar\.[a-z0-9]+$/ { print version, $3, $1 }'
}

print_lock() {
	refresh_index
	for wanted; do
		package=${wanted%%=*}
		version=${wanted#"$package"}
		version=${version#=}
		[ -n "$version" ] || version=$(tarballs "$package" | cut -d' ' -f1 | sort -V | tail -n 1)
		[ -n "$version" ] || die "apt offers no source package $package"
		# reverse order puts the orig tarball before the patches
		tarballs "$package" | awk -v p="$package" -v v="$version" '$1 == v { print p, $2, $3 }' |
			LC_ALL=C sort -r -u
	done
}

has_hash() {
	[ -f "$2" ] && echo "$1  $2" | sha256sum --check --status 2>/dev/null
}

# Newest revision first. One file at a time: a superseded revision may have lost its .dsc.
fetch() {
	package=$1 file=$2 hash=$3
	has_hash "$hash" "$cache/dl/$file" && return
	refresh_index
	rm -f "$cache/dl/$file"
	case $file in
	*.debian.tar.*) only=--diff-only ;;
	*) only=--tar-only ;;
	esac
	for version in $(tarballs "$package" | awk -v h="$hash" '$3 == h { print $1 }' | sort -r -u -V); do
		(cd "$cache/dl" && private_apt apt-get source --download-only "$only" \
			"$package=$version" < /dev/null >&2) || :
		has_hash "$hash" "$cache/dl/$file" && return
	done
	die "no source of $package has $file with sha256 $hash: refresh tools/sources.lock"
}

unpack() {
	file=$1 hash=$2 into=$3
	[ "$(cat "$into/.sha256" 2>/dev/null)" != "$hash" ] || return 0
	rm -rf "$into" "$into.new"
	mkdir "$into.new"
	tar -xf "$cache/dl/$file" -C "$into.new" --strip-components=1 --no-same-owner
	echo "$hash" > "$into.new/.sha256"
	mv "$into.new" "$into"
}

apply_patches() {
	file=$1 hash=$2 into=$3
	[ "$(cat "$into/.patched" 2>/dev/null)" != "$hash" ] || return 0
	[ ! -e "$into/.patched" ] || die "the patches for $into changed: remove that folder and run again"
	tar -xf "$cache/dl/$file" -C "$into" --no-same-owner debian/patches
	if [ -f "$into/debian/patches/series" ]; then
		sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$into/debian/patches/series" |
			while read -r patch _; do
				patch -d "$into" -p1 -s -f --no-backup-if-mismatch \
					< "$into/debian/patches/$patch" && continue
				rm -f "$into/.sha256"
				die "patch $patch does not apply to $into: run again, or refresh the lock file"
			done
	fi
	echo "$hash" > "$into/.patched"
}

fetch_all() {
	[ -r "$1" ] || die "cannot read the lock file $1"
	grep -v -E '^[[:space:]]*(#|$)' "$1" > "$apt/lock" || :
	while read -r package file hash; do
		fetch "$package" "$file" "$hash"
		part=$(expr "$file" : '.*\.orig-\([^.]*\)\.tar') || :
		into=$cache/src/$package${part:+-$part}
		case $file in
		*.debian.tar.*) apply_patches "$file" "$hash" "$into" ;;
		*) unpack "$file" "$hash" "$into" ;;
		esac
		echo "$package is ready ($file)"
	done < "$apt/lock"
}

case $verb in
fetch)
	[ $# -eq 1 ] || usage
	fetch_all "$1"
	;;
lock) print_lock "$@" ;;
*) usage ;;
esac
