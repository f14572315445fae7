/* SPDX-License-Identifier: BSD-3-Clause */
/* The real one under another name: fake_thread.c tells the sanitizer first. */
#define uk_thread_switch fake_thread_switch
#include "kernel/thread_switch.S"
