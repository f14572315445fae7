#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# tools/format.sh [--fix] [FILE...]    check (or rewrite) the format of all .c and .h files
#
# The rules are .clang-format's, read by clang-format-14: other versions differ.

set -eu

cd "$(dirname "$(readlink -f "$0")")/.."
how='--dry-run -Werror'
if [ "${1-}" = --fix ]; then
	how=-i
	shift
fi
command -v clang-format-14 > /dev/null || {
	echo 'format: clang-format-14 is not installed: run ./sluice setup' >&2
	exit 1
}
if [ $# -gt 0 ]; then
	exec clang-format-14 --style=file $how "$@"
fi
for folder in plat-kvm kernel dataplane netstack nf-apps pktgen-bench test docs; do
	[ ! -d $folder ] || find $folder -name '*.[ch]' -type f -print0
done | xargs -0 -r clang-format-14 --style=file $how
