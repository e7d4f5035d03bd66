/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../../abi/error.h"
#include "ebpf.h"
#include "object.h"
#include "pin.h"

/* FNV-1a, 64 bits: tells one build of the object from another. */
static uint64_t object_hash(void)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (const unsigned char *byte = hyp_bpf_object_start; byte < hyp_bpf_object_end; byte++)
		hash = (hash ^ *byte) * 0x100000001b3u;
	return hash;
}

static void ebpf_close(struct hyp_dataplane *dataplane)
{
	struct ebpf *ebpf = ebpf_of(dataplane);

	ring_buffer__free(ebpf->ring);
	if (ebpf->near_ports)
		munmap((void *)ebpf->near_ports, HYP_NEAR_PORTS * sizeof(uint64_t));
	if (ebpf->epoch)
		munmap((void *)ebpf->epoch, sizeof(uint64_t));
	if (ebpf->current)
		munmap((void *)ebpf->current, HYP_ENDPOINTS_MAX * sizeof(uint64_t));
	if (ebpf->endpoints)
		munmap(ebpf->endpoints, HYP_ENDPOINTS_MAX * HYP_ENDPOINT_SLOTS *
						sizeof(struct hyp_endpoint_value));
	free(ebpf->retired);
	for (int map = 0; map < MAPS; map++) {
		if (ebpf->maps[map] >= 0)
			close(ebpf->maps[map]);
	}
	for (int program = 0; program < PROGRAMS; program++) {
		if (ebpf->programs[program] >= 0)
			close(ebpf->programs[program]);
	}
	free(ebpf);
}

static int ebpf_capabilities(struct hyp_dataplane *dataplane, struct hyp_capabilities *capabilities)
{
	const struct ebpf *ebpf = ebpf_of(dataplane);

	*capabilities = (struct hyp_capabilities){
		.networks_max = HYP_NETWORKS_MAX,
		.endpoints_max = HYP_ENDPOINTS_MAX,
		.policy_entries_max = HYP_POLICY_ENTRIES_MAX,
		.connections_max = ebpf->connections_max,
		.adopted = (uint32_t)ebpf->adopted,
		.backend = "ebpf",
	};
	return 0;
}

const struct hyp_backend hyp_backend_ebpf;

static struct ebpf *ebpf_new(uint32_t cpus)
{
	struct ebpf *ebpf = calloc(1, sizeof(*ebpf));

	if (!ebpf)
		return NULL;
	ebpf->dataplane.backend = &hyp_backend_ebpf;
	for (int program = 0; program < PROGRAMS; program++)
		ebpf->programs[program] = -1;
	for (int map = 0; map < MAPS; map++)
		ebpf->maps[map] = -1;
	ebpf->cpus = cpus;
	return ebpf;
}

/* What is pinned: 0 with *meta, -ENOENT when nothing or something unfinished is. */
static int read_meta(const char *directory, struct hyp_meta *meta)
{
	int map = pin_open(directory, pin_map_name(MAP_META));
	uint32_t zero = 0;
	int result;

	if (map < 0)
		return map;
	result = bpf_map_lookup_elem(map, &zero, meta);
	close(map);
	if (result == 0 && meta->abi == 0)
		return -ENOENT;
	return result;
}

static int write_meta(struct ebpf *ebpf, uint64_t hash)
{
	struct hyp_meta meta = { .abi = HYP_ABI_VERSION, .state = HYP_STATE_VERSION, .object = hash };
	uint32_t zero = 0;

	return bpf_map_update_elem(ebpf->maps[MAP_META], &zero, &meta, BPF_ANY);
}

/* Opens every pin of programs that this very object is. */
static int adopt(struct ebpf *ebpf, const char *directory, struct hyp_error *error)
{
	for (int map = 0; map < MAPS; map++) {
		ebpf->maps[map] = pin_open(directory, pin_map_name(map));
		if (ebpf->maps[map] < 0)
			return hyp_fail(error, ebpf->maps[map], "pinned map %s cannot be opened: %s",
					pin_map_name(map), strerror(-ebpf->maps[map]));
	}
	for (int program = 0; program < PROGRAMS; program++) {
		ebpf->programs[program] = pin_open(directory, pin_program_name(program));
		if (ebpf->programs[program] < 0)
			return hyp_fail(error, ebpf->programs[program],
					"pinned program %s cannot be opened: %s",
					pin_program_name(program), strerror(-ebpf->programs[program]));
	}
	return 0;
}

/* Lets the object use the map that is pinned, if it is laid out alike. */
static int reuse_map(struct bpf_map *map, const char *directory, struct hyp_error *error)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	const char *name = bpf_map__name(map);
	int pinned = pin_open(directory, name);
	int result;

	if (pinned == -ENOENT)
		return 0; /* new in this version: will be made */
	if (pinned < 0)
		return hyp_fail(error, pinned, "pinned map %s: %s", name, strerror(-pinned));
	result = bpf_obj_get_info_by_fd(pinned, &info, &size);
	if (result == 0 && (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
			    info.value_size != bpf_map__value_size(map) ||
			    info.map_flags != bpf_map__map_flags(map)))
		result = -EPROTO;
	if (result == 0)
		result = bpf_map__reuse_fd(map, pinned);
	close(pinned);
	return result == 0 ? 0
			   : hyp_fail(error, result, "pinned map %s is another version's", name);
}

/* A descriptor of our own for what the object closes with itself. */
static int duplicate(int descriptor)
{
	return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

static int keep_map(struct ebpf *ebpf, const struct bpf_object *object, const char *directory,
		    enum map map, struct hyp_error *error)
{
	const char *name = pin_map_name(map);
	int result;

	ebpf->maps[map] = duplicate(bpf_object__find_map_fd_by_name(object, name));
	if (ebpf->maps[map] < 0)
		return hyp_fail(error, -errno, "map %s: %s", name, strerror(errno));
	result = pin_replace(directory, name, ebpf->maps[map]);
	return result == 0 ? 0 : hyp_fail(error, result, "cannot pin %s: %s", name, strerror(-result));
}

static int keep_program(struct ebpf *ebpf, const struct bpf_object *object, const char *directory,
			enum program program, struct hyp_error *error)
{
	const char *name = pin_program_name(program);
	int result;

	ebpf->programs[program] =
		duplicate(bpf_program__fd(bpf_object__find_program_by_name(object, name)));
	if (ebpf->programs[program] < 0)
		return hyp_fail(error, -errno, "program %s: %s", name, strerror(errno));
	result = pin_replace(directory, name, ebpf->programs[program]);
	return result == 0 ? 0 : hyp_fail(error, result, "cannot pin %s: %s", name, strerror(-result));
}

/* Loads the object, on the pinned maps where there are some, and pins what is new. */
static int load(struct ebpf *ebpf, struct bpf_object *object, const char *directory, int fresh,
		struct hyp_error *error)
{
	int result;

	if (!fresh) {
		for (int map = 0; map < MAPS; map++) {
			struct bpf_map *declared = bpf_object__find_map_by_name(object, pin_map_name(map));

			result = declared ? reuse_map(declared, directory, error) : -ENOENT;
			if (result != 0)
				return result;
		}
	}
	result = bpf_object__load(object);
	if (result != 0)
		return hyp_fail(error, result, "the kernel does not load the programs: %s",
				strerror(-result));
	for (int map = 0; result == 0 && map < MAPS; map++)
		result = keep_map(ebpf, object, directory, map, error);
	for (int program = 0; result == 0 && program < PROGRAMS; program++)
		result = keep_program(ebpf, object, directory, program, error);
	return result;
}

/*
 * Tells the programs how long a jiffy is. The coarse clocks move with them, so their resolution is
 * one (CONFIG_HZ itself is in a file that need not be there).
 */
static int set_hz(struct bpf_object *object)
{
	struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
	struct timespec jiffy;
	uint32_t hz;

	if (!constants || clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy) != 0)
		return -ENOTSUP;
	if (jiffy.tv_sec != 0 || jiffy.tv_nsec < 100000)
		return -ENOTSUP;
	hz = (uint32_t)((1000000000 + jiffy.tv_nsec / 2) / jiffy.tv_nsec);
	return bpf_map__set_initial_value(constants, &hz, sizeof(hz));
}

static int load_object(struct ebpf *ebpf, const struct hyp_dataplane_options *options, int fresh,
		       struct hyp_error *error)
{
	struct bpf_object *object;
	int result;

	object = bpf_object__open_mem(hyp_bpf_object_start,
				      (size_t)(hyp_bpf_object_end - hyp_bpf_object_start), NULL);
	if (!object)
		return hyp_fail(error, -errno, "the embedded object cannot be read: %s",
				strerror(errno));
	result = set_hz(object);
	if (result == 0 && options->connections_max != 0)
		result = bpf_map__set_max_entries(
			bpf_object__find_map_by_name(object, pin_map_name(MAP_CONNECTION)),
			options->connections_max);
	if (result == 0)
		result = load(ebpf, object, options->pin_path, fresh, error);
	else
		hyp_fail(error, result, "the embedded object cannot be prepared: %s",
			 strerror(-result));
	bpf_object__close(object);
	if (result == 0 && fresh) {
		result = ebpf_counters_prepare(ebpf);
		if (result != 0)
			hyp_fail(error, result, "cannot prepare counters: %s", strerror(-result));
	}
	if (result != 0)
		return result;
	result = write_meta(ebpf, object_hash());
	return result == 0 ? 0 : hyp_fail(error, result, "cannot write meta: %s", strerror(-result));
}

/* Adopts what is pinned, or loads. The caller holds the directory's lock. */
static int open_tables(struct ebpf *ebpf, const struct hyp_dataplane_options *options,
		       struct hyp_error *error)
{
	struct hyp_meta meta;
	int result = read_meta(options->pin_path, &meta);

	if (result == -ENOENT) {
		result = pin_clear(options->pin_path);
		if (result != 0)
			return hyp_fail(error, result, "cannot clear %s: %s", options->pin_path,
					strerror(-result));
		return load_object(ebpf, options, 1, error);
	}
	if (result != 0)
		return hyp_fail(error, result, "cannot read what is pinned under %s: %s",
				options->pin_path, strerror(-result));
	if (meta.abi != HYP_ABI_VERSION || meta.state != HYP_STATE_VERSION)
		return hyp_fail(error, -EPROTO,
				"%s was pinned by version %u.%u, this is %u.%u; end who uses it, "
				"remove the directory and start again",
				options->pin_path, meta.abi, meta.state, HYP_ABI_VERSION,
				HYP_STATE_VERSION);
	ebpf->adopted = 1;
	return meta.object == object_hash() ? adopt(ebpf, options->pin_path, error)
					    : load_object(ebpf, options, 0, error);
}

/* The memory of a map, or NULL with errno. */
static void *map_memory(const struct ebpf *ebpf, enum map map, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ebpf->maps[map], 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int map_tables(struct ebpf *ebpf)
{
	ebpf->near_ports = map_memory(ebpf, MAP_NEAR_PORT, HYP_NEAR_PORTS * sizeof(uint64_t));
	if (!ebpf->near_ports)
		return -errno;
	ebpf->epoch = map_memory(ebpf, MAP_EPOCH, sizeof(uint64_t));
	if (!ebpf->epoch)
		return -errno;
	ebpf->current = map_memory(ebpf, MAP_CURRENT, HYP_ENDPOINTS_MAX * sizeof(uint64_t));
	if (!ebpf->current)
		return -errno;
	ebpf->endpoints = map_memory(ebpf, MAP_ENDPOINT,
				     HYP_ENDPOINTS_MAX * HYP_ENDPOINT_SLOTS *
					     sizeof(struct hyp_endpoint_value));
	if (!ebpf->endpoints)
		return -errno;
	ebpf->retired = calloc(HYP_ENDPOINTS_MAX, sizeof(*ebpf->retired));
	return ebpf->retired ? 0 : -ENOMEM;
}

/* What the kernel knows of the descriptors, and the user side's own memory. */
static int finish(struct ebpf *ebpf)
{
	struct bpf_map_info connections = { 0 };
	uint32_t connections_size = sizeof(connections);
	int result = 0;

	for (int program = 0; result == 0 && program < PROGRAMS; program++) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		result = bpf_obj_get_info_by_fd(ebpf->programs[program], &info, &size);
		ebpf->program_ids[program] = info.id;
	}
	if (result == 0)
		result = bpf_obj_get_info_by_fd(ebpf->maps[MAP_CONNECTION], &connections,
						&connections_size);
	if (result != 0)
		return result;
	ebpf->connections_max = connections.max_entries;
	result = map_tables(ebpf);
	return result == 0 ? ebpf_ring_open(ebpf) : result;
}

static int ebpf_open(const struct hyp_dataplane_options *options, struct hyp_dataplane **out,
		     struct hyp_error *error)
{
	int cpus = libbpf_num_possible_cpus();
	struct ebpf *ebpf;
	int lock, result;

	if (cpus <= 0)
		return hyp_fail(error, cpus, "the number of CPUs is unknown: %s", strerror(-cpus));
	if (strcmp(options->url, "ebpf") != 0)
		return hyp_fail(error, -EINVAL, "\"%s\": the ebpf data plane takes no arguments",
				options->url);
	libbpf_set_print(NULL); /* what fails is said in *error, not on somebody's stderr */
	lock = pin_directory(options->pin_path, error);
	if (lock < 0)
		return lock;
	ebpf = ebpf_new((uint32_t)cpus);
	if (!ebpf) {
		close(lock);
		return hyp_fail(error, -ENOMEM, "no memory for a data plane");
	}
	result = open_tables(ebpf, options, error);
	if (result == 0) {
		result = finish(ebpf);
		if (result != 0)
			hyp_fail(error, result, "cannot use the tables: %s", strerror(-result));
	}
	close(lock);
	if (result != 0) {
		ebpf_close(&ebpf->dataplane);
		return result;
	}
	*out = &ebpf->dataplane;
	return 0;
}

static int ebpf_remove(const struct hyp_dataplane_options *options, struct hyp_error *error)
{
	return hyp_pin_remove(options->pin_path, error);
}

const struct hyp_backend hyp_backend_ebpf = {
	.scheme = "ebpf",
	.open = ebpf_open,
	.close = ebpf_close,
	.remove = ebpf_remove,
	.capabilities = ebpf_capabilities,
	.attach = ebpf_attach,
	.detach = ebpf_detach,
	.apply = ebpf_apply,
	.dump = ebpf_dump,
	.counters = ebpf_counters,
	.events = ebpf_events,
	.connections = ebpf_connections,
};
