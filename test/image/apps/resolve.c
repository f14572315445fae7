/* SPDX-License-Identifier: BSD-3-Clause */
/* What names and interfaces are to a program: a record for each name given as a word, and for each address. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char *text_of(const struct sockaddr *sa, char *to, size_t room)
{
	const void *addr = sa->sa_family == AF_INET
				   ? (const void *)&((struct sockaddr_in *)sa)->sin_addr
				   : (const void *)&((struct sockaddr_in6 *)sa)->sin6_addr;

	return inet_ntop(sa->sa_family, addr, to, (socklen_t)room);
}

static void resolve(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	char text[INET6_ADDRSTRLEN];
	int rc = getaddrinfo(name, "http", &hints, &all);

	if (rc != 0)
		printf("@{\"type\":\"name\",\"name\":\"%s\",\"error\":\"%s\"}\n", name,
			gai_strerror(rc));
	for (struct addrinfo *a = all; a != NULL; a = a->ai_next)
		printf("@{\"type\":\"name\",\"name\":\"%s\",\"ip\":\"%s\",\"port\":%u}\n", name,
			text_of(a->ai_addr, text, sizeof(text)),
			ntohs(((struct sockaddr_in *)a->ai_addr)->sin_port));
	if (all != NULL)
		freeaddrinfo(all);
}

static void interfaces(void)
{
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0) {
		perror("getifaddrs");
		return;
	}
	for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6)
			printf("@{\"type\":\"interface\",\"name\":\"%s\",\"ip\":\"%s\"}\n",
				i->ifa_name, text_of(i->ifa_addr, text, sizeof(text)));
	}
	freeifaddrs(all);
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0); /* the network is up when this is through */

	if (fd < 0)
		return 1;
	interfaces();
	for (int i = 1; i < argc; i++)
		resolve(argv[i]);
	return 0;
}
