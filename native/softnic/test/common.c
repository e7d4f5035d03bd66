/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, log and command lines of softnic. Needs no rights: its one netdev is lo. */
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doca_argp.h>
#include <doca_bitfield.h>
#include <doca_dev.h>
#include <doca_dpdk.h>
#include <doca_error.h>
#include <doca_flow_net.h>
#include <doca_log.h>
#include <doca_version.h>

#include "../src/common/device.h"
#include "check.h"

DOCA_LOG_REGISTER(TEST::COMMON);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_errors(void)
{
	CHECK(strcmp(doca_error_get_name(DOCA_SUCCESS), "DOCA_SUCCESS") == 0);
	CHECK(strcmp(doca_error_get_name(DOCA_ERROR_ALREADY_EXIST), "DOCA_ERROR_ALREADY_EXIST") == 0);
	for (int error = DOCA_SUCCESS; error <= DOCA_ERROR_SKIPPED; error++) {
		CHECK(doca_error_get_name((doca_error_t)error) != NULL);
		CHECK(doca_error_get_descr((doca_error_t)error)[0] != '\0');
	}
	CHECK_EQUAL(DOCA_ERROR_SKIPPED, 30);
	CHECK(doca_error_get_name((doca_error_t)31) != NULL);
	CHECK(doca_error_get_descr((doca_error_t)-1) != NULL);

	doca_error_t first = DOCA_SUCCESS;
	DOCA_ERROR_PROPAGATE(first, DOCA_ERROR_FULL);
	DOCA_ERROR_PROPAGATE(first, DOCA_ERROR_EMPTY);
	CHECK_EQUAL(first, DOCA_ERROR_FULL);

	CHECK(strcmp(doca_version_runtime(), doca_version()) == 0);
	CHECK_EQUAL(DOCA_VERSION_EXACT, 0x03030000);
}

static void test_bitfield(void)
{
	uint8_t bytes[4];
	doca_be32_t word = DOCA_HTOBE32(0x01020304);

	memcpy(bytes, &word, sizeof(bytes));
	CHECK_EQUAL(bytes[0], 1);
	CHECK_EQUAL(bytes[3], 4);
	CHECK_EQUAL(DOCA_BETOH32(DOCA_BE32_GENMASK(31, 16)), 0xffff0000);
	CHECK_EQUAL(DOCA_BETOH32(DOCA_BE32_GENMASK(0, 0)), 1);
	CHECK_EQUAL(DOCA_BE32_GET(DOCA_BE32_GENMASK(15, 8), word), 3);
	CHECK_EQUAL(DOCA_BETOH32(DOCA_BE32_SET(DOCA_BE32_GENMASK(15, 8), 0x5a)), 0x5a00);
}

static void test_mpls(void)
{
	struct doca_flow_header_mpls mpls;
	uint8_t traffic_class, ttl;
	uint32_t label;
	bool bottom;

	CHECK_EQUAL(doca_flow_mpls_label_encode(0xababa, 5, 64, true, &mpls), DOCA_SUCCESS);
	CHECK_EQUAL(DOCA_BETOH32(mpls.label), 0xababab40);
	CHECK_EQUAL(doca_flow_mpls_label_decode(&mpls, &label, &traffic_class, &ttl, &bottom),
		    DOCA_SUCCESS);
	CHECK_EQUAL(label, 0xababa);
	CHECK_EQUAL(traffic_class, 5);
	CHECK_EQUAL(ttl, 64);
	CHECK_EQUAL(bottom, 1);
	CHECK_EQUAL(doca_flow_mpls_label_encode(0x100000, 0, 0, false, &mpls),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_mpls_label_encode(1, 8, 0, false, &mpls), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_flow_mpls_label_encode(1, 0, 0, false, NULL), DOCA_ERROR_INVALID_VALUE);
}

/* ---- SOFTNIC_PORTS ----------------------------------------------------------------------------- */

static FILE *sdk_log;

/* What was logged since the last call; one buffer. */
static const char *logged(void)
{
	static char text[4096];
	static long from;
	size_t length;

	CHECK_EQUAL(fseek(sdk_log, from, SEEK_SET), 0);
	length = fread(text, 1, sizeof(text) - 1, sdk_log);
	text[length] = '\0';
	CHECK_EQUAL(fseek(sdk_log, 0, SEEK_END), 0);
	from = ftell(sdk_log);
	return text;
}

static uint32_t count_devices(const char *ports)
{
	struct doca_devinfo **list;
	uint32_t count = UINT32_MAX;

	CHECK_EQUAL(setenv("SOFTNIC_PORTS", ports, 1), 0);
	CHECK_EQUAL(doca_devinfo_create_list(&list, &count), DOCA_SUCCESS);
	CHECK(list[count] == NULL);
	CHECK_EQUAL(doca_devinfo_destroy_list(list), DOCA_SUCCESS);
	return count;
}

static void test_ports(void)
{
	static const struct {
		const char *ports;
		const char *part; /* that the log names */
	} bad[] = {
		{ "eth0", "\"eth0\"" },
		{ "p0=lo;x1=eth1", "\"x1=eth1\"" },
		{ "p=lo", "\"p=lo\"" },
		{ "p256=lo", "\"p256=lo\"" },
		{ "p0x=lo", "\"p0x=lo\"" },
		{ "p0=lo;pf0=veth", "\"pf0=veth\"" },
		{ "p0=lo;pf0vf=veth", "\"pf0vf=veth\"" },
		{ "p0=lo;pf0vf65535=veth", "\"pf0vf65535=veth\"" },
		{ "p0=lo;pf0vf1=veth*", "\"pf0vf1=veth*\"" },
		{ "p0=lo;pf0vf*=veth", "\"pf0vf*=veth\"" },
		{ "p0=lo;pf0vf*=a*b*", "\"pf0vf*=a*b*\"" },
		{ "p0=lo;pf0vf*0=a*", "\"pf0vf*0=a*\"" },
		{ "p0=*", "\"p0=*\"" },
		{ "p0=lo;p0=eth1", "\"p0=eth1\"" },
		{ "p0=lo;p1=lo", "\"p1=lo\"" },
		{ "p0=lo;pf0vf0=lo", "\"pf0vf0=lo\"" },
		{ "p0=lo;pf1vf0=veth", "p1" },
		{ "p0=averylongname15", NULL },
		{ "p0=averylongname016", "averylongname016" },
		{ "p0=a b", "\"p0=a b\"" },
	};

	CHECK_EQUAL(unsetenv("SOFTNIC_PORTS"), 0);
	struct doca_devinfo **list;
	uint32_t count;
	CHECK_EQUAL(doca_devinfo_create_list(&list, &count), DOCA_SUCCESS);
	CHECK_EQUAL(count, 0);
	CHECK_EQUAL(doca_devinfo_destroy_list(list), DOCA_SUCCESS);
	CHECK_EQUAL(count_devices(""), 0);
	CHECK_EQUAL(count_devices("p0="), 1);
	CHECK_EQUAL(count_devices("p0=lo;pf0vf0=veth0;p1=;pf1vf*=hyr*;"), 2);
	CHECK_EQUAL(count_devices("pf0vf65534=;pf0vf3=;p0=;p255="), 2);
	CHECK_EQUAL(logged()[0], '\0');

	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_EQUAL(setenv("SOFTNIC_PORTS", bad[i].ports, 1), 0);
		doca_error_t error = doca_devinfo_create_list(&list, &count);
		const char *line = logged();
		if (bad[i].part == NULL) {
			CHECK_EQUAL(error, DOCA_SUCCESS);
			CHECK_EQUAL(doca_devinfo_destroy_list(list), DOCA_SUCCESS);
			continue;
		}
		if (error != DOCA_ERROR_INVALID_VALUE || strstr(line, bad[i].part) == NULL)
			fprintf(stderr, "%s: %s", bad[i].ports, line);
		CHECK_EQUAL(error, DOCA_ERROR_INVALID_VALUE);
		CHECK(strstr(line, bad[i].part) != NULL);
		CHECK(strchr(line, '\n') == line + strlen(line) - 1);
	}
	CHECK_EQUAL(doca_devinfo_create_list(NULL, &count), DOCA_ERROR_INVALID_VALUE);
}

/* ---- Devices ----------------------------------------------------------------------------------- */

static struct doca_dev *open_device(uint32_t at)
{
	struct doca_devinfo **list;
	struct doca_dev *dev;
	uint32_t count;

	CHECK_EQUAL(doca_devinfo_create_list(&list, &count), DOCA_SUCCESS);
	CHECK(at < count);
	CHECK_EQUAL(doca_dev_open(list[at], &dev), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_destroy_list(list), DOCA_SUCCESS);
	return dev;
}

static void test_devices(void)
{
	char text[DOCA_DEVINFO_IFACE_NAME_SIZE];
	uint8_t mac[DOCA_DEVINFO_MAC_ADDR_SIZE], equal;
	struct doca_devinfo *info;

	CHECK_EQUAL(setenv("SOFTNIC_PORTS", "p0=lo;p9=;pf0vf0=gone0", 1), 0);
	struct doca_dev *dev = open_device(0), *again = open_device(0), *linkless = open_device(1);

	CHECK(dev == again);
	CHECK(dev != linkless);
	info = doca_dev_as_devinfo(dev);
	CHECK_EQUAL(doca_devinfo_get_pci_addr_str(info, text), DOCA_SUCCESS);
	CHECK(strcmp(text, "0000:03:00.0") == 0);
	CHECK_EQUAL(doca_devinfo_is_equal_pci_addr(info, "03:00.0", &equal), DOCA_SUCCESS);
	CHECK_EQUAL(equal, 1);
	CHECK_EQUAL(doca_devinfo_is_equal_pci_addr(info, "0000:03:00.1", &equal), DOCA_SUCCESS);
	CHECK_EQUAL(equal, 0);
	CHECK_EQUAL(doca_devinfo_is_equal_pci_addr(info, "0000", &equal), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_devinfo_get_mac_addr(info, mac, sizeof(mac)), DOCA_SUCCESS);
	CHECK_EQUAL(mac[0] | mac[5], 0);
	CHECK_EQUAL(doca_devinfo_get_mac_addr(info, mac, 5), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_devinfo_get_iface_name(info, text, sizeof(text)), DOCA_SUCCESS);
	CHECK(strcmp(text, "lo") == 0);
	CHECK_EQUAL(doca_devinfo_get_iface_name(info, text, 2), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_devinfo_get_ibdev_name(info, text, sizeof(text)), DOCA_SUCCESS);
	CHECK(strcmp(text, "softnic_0") == 0);
	CHECK(strcmp(softnic_dev_netdev(dev), "lo") == 0);

	info = doca_dev_as_devinfo(linkless);
	CHECK_EQUAL(doca_devinfo_get_pci_addr_str(info, text), DOCA_SUCCESS);
	CHECK(strcmp(text, "0000:03:01.1") == 0);
	CHECK_EQUAL(doca_devinfo_get_iface_name(info, text, sizeof(text)), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_devinfo_get_mac_addr(info, mac, sizeof(mac)), DOCA_ERROR_NOT_FOUND);
	CHECK(strcmp(softnic_dev_netdev(linkless), "") == 0);

	/* A device that is open keeps its netdev. */
	CHECK_EQUAL(setenv("SOFTNIC_PORTS", "p0=other", 1), 0);
	struct doca_devinfo **list;
	uint32_t count;
	CHECK_EQUAL(doca_devinfo_create_list(&list, &count), DOCA_SUCCESS);
	struct doca_dev *changed;
	CHECK_EQUAL(doca_dev_open(list[0], &changed), DOCA_ERROR_IN_USE);
	CHECK_EQUAL(doca_devinfo_destroy_list(list), DOCA_SUCCESS);

	CHECK_EQUAL(doca_dev_close(again), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(dev), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(linkless), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(NULL), DOCA_ERROR_INVALID_VALUE);
}

static void test_representors(void)
{
	struct doca_devinfo_rep **list;
	struct doca_dev_rep *named, *matched;
	enum doca_pci_func_type type;
	char text[DOCA_DEVINFO_IFACE_NAME_SIZE];
	uint32_t count;
	uint16_t vf;

	CHECK_EQUAL(setenv("SOFTNIC_PORTS", "p0=;pf0vf500=gone0;pf0vf*=l*;p1=;pf1vf2=", 1), 0);
	struct doca_dev *dev = open_device(0), *other = open_device(1);

	CHECK_EQUAL(doca_devinfo_rep_create_list(dev, DOCA_DEVINFO_REP_FILTER_NET, &list, &count),
		    DOCA_SUCCESS);
	CHECK(count >= 2);
	CHECK(list[count] == NULL);
	CHECK_EQUAL(doca_devinfo_rep_get_pci_func_type(list[0], &type), DOCA_SUCCESS);
	CHECK_EQUAL(type, DOCA_PCI_FUNC_TYPE_VF);
	CHECK_EQUAL(doca_devinfo_rep_get_vuid(list[0], text, sizeof(text)), DOCA_SUCCESS);
	CHECK(strcmp(text, "SOFTNICPF0VF500") == 0);
	CHECK_EQUAL(doca_devinfo_rep_get_pci_addr_str(list[0], text), DOCA_SUCCESS);
	CHECK(strcmp(text, "0001:01:1e.4") == 0);
	CHECK_EQUAL(doca_devinfo_rep_get_iface_name(list[0], text, sizeof(text)), DOCA_SUCCESS);
	CHECK(strcmp(text, "gone0") == 0);
	CHECK_EQUAL(doca_dpdk_get_rep_vf_index(list[0], &vf), DOCA_SUCCESS);
	CHECK_EQUAL(vf, 500);
	CHECK_EQUAL(doca_dpdk_get_rep_sf_num(list[0], &vf), DOCA_ERROR_NOT_SUPPORTED);

	/* Whatever matches has its index as VF number. */
	bool lo = false;
	for (uint32_t i = 1; i < count; i++) {
		CHECK_EQUAL(doca_devinfo_rep_get_iface_name(list[i], text, sizeof(text)), DOCA_SUCCESS);
		CHECK_EQUAL(doca_dpdk_get_rep_vf_index(list[i], &vf), DOCA_SUCCESS);
		CHECK_EQUAL(vf, if_nametoindex(text));
		lo |= strcmp(text, "lo") == 0;
	}
	CHECK(lo);

	/* A representor keeps its device, the list may go before either. */
	CHECK_EQUAL(doca_dev_rep_open(list[0], &named), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_rep_destroy_list(list), DOCA_SUCCESS);
	CHECK_EQUAL(softnic_rep_open_vf(dev, (uint16_t)if_nametoindex("lo"), &matched), DOCA_SUCCESS);
	CHECK_EQUAL(softnic_rep_open_vf(dev, 4, &matched), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_dev_close(dev), DOCA_SUCCESS);
	CHECK(softnic_rep_dev(named) == dev);
	CHECK(strcmp(softnic_rep_netdev(matched), "lo") == 0);
	CHECK(strcmp(softnic_rep_netdev(named), "gone0") == 0);
	CHECK_EQUAL(softnic_rep_vf(named), 500);
	CHECK(doca_dev_rep_as_devinfo(named) != NULL);

	CHECK_EQUAL(doca_devinfo_rep_create_list(other, DOCA_DEVINFO_REP_FILTER_ALL, &list, &count),
		    DOCA_SUCCESS);
	CHECK_EQUAL(count, 1);
	CHECK_EQUAL(doca_devinfo_rep_get_iface_name(list[0], text, sizeof(text)),
		    DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_devinfo_rep_destroy_list(list), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_rep_create_list(other, DOCA_DEVINFO_REP_FILTER_EMULATED, &list, &count),
		    DOCA_SUCCESS);
	CHECK_EQUAL(count, 0);
	CHECK_EQUAL(doca_devinfo_rep_destroy_list(list), DOCA_SUCCESS);
	CHECK_EQUAL(doca_devinfo_rep_create_list(other, 1, &list, &count), DOCA_ERROR_INVALID_VALUE);

	CHECK_EQUAL(doca_dev_rep_close(matched), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_rep_close(named), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(other), DOCA_SUCCESS);
}

static void test_bridge(void)
{
	struct doca_dev_rep *reps[2], *rep;
	struct doca_dev *found;
	uint16_t port;
	uint8_t supported;

	CHECK_EQUAL(setenv("SOFTNIC_PORTS", "p0=;pf0vf0=;pf0vf1=;pf0vf2=;p1=;pf1vf5=", 1), 0);
	struct doca_dev *first = open_device(0), *second = open_device(1);

	CHECK_EQUAL(doca_dpdk_get_first_port_id(first, &port), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(softnic_rep_open_vf(first, 2, &reps[0]), DOCA_SUCCESS);
	CHECK_EQUAL(softnic_rep_open_vf(first, 0, &reps[1]), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dpdk_port_probe_with_representors(second, "", reps, 2),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_dpdk_port_probe_with_representors(first, "dv_flow_en=2", reps, 2),
		    DOCA_SUCCESS);
	CHECK_EQUAL(doca_dpdk_port_probe(first, ""), DOCA_ERROR_ALREADY_EXIST);
	CHECK_EQUAL(doca_dpdk_port_probe(second, "dv_flow_en=2,representor=pf1vf[5,9],x=1"),
		    DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_dpdk_port_probe(second, "dv_flow_en=2,representor=pf1vf[5],x=1"), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dpdk_get_first_port_id(first, &port), DOCA_SUCCESS);
	CHECK_EQUAL(port, 0);
	CHECK_EQUAL(doca_dpdk_get_first_port_id(second, &port), DOCA_SUCCESS);
	CHECK_EQUAL(port, 3);
	CHECK_EQUAL(doca_dpdk_port_as_dev(1, &found), DOCA_SUCCESS);
	CHECK(found == first);
	CHECK_EQUAL(doca_dpdk_port_as_dev(5, &found), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_dpdk_open_dev_rep_by_port_id(1, first, &rep), DOCA_SUCCESS);
	CHECK_EQUAL(softnic_rep_vf(rep), 2);
	CHECK_EQUAL(doca_dev_rep_close(rep), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dpdk_open_dev_rep_by_port_id(4, second, &rep), DOCA_SUCCESS);
	CHECK_EQUAL(softnic_rep_vf(rep), 5);
	CHECK_EQUAL(doca_dpdk_open_dev_rep_by_port_id(0, first, &rep), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_dpdk_cap_is_rep_port_supported(doca_dev_as_devinfo(first), &supported),
		    DOCA_SUCCESS);
	CHECK_EQUAL(supported, 1);

	/* The numbers of a device that is gone are given again. */
	CHECK_EQUAL(doca_dev_rep_close(reps[0]), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_rep_close(reps[1]), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(first), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dpdk_port_as_dev(0, &found), DOCA_ERROR_NOT_FOUND);
	CHECK_EQUAL(doca_dev_rep_close(rep), DOCA_SUCCESS);
	CHECK_EQUAL(doca_dev_close(second), DOCA_SUCCESS);
}

/* ---- Log --------------------------------------------------------------------------------------- */

static void test_log(void)
{
	struct doca_log_backend *backend;
	char text[512];
	FILE *file = tmpfile();
	int source;

	CHECK(file != NULL);
	CHECK(log_source >= 0);
	CHECK_EQUAL(doca_log_register_source("TEST::COMMON", &source), DOCA_SUCCESS);
	CHECK_EQUAL(source, log_source);
	CHECK_EQUAL(doca_log_backend_create_with_file(file, &backend), DOCA_SUCCESS);
	DOCA_LOG_INFO("seen %d", 1);
	DOCA_LOG_DBG("hidden");
	CHECK_EQUAL(doca_log_level_set_global_lower_limit(DOCA_LOG_LEVEL_DEBUG), DOCA_SUCCESS);
	DOCA_LOG_DBG("seen 2");
	CHECK_EQUAL(doca_log_backend_set_level_lower_limit(backend, DOCA_LOG_LEVEL_DISABLE),
		    DOCA_SUCCESS);
	DOCA_LOG_CRIT("hidden");
	CHECK_EQUAL(doca_log_backend_set_level_lower_limit(backend, 55), DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_log_backend_set_sdk_level(backend, DOCA_LOG_LEVEL_INFO),
		    DOCA_ERROR_INVALID_VALUE);
	CHECK_EQUAL(doca_log_level_get_global_lower_limit(), DOCA_LOG_LEVEL_DEBUG);

	rewind(file);
	CHECK(fgets(text, sizeof(text), file) != NULL);
	CHECK(strstr(text, "[INF][TEST::COMMON:") != NULL && strstr(text, "] seen 1\n") != NULL);
	CHECK(fgets(text, sizeof(text), file) != NULL);
	CHECK(strstr(text, "[DBG]") != NULL && strstr(text, "] seen 2\n") != NULL);
	CHECK(fgets(text, sizeof(text), file) == NULL);
}

/* ---- Command lines ----------------------------------------------------------------------------- */

struct seen {
	char *text;
	int number;
	int numbers;
	bool flag;
	int validations;
	struct doca_dev *dev;
	const char *devargs;
	struct doca_dev_rep *reps[4];
	int reps_count;
	int eal_argc;
	char **eal;
};
static struct seen seen; /* as run_eal has no argument for it */

static doca_error_t see_text(void *param, void *config)
{
	((struct seen *)config)->text = param;
	return DOCA_SUCCESS;
}

static doca_error_t see_number(void *param, void *config)
{
	((struct seen *)config)->number = *(int *)param;
	((struct seen *)config)->numbers++;
	return *(int *)param == 13 ? DOCA_ERROR_BAD_CONFIG : DOCA_SUCCESS;
}

static doca_error_t see_flag(void *param, void *config)
{
	((struct seen *)config)->flag = *(bool *)param;
	return DOCA_SUCCESS;
}

static doca_error_t see_device(void *param, void *config)
{
	const struct doca_argp_device_ctx *context = param;

	((struct seen *)config)->dev = context->dev;
	((struct seen *)config)->devargs = context->devargs;
	return DOCA_SUCCESS;
}

static doca_error_t see_representor(void *param, void *config)
{
	const struct doca_argp_device_rep_ctx *context = param;
	struct seen *all = config;

	if (all->reps_count == COUNT(all->reps))
		return DOCA_ERROR_FULL;
	CHECK(softnic_rep_dev(context->dev_rep) == context->dev_ctx.dev);
	all->reps[all->reps_count++] = context->dev_rep;
	all->devargs = context->dev_ctx.devargs;
	return DOCA_SUCCESS;
}

static doca_error_t validate(void *config)
{
	((struct seen *)config)->validations++;
	return DOCA_SUCCESS;
}

static doca_error_t run_eal(int argc, char **argv)
{
	seen.eal_argc = argc;
	seen.eal = argv;
	CHECK(argv[argc] == NULL);
	return DOCA_SUCCESS;
}

static void add_param(const char *short_name, const char *long_name, enum doca_argp_type type,
		      doca_argp_param_cb_t callback, bool multiple, bool mandatory)
{
	struct doca_argp_param *param;

	CHECK_EQUAL(doca_argp_param_create(&param), DOCA_SUCCESS);
	doca_argp_param_set_short_name(param, short_name);
	doca_argp_param_set_long_name(param, long_name);
	doca_argp_param_set_description(param, "described");
	doca_argp_param_set_callback(param, callback);
	doca_argp_param_set_type(param, type);
	if (multiple)
		doca_argp_param_set_multiplicity(param);
	if (mandatory)
		doca_argp_param_set_mandatory(param);
	doca_argp_param_set_cli_only(param);
	CHECK_EQUAL(doca_argp_register_param(param), DOCA_SUCCESS);
	CHECK_EQUAL(doca_argp_register_param(param), DOCA_ERROR_ALREADY_EXIST);
}

static void prepare(bool dpdk)
{
	memset(&seen, 0, sizeof(seen));
	CHECK_EQUAL(doca_argp_init("program", &seen), DOCA_SUCCESS);
	CHECK_EQUAL(doca_argp_init("program", &seen), DOCA_ERROR_ALREADY_EXIST);
	add_param("t", "text", DOCA_ARGP_TYPE_STRING, see_text, false, false);
	add_param("n", "number", DOCA_ARGP_TYPE_INT, see_number, true, true);
	add_param("nw", "no-wire2wire", DOCA_ARGP_TYPE_BOOLEAN, see_flag, false, false);
	add_param("a", "device", DOCA_ARGP_TYPE_DEVICE, see_device, true, false);
	add_param("r", "rep", DOCA_ARGP_TYPE_DEVICE_REP, see_representor, true, false);
	CHECK_EQUAL(doca_argp_register_validation_callback(validate), DOCA_SUCCESS);
	if (dpdk)
		doca_argp_set_dpdk_program(run_eal);
}

/* The words of a line, started as a program's arguments. */
static doca_error_t start(const char *line, bool dpdk)
{
	static char words[512];
	char *argv[32];
	int argc = 0;

	CHECK(strlen(line) < sizeof(words));
	strcpy(words, line);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	prepare(dpdk);
	return doca_argp_start(argc, argv);
}

static void finish(void)
{
	for (int i = 0; i < seen.reps_count; i++)
		CHECK_EQUAL(doca_dev_rep_close(seen.reps[i]), DOCA_SUCCESS);
	if (seen.dev != NULL)
		CHECK_EQUAL(doca_dev_close(seen.dev), DOCA_SUCCESS);
	CHECK_EQUAL(doca_argp_destroy(), DOCA_SUCCESS);
}

static void test_arguments(void)
{
	static const char *const bad[] = {
		"p",
		"p -n",
		"p -n 1x",
		"p -n 99999999999",
		"p -n 1 -t a -t b",
		"p -n 1 word",
		"p -n 1 --none",
		"p -n 1 --n 2",
		"p -n 1 --no-wire2wire=maybe",
		"p -n 1 -l 55",
	};

	CHECK_EQUAL(start("p --text hello -n 1 --number=0x10 -nw -l 30 --sdk-log-level 50", false),
		    DOCA_SUCCESS);
	CHECK(strcmp(seen.text, "hello") == 0);
	CHECK_EQUAL(seen.number, 16);
	CHECK_EQUAL(seen.numbers, 2);
	CHECK_EQUAL(seen.flag, 1);
	CHECK_EQUAL(seen.validations, 1);
	CHECK_EQUAL(doca_log_level_get_global_lower_limit(), DOCA_LOG_LEVEL_ERROR);
	CHECK_EQUAL(doca_log_level_get_global_sdk_limit(), DOCA_LOG_LEVEL_INFO);
	finish();

	CHECK_EQUAL(start("p -c 3 -n 4 -- -n 5", true), DOCA_SUCCESS);
	CHECK_EQUAL(seen.number, 5);
	CHECK_EQUAL(seen.eal_argc, 5);
	CHECK(strcmp(seen.eal[4], "4") == 0);
	finish();
	CHECK_EQUAL(start("p -n 5", true), DOCA_SUCCESS);
	CHECK_EQUAL(seen.eal_argc, 1);
	finish();
	CHECK_EQUAL(start("p -- -n 5", false), DOCA_SUCCESS);
	finish();

	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_EQUAL(start(bad[i], true), DOCA_ERROR_INVALID_VALUE);
		CHECK_EQUAL(seen.eal_argc, 0);
		finish();
	}
	CHECK_EQUAL(start("p -n 13", false), DOCA_ERROR_BAD_CONFIG);
	CHECK_EQUAL(seen.validations, 0);
	finish();
	CHECK_EQUAL(start("p -n 1 -j file", false), DOCA_ERROR_NOT_SUPPORTED);
	finish();
	CHECK_EQUAL(doca_argp_start(0, NULL), DOCA_ERROR_BAD_STATE);
	CHECK_EQUAL(doca_argp_destroy(), DOCA_ERROR_BAD_STATE);
}

static void test_device_arguments(void)
{
	static const struct {
		const char *line;
		doca_error_t error;
	} bad[] = {
		{ "p -n 1 -a pci/0000:04:00.0", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -a aux/2", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -r pci/03:00.0", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -r pci/03:00.0,pf1vf0", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -r pci/03:00.0,pf0vf[0-", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -r pci/03:00.0,pf0vf[2-1]", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -r pci/03:00.0,pf0vf7", DOCA_ERROR_INVALID_VALUE },
		{ "p -n 1 -r pci/03:00.0,pf0sf1", DOCA_ERROR_NOT_SUPPORTED },
		{ "p -n 1 -r pci/03:00.0,pf0vf[0-2] -r pci/03:00.0,pf0vf[0-1]", DOCA_ERROR_FULL },
	};

	CHECK_EQUAL(setenv("SOFTNIC_PORTS", "p0=lo;pf0vf0=;pf0vf1=;pf0vf2=", 1), 0);
	CHECK_EQUAL(start("p -n 1 -a pci/0000:03:00.0,dv_flow_en=2,x=1", false), DOCA_SUCCESS);
	CHECK(strcmp(softnic_dev_netdev(seen.dev), "lo") == 0);
	CHECK(strcmp(seen.devargs, "dv_flow_en=2,x=1") == 0);
	finish();
	CHECK_EQUAL(start("p -n 1 -a 03:00.0", false), DOCA_SUCCESS);
	CHECK(seen.devargs == NULL);
	finish();

	CHECK_EQUAL(start("p -n 1 -r pci/03:00.0,pf0vf[0,2] -r 03:00.0,pf0vf1,a=[1,2]", false),
		    DOCA_SUCCESS);
	CHECK_EQUAL(seen.reps_count, 3);
	CHECK_EQUAL(softnic_rep_vf(seen.reps[0]), 0);
	CHECK_EQUAL(softnic_rep_vf(seen.reps[1]), 2);
	CHECK_EQUAL(softnic_rep_vf(seen.reps[2]), 1);
	CHECK(softnic_rep_dev(seen.reps[0]) == softnic_rep_dev(seen.reps[2]));
	CHECK(strcmp(seen.devargs, "a=[1,2]") == 0);
	finish();

	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_EQUAL(start(bad[i].line, false), bad[i].error);
		finish();
	}
}

/* -h and -v print to standard output and end the program well. */
static void test_exits(const char *line, const char *expected)
{
	char text[4096] = "";
	size_t length = 0;
	int ends[2], status;

	CHECK_EQUAL(pipe(ends), 0);
	fflush(NULL);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		start(line, true);
		_exit(3);
	}
	close(ends[1]);
	for (ssize_t n; (n = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0;)
		length += (size_t)n;
	close(ends[0]);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQUAL(WEXITSTATUS(status), 0);
	CHECK(strstr(text, expected) != NULL);
}

int main(void)
{
	struct doca_log_backend *backend;

	sdk_log = tmpfile();
	CHECK(sdk_log != NULL);
	CHECK_EQUAL(doca_log_backend_create_with_file_sdk(sdk_log, &backend), DOCA_SUCCESS);
	test_errors();
	test_bitfield();
	test_mpls();
	test_ports();
	test_devices();
	test_representors();
	test_bridge();
	test_log();
	test_arguments();
	test_device_arguments();
	test_exits("p -h", "Usage: program [DPDK Flags] -- [DOCA Flags] [Program Flags]");
	test_exits("p -- --help", "  -nw, --no-wire2wire");
	test_exits("p -v", "3.3.0");
	return 0;
}
