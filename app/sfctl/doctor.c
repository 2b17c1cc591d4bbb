/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jansson.h>

#include "sfctl.h"

/* Why DPDK could not use a device: a sentence each, with what to do. */

/* What an EAL with 64 MiB of ordinary pages, the least that is of use, has to lock. */
#define MEMLOCK_MIN (64 * 1024 * 1024)

static void __attribute__((format(printf, 2, 3)))
find(json_t *findings, const char *format, ...)
{
	char text[AUXILIARY_ADVICE_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(findings, json_string(text));
}

static void
port_check(const struct row *row, json_t *findings)
{
	if (row->port == NULL)
		return;
	if (!row->port->is_active)
		find(findings, "it is not active; dpdk-sfctl activate %s/%s/%" PRIu32,
			row->port->bus, row->port->dev, row->port->index);
	else if (row->entry.root == NULL)
		find(findings, "it is active, but the kernel has made no device of it; see what "
			"the driver of %s says in the kernel's log", row->port->dev);
}

static bool
is_absent(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* What the bus itself would say, and what it says of files beside the node. */
static void
node_check(const struct row *row, json_t *findings)
{
	const struct auxiliary_root *root = row->entry.root;
	char advice[AUXILIARY_ADVICE_LEN];
	struct auxiliary_node node;
	const char *beside;
	int ret;

	ret = auxiliary_node_find(root, row->entry.name, &node);
	if (ret == -EXDEV)
		find(findings, "its link leads out of the tree of %s; whoever made that directory "
			"has to mend it", root->path);
	else if (auxiliary_node_advice(root, row->entry.name, "DPDK", &node, ret, advice))
		find(findings, "%s", advice);
	else if (ret == 0 && node.kernel.cdev[0] != '\0' && is_absent(node.kernel.cdev) &&
			is_absent(node.kernel.group)) {
		find(findings, "neither %s nor %s is there; a container has to be given one of them",
			node.kernel.cdev, node.kernel.group);
	} else if (ret == 0 && node.vfio.user_socket == NULL) {
		beside = node.vfio.cdev != NULL ? "/dev/iommu" : "/dev/vfio/vfio";
		if (faccessat(AT_FDCWD, beside, R_OK | W_OK, AT_EACCESS) < 0)
			find(findings, "this user may not read and write %s: %s; %s", beside,
				strerror(errno), errno == ENOENT ?
				"modprobe vfio_iommu_type1, or iommufd" :
				"give the user's group the right to");
	} else if (ret == 0 && access(row->node->path, W_OK) < 0) {
		find(findings, "this user may not connect to %s: %s", row->node->path,
			strerror(errno));
	}
	auxiliary_node_put(&node);
	if (row->node->pid != 0)
		find(findings, "%s, process %" PRIu32 ", has it open; a device has one user",
			row->node->comm, row->node->pid);
}

/* Whether there is a free hugepage of any size, by the directories of sysfs. */
static bool
has_hugepages(void)
{
	static const char base[] = "/sys/kernel/mm/hugepages";
	DIR *dir = opendir(base);
	const struct dirent *entry;
	char path[PATH_MAX];
	unsigned int nb = 0;
	FILE *file;

	while (dir != NULL && nb == 0 && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", base, entry->d_name);
		file = fopen(path, "re");
		if (file != NULL && fscanf(file, "%u", &nb) != 1)
			nb = 0;
		if (file != NULL)
			fclose(file);
	}
	if (dir != NULL)
		closedir(dir);
	return nb > 0;
}

static void
memory_check(const struct row *row, json_t *findings)
{
	struct rlimit limit;

	if (!has_hugepages())
		find(findings, "no hugepages are free; echo 512 > /proc/sys/vm/nr_hugepages, or "
			"start DPDK with --no-huge");
	if (geteuid() != 0 && !row->node->is_socket && row->node->path[0] != '\0' &&
			getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < MEMLOCK_MIN)
		find(findings, "this user may lock no more than %llu KiB of memory, and the device "
			"needs all of DPDK's; ulimit -l unlimited",
			(unsigned long long)limit.rlim_cur / 1024);
}

static void
findings_show(const char *name, const json_t *findings, bool is_json)
{
	json_t *result;
	size_t i;

	if (is_json) {
		result = json_pack("{s:s, s:b, s:O}", "name", name, "usable",
				json_array_size(findings) == 0, "findings", findings);
		json_dumpf(result, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(result);
		return;
	}
	for (i = 0; i < json_array_size(findings); i++)
		printf("%s: %s\n", name, json_string_value(json_array_get(findings, i)));
	if (i == 0)
		printf("%s: nothing is in the way of DPDK\n", name);
}

int
doctor(const char *what, bool is_json)
{
	char name[PATH_MAX], roots[PATH_MAX];
	const struct row *row;
	struct table table;
	json_t *findings;
	bool is_usable;

	if (table_read(&table, true) < 0)
		return SFCTL_FAILED;
	row = table_find(&table, what);
	if (row == NULL) {
		complain("%s: no such device or port, in %s and devlink", what,
			auxiliary_roots_str(roots, sizeof(roots)));
		table_free(&table);
		return SFCTL_NOT_FOUND;
	}
	findings = json_array();
	port_check(row, findings);
	if (row->entry.root != NULL)
		node_check(row, findings);
	memory_check(row, findings);
	findings_show(row_name(row, name, sizeof(name)), findings, is_json);
	is_usable = json_array_size(findings) == 0;
	json_decref(findings);
	table_free(&table);
	return is_usable ? SFCTL_OK : SFCTL_UNUSABLE;
}
