/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to know about devices and representors. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "device.h"
#include "handle.h"
#include "ports.h"

static doca_error_t copy_text(const char *text, char *buffer, uint32_t size)
{
	size_t length = strlen(text);

	if (buffer == NULL || size <= length)
		return DOCA_ERROR_INVALID_VALUE;
	memcpy(buffer, text, length + 1);
	return DOCA_SUCCESS;
}

/* All devices are on one bus; 8 functions of 32 slots. */
static void pci_address(uint16_t index, char address[DOCA_DEVINFO_PCI_ADDR_SIZE])
{
	snprintf(address, DOCA_DEVINFO_PCI_ADDR_SIZE, "0000:03:%02x.%x", (index >> 3) & 0x1fu,
		 index & 7u);
}

/* The functions of a device have a PCI domain of their own: 2¹⁶ addresses, as many as VF numbers. */
static void rep_pci_address(const struct doca_devinfo_rep *info,
			    char address[DOCA_DEVINFO_PCI_ADDR_SIZE])
{
	snprintf(address, DOCA_DEVINFO_PCI_ADDR_SIZE, "%04x:%02x:%02x.%x",
		 (info->dev->info.index + 1u) & 0xffffu, info->vf >> 8, (info->vf >> 3) & 0x1fu,
		 info->vf & 7u);
}

/* "08:00.0" leaves out domain 0. */
static doca_error_t compare(const char *address, const char *text, uint8_t *is_equal)
{
	size_t length = strlen(text);

	if (length != DOCA_DEVINFO_PCI_ADDR_SIZE - 1 && length != DOCA_DEVINFO_PCI_BDF_SIZE - 1)
		return DOCA_ERROR_INVALID_VALUE;
	if (length == DOCA_DEVINFO_PCI_BDF_SIZE - 1)
		*is_equal = strncmp(address, "0000:", 5) == 0 && strcasecmp(address + 5, text) == 0;
	else
		*is_equal = strcasecmp(address, text) == 0;
	return DOCA_SUCCESS;
}

struct doca_devinfo *doca_dev_as_devinfo(const struct doca_dev *dev)
{
	/* The API gives away the const: nothing that it offers changes what is there. */
	return dev == NULL ? NULL : (struct doca_devinfo *)(uintptr_t)&dev->info;
}

struct doca_devinfo_rep *doca_dev_rep_as_devinfo(struct doca_dev_rep *dev_rep)
{
	return dev_rep == NULL ? NULL : &dev_rep->info;
}

doca_error_t doca_devinfo_get_pci_addr_str(const struct doca_devinfo *devinfo, char *pci_addr_str)
{
	if (devinfo == NULL || pci_addr_str == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	pci_address(devinfo->index, pci_addr_str);
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_is_equal_pci_addr(const struct doca_devinfo *devinfo,
					    const char *pci_addr_str, uint8_t *is_equal)
{
	char address[DOCA_DEVINFO_PCI_ADDR_SIZE];

	if (devinfo == NULL || pci_addr_str == NULL || is_equal == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	pci_address(devinfo->index, address);
	return compare(address, pci_addr_str, is_equal);
}

doca_error_t doca_devinfo_get_mac_addr(const struct doca_devinfo *devinfo, uint8_t *mac_addr,
				       uint32_t size)
{
	if (devinfo == NULL || mac_addr == NULL || size < sizeof(devinfo->mac))
		return DOCA_ERROR_INVALID_VALUE;
	if (!devinfo->has_mac)
		return DOCA_ERROR_NOT_FOUND;
	memcpy(mac_addr, devinfo->mac, sizeof(devinfo->mac));
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_get_iface_name(const struct doca_devinfo *devinfo, char *iface_name,
					 uint32_t size)
{
	if (devinfo == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (devinfo->netdev[0] == '\0')
		return DOCA_ERROR_NOT_FOUND;
	return copy_text(devinfo->netdev, iface_name, size);
}

doca_error_t doca_devinfo_get_ibdev_name(const struct doca_devinfo *devinfo, char *ibdev_name,
					 uint32_t size)
{
	char name[DOCA_DEVINFO_IBDEV_NAME_SIZE];

	if (devinfo == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	snprintf(name, sizeof(name), "softnic_%u", devinfo->index);
	return copy_text(name, ibdev_name, size);
}

doca_error_t doca_devinfo_rep_get_pci_addr_str(const struct doca_devinfo_rep *devinfo_rep,
					       char *pci_addr_str)
{
	if (devinfo_rep == NULL || pci_addr_str == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	rep_pci_address(devinfo_rep, pci_addr_str);
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_rep_is_equal_pci_addr(const struct doca_devinfo_rep *devinfo_rep,
						const char *pci_addr_str, uint8_t *is_equal)
{
	char address[DOCA_DEVINFO_PCI_ADDR_SIZE];

	if (devinfo_rep == NULL || pci_addr_str == NULL || is_equal == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	rep_pci_address(devinfo_rep, address);
	return compare(address, pci_addr_str, is_equal);
}

doca_error_t doca_devinfo_rep_get_pci_func_type(const struct doca_devinfo_rep *devinfo_rep,
						enum doca_pci_func_type *pci_func_type)
{
	if (devinfo_rep == NULL || pci_func_type == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*pci_func_type = DOCA_PCI_FUNC_TYPE_VF;
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_rep_get_vuid(const struct doca_devinfo_rep *devinfo_rep, char *rep_vuid,
				       uint32_t size)
{
	char vuid[DOCA_DEVINFO_REP_VUID_SIZE];

	if (devinfo_rep == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	snprintf(vuid, sizeof(vuid), "SOFTNICPF%uVF%u", devinfo_rep->dev->info.index,
		 devinfo_rep->vf);
	return copy_text(vuid, rep_vuid, size);
}

doca_error_t doca_devinfo_rep_get_iface_name(const struct doca_devinfo_rep *devinfo_rep,
					     char *iface_name, uint32_t size)
{
	if (devinfo_rep == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	if (devinfo_rep->netdev[0] == '\0')
		return DOCA_ERROR_NOT_FOUND;
	return copy_text(devinfo_rep->netdev, iface_name, size);
}

doca_error_t doca_devinfo_rep_get_vhca_id(const struct doca_devinfo_rep *devinfo_rep,
					  uint16_t *vhca_id)
{
	if (devinfo_rep == NULL || vhca_id == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*vhca_id = devinfo_rep->vf;
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_rep_cap_is_filter_all_supported(const struct doca_devinfo *devinfo,
							  uint8_t *filter_all_supported)
{
	if (devinfo == NULL || filter_all_supported == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*filter_all_supported = 1;
	return DOCA_SUCCESS;
}

doca_error_t doca_devinfo_rep_cap_is_filter_net_supported(const struct doca_devinfo *devinfo,
							  uint8_t *filter_net_supported)
{
	if (devinfo == NULL || filter_net_supported == NULL)
		return DOCA_ERROR_INVALID_VALUE;
	*filter_net_supported = 1;
	return DOCA_SUCCESS;
}

const char *softnic_dev_netdev(const struct doca_dev *dev)
{
	return dev->info.netdev;
}

const char *softnic_rep_netdev(const struct doca_dev_rep *rep)
{
	return rep->info.netdev;
}

struct doca_dev *softnic_rep_dev(const struct doca_dev_rep *rep)
{
	return rep->info.dev;
}

uint16_t softnic_dev_index(const struct doca_dev *dev)
{
	return dev->info.index;
}

uint16_t softnic_rep_vf(const struct doca_dev_rep *rep)
{
	return rep->info.vf;
}

uint16_t softnic_devinfo_rep_vf(const struct doca_devinfo_rep *info)
{
	return info->vf;
}

doca_error_t softnic_dev_parse_vfs(const struct doca_dev *dev, const char *text, const char *end,
				   uint16_t *vfs, size_t *count)
{
	char prefix[16];
	int length = snprintf(prefix, sizeof(prefix), "pf%uvf", dev->info.index);

	if (end - text < length || memcmp(text, prefix, (size_t)length) != 0) {
		/* "pfNsf…": the letter before f is where ours has its v. */
		if (end - text >= length && memcmp(text, prefix, (size_t)length - 2) == 0 &&
		    memcmp(text + length - 2, "sf", 2) == 0)
			return DOCA_ERROR_NOT_SUPPORTED;
		return DOCA_ERROR_INVALID_VALUE;
	}
	*count = ports_numbers(text + length, end, vfs, *count);
	return *count == 0 ? DOCA_ERROR_INVALID_VALUE : DOCA_SUCCESS;
}
