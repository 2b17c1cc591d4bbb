/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vfio_private.h"

/*
 * Which nodes the kernel's VFIO has for a device.  A VFIO driver puts vfio-dev/vfioN
 * into the device's directory of sysfs, with the number of the character device
 * in the file "dev", and the IOMMU driver the link iommu_group.
 */

#define CDEV_DIR "vfio-dev"
#define CDEV_PATH "/dev/vfio/devices"
#define GROUP_LINK "iommu_group"
#define GROUP_PATH "/dev/vfio"

/* Whether sysfs gives an entry of vfio-dev/ this number, written "major:minor". */
static bool
number_is(int cdevs, const char *name, const char *number)
{
	char file[NAME_MAX + sizeof("/dev")], text[32];
	ssize_t len;
	int fd;

	snprintf(file, sizeof(file), "%s/dev", name);
	fd = openat(cdevs, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len > 0 && text[len - 1] == '\n' && (size_t)len - 1 == strlen(number) &&
		memcmp(text, number, strlen(number)) == 0;
}

/*
 * Hold the character device that an entry of vfio-dev/ names.  Its path may lead
 * to another device, in a container for example, and may do so a moment later;
 * so the device is opened by the descriptor whose number was compared.
 */
static void
cdev_hold(int cdevs, const char *name, struct rte_vfio_dev_node *node,
		struct rte_vfio_kernel_node *kernel)
{
	char number[32];
	struct stat st;
	int fd;

	snprintf(kernel->cdev, sizeof(kernel->cdev), CDEV_PATH "/%.32s", name);
	fd = open(kernel->cdev, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode)) {
		snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		if (number_is(cdevs, name, number)) {
			kernel->fd = fd;
			snprintf(kernel->fd_path, sizeof(kernel->fd_path), "/proc/self/fd/%d", fd);
			node->cdev = kernel->fd_path;
			return;
		}
		VFIO_LOG(ERR, node, "%s is device %s and not that of sysfs, not opened",
			kernel->cdev, number);
	}
	close(fd);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_node_find)
void
rte_vfio_node_find(int dir, struct rte_vfio_dev_node *node, struct rte_vfio_kernel_node *kernel)
{
	int fd = openat(dir, CDEV_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *cdevs = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char group[PATH_MAX];
	ssize_t len;

	*kernel = (struct rte_vfio_kernel_node){ .fd = -1 };
	node->cdev = NULL;
	while (cdevs != NULL && kernel->cdev[0] == '\0' && (entry = readdir(cdevs)) != NULL)
		if (strncmp(entry->d_name, "vfio", strlen("vfio")) == 0)
			cdev_hold(fd, entry->d_name, node, kernel);
	if (cdevs != NULL)
		closedir(cdevs);
	else if (fd >= 0)
		close(fd);
	len = readlinkat(dir, GROUP_LINK, group, sizeof(group) - 1);
	if (len > 0) {
		group[len] = '\0';
		snprintf(kernel->group, sizeof(kernel->group), GROUP_PATH "/%.48s",
			basename(group));
	} else {
		node->group_base = node->group_name = NULL;
	}
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_node_put)
void
rte_vfio_node_put(struct rte_vfio_kernel_node *kernel)
{
	if (kernel->fd >= 0)
		close(kernel->fd);
	kernel->fd = -1;
}
