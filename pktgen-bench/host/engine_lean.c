/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/host/port.h"
const struct pg_port_engine pg_port_engine_lean = { .name = "lean" };
