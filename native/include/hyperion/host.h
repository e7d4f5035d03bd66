/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices of the host, through rtnetlink: what a backend forwards between. Conventions as in
 * dataplane.h. Each call opens its own socket, works in the calling thread's network namespace and
 * is safe to run on any thread.
 */
#ifndef HYPERION_HOST_H
#define HYPERION_HOST_H

#include "dataplane.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HYP_NAME_MAX 16 /* IFNAMSIZ, with the NUL */

#define HYP_NO_NAMESPACE UINT32_MAX

struct hyp_link {
	uint32_t index;
	uint32_t mtu;  /* bytes */
	uint32_t peer; /* IFLA_LINK: index of the other end of a veth, when in this namespace; else its index there */
	uint32_t master; /* index of the bridge that it is a port of; 0: of none */
	/* Number that this namespace has for the one that the other end is in: equal for all devices whose
	 * other ends are in one. HYP_NO_NAMESPACE: in this one, or there is no other end. */
	uint32_t peer_namespace;
	uint8_t mac[6];
	uint8_t up;      /* IFF_UP */
	uint8_t carrier; /* IFF_LOWER_UP: a veth's other end is up */
	char name[HYP_NAME_MAX];
	char kind[HYP_NAME_MAX]; /* "veth", "" for hardware */
};

/*
 * Makes a soft VF: a veth pair of `vf` (goes into the container, left down) and `representor` (stays,
 * set up; no IPv6 address of its own). *port becomes the representor's index.
 *   -EEXIST a device of that name exists   -EPERM not root   -EINVAL bad name or MTU
 */
HYP_API int hyp_host_vf_create(const char *vf, const char *representor, uint32_t mtu, uint32_t *port,
			       struct hyp_error *error);

/* Deletes a device, and its other end. A device that is not there is fine. */
HYP_API int hyp_host_link_delete(const char *name, struct hyp_error *error);

/*
 * Deletes devices, and their other ends, at one go: the kernel then waits once, about 20 ms, for the
 * packets in flight, and not once for each. `names` holds `count` names of HYP_NAME_MAX bytes each,
 * NUL-padded; devices that are not there are fine. On failure some may be left.
 */
HYP_API int hyp_host_links_delete(const char *names, uint32_t count, struct hyp_error *error);

/* Sets the MTU in bytes. -ENODEV when there is no such device. */
HYP_API int hyp_host_link_set_mtu(const char *name, uint32_t mtu, struct hyp_error *error);

/* Sets a device up (1) or down (0), where nothing passes. -ENODEV when there is no such device. */
HYP_API int hyp_host_link_set_up(const char *name, uint32_t up, struct hyp_error *error);

/* Fills *link. -ENODEV when there is no such device. */
HYP_API int hyp_host_link(const char *name, struct hyp_link *link, struct hyp_error *error);

/*
 * Copies the devices whose name starts with `prefix` ("" for all). Returns their number, which may
 * exceed `capacity`: then only `capacity` were copied.
 */
HYP_API int hyp_host_links(const char *prefix, struct hyp_link *links, uint32_t capacity,
			   struct hyp_error *error);

struct hyp_host_address {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
};

/*
 * Copies what this machine answers to: the addresses of all devices, the loopback's included, and
 * IPv4's broadcast addresses (IFA_BROADCAST); capacity as in hyp_host_links.
 */
HYP_API int hyp_host_addresses(struct hyp_host_address *addresses, uint32_t capacity,
			       struct hyp_error *error);

/*
 * Watches devices and addresses, of the namespace that the calling thread is in, from now on. Returns the
 * reading end of a pipe, which does not block: a byte comes at once when any of them came, went or
 * changed, and also when so much changed that the kernel lost count. Closing it ends the watch; it ends
 * of itself, with the end of the file, when the kernel tells no more.
 */
HYP_API int hyp_host_watch(struct hyp_error *error);

/*
 * Takes an exclusive lock on a file, made if missing, and writes the process id into it. The lock
 * lasts until hyp_host_unlock or the end of the process. Returns a descriptor.
 *   -EWOULDBLOCK held by another process; *holder is its process id, 0 if unknown
 */
HYP_API int hyp_host_lock(const char *path, uint32_t *holder, struct hyp_error *error);
HYP_API void hyp_host_unlock(int descriptor);

#ifdef __cplusplus
}
#endif
#endif
