# SPDX-License-Identifier: BSD-3-Clause
"""The launcher behind ./sluice. One file per verb, plus what they share.

Standard library only. Import it as a package: put tools/ on sys.path, then
``from launcher import qemu``.
"""
