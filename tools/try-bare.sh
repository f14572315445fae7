#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# tools/try-bare.sh [-k] [-b "FOLDER..."] [COMMAND...]     (as root; default: ./sluice test)
#
# Runs a command as the first one ever on a bare machine: a fresh minimal Debian 12 root made
# by debootstrap, with a clone of this tree's HEAD in /root/sluice. -b names what is bound in
# ("dev" if not given; "dev proc sys" is what a booted machine has). -k keeps the root for a
# look. The mounts live in a namespace of their own, so they are gone with the command,
# however it ends.
#
# SLUICE_BARE (default /var/tmp/sluice-bare) holds the pristine root between runs;
# SLUICE_MIRROR is the Debian mirror.

set -eu

work=${SLUICE_BARE:-/var/tmp/sluice-bare}
mirror=${SLUICE_MIRROR:-http://deb.debian.org/debian}
tree=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
keep=no
binds=dev

die() {
	echo "try-bare: $*" >&2
	exit 1
}

while getopts kb: option; do
	case $option in
	k) keep=yes ;;
	b) binds=$OPTARG ;;
	*) die 'usage: try-bare.sh [-k] [-b "FOLDER..."] [COMMAND...]' ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- ./sluice test

[ "$(id -u)" -eq 0 ] || die 'needs root for debootstrap and chroot: run it with sudo'
command -v debootstrap > /dev/null || die 'needs debootstrap: apt-get install debootstrap'

mkdir -p "$work"
exec 9> "$work/lock"
flock 9
if [ ! -d "$work/pristine" ]; then
	rm -rf "$work/making"
	debootstrap --variant=minbase bookworm "$work/making" "$mirror" > "$work/debootstrap.log" 2>&1 ||
		die "debootstrap failed, see $work/debootstrap.log"
	# as on a machine that was just installed: no package lists, no archives
	rm -rf "$work/making/var/lib/apt/lists/"* "$work/making/var/cache/apt/archives/"*.deb
	mv "$work/making" "$work/pristine"
fi
root=$(mktemp -d "$work/root-XXXXXX")
cp -a "$work/pristine/." "$root"
flock -u 9

# No mount of ours is visible here, so this removal cannot reach /dev.
remove() {
	[ $keep = yes ] && echo "try-bare: kept $root" >&2 || rm -rf --one-file-system "$root"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cp /etc/resolv.conf "$root/etc/resolv.conf"
git clone --quiet "$tree" "$root/root/sluice"

set +e
unshare --mount --propagation private /bin/sh -c '
	root=$1 binds=$2
	shift 2
	for folder in $binds; do
		mount --rbind "/$folder" "$root/$folder" || exit 1
	done
	exec chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		/bin/sh -c "cd /root/sluice && exec \"\$@\"" sh "$@"
' sh "$root" "$binds" "$@"
status=$?
echo "try-bare: exit code $status: $*" >&2
exit $status
