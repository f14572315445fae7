/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's tests include what their own build system would write: nothing of it is used. */
