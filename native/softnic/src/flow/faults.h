/* SPDX-License-Identifier: Apache-2.0 */
/* The switches of softnic.h, which belong to the process: they can be set before doca_flow_init. */
#ifndef SOFTNIC_FAULTS_H
#define SOFTNIC_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../packet/packet.h"

bool faults_poison(void);
bool faults_counters_lag(void);
enum source_port faults_source_port(void);
/* Calls of entries_process that an operation waits for; at least 1. */
uint32_t faults_delay(void);
/* Counts an entry operation; true if this is the one that fails. */
bool faults_entry_fails(void);
/* NULL: no trace. */
FILE *faults_trace(void);

#endif
