/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line for people: where elements such as Print say something. The program defines it: the
 * console of an image, the standard error of the twin.
 */
#ifndef SLUICE_NF_APPS_CLICK_PRINT_H
#define SLUICE_NF_APPS_CLICK_PRINT_H

/* Prints `s` and a line feed. */
void nf_print_line(const char *s);

#endif
