/* SPDX-License-Identifier: Apache-2.0 */
/* An agent in namespaces of the test's own, with the eBPF data plane behind it. */
#ifndef TEST_AGENT_FIXTURE_H
#define TEST_AGENT_FIXTURE_H

#include <sys/types.h>

#include <hyperion/dataplane.h>

#include "backend/agent/protocol.h"
#include "backend/agent/run_path.h"
#include "check.h"

#define URL "agent:ebpf"
#define WAIT_MS 5000

extern char pins[], runs[];

struct policy_upsert {
	struct hyp_operation operation;
	struct hyp_policy_key key;
	struct hyp_policy_value value;
} __attribute__((packed));

void make_place(void);
void remove_place(void);

void rest(int milliseconds);

/* Opens a data plane on `runs`, checking what holds for every answer. */
int try_open(const char *url, const char *pin_path, struct hyp_dataplane **dataplane,
	     struct hyp_error *error);
struct hyp_dataplane *open_agent(uint32_t adopted);
void remove_all(void);

/* The path of a file of the agent's. */
void run_file(char path[RUN_PATH_MAX], const char *name);

/* Process id of the agent, from its lock; 0 when none holds it. */
pid_t agent_process(void);
int is_gone(pid_t process);
void await_end(pid_t process);

struct policy_upsert policy(uint32_t identity, uint16_t port);
int apply_one(struct hyp_dataplane *dataplane, struct hyp_error *error);
int64_t count_policies(struct hyp_dataplane *dataplane);

/* Every child of this process has been waited for: the agent is nobody's zombie. */
void check_children(void);

/* agent_messages.c, agent_lives.c */
void test_messages(void);
void test_lives(void);

#endif
