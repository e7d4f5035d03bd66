/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions, compiled: a plan is what a pipe's template says, a program is a plan with one entry's
 * values. Done in the documented order: decapsulation, popping, meta data, outer headers, tunnel
 * header, pushing, encapsulation; descriptors (ADD, COPY) with the part that they write, behind its
 * settings.
 */
#ifndef SOFTNIC_ACTION_H
#define SOFTNIC_ACTION_H

#include "operand.h"
#include "template.h"
#include "../flow/nic.h"

#define STEP_CONSTANT UINT16_MAX

enum step_kind {
	STEP_SET,  /* field = value, the bits of mask */
	STEP_ADD,  /* to += a number */
	STEP_SUM,  /* to += from */
	STEP_COPY, /* to = from */
};

struct step {
	enum step_kind kind;
	const struct field *field; /* SET */
	struct words mask, value;
	uint64_t addend;
	struct operand to, from;
	uint16_t at; /* of the entry's value among the program's; STEP_CONSTANT: the plan's */
};

struct plan {
	uint32_t references; /* its maker's and the programs' */
	bool mandatory;      /* an entry without actions does not do */
	bool pop_vlan, has_push;
	bool push_type_open, push_tci_open, decap_open, encap_open; /* entries bring some of it */
	enum doca_flow_resource_type decap_type, encap_type;
	uint32_t shared_decap_id, shared_encap_id; /* UINT32_MAX: entries bring it */
	struct doca_flow_push_vlan_action push;
	struct doca_flow_resource_decap_cfg decap;
	struct doca_flow_resource_encap_cfg *encap; /* NON_SHARED, else NULL */
	struct step *steps;
	size_t nr_steps;
	size_t values_size;
	struct program *constant; /* for all entries, if they bring nothing */
};

struct program {
	struct plan *plan;
	bool constant; /* the plan's */
	uint16_t encap_size;
	uint32_t shared_decap_id, shared_encap_id;
	struct doca_flow_push_vlan_action push;
	/* The steps' values; then struct doca_flow_resource_decap_cfg and _encap_cfg, where NON_SHARED, the
	 * latter only to its last byte that is not zero: options of GENEVE are most of its size. */
	uint8_t values[];
};

/* mask and descs may be NULL. literal: nothing is changeable (control pipes). NOT_SUPPORTED for what
 * softnic does not do: translation between IP versions, encryption, fields that are read-only. */
doca_error_t plan_new(const struct doca_flow_actions *actions, const struct doca_flow_actions *mask,
		      const struct doca_flow_action_descs *descs, bool literal, struct plan **out);
void plan_release(struct plan *plan);
/* Whether an entry may name the shared encapsulation. */
bool plan_opens_shared_encap(const struct plan *plan);

/* INVALID_VALUE: actions are missing, or a shared resource is not set up. */
doca_error_t program_new(struct plan *plan, const struct doca_flow_actions *actions,
			 const struct nic *nic, struct program **out);
void program_free(struct program *program);
/* After an error the packet is to be dropped. */
doca_error_t program_run(const struct program *program, const struct nic *nic,
			 enum source_port source_port, struct packet *packet);

/* Encapsulations and decapsulations of a template: does it leave something open, and what results. */
bool encap_open(const struct doca_flow_resource_encap_cfg *template);
void encap_merge(const struct doca_flow_resource_encap_cfg *template,
		 const struct doca_flow_resource_encap_cfg *given,
		 struct doca_flow_resource_encap_cfg *merged);
bool decap_open(const struct doca_flow_resource_decap_cfg *template);
void decap_merge(const struct doca_flow_resource_decap_cfg *template,
		 const struct doca_flow_resource_decap_cfg *given,
		 struct doca_flow_resource_decap_cfg *merged);

/* NULL unless it is set up. */
const struct shared_resource *shared_find(const struct nic *nic,
					  enum doca_flow_shared_resource_type type, uint32_t id);

#endif
