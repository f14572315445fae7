/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of protocols and services that people write in configurations. Source: IANA, "Protocol
 * Numbers" and "Service Name and Transport Protocol Port Number Registry", and the names that Unix
 * has for them.
 */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/inet.h"

struct addr_name {
	const char *name;
	uint16_t value;
	uint8_t on; /* ADDR_TCP, ADDR_UDP */
};

#define ADDR_TCP  1
#define ADDR_UDP  2
#define ADDR_BOTH 3

static const struct addr_name addr_protos[] = {
	{ "ip", 0, 0 },
	{ "hopopt", 0, 0 },
	{ "icmp", 1, 0 },
	{ "igmp", 2, 0 },
	{ "ggp", 3, 0 },
	{ "ipip", 4, 0 },
	{ "ipencap", 4, 0 },
	{ "st", 5, 0 },
	{ "tcp", 6, 0 },
	{ "egp", 8, 0 },
	{ "igp", 9, 0 },
	{ "pup", 12, 0 },
	{ "udp", 17, 0 },
	{ "hmp", 20, 0 },
	{ "xns-idp", 22, 0 },
	{ "rdp", 27, 0 },
	{ "iso-tp4", 29, 0 },
	{ "dccp", 33, 0 },
	{ "xtp", 36, 0 },
	{ "ddp", 37, 0 },
	{ "ipv6", 41, 0 },
	{ "ip6", 41, 0 },
	{ "ipv6-route", 43, 0 },
	{ "ipv6-frag", 44, 0 },
	{ "idrp", 45, 0 },
	{ "rsvp", 46, 0 },
	{ "gre", 47, 0 },
	{ "esp", 50, 0 },
	{ "ah", 51, 0 },
	{ "skip", 57, 0 },
	{ "ipv6-icmp", 58, 0 },
	{ "icmp6", 58, 0 },
	{ "icmpv6", 58, 0 },
	{ "ipv6-nonxt", 59, 0 },
	{ "ipv6-opts", 60, 0 },
	{ "rspf", 73, 0 },
	{ "vmtp", 81, 0 },
	{ "eigrp", 88, 0 },
	{ "ospf", 89, 0 },
	{ "ax.25", 93, 0 },
	{ "etherip", 97, 0 },
	{ "encap", 98, 0 },
	{ "pim", 103, 0 },
	{ "ipcomp", 108, 0 },
	{ "vrrp", 112, 0 },
	{ "carp", 112, 0 },
	{ "l2tp", 115, 0 },
	{ "isis", 124, 0 },
	{ "sctp", 132, 0 },
	{ "fc", 133, 0 },
	{ "mobility-header", 135, 0 },
	{ "udplite", 136, 0 },
	{ "mpls-in-ip", 137, 0 },
	{ "manet", 138, 0 },
	{ "hip", 139, 0 },
	{ "shim6", 140, 0 },
};

static const struct addr_name addr_services[] = {
	{ "tcpmux", 1, ADDR_TCP },
	{ "echo", 7, ADDR_BOTH },
	{ "discard", 9, ADDR_BOTH },
	{ "systat", 11, ADDR_TCP },
	{ "daytime", 13, ADDR_BOTH },
	{ "netstat", 15, ADDR_TCP },
	{ "qotd", 17, ADDR_TCP },
	{ "chargen", 19, ADDR_BOTH },
	{ "ftp-data", 20, ADDR_TCP },
	{ "ftp", 21, ADDR_TCP },
	{ "ssh", 22, ADDR_BOTH },
	{ "telnet", 23, ADDR_TCP },
	{ "smtp", 25, ADDR_TCP },
	{ "mail", 25, ADDR_TCP },
	{ "time", 37, ADDR_BOTH },
	{ "whois", 43, ADDR_TCP },
	{ "tacacs", 49, ADDR_BOTH },
	{ "domain", 53, ADDR_BOTH },
	{ "dns", 53, ADDR_BOTH },
	{ "bootps", 67, ADDR_UDP },
	{ "bootpc", 68, ADDR_UDP },
	{ "tftp", 69, ADDR_UDP },
	{ "gopher", 70, ADDR_TCP },
	{ "finger", 79, ADDR_TCP },
	{ "http", 80, ADDR_BOTH },
	{ "www", 80, ADDR_BOTH },
	{ "kerberos", 88, ADDR_BOTH },
	{ "iso-tsap", 102, ADDR_TCP },
	{ "pop2", 109, ADDR_TCP },
	{ "pop3", 110, ADDR_TCP },
	{ "sunrpc", 111, ADDR_BOTH },
	{ "auth", 113, ADDR_TCP },
	{ "ident", 113, ADDR_TCP },
	{ "nntp", 119, ADDR_TCP },
	{ "ntp", 123, ADDR_BOTH },
	{ "epmap", 135, ADDR_TCP },
	{ "netbios-ns", 137, ADDR_BOTH },
	{ "netbios-dgm", 138, ADDR_BOTH },
	{ "netbios-ssn", 139, ADDR_BOTH },
	{ "imap", 143, ADDR_TCP },
	{ "imap2", 143, ADDR_TCP },
	{ "snmp", 161, ADDR_BOTH },
	{ "snmp-trap", 162, ADDR_BOTH },
	{ "snmptrap", 162, ADDR_BOTH },
	{ "xdmcp", 177, ADDR_UDP },
	{ "bgp", 179, ADDR_TCP },
	{ "irc", 194, ADDR_BOTH },
	{ "imap3", 220, ADDR_TCP },
	{ "ldap", 389, ADDR_BOTH },
	{ "https", 443, ADDR_BOTH },
	{ "microsoft-ds", 445, ADDR_BOTH },
	{ "kpasswd", 464, ADDR_BOTH },
	{ "submissions", 465, ADDR_TCP },
	{ "isakmp", 500, ADDR_UDP },
	{ "exec", 512, ADDR_TCP },
	{ "biff", 512, ADDR_UDP },
	{ "login", 513, ADDR_TCP },
	{ "who", 513, ADDR_UDP },
	{ "shell", 514, ADDR_TCP },
	{ "syslog", 514, ADDR_UDP },
	{ "printer", 515, ADDR_TCP },
	{ "talk", 517, ADDR_UDP },
	{ "ntalk", 518, ADDR_UDP },
	{ "route", 520, ADDR_UDP },
	{ "rip", 520, ADDR_UDP },
	{ "ripng", 521, ADDR_UDP },
	{ "uucp", 540, ADDR_TCP },
	{ "dhcpv6-client", 546, ADDR_UDP },
	{ "dhcpv6-server", 547, ADDR_UDP },
	{ "rtsp", 554, ADDR_BOTH },
	{ "nntps", 563, ADDR_TCP },
	{ "submission", 587, ADDR_TCP },
	{ "ipp", 631, ADDR_TCP },
	{ "ldaps", 636, ADDR_BOTH },
	{ "domain-s", 853, ADDR_BOTH },
	{ "rsync", 873, ADDR_TCP },
	{ "ftps-data", 989, ADDR_TCP },
	{ "ftps", 990, ADDR_TCP },
	{ "telnets", 992, ADDR_TCP },
	{ "imaps", 993, ADDR_TCP },
	{ "pop3s", 995, ADDR_TCP },
	{ "socks", 1080, ADDR_TCP },
	{ "openvpn", 1194, ADDR_BOTH },
	{ "ms-sql-s", 1433, ADDR_TCP },
	{ "l2f", 1701, ADDR_UDP },
	{ "pptp", 1723, ADDR_TCP },
	{ "radius", 1812, ADDR_BOTH },
	{ "radius-acct", 1813, ADDR_BOTH },
	{ "nfs", 2049, ADDR_BOTH },
	{ "gtp-control", 2123, ADDR_UDP },
	{ "gtp-user", 2152, ADDR_UDP },
	{ "bfd-control", 3784, ADDR_UDP },
	{ "mysql", 3306, ADDR_TCP },
	{ "ms-wbt-server", 3389, ADDR_TCP },
	{ "stun", 3478, ADDR_BOTH },
	{ "diameter", 3868, ADDR_TCP },
	{ "ipsec-nat-t", 4500, ADDR_UDP },
	{ "ipfix", 4739, ADDR_BOTH },
	{ "vxlan", 4789, ADDR_UDP },
	{ "sip", 5060, ADDR_BOTH },
	{ "sips", 5061, ADDR_TCP },
	{ "mdns", 5353, ADDR_UDP },
	{ "postgresql", 5432, ADDR_TCP },
	{ "x11", 6000, ADDR_TCP },
	{ "geneve", 6081, ADDR_UDP },
	{ "http-alt", 8080, ADDR_BOTH },
	{ "https-alt", 8443, ADDR_TCP },
};

int nf_addr_service(const char *s, unsigned ip_proto, uint16_t *port)
{
	unsigned on = ip_proto == NF_IP_TCP   ? ADDR_TCP
		      : ip_proto == NF_IP_UDP ? ADDR_UDP
					      : ADDR_BOTH;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(addr_services); i++) {
		if ((addr_services[i].on & on) != 0 && strcmp(s, addr_services[i].name) == 0) {
			*port = addr_services[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

int nf_addr_ip_proto(const char *s, uint8_t *proto)
{
	uint64_t v;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(addr_protos); i++) {
		if (strcmp(s, addr_protos[i].name) == 0) {
			*proto = (uint8_t)addr_protos[i].value;
			return 0;
		}
	}
	if (nf_addr_u64(s, &v) != 0 || v > 255)
		return -EINVAL;
	*proto = (uint8_t)v;
	return 0;
}
