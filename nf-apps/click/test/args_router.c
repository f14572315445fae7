/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/click/test/args_router.h"

#define FAKE_TOP                                                                                   \
	"host 1.2.3.4/24 0:1:2:3:4:5, net 10.0.0.0/8, six 2001:db8::1/32, only6 ::5, "             \
	"both 9.9.9.9 8.8.0.0/16, alias host, loop loop, near 1.1.1.1, , gate 10.1.0.0/16"

static const struct nf_class fake_null = { .name = "Null" };
static const struct nf_class fake_address = { .name = "AddressInfo" };
static const struct nf_class fake_port = { .name = "PortInfo" };

static struct nf_router fake_router;

static struct nf_element fake_elements[] = {
	{ .class = &fake_null, .name = "q", .args = "" },
	{ .class = &fake_address, .name = "AddressInfo@1", .args = FAKE_TOP },
	{ .class = &fake_address, .name = "net/q", .args = "near 2.2.2.2, inner host, lower near" },
	{ .class = &fake_address, .name = "net/lan/i", .args = "near 3.3.3.3" },
	{ .class = &fake_address, .name = "other/lan/i", .args = "hidden 4.4.4.4" },
	{ .class = &fake_address, .name = "AddressInfo@2", .args = "late 5.5.5.5, net 11.0.0.0/8" },
	{ .class = &fake_port,
		.name = "PortInfo@1",
		.args = "game 27015/udp, admin 8081, http 8080/tcp, web http" },
	{ .class = &fake_null, .name = "net/lan/me", .args = "" },
};

static struct nf_element *fake_list[UK_ARRAY_SIZE(fake_elements)];

static struct nf_element *fake_element(const char *name)
{
	fake_router.elements = fake_list;
	fake_router.nb_elements = UK_ARRAY_SIZE(fake_elements);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(fake_elements); i++) {
		fake_list[i] = &fake_elements[i];
		fake_elements[i].router = &fake_router;
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(fake_elements); i++) {
		if (strcmp(fake_elements[i].name, name) == 0)
			return &fake_elements[i];
	}
	return NULL;
}

struct nf_element *fake_router_element(void)
{
	return fake_element("net/lan/me");
}

struct nf_element *fake_router_top(void)
{
	return fake_element("q");
}

void fake_router_info(const char *args)
{
	fake_elements[1].args = args;
}

/* What args_types.c needs of the engine. */
struct nf_element *nf_element_find(const struct nf_element *e, const char *name)
{
	return fake_element(name);
}

bool nf_element_is(const struct nf_element *e, const char *class_name)
{
	return strcmp(e->class->name, class_name) == 0;
}
