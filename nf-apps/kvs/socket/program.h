/* SPDX-License-Identifier: BSD-3-Clause */
/* The Linux program's main, under another name (meson.build). */
#ifndef SLUICE_NF_APPS_KVS_SOCKET_PROGRAM_H
#define SLUICE_NF_APPS_KVS_SOCKET_PROGRAM_H

int nf_main(int argc, char **argv);

#endif
