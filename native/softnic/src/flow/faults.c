/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <softnic.h>

#include "nic.h"

static struct {
	pthread_once_t read;
	atomic_bool poison, lag, source_port_zero;
	atomic_uint delay;
	atomic_ullong fail_in; /* operations until one fails; 0: none does */
	_Atomic(FILE *) trace;
} faults = { .read = PTHREAD_ONCE_INIT };

static bool environment_says(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && strcmp(value, "1") == 0;
}

static unsigned long long environment_number(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? strtoull(value, NULL, 10) : 0;
}

static void read_environment(void)
{
	const char *trace = getenv("SOFTNIC_TRACE");
	const char *port = getenv("SOFTNIC_VXLAN_SPORT");

	atomic_store(&faults.poison, environment_says("SOFTNIC_POISON"));
	atomic_store(&faults.lag, environment_says("SOFTNIC_COUNTER_LAG"));
	atomic_store(&faults.source_port_zero, port != NULL && strcmp(port, "zero") == 0);
	atomic_store(&faults.delay, (unsigned int)environment_number("SOFTNIC_DELAY"));
	atomic_store(&faults.fail_in, environment_number("SOFTNIC_FAIL_ENTRY"));
	if (trace == NULL || trace[0] == '\0' || strcmp(trace, "0") == 0)
		return;
	/* A file that cannot be opened must not pass for a silent one. Never closed: it ends with the
	 * process. */
	if (strcmp(trace, "1") != 0) {
		FILE *file = fopen(trace, "ae");

		if (file == NULL)
			perror(trace);
		else /* whoever looks at it looks while packets pass, or after a kill */
			setvbuf(file, NULL, _IOLBF, 0);
		atomic_store(&faults.trace, file != NULL ? file : stderr);
	} else {
		atomic_store(&faults.trace, stderr);
	}
}

static void faults_read(void)
{
	pthread_once(&faults.read, read_environment);
}

bool faults_poison(void)
{
	faults_read();
	return atomic_load_explicit(&faults.poison, memory_order_relaxed);
}

bool faults_counters_lag(void)
{
	faults_read();
	return atomic_load_explicit(&faults.lag, memory_order_relaxed);
}

enum source_port faults_source_port(void)
{
	faults_read();
	return atomic_load_explicit(&faults.source_port_zero, memory_order_relaxed) ? SOURCE_PORT_ZERO :
										      SOURCE_PORT_HASH;
}

uint32_t faults_delay(void)
{
	uint32_t calls;

	faults_read();
	calls = atomic_load_explicit(&faults.delay, memory_order_relaxed);
	return calls > 0 ? calls : 1;
}

bool faults_entry_fails(void)
{
	unsigned long long left;

	faults_read();
	left = atomic_load(&faults.fail_in);
	while (left > 0 && !atomic_compare_exchange_weak(&faults.fail_in, &left, left - 1))
		;
	return left == 1;
}

FILE *faults_trace(void)
{
	faults_read();
	return atomic_load_explicit(&faults.trace, memory_order_relaxed);
}

void softnic_set_poison(int on)
{
	faults_read();
	atomic_store(&faults.poison, on != 0);
}

void softnic_fail_entry(uint64_t nth)
{
	faults_read();
	atomic_store(&faults.fail_in, nth);
}

void softnic_delay_completions(uint32_t calls)
{
	faults_read();
	atomic_store(&faults.delay, calls);
}

void softnic_set_counter_lag(int on)
{
	faults_read();
	atomic_store(&faults.lag, on != 0);
}

void softnic_trace(FILE *to)
{
	struct nic *nic = nic_current();

	faults_read();
	/* Under the lock, in which packets are traced: afterwards the caller may close the old one. */
	if (nic != NULL)
		nic_enter(nic);
	atomic_store(&faults.trace, to);
	if (nic != NULL)
		nic_leave(nic);
}

void softnic_set_source_port(int hash)
{
	faults_read();
	atomic_store(&faults.source_port_zero, hash == 0);
}
