/* SPDX-License-Identifier: BSD-3-Clause */
/* Linux' signals for scripts: noted when they come, told between two rounds. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/interrupt.h"
#include "nf-apps/twin/interrupt.h"

#define INTERRUPT_MAX        32
#define INTERRUPT_LISTEN_MAX 64

static volatile sig_atomic_t interrupt_came[INTERRUPT_MAX];
static struct {
	unsigned number;
	struct nf_element *e;
	void (*run)(struct nf_element *e);
} interrupt_listen[INTERRUPT_LISTEN_MAX];
static unsigned interrupt_nb;

int nf_interrupt_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "ABRT", SIGABRT }, { "HUP", SIGHUP }, { "INT", SIGINT },
		{ "PIPE", SIGPIPE }, { "QUIT", SIGQUIT }, { "TERM", SIGTERM }, { "TSTP", SIGTSTP },
		{ "USR1", SIGUSR1 }, { "USR2", SIGUSR2 } };
	uint64_t v;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	}
	return nf_addr_u64(name, &v) == 0 && v > 0 && v < INTERRUPT_MAX ? (int)v : -EINVAL;
}

static void interrupt_note(int number)
{
	interrupt_came[number] = 1;
}

bool nf_interrupt_taken(unsigned number)
{
	for (unsigned i = 0; i < interrupt_nb; i++) {
		if (interrupt_listen[i].number == number)
			return true;
	}
	return false;
}

int nf_interrupt_listen(unsigned number, struct nf_element *e, void (*run)(struct nf_element *e))
{
	struct sigaction a = { .sa_handler = interrupt_note };

	if (interrupt_nb == INTERRUPT_LISTEN_MAX)
		return -ENOSPC;
	if (number >= INTERRUPT_MAX || sigaction((int)number, &a, NULL) < 0)
		return -EINVAL;
	interrupt_listen[interrupt_nb].number = number;
	interrupt_listen[interrupt_nb].e = e;
	interrupt_listen[interrupt_nb++].run = run;
	return 0;
}

unsigned nf_interrupt_self(void)
{
	return (unsigned)getpid();
}

int nf_interrupt_send(unsigned number, uint64_t process)
{
	if (process == 0 || process > INT32_MAX)
		return -ESRCH;
	return kill((pid_t)process, (int)number) < 0 ? -errno : 0;
}

static void interrupt_take(unsigned i)
{
	unsigned number = interrupt_listen[i].number;

	memmove(&interrupt_listen[i], &interrupt_listen[i + 1],
		(--interrupt_nb - i) * sizeof(interrupt_listen[0]));
	if (!nf_interrupt_taken(number))
		(void)signal((int)number, SIG_DFL);
}

void nf_interrupt_forget(const struct nf_element *e)
{
	for (unsigned i = interrupt_nb; i-- > 0;) {
		if (interrupt_listen[i].e == e)
			interrupt_take(i);
	}
}

void nf_interrupt_run(void)
{
	for (unsigned number = 0; number < INTERRUPT_MAX; number++) {
		unsigned most = interrupt_nb;

		if (!interrupt_came[number])
			continue;
		interrupt_came[number] = 0;
		/* those that listen anew stand behind `most` and wait for the next one */
		for (unsigned i = 0; i < most && i < interrupt_nb;) {
			struct nf_element *e = interrupt_listen[i].e;
			void (*run)(struct nf_element *) = interrupt_listen[i].run;

			if (interrupt_listen[i].number != number) {
				i++;
				continue;
			}
			/* deaf until it listens again, and deaf means the default effect after that
			 */
			memmove(&interrupt_listen[i], &interrupt_listen[i + 1],
				(--interrupt_nb - i) * sizeof(interrupt_listen[0]));
			most--;
			run(e);
		}
		if (!nf_interrupt_taken(number))
			(void)signal((int)number, SIG_DFL);
	}
}
