/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "sfctl.h"

static struct row *
row_add(struct table *table)
{
	struct row *grown = realloc(table->row, (table->nb + 1) * sizeof(*grown));

	if (grown == NULL)
		return NULL;
	table->row = grown;
	grown[table->nb] = (struct row){ .port = NULL };
	return &grown[table->nb++];
}

static bool
is_port_of(const struct port *port, const struct row *row)
{
	return row->entry.root != NULL && row->attrs.sfnum == port->sfnum &&
		strcmp(row->attrs.owner, port->dev) == 0;
}

/* A device of the kernel's auxiliary bus that is no sub-function has no number. */
static int
device_add(struct table *table, const struct auxiliary_entry *entry, bool all)
{
	struct auxiliary_attrs attrs;
	struct row *row;
	size_t i;

	if (auxiliary_attrs_read(entry->root, entry->name, &attrs) < 0 ||
			(!all && !entry->root->is_mdev && attrs.sfnum == UINT32_MAX &&
			 auxiliary_root_is_kernels(entry->root)))
		return 0;
	row = row_add(table);
	if (row == NULL)
		return -ENOMEM;
	row->entry = *entry;
	row->attrs = attrs;
	if (!auxiliary_kernel_driver(entry->root, entry->name, row->driver, sizeof(row->driver)))
		row->driver[0] = '\0';
	for (i = 0; i < table->ports.nb; i++)
		if (is_port_of(&table->ports.port[i], row))
			row->port = &table->ports.port[i];
	snprintf(row->devargs, sizeof(row->devargs), "bus=auxiliary,%s=%s",
		entry->root->is_mdev ? "uuid" : "name", entry->name);
	return 0;
}

static int
devices_add(struct table *table, bool all)
{
	const struct auxiliary_root **roots = auxiliary_roots_get();
	struct auxiliary_entries entries = { .nb = 0 };
	char sf[RTE_DEV_NAME_MAX_LEN];
	int ret = -ENOMEM;
	size_t i;

	if (roots != NULL)
		ret = auxiliary_entries_read(&entries, roots, NULL);
	if (ret == 0 && entries.nb > 0)
		qsort(entries.entry, entries.nb, sizeof(*entries.entry), auxiliary_entry_cmp);
	for (i = 0; i < entries.nb && ret == 0; i++) {
		/* Of one name, the first root's device is the bus's. */
		if (i > 0 && strcmp(entries.entry[i].name, entries.entry[i - 1].name) == 0)
			continue;
		if (!auxiliary_entry_is_node(&entries.entry[i], roots, sf, sizeof(sf)))
			ret = device_add(table, &entries.entry[i], all);
	}
	free(entries.entry);
	free(roots);
	return ret;
}

/* Ports that have no device: inactive, or on their way. */
static int
ports_add(struct table *table)
{
	size_t i, k, nb = table->nb;
	struct row *row;

	for (i = 0; i < table->ports.nb; i++) {
		for (k = 0; k < nb && table->row[k].port != &table->ports.port[i]; k++)
			;
		if (k < nb)
			continue;
		row = row_add(table);
		if (row == NULL)
			return -ENOMEM;
		row->port = &table->ports.port[i];
		row->attrs.sfnum = row->port->sfnum;
		strlcpy(row->attrs.owner, row->port->dev, sizeof(row->attrs.owner));
	}
	return 0;
}

/* "root:vfio rw-rw----" */
static void
access_read(const char *path, char *buf, size_t size)
{
	const struct passwd *user;
	const struct group *group;
	char mode[] = "rwxrwxrwx";
	struct stat st;
	int i;

	buf[0] = '\0';
	if (path[0] == '\0' || stat(path, &st) < 0)
		return;
	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	for (i = 0; i < 9; i++)
		if ((st.st_mode & (0400u >> i)) == 0)
			mode[i] = '-';
	snprintf(buf, size, "%s:%s %s", user == NULL ? "?" : user->pw_name,
		group == NULL ? "?" : group->gr_name, mode);
}

static void
node_read(struct row *row)
{
	const struct auxiliary_root *root = row->entry.root;
	struct auxiliary_node node;

	if (root == NULL)
		return;
	if (auxiliary_node_find(root, row->entry.name, &node) == 0) {
		row->node->is_socket = node.vfio.user_socket != NULL;
		auxiliary_node_path(root, &node, RTE_VFIO_TRANSPORT_ANY, row->node->path,
			sizeof(row->node->path));
		strlcpy(row->node->other, node.kernel.group, sizeof(row->node->other));
	}
	auxiliary_node_put(&node);
	access_read(row->node->path, row->access, sizeof(row->access));
}

int
table_read(struct table *table, bool all)
{
	int ret, error;
	size_t i;

	*table = (struct table){ .nb = 0 };
	error = ports_read(&table->ports);
	if (error < 0)
		complain("cannot ask devlink for ports: %s", strerror(-error));
	ret = devices_add(table, all);
	if (ret == 0)
		ret = ports_add(table);
	if (ret == 0)
		table->nodes = calloc(table->nb + 1, sizeof(*table->nodes));
	if (table->nodes == NULL) {
		complain("no memory");
		table_free(table);
		return -ENOMEM;
	}
	for (i = 0; i < table->nb; i++) {
		table->row[i].node = &table->nodes[i];
		node_read(&table->row[i]);
	}
	holders_find(table->nodes, table->nb);
	return 0;
}

void
table_free(struct table *table)
{
	ports_free(&table->ports);
	free(table->row);
	free(table->nodes);
	*table = (struct table){ .nb = 0 };
}

/* "pf=sf_sim,sfnum=88", with or without "bus=auxiliary," in front. */
static bool
is_picked(const struct row *row, const char *what)
{
	static const char bus[] = "bus=auxiliary,";
	char pf[64];
	uint32_t sfnum;

	if (strncmp(what, bus, strlen(bus)) == 0)
		what += strlen(bus);
	return sscanf(what, "pf=%63[^,],sfnum=%" SCNu32, pf, &sfnum) == 2 &&
		row->attrs.sfnum == sfnum && strcmp(row->attrs.owner, pf) == 0;
}

const char *
row_name(const struct row *row, char *buf, size_t size)
{
	if (row->entry.root != NULL)
		strlcpy(buf, row->entry.name, size);
	else
		snprintf(buf, size, "%s/%s/%" PRIu32, row->port->bus, row->port->dev,
			row->port->index);
	return buf;
}

const struct row *
table_find(const struct table *table, const char *what)
{
	const struct row *row;
	char port[128];

	for (row = table->row; row < table->row + table->nb; row++) {
		if (row->entry.root != NULL && strcasecmp(row->entry.name, what) == 0)
			return row;
		if (row->port != NULL) {
			snprintf(port, sizeof(port), "%s/%s/%" PRIu32, row->port->bus,
				row->port->dev, row->port->index);
			if (strcmp(port, what) == 0)
				return row;
		}
		if (is_picked(row, what))
			return row;
	}
	return NULL;
}

void
table_wait(struct auxiliary_news *news, int timeout_ms)
{
	const struct auxiliary_root **roots = auxiliary_roots_get();
	struct pollfd fds[2];

	if (roots != NULL)
		auxiliary_news_listen(news, roots);
	free(roots);
	fds[0] = (struct pollfd){ .fd = news->uevents, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = news->inotify, .events = POLLIN };
	if (poll(fds, RTE_DIM(fds), timeout_ms) <= 0)
		return;
	if ((fds[0].revents & POLLIN) != 0)
		auxiliary_news_take_uevents(news);
	if ((fds[1].revents & POLLIN) != 0)
		auxiliary_news_take_inotify(news);
}
