/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FTPPortMapper(CONTROL_REWRITER, DATA_REWRITER, DATA_REWRITER_INPUT)
 *
 * Lets FTP in active mode (RFC 959) pass a translator. It looks at packets of control connections
 *on their way to CONTROL_REWRITER. A command "PORT a,b,c,d,e,f" names an address and port to which
 *the server will connect from its data port (one below its control port): a mapping for that
 *connection is made in DATA_REWRITER as if its first packet had come on input DATA_REWRITER_INPUT,
 *and the command is rewritten to the outer address and port. If its length changes,
 *CONTROL_REWRITER is told to move sequence numbers. Addresses and ports of the packet itself are
 *not touched.
 *
 *	CONTROL_REWRITER     name of a TCPRewriter or IPRewriter that the packets go through
 *afterwards DATA_REWRITER        name of a rewriter; may be the same one DATA_REWRITER_INPUT number
 *of one of its inputs
 *
 * A command must begin its packet and lie in it whole, and the control connection must have a
 *mapping; else the packet goes on as it is. Ports: 1 input, 1 output. Handlers: mapped (r):
 *commands rewritten. Drops: no room (the longer command does not fit in the buffer).
 *
 *	... -> FTPPortMapper(rw, rw, 0) -> rw :: TCPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1,
 *drop);
 */
#include <stdio.h>
#include "nf-apps/element/rewrite/rwaddr.h"

enum { FTPPORTMAPPER_NO_ROOM };

#define FTPPORTMAPPER_TEXT 24 /* "255,255,255,255,255,255" and a 0 */

struct ftpportmapper_conf {
	uint32_t input;
};

struct ftpportmapper {
	struct nf_rwbase *control, *data;
	uint64_t nb_mapped;
};

/* A PORT command in a packet. */
struct ftpportmapper_cmd {
	struct nf_ip4 *ip;
	struct nf_tcp *tcp;
	uint8_t *text;            /* payload */
	uint32_t text_len;        /* bytes of payload */
	uint32_t arg, arg_len;    /* where in it the numbers are */
	struct nf_rwkey endpoint; /* src and sport: what they say */
};

static int ftpportmapper_configure(struct nf_element *e, struct nf_args *a)
{
	struct ftpportmapper *s = e->state;
	struct ftpportmapper_conf *c = e->conf;
	struct nf_element *control = NULL, *data = NULL;
	const unsigned must = NF_ARGS_POS | NF_ARGS_MUST;

	nf_args_element(a, "CONTROL_REWRITER", must, NULL, &control);
	nf_args_element(a, "DATA_REWRITER", must, NULL, &data);
	nf_args_u32(a, "DATA_REWRITER_INPUT", must, &c->input);
	s->control = control != NULL ? nf_rwbase_of(control) : NULL;
	s->data = data != NULL ? nf_rwbase_of(data) : NULL;
	if (control != NULL && (s->control == NULL || s->control->ops->first_class(NF_IP_TCP) < 0))
		nf_args_error(a, "'%s' is no TCPRewriter", control->name);
	if (data != NULL && s->data == NULL)
		nf_args_error(a, "'%s' is no IP rewriter", data->name);
	else if (data != NULL && c->input >= data->nb_in)
		nf_args_error(a, "DATA_REWRITER_INPUT out of range");
	return nf_args_end(a);
}

/* TCP with its whole header and some payload; what lies behind the IP packet is cut off. */
static bool ftpportmapper_tcp(struct uk_netbuf *p, struct ftpportmapper_cmd *cmd)
{
	uint32_t hlen = 0, left = 0, thlen, len;
	struct nf_ip4 *ip = nf_rwaddr_ip(p, &hlen, &left);

	if (ip == NULL || ip->proto != NF_IP_TCP || nf_inet_ip4_is_fragment(ip))
		return false;
	len = nf_inet_ntoh16(ip->len);
	if (len > left || hlen + sizeof(struct nf_tcp) > len)
		return false;
	cmd->ip = ip;
	cmd->tcp = (struct nf_tcp *)(void *)((uint8_t *)ip + hlen);
	thlen = (cmd->tcp->off >> 4) * 4u;
	if (thlen < sizeof(struct nf_tcp) || hlen + thlen > len)
		return false;
	cmd->text = (uint8_t *)cmd->tcp + thlen;
	cmd->text_len = len - hlen - thlen;
	return cmd->text >= p->data;
}

static bool ftpportmapper_is_port(const uint8_t *t, uint32_t len)
{
	return len >= 5 && (t[0] | 32) == 'p' && (t[1] | 32) == 'o' && (t[2] | 32) == 'r' &&
	       (t[3] | 32) == 't' && t[4] == ' ';
}

/* "a,b,c,d,e,f" and an end of line. */
static bool ftpportmapper_numbers(struct ftpportmapper_cmd *cmd)
{
	uint32_t pos = 5, nr = 0, digits = 0;
	unsigned v[6] = { 0 };

	while (pos < cmd->text_len && cmd->text[pos] == ' ')
		pos++;
	cmd->arg = pos;
	for (; pos < cmd->text_len; pos++) {
		uint8_t c = cmd->text[pos];

		if (c == ',' && nr < 5 && digits > 0) {
			nr++;
			digits = 0;
		} else if (c >= '0' && c <= '9' && v[nr] < 26) {
			v[nr] = v[nr] * 10 + (c - '0');
			digits++;
		} else {
			break;
		}
	}
	cmd->arg_len = pos - cmd->arg;
	if (nr != 5 || digits == 0 || pos >= cmd->text_len ||
		(cmd->text[pos] != '\r' && cmd->text[pos] != '\n'))
		return false;
	for (unsigned i = 0; i < 6; i++) {
		if (v[i] > 255)
			return false;
	}
	cmd->endpoint = (struct nf_rwkey){ .proto = NF_IP_TCP,
		.src = nf_inet_hton32(v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3]),
		.sport = nf_inet_hton16((uint16_t)(v[4] << 8 | v[5])) };
	return true;
}

/* Puts the new numbers in; lengths and the IP checksum follow. False: no room. */
static bool ftpportmapper_edit(
	struct uk_netbuf *p, struct ftpportmapper_cmd *cmd, const char *new, uint32_t new_len)
{
	uint8_t *at, *was = p->data;
	uint32_t rest = cmd->text_len - cmd->arg - cmd->arg_len;
	uint32_t end = (uint32_t)(cmd->text + cmd->text_len - p->data);
	nf_be16 len;

	nf_packet_take(p, p->len - end);
	if (new_len > cmd->arg_len && !nf_packet_put(p, new_len - cmd->arg_len))
		return false;
	/* the data may have moved in its buffer */
	cmd->ip = (struct nf_ip4 *)(void *)((uint8_t *)cmd->ip + (p->data - was));
	cmd->tcp = (struct nf_tcp *)(void *)((uint8_t *)cmd->tcp + (p->data - was));
	cmd->text += p->data - was;
	at = cmd->text + cmd->arg;
	memmove(at + new_len, at + cmd->arg_len, rest);
	memcpy(at, new, new_len);
	if (new_len < cmd->arg_len)
		nf_packet_take(p, cmd->arg_len - new_len);
	len = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(cmd->ip->len) + new_len - cmd->arg_len));
	cmd->ip->csum = nf_inet_csum_adjust16(cmd->ip->csum, cmd->ip->len, len);
	cmd->ip->len = len;
	return true;
}

static void ftpportmapper_csum(struct ftpportmapper_cmd *cmd)
{
	uint16_t len = (uint16_t)(nf_inet_ntoh16(cmd->ip->len) - nf_inet_ip4_hlen(cmd->ip));

	cmd->tcp->csum = 0;
	cmd->tcp->csum = nf_inet_fold(nf_inet_sum(
		cmd->tcp, len, nf_inet_pseudo4(cmd->ip->src, cmd->ip->dst, NF_IP_TCP, len)));
}

static uint32_t ftpportmapper_text(nf_be32 be_addr, nf_be16 be_port, char out[FTPPORTMAPPER_TEXT])
{
	uint32_t a = nf_inet_ntoh32(be_addr);
	unsigned port = nf_inet_ntoh16(be_port);

	return (uint32_t)snprintf(out, FTPPORTMAPPER_TEXT, "%u,%u,%u,%u,%u,%u", a >> 24,
		a >> 16 & 255, a >> 8 & 255, a & 255, port >> 8, port & 255);
}

/* A command of a mapped control connection. */
static int ftpportmapper_map(struct nf_element *e, const struct ftpportmapper_conf *c,
	struct ftpportmapper_cmd *cmd, struct uk_netbuf *p)
{
	struct ftpportmapper *s = e->state;
	struct nf_rwkey flow = { .src = cmd->ip->src,
		.dst = cmd->ip->dst,
		.sport = cmd->tcp->sport,
		.dport = cmd->tcp->dport,
		.proto = NF_IP_TCP };
	uint32_t control = nf_rwbase_flow(s->control, &flow, -1), data, new_len;
	uint32_t trigger = nf_inet_ntoh32(cmd->tcp->seq) + cmd->text_len;
	char text[FTPPORTMAPPER_TEXT];
	struct nf_rwflow *f, *d;
	struct nf_rwseq *seq;

	if (control == NF_FLOWTABLE_NONE)
		return 0;
	cmd->endpoint.dst = cmd->ip->dst;
	cmd->endpoint.dport = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(cmd->tcp->dport) - 1));
	data = nf_rwbase_flow(s->data, &cmd->endpoint, (int)c->input);
	/* the new flow may have cost the old one its place */
	control = nf_rwbase_flow(s->control, &flow, -1);
	if (data == NF_FLOWTABLE_NONE || control == NF_FLOWTABLE_NONE)
		return 0;
	f = nf_rwset_flow(s->control->set, control >> 1);
	d = nf_rwset_flow(s->data->set, data >> 1);
	seq = nf_rwset_seq(s->control->set, f);
	if (seq == NULL)
		return 0;
	d->age.user[NF_RWFLOW_ANNO] = f->age.user[NF_RWFLOW_ANNO];
	new_len = ftpportmapper_text(d->key[!(data & 1)].dst, d->key[!(data & 1)].dport, text);
	if (!ftpportmapper_edit(p, cmd, text, new_len))
		return NF_DROP(FTPPORTMAPPER_NO_ROOM);
	ftpportmapper_csum(cmd);
	if (new_len != cmd->arg_len)
		(void)!nf_rwseq_add(seq, control & 1, trigger, (int32_t)(new_len - cmd->arg_len));
	s->nb_mapped++;
	return 0;
}

static inline int ftpportmapper_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct ftpportmapper_cmd cmd;

	if (!ftpportmapper_tcp(p, &cmd) || !ftpportmapper_is_port(cmd.text, cmd.text_len) ||
		!ftpportmapper_numbers(&cmd))
		return 0;
	return ftpportmapper_map(e, conf, &cmd, p);
}

NF_EACH_DEFINE(ftpportmapper)

static void ftpportmapper_take_state(struct nf_element *e, struct nf_element *old)
{
	((struct ftpportmapper *)e->state)->nb_mapped =
		((const struct ftpportmapper *)old->state)->nb_mapped;
}

const struct nf_class nf_ftpportmapper = {
	.name = "FTPPortMapper",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct ftpportmapper_conf),
	.state_size = sizeof(struct ftpportmapper),
	.configure = ftpportmapper_configure,
	NF_EACH(ftpportmapper),
	.take_state = ftpportmapper_take_state,
	.drops = (const char *const[]){ "no room", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64(
							 "mapped", struct ftpportmapper, nb_mapped),
		{ .name = NULL } },
	.phase = NF_RWMAPPER_PHASE_USER,
};
