/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that libc's resolver reads: /etc/resolv.conf is made of the DNS servers that lwIP knows (from DHCP, from router
 * advertisements, from the command line), /etc/hosts and /etc/services are short. There is no other file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <lwip/dns.h>
#include "netstack/socket_impl.h"

struct sfile {
	struct uk_file file;
	size_t len, at;
	char text[];
};

/* RFC 6761, 6.3 */
static const char hosts[] = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";

/* IANA's registry, what a server or a client of this tree may ask for. */
static const char services[] =
	"echo 7/tcp\necho 7/udp\ndiscard 9/tcp\ndiscard 9/udp\ndaytime 13/tcp\ndaytime 13/udp\n"
	"ftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp\ndomain 53/tcp\ndomain 53/udp\n"
	"bootps 67/udp\nbootpc 68/udp\ntftp 69/udp\nhttp 80/tcp\nkerberos 88/udp\npop3 110/tcp\n"
	"sunrpc 111/tcp\nsunrpc 111/udp\nntp 123/udp\nimap2 143/tcp\nsnmp 161/udp\n"
	"snmp-trap 162/udp\nbgp 179/tcp\nldap 389/tcp\nhttps 443/tcp\nhttps 443/udp\n"
	"syslog 514/udp\nldaps 636/tcp\ndomain-s 853/tcp\nimaps 993/tcp\npop3s 995/tcp\n"
	"mysql 3306/tcp\npostgresql 5432/tcp\nredis 6379/tcp\nhttp-alt 8080/tcp\n"
	"memcache 11211/tcp\nmemcache 11211/udp\n";

static ssize_t sfile_readv(struct uk_file *f, const struct iovec *v, int n)
{
	struct sfile *s = (struct sfile *)f;
	size_t done = uk_fd_iov_put(v, n, 0, s->text + s->at, s->len - s->at);

	s->at += done;
	return (ssize_t)done;
}

static int sfile_stat(struct uk_file *f, struct stat *st)
{
	st->st_mode = S_IFREG | 0444;
	st->st_size = (off_t)((struct sfile *)f)->len;
	return 0;
}

static void sfile_release(struct uk_file *f)
{
	free(f);
}

static const struct uk_file_ops sfile_ops = {
	.kind = "file",
	.readv = sfile_readv,
	.stat = sfile_stat,
	.release = sfile_release,
};

/* resolv.conf(5): one line a server. */
static size_t sfile_resolv(char *to, size_t room)
{
	size_t at = 0;

	for (uint8_t i = 0; i < DNS_MAX_SERVERS; i++) {
		const ip_addr_t *ip = dns_getserver(i);
		char text[IPADDR_STRLEN_MAX];

		if (ip_addr_isany(ip) || ipaddr_ntoa_r(ip, text, sizeof(text)) == NULL)
			continue;
		at += (size_t)snprintf(to + at, room - at, "nameserver %s\n", text);
	}
	return at;
}

static int sfile_install(const char *text, size_t len, int flags)
{
	struct sfile *s = malloc(sizeof(*s) + len);
	int fd;

	if (s == NULL)
		return -ENOMEM;
	uk_fd_file_init(&s->file, &sfile_ops, O_RDONLY);
	s->len = len;
	s->at = 0;
	memcpy(s->text, text, len);
	fd = uk_fd_install(&s->file, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
	if (fd < 0)
		uk_fd_put(&s->file);
	return fd;
}

long uk_socket_file_open(const char *path, int flags)
{
	char resolv[DNS_MAX_SERVERS * (sizeof("nameserver \n") + IPADDR_STRLEN_MAX)];
	const char *text = NULL;
	size_t len = 0;

	if (path == NULL)
		return -EFAULT;
	if (strcmp(path, "/etc/resolv.conf") == 0) {
		text = resolv;
		len = sfile_resolv(resolv, sizeof(resolv));
	} else if (strcmp(path, "/etc/hosts") == 0) {
		text = hosts;
		len = sizeof(hosts) - 1;
	} else if (strcmp(path, "/etc/services") == 0) {
		text = services;
		len = sizeof(services) - 1;
	}
	if (text == NULL)
		return -ENOENT;
	return (flags & O_ACCMODE) == O_RDONLY ? sfile_install(text, len, flags) : -EROFS;
}
