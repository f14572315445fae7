#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# build-musl.sh headers|lib SRC OUT
# Builds musl, unmodified, with its own makefile; OUT gets include/ or lib/libc.a. The assembler files that
# hold a system call instruction are left out, so that their C variants are taken.
set -eu
what=$1 src=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
cd "$out"

raw='thread/x86_64/clone.s thread/x86_64/syscall_cp.s thread/x86_64/__set_thread_area.s
thread/x86_64/__unmapself.s signal/x86_64/restore.s process/x86_64/vfork.s'
arch=
for f in "$src"/src/*/x86_64/*.[csS] "$src"/src/malloc/mallocng/x86_64/*.[csS]; do
	[ -e "$f" ] || continue
	for r in $raw; do
		[ "$f" != "$src/src/$r" ] || continue 2
	done
	arch="$arch $f"
done

flags='-O2 -pipe -w -fno-pic -fno-pie -mcmodel=small -fno-stack-protector -fcf-protection=none'
flags="$flags -fno-unwind-tables -fno-asynchronous-unwind-tables -fno-omit-frame-pointer"
flags="$flags -ffunction-sections -fdata-sections"

run() {
	make -s -f "$src/Makefile" srcdir="$src" ARCH=x86_64 CC="${CC:-cc} -I$here/include" AR="${AR:-ar}" \
		RANLIB="${RANLIB:-ranlib}" ARCH_SRCS="$arch" prefix=/ \
		CFLAGS_C99FSE='-std=c99 -nostdinc -ffreestanding -fexcess-precision=standard -frounding-math' \
		CFLAGS_AUTO="$flags" CFLAGS_MEMOPS=-fno-tree-loop-distribute-patterns \
		OPTIMIZE_GLOBS='internal/*.c malloc/*.c string/*.c' "$@"
}

case $what in
headers)
	run install-headers DESTDIR="$out"
	;;
lib)
	run -j"$(nproc)" lib/libc.a
	;;
esac
