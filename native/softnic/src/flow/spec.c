/* SPDX-License-Identifier: Apache-2.0 */
#include "spec.h"

#include <stdlib.h>
#include <string.h>

#include "nic.h"

static void *duplicate(const void *from, size_t size)
{
	void *copy = malloc(size);

	if (copy != NULL)
		memcpy(copy, from, size);
	return copy;
}

/* Descriptors: the array and the names in it. */

static void descs_free(struct doca_flow_action_descs *descs)
{
	if (descs == NULL)
		return;
	for (unsigned int index = 0; descs->desc_array != NULL && index < descs->nb_action_desc; index++) {
		free((char *)descs->desc_array[index].field_op.src.field_string);
		free((char *)descs->desc_array[index].field_op.dst.field_string);
	}
	free(descs->desc_array);
	free(descs);
}

static bool desc_copy_name(struct doca_flow_desc_field *field, const char *name)
{
	if (name == NULL)
		return true;
	field->field_string = strdup(name);
	return field->field_string != NULL;
}

static bool desc_copy(struct doca_flow_action_desc *to, const struct doca_flow_action_desc *from)
{
	*to = *from;
	to->field_op.src.field_string = NULL;
	to->field_op.dst.field_string = NULL;
	return desc_copy_name(&to->field_op.src, from->field_op.src.field_string) &&
	       desc_copy_name(&to->field_op.dst, from->field_op.dst.field_string);
}

static struct doca_flow_action_descs *descs_copy(const struct doca_flow_action_descs *from)
{
	struct doca_flow_action_descs *to = calloc(1, sizeof(*to));

	if (to == NULL || from->nb_action_desc == 0 || from->desc_array == NULL)
		return to;
	to->desc_array = calloc(from->nb_action_desc, sizeof(*to->desc_array));
	if (to->desc_array == NULL)
		goto fail;
	to->nb_action_desc = from->nb_action_desc;
	for (unsigned int index = 0; index < from->nb_action_desc; index++) {
		if (!desc_copy(&to->desc_array[index], &from->desc_array[index]))
			goto fail;
	}
	return to;
fail:
	descs_free(to);
	return NULL;
}

/* Arrays of actions, masks and descriptors, of the same length or not there at all. */

static void actions_free(struct doca_flow_actions **actions, size_t count)
{
	for (size_t index = 0; actions != NULL && index < count; index++)
		free(actions[index]);
	free(actions);
}

static void descs_array_free(struct doca_flow_action_descs **descs, size_t count)
{
	for (size_t index = 0; descs != NULL && index < count; index++)
		descs_free(descs[index]);
	free(descs);
}

static bool actions_copy(struct doca_flow_actions ***to, struct doca_flow_actions *const *from, size_t count)
{
	*to = NULL;
	if (from == NULL || count == 0)
		return true;
	*to = calloc(count, sizeof(**to));
	for (size_t index = 0; *to != NULL && index < count; index++) {
		if (from[index] == NULL)
			continue;
		(*to)[index] = duplicate(from[index], sizeof(*from[index]));
		if ((*to)[index] == NULL)
			return false;
	}
	return *to != NULL;
}

static bool descs_array_copy(struct doca_flow_action_descs ***to,
			     struct doca_flow_action_descs *const *from, size_t count)
{
	*to = NULL;
	if (from == NULL || count == 0)
		return true;
	*to = calloc(count, sizeof(**to));
	for (size_t index = 0; *to != NULL && index < count; index++) {
		if (from[index] == NULL)
			continue;
		(*to)[index] = descs_copy(from[index]);
		if ((*to)[index] == NULL)
			return false;
	}
	return *to != NULL;
}

static void spec_free_actions(struct pipe_spec *spec)
{
	actions_free(spec->actions, spec->nr_actions);
	actions_free(spec->action_masks, spec->nr_actions);
	descs_array_free(spec->descs, spec->nr_actions);
	spec->actions = spec->action_masks = NULL;
	spec->descs = NULL;
	spec->nr_actions = 0;
}

doca_error_t spec_set_actions(struct pipe_spec *spec, struct doca_flow_actions *const *actions,
			      struct doca_flow_actions *const *masks,
			      struct doca_flow_action_descs *const *descs, size_t count)
{
	struct pipe_spec copy = { .nr_actions = count };

	if (!actions_copy(&copy.actions, actions, count) ||
	    !actions_copy(&copy.action_masks, masks, count) ||
	    !descs_array_copy(&copy.descs, descs, count)) {
		spec_free_actions(&copy);
		return DOCA_ERROR_NO_MEMORY;
	}
	spec_free_actions(spec);
	spec->nr_actions = count;
	spec->actions = copy.actions;
	spec->action_masks = copy.action_masks;
	spec->descs = copy.descs;
	return DOCA_SUCCESS;
}

/* Ordered lists: elements with what they point to. */

static void element_free(struct doca_flow_ordered_list_element *element)
{
	switch (element->type) {
	case DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS:
		free((void *)element->actions);
		free((void *)element->actions_mask);
		descs_free((struct doca_flow_action_descs *)element->action_descs);
		break;
	case DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR:
		free((void *)element->monitor);
		break;
	case DOCA_FLOW_ORDERED_LIST_ELEMENT_NAT64:
		free((void *)element->nat64);
		break;
	default:
		free((void *)element->crypto);
		free((void *)element->crypto_encap);
	}
}

/* A copy of what may be NULL; false without memory. */
static bool duplicate_if(const void **to, const void *from, size_t size)
{
	*to = from != NULL ? duplicate(from, size) : NULL;
	return from == NULL || *to != NULL;
}

static bool element_copy(struct doca_flow_ordered_list_element *to,
			 const struct doca_flow_ordered_list_element *from)
{
	const void *parts[3] = { NULL, NULL, NULL };
	bool copied;

	to->type = from->type;
	switch (from->type) {
	case DOCA_FLOW_ORDERED_LIST_ELEMENT_ACTIONS:
		copied = duplicate_if(&parts[0], from->actions, sizeof(*from->actions)) &&
			 duplicate_if(&parts[1], from->actions_mask, sizeof(*from->actions_mask));
		if (copied && from->action_descs != NULL) {
			parts[2] = descs_copy(from->action_descs);
			copied = parts[2] != NULL;
		}
		to->actions = parts[0];
		to->actions_mask = parts[1];
		to->action_descs = parts[2];
		return copied;
	case DOCA_FLOW_ORDERED_LIST_ELEMENT_MONITOR:
		copied = duplicate_if(&parts[0], from->monitor, sizeof(*from->monitor));
		to->monitor = parts[0];
		return copied;
	case DOCA_FLOW_ORDERED_LIST_ELEMENT_NAT64:
		copied = duplicate_if(&parts[0], from->nat64, sizeof(*from->nat64));
		to->nat64 = parts[0];
		return copied;
	default:
		copied = duplicate_if(&parts[0], from->crypto, sizeof(*from->crypto)) &&
			 duplicate_if(&parts[1], from->crypto_encap, sizeof(*from->crypto_encap));
		to->crypto = parts[0];
		to->crypto_encap = parts[1];
		return copied;
	}
}

static void ordered_list_free(struct doca_flow_ordered_list *list)
{
	if (list == NULL)
		return;
	for (uint32_t index = 0; list->elements != NULL && index < list->size; index++)
		element_free((struct doca_flow_ordered_list_element *)&list->elements[index]);
	free((void *)list->elements);
	free(list);
}

static struct doca_flow_ordered_list *ordered_list_copy(const struct doca_flow_ordered_list *from)
{
	struct doca_flow_ordered_list *to = calloc(1, sizeof(*to));
	struct doca_flow_ordered_list_element *elements;

	if (to == NULL)
		return NULL;
	to->idx = from->idx;
	if (from->size == 0 || from->elements == NULL)
		return to;
	elements = calloc(from->size, sizeof(*elements));
	if (elements == NULL)
		goto fail;
	to->elements = elements;
	to->size = from->size;
	for (uint32_t index = 0; index < from->size; index++) {
		if (!element_copy(&elements[index], &from->elements[index]))
			goto fail;
	}
	return to;
fail:
	ordered_list_free(to);
	return NULL;
}

static void ordered_lists_free(struct doca_flow_ordered_list **lists, size_t count)
{
	for (size_t index = 0; lists != NULL && index < count; index++)
		ordered_list_free(lists[index]);
	free(lists);
}

doca_error_t spec_set_ordered_lists(struct pipe_spec *spec, struct doca_flow_ordered_list *const *lists,
				    size_t count)
{
	struct doca_flow_ordered_list **copy = NULL;

	if (count > 0) {
		copy = calloc(count, sizeof(*copy));
		if (copy == NULL)
			return DOCA_ERROR_NO_MEMORY;
	}
	for (size_t index = 0; index < count; index++) {
		if (lists[index] == NULL) {
			ordered_lists_free(copy, count);
			return DOCA_ERROR_INVALID_VALUE;
		}
		copy[index] = ordered_list_copy(lists[index]);
		if (copy[index] == NULL) {
			ordered_lists_free(copy, count);
			return DOCA_ERROR_NO_MEMORY;
		}
	}
	ordered_lists_free(spec->ordered_lists, spec->nr_ordered_lists);
	spec->ordered_lists = copy;
	spec->nr_ordered_lists = count;
	return DOCA_SUCCESS;
}

/* Where a fwd has queues of its own: with none or with any number they are changeable. */
static bool fwd_has_queues(const struct doca_flow_fwd *fwd)
{
	return fwd->type == DOCA_FLOW_FWD_RSS && fwd->rss_type != DOCA_FLOW_RESOURCE_TYPE_SHARED &&
	       fwd->rss.queues_array != NULL && fwd->rss.nr_queues > 0;
}

doca_error_t fwd_copy(struct doca_flow_fwd *to, const struct doca_flow_fwd *from)
{
	*to = *from;
	if (!fwd_has_queues(from))
		return DOCA_SUCCESS;
	if ((unsigned int)from->rss.nr_queues > NIC_QUEUES_MAX)
		return DOCA_ERROR_INVALID_VALUE;
	to->rss.queues_array = duplicate(from->rss.queues_array,
					 (size_t)from->rss.nr_queues * sizeof(uint16_t));
	return to->rss.queues_array != NULL ? DOCA_SUCCESS : DOCA_ERROR_NO_MEMORY;
}

void fwd_free(struct doca_flow_fwd *fwd)
{
	if (fwd_has_queues(fwd))
		free(fwd->rss.queues_array);
}

doca_error_t spec_copy(struct pipe_spec *to, const struct pipe_spec *from)
{
	doca_error_t result;

	*to = *from;
	to->nr_actions = to->nr_ordered_lists = 0;
	to->actions = to->action_masks = NULL;
	to->descs = NULL;
	to->ordered_lists = NULL;
	to->has_fwd = to->has_miss = false;
	result = spec_set_actions(to, from->actions, from->action_masks, from->descs, from->nr_actions);
	if (result == DOCA_SUCCESS)
		result = spec_set_ordered_lists(to, from->ordered_lists, from->nr_ordered_lists);
	if (result == DOCA_SUCCESS && from->has_fwd) {
		result = fwd_copy(&to->fwd, &from->fwd);
		to->has_fwd = result == DOCA_SUCCESS;
	}
	if (result == DOCA_SUCCESS && from->has_miss) {
		result = fwd_copy(&to->miss, &from->miss);
		to->has_miss = result == DOCA_SUCCESS;
	}
	if (result != DOCA_SUCCESS)
		spec_free(to);
	return result;
}

void spec_free(struct pipe_spec *spec)
{
	spec_free_actions(spec);
	ordered_lists_free(spec->ordered_lists, spec->nr_ordered_lists);
	if (spec->has_fwd)
		fwd_free(&spec->fwd);
	if (spec->has_miss)
		fwd_free(&spec->miss);
}
