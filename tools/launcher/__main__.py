# SPDX-License-Identifier: BSD-3-Clause
"""Entry of `python3 tools/launcher`: run as the package `launcher`, whatever the cwd."""

import os
import sys

# The folder of this file would shadow modules of the standard library (test, build).
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from launcher import cli  # noqa: E402

sys.exit(cli.main(sys.argv[1:]))
