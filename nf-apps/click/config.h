/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration in Click's language, read and flattened: compound elements are replaced by what
 * they hold, variables by their values, and what remains is a list of elements and a list of links.
 * Nothing here knows which classes exist. The same reader serves the image, the Linux twin and the
 * compiler of configurations.
 */
#ifndef SLUICE_NF_APPS_CLICK_CONFIG_H
#define SLUICE_NF_APPS_CLICK_CONFIG_H

#include <stdint.h>
#include "nf-apps/click/text.h"

struct nf_config_element {
	char *name;       /* "a/b/Queue@3" */
	char *class_name; /* "Queue" */
	char *args;       /* configuration string, variables replaced, comments as they stood */
	char *where;      /* "file:line" of its declaration */
};

struct nf_config_link {
	uint32_t from, to; /* indices of elements */
	uint32_t from_port, to_port;
	char *where;
};

struct nf_config {
	struct nf_config_element *elements;
	uint32_t nb_elements;
	struct nf_config_link *links;
	uint32_t nb_links;
	char *requirements; /* "package(foo), compact_config" as given; never NULL */
};

/* A value for a $variable from outside: `define` in the configuration does not change it. */
struct nf_config_define {
	const char *name; /* without the $ */
	const char *value;
};

/* Limits; beyond them is an error, not a crash. */
#define NF_CONFIG_TEXT_MAX     (8u << 20) /* bytes */
#define NF_CONFIG_ELEMENTS_MAX 65536u
#define NF_CONFIG_LINKS_MAX    262144u
#define NF_CONFIG_PORTS_MAX    4096u       /* highest port number + 1 */
#define NF_CONFIG_DEPTH_MAX    64u         /* of compound elements and groups in each other */
#define NF_CONFIG_FLAT_MAX     (32u << 20) /* bytes of names and arguments, once flat */

/*
 * Reads `text` (len bytes, any bytes); require(library FILE) reads files beside `file`. Returns 0
 * with *out set, -EINVAL with every error that was found added to errs, or -ENOMEM. `file` names
 * the text in messages. Owner: *out is the caller's until nf_config_free.
 */
int nf_config_parse(const char *text, size_t len, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines,
	struct nf_config **out UK_GIVES, struct nf_errors *errs) UK_MUST_USE;

/* One that nf_config_parse made, with all that it points to, which is one piece of memory. NULL is
 * fine. */
void nf_config_free(struct nf_config *c UK_TAKES);

/* The flat configuration as text that nf_config_parse reads to the same thing. */
void nf_config_print(const struct nf_config *c, struct nf_text *out);

#endif
