/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices for real, in a network namespace that lives as long as this process. */
#include <arpa/inet.h>
#include <errno.h>
#include <hyperion/host.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static struct hyp_error error;

static void a_vf_is_a_pair_with_its_representor_up(void)
{
	struct hyp_link vf, representor;
	uint32_t port = 0;

	CHECK_EQUAL(hyp_host_vf_create("hyv1", "hyr1", 1450, &port, &error), 0);
	CHECK_EQUAL(hyp_host_link("hyv1", &vf, &error), 0);
	CHECK_EQUAL(hyp_host_link("hyr1", &representor, &error), 0);
	CHECK_EQUAL(representor.index, port);
	CHECK_EQUAL(representor.peer, vf.index);
	CHECK_EQUAL(vf.peer, representor.index);
	CHECK_EQUAL(vf.mtu, 1450);
	CHECK_EQUAL(representor.mtu, 1450);
	CHECK_EQUAL(representor.up, 1);
	CHECK_EQUAL(representor.carrier, 0);
	CHECK_EQUAL(vf.up, 0);
	CHECK_EQUAL(strcmp(vf.kind, "veth"), 0);
	CHECK_EQUAL(strcmp(vf.name, "hyv1"), 0);
	CHECK(memcmp(vf.mac, "\0\0\0\0\0\0", 6) != 0);
	CHECK_EQUAL(representor.master, 0);
	CHECK_EQUAL(representor.peer_namespace, HYP_NO_NAMESPACE);
	CHECK_EQUAL(hyp_host_link_delete("hyr1", &error), 0);
	CHECK_EQUAL(hyp_host_link("hyv1", &vf, &error), -ENODEV);
}

static int addresses_of(const char *device)
{
	char line[256];
	int count = 0;
	FILE *table = fopen("/proc/self/net/if_inet6", "r");

	CHECK(table != NULL);
	while (fgets(line, sizeof(line), table) != NULL) {
		char *name = strrchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (name != NULL && strcmp(name + 1, device) == 0)
			count++;
	}
	fclose(table);
	return count;
}

static void ip(const char *words)
{
	char command[128];

	snprintf(command, sizeof(command), "ip %s", words);
	CHECK_EQUAL(system(command), 0);
}

static void a_representor_has_no_ipv6_address(void)
{
	uint32_t port;

	CHECK_EQUAL(hyp_host_vf_create("hyv2", "hyr2", 1500, &port, &error), 0);
	ip("link set hyv2 up");
	/* The other end gets one at once, which shows that the kernel would have given one. */
	CHECK_EQUAL(addresses_of("hyv2"), 1);
	CHECK_EQUAL(addresses_of("hyr2"), 0);
	CHECK_EQUAL(hyp_host_link_delete("hyv2", &error), 0);
}

static void an_mtu_below_ipv6_still_makes_a_vf(void)
{
	struct hyp_link link;
	uint32_t port;

	CHECK_EQUAL(hyp_host_vf_create("hyv3", "hyr3", 1000, &port, &error), 0);
	CHECK_EQUAL(hyp_host_link("hyr3", &link, &error), 0);
	CHECK_EQUAL(link.up, 1);
	CHECK_EQUAL(hyp_host_link_delete("hyr3", &error), 0);
}

static void refusals_change_nothing_and_say_why(void)
{
	uint32_t port = 0;
	struct hyp_link links[8], link;

	CHECK_EQUAL(hyp_host_vf_create("hyv4", "hyr4", 1500, &port, &error), 0);
	CHECK_EQUAL(hyp_host_vf_create("hyv5", "hyr4", 1500, &port, &error), -EEXIST);
	CHECK(strcmp(error.message, "File exists") == 0);
	CHECK_EQUAL(hyp_host_vf_create("hyv4", "hyr5", 1500, &port, &error), -EEXIST);
	CHECK_EQUAL(hyp_host_links("hy", links, 8, &error), 2);
	CHECK_EQUAL(hyp_host_link_delete("hyv4", &error), 0);

	CHECK_EQUAL(hyp_host_vf_create("hyv5", "hyr5", 60, &port, &error), -EINVAL);
	CHECK_EQUAL(hyp_host_vf_create("hyv5", "hyr5", 70000, &port, NULL), -EINVAL);
	CHECK_EQUAL(hyp_host_vf_create("hyv%d", "hyr5", 1500, &port, &error), -EINVAL);
	CHECK_EQUAL(hyp_host_vf_create("hyv5", "a/b", 1500, &port, &error), -EINVAL);
	CHECK_EQUAL(hyp_host_vf_create("", "hyr5", 1500, &port, &error), -EINVAL);
	CHECK_EQUAL(hyp_host_vf_create("hyv5", "sixteen-letters!", 1500, &port, &error), -EINVAL);
	CHECK_EQUAL(hyp_host_links("hy", links, 8, &error), 0);

	CHECK_EQUAL(hyp_host_link("hyr9", &link, &error), -ENODEV);
	CHECK_EQUAL(hyp_host_link_set_mtu("hyr9", 1400, &error), -ENODEV);
	CHECK_EQUAL(hyp_host_link_delete("hyr9", &error), 0);
}

static void mtu_changes(void)
{
	struct hyp_link link;
	uint32_t port;

	CHECK_EQUAL(hyp_host_vf_create("hyv6", "hyr6", 1500, &port, &error), 0);
	CHECK_EQUAL(hyp_host_link_set_mtu("hyv6", 9000, &error), 0);
	CHECK_EQUAL(hyp_host_link("hyv6", &link, &error), 0);
	CHECK_EQUAL(link.mtu, 9000);
	CHECK_EQUAL(hyp_host_link_set_mtu("hyv6", 1, &error), -EINVAL);
	CHECK(strstr(error.message, "less than device minimum") != NULL); /* the kernel's own words */
	CHECK_EQUAL(hyp_host_link_delete("hyv6", &error), 0);
}

static void a_device_goes_down_and_up(void)
{
	struct hyp_link link;
	uint32_t port;

	CHECK_EQUAL(hyp_host_vf_create("hyv7", "hyr7", 1500, &port, &error), 0);
	CHECK_EQUAL(hyp_host_link_set_up("hyr7", 0, &error), 0);
	CHECK_EQUAL(hyp_host_link("hyr7", &link, &error), 0);
	CHECK_EQUAL(link.up, 0);
	CHECK_EQUAL(hyp_host_link_set_up("hyr7", 1, &error), 0);
	CHECK_EQUAL(hyp_host_link("hyr7", &link, &error), 0);
	CHECK_EQUAL(link.up, 1);
	CHECK_EQUAL(hyp_host_link_delete("hyr7", &error), 0);
	CHECK_EQUAL(hyp_host_link_set_up("hyr7", 1, &error), -ENODEV);
}

static void a_listing_counts_past_its_room(void)
{
	struct hyp_link links[2];
	char vf[HYP_NAME_MAX], representor[HYP_NAME_MAX];
	uint32_t port;

	for (int i = 0; i < 70; i++) {
		snprintf(vf, sizeof(vf), "hyv%d", i);
		snprintf(representor, sizeof(representor), "hyr%d", i);
		CHECK_EQUAL(hyp_host_vf_create(vf, representor, 1500, &port, &error), 0);
	}
	CHECK_EQUAL(hyp_host_links("hyr", links, 2, &error), 70);
	CHECK_EQUAL(strncmp(links[1].name, "hyr", 3), 0);
	CHECK_EQUAL(hyp_host_links("hyr", NULL, 0, &error), 70);
	CHECK_EQUAL(hyp_host_links("none", NULL, 0, &error), 0);
}

static void many_are_deleted_at_once_and_no_others(void)
{
	char names[69][HYP_NAME_MAX] = {{0}};
	struct hyp_link link;

	for (int i = 0; i < 69; i++)
		snprintf(names[i], sizeof(names[i]), "hyr%d", i);
	CHECK_EQUAL(hyp_host_links_delete(names[0], 69, &error), 0);
	CHECK_EQUAL(hyp_host_links("hy", &link, 1, &error), 2);
	CHECK_EQUAL(hyp_host_links_delete(names[0], 69, &error), 0);
	CHECK_EQUAL(hyp_host_links_delete("hyr69\0\0\0\0\0\0\0\0\0\0", 1, &error), 0);
	CHECK_EQUAL(hyp_host_links("hy", NULL, 0, &error), 0);
	/* The loopback device cannot be deleted, and is not. */
	CHECK_EQUAL(hyp_host_links_delete("lo\0\0\0\0\0\0\0\0\0\0\0\0\0", 1, &error), -EOPNOTSUPP);
	CHECK_EQUAL(hyp_host_link("lo", &link, &error), 0);
	CHECK_EQUAL(hyp_host_links_delete("", 0, &error), 0);
}

/* A process in a network namespace of its own, until it is killed. */
static pid_t live_elsewhere(void)
{
	int ready[2];
	char byte;
	pid_t child;

	CHECK_EQUAL(pipe(ready), 0);
	child = fork();
	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 && write(ready[1], "", 1) == 1 && pause() == 0);
	CHECK_EQUAL(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void move(const char *name, pid_t process)
{
	char words[64];

	snprintf(words, sizeof(words), "link set %s netns %d", name, (int)process);
	ip(words);
}

static void ends_in_one_namespace_bear_its_number(void)
{
	struct hyp_link bridge, link[3];
	uint32_t port;
	pid_t process[2] = {live_elsewhere(), live_elsewhere()};

	ip("link add br0 type bridge");
	for (int i = 0; i < 3; i++) {
		char vf[] = "hyv0", representor[] = "hyr0";

		vf[3] += (char)i;
		representor[3] += (char)i;
		CHECK_EQUAL(hyp_host_vf_create(vf, representor, 1500, &port, &error), 0);
		move(vf, process[i / 2]);
	}
	ip("link set hyr1 master br0");
	CHECK_EQUAL(hyp_host_link("br0", &bridge, &error), 0);
	CHECK_EQUAL(hyp_host_links("hyr", link, 3, &error), 3);
	CHECK(link[0].peer_namespace != HYP_NO_NAMESPACE);
	CHECK_EQUAL(link[1].peer_namespace, link[0].peer_namespace);
	CHECK(link[2].peer_namespace != HYP_NO_NAMESPACE);
	CHECK(link[2].peer_namespace != link[0].peer_namespace);
	CHECK_EQUAL(link[0].master, 0);
	CHECK_EQUAL(link[1].master, bridge.index);
	for (int i = 0; i < 2; i++) {
		CHECK_EQUAL(kill(process[i], SIGKILL), 0);
		CHECK_EQUAL(waitpid(process[i], NULL, 0), process[i]);
	}
	CHECK_EQUAL(hyp_host_links_delete("hyr0\0\0\0\0\0\0\0\0\0\0\0\0hyr1\0\0\0\0\0\0\0\0\0\0\0\0"
					  "hyr2\0\0\0\0\0\0\0\0\0\0\0",
					  3, &error),
		    0);
	CHECK_EQUAL(hyp_host_link_delete("br0", &error), 0);
}

static bool has_address(const struct hyp_host_address *addresses, int count, const char *text)
{
	struct in6_addr wanted;

	CHECK_EQUAL(inet_pton(AF_INET6, text, &wanted), 1);
	for (int i = 0; i < count; i++)
		if (memcmp(addresses[i].address, &wanted, sizeof(wanted)) == 0)
			return true;
	return false;
}

static void addresses_are_those_of_all_devices(void)
{
	struct hyp_host_address addresses[8];
	int count = hyp_host_addresses(addresses, 8, &error);

	CHECK_EQUAL(count, 0);
	ip("link set lo up");
	ip("address add 198.51.100.7 peer 198.51.100.8 dev lo");
	ip("address add fd00::7/64 dev lo");
	ip("address add 192.0.2.7/24 brd 192.0.2.255 dev lo");
	count = hyp_host_addresses(addresses, 8, &error);
	CHECK_EQUAL(count, 6);
	CHECK(has_address(addresses, count, "::ffff:127.0.0.1"));
	CHECK(has_address(addresses, count, "::1"));
	CHECK(has_address(addresses, count, "::ffff:198.51.100.7"));
	CHECK(has_address(addresses, count, "fd00::7"));
	CHECK(has_address(addresses, count, "::ffff:192.0.2.7"));
	CHECK(has_address(addresses, count, "::ffff:192.0.2.255"));
	CHECK_EQUAL(hyp_host_addresses(addresses, 1, &error), 6);
	CHECK_EQUAL(hyp_host_addresses(NULL, 0, &error), 6);
}

/* Waits for the watch to tell, and forgets it. */
static bool tells(int watch, int timeout_ms)
{
	struct pollfd ready = {.fd = watch, .events = POLLIN};
	char bytes[64];

	if (poll(&ready, 1, timeout_ms) != 1)
		return false;
	return read(watch, bytes, sizeof(bytes)) > 0;
}

/* True once nothing was told for a moment: what came before may be told late on a busy machine. */
static bool falls_silent(int watch)
{
	for (int told = 0; told < 100; told++) {
		if (!tells(watch, 20))
			return true;
	}
	return false;
}

static bool only_thread_within(int timeout_ms)
{
	for (int waited = 0; waited < timeout_ms; waited++) {
		if (system("test $(ls /proc/$PPID/task | wc -l) = 1") == 0)
			return true;
		usleep(1000);
	}
	return false;
}

static void a_watch_tells_of_every_change_until_it_is_closed(void)
{
	uint32_t port;
	int watch = hyp_host_watch(&error);

	CHECK(watch >= 0);
	CHECK(falls_silent(watch));
	CHECK_EQUAL(hyp_host_vf_create("hyv1", "hyr1", 1500, &port, &error), 0);
	CHECK(tells(watch, 1000));
	CHECK(falls_silent(watch));
	ip("address add 203.0.113.1 dev hyr1");
	CHECK(tells(watch, 1000));
	ip("address add fd00::8/128 dev lo");
	CHECK(tells(watch, 1000));
	/* More than socket and pipe have room for, with nobody reading. */
	for (int i = 0; i < 2000; i++)
		CHECK_EQUAL(hyp_host_link_set_mtu("hyr1", i % 2 == 0 ? 1400 : 1500, &error), 0);
	while (tells(watch, 20))
		;
	CHECK_EQUAL(hyp_host_link_delete("hyr1", &error), 0);
	CHECK(tells(watch, 1000));
	close(watch);
	CHECK(only_thread_within(1000));
}

static void a_lock_names_its_holder_and_dies_with_it(void)
{
	char path[] = "/tmp/hyperion-lock-XXXXXX";
	uint32_t holder = 0;
	int made = mkstemp(path), told[2], held, status;
	pid_t child;

	CHECK(made >= 0);
	close(made);
	CHECK_EQUAL(pipe(told), 0);
	child = fork();
	if (child == 0) {
		char locked = hyp_host_lock(path, &holder, NULL) >= 0;

		_exit(write(told[1], &locked, 1) == 1 && pause() == 0);
	}
	char locked = 0;
	CHECK_EQUAL(read(told[0], &locked, 1), 1);
	CHECK_EQUAL(locked, 1);
	CHECK_EQUAL(hyp_host_lock(path, &holder, &error), -EWOULDBLOCK);
	CHECK_EQUAL(holder, child);

	CHECK_EQUAL(kill(child, SIGKILL), 0);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	held = hyp_host_lock(path, &holder, &error);
	CHECK(held >= 0);
	CHECK_EQUAL(hyp_host_lock(path, &holder, &error), -EWOULDBLOCK);
	CHECK_EQUAL(holder, getpid());
	hyp_host_unlock(held);
	held = hyp_host_lock(path, &holder, &error);
	CHECK(held >= 0);
	hyp_host_unlock(held);
	CHECK_EQUAL(hyp_host_lock("/nonexistent/lock", &holder, &error), -ENOENT);
	CHECK_EQUAL(unlink(path), 0);
}

int main(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		perror("skipped: no network namespace of its own");
		return CHECK_SKIPPED;
	}
	a_vf_is_a_pair_with_its_representor_up();
	a_representor_has_no_ipv6_address();
	an_mtu_below_ipv6_still_makes_a_vf();
	refusals_change_nothing_and_say_why();
	mtu_changes();
	a_device_goes_down_and_up();
	a_listing_counts_past_its_room();
	many_are_deleted_at_once_and_no_others();
	ends_in_one_namespace_bear_its_number();
	addresses_are_those_of_all_devices();
	a_watch_tells_of_every_change_until_it_is_closed();
	a_lock_names_its_holder_and_dies_with_it();
	return 0;
}
