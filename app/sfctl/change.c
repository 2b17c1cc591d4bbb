/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <rte_string_fns.h>

#include "sfctl.h"

/*
 * What changes devices.  Each command asks first what there is, so that what is
 * done already is done with a success.
 */

/* For a device, its driver's binding or its node to come, which udev may delay. */
#define WAIT_MS 10000
/* How many are made in silence, where nobody looks at a terminal. */
#define PROGRESS_STEP 50

/* --- Drivers ------------------------------------------------------------------- */

/* Write to a file of sysfs.  0 or a negative errno. */
static int
sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

static int
row_bind(const struct row *row, const char *driver)
{
	const char *name = row->entry.name, *root;
	char path[PATH_MAX];
	int ret;

	if (row->entry.root == NULL || !auxiliary_root_is_kernels(row->entry.root)) {
		complain("%s: the kernel has no such device, so no driver either", name[0] != '\0' ?
			name : row->port->dev);
		return SFCTL_NOT_FOUND;
	}
	if (strcmp(row->driver, driver == NULL ? "" : driver) == 0)
		return SFCTL_OK;
	root = row->entry.root->path;
	if (driver != NULL) {
		snprintf(path, sizeof(path), "%s/../drivers/%s", root, driver);
		if (strchr(driver, '/') != NULL || access(path, F_OK) < 0) {
			complain("%s: no such driver in %s/../drivers", driver, root);
			return SFCTL_NOT_FOUND;
		}
	}
	if (row->driver[0] != '\0') {
		snprintf(path, sizeof(path), "%s/%s/driver/unbind", root, name);
		ret = sysfs_write(path, name);
		if (ret < 0) {
			complain("%s: cannot be unbound from %s: %s", name, row->driver,
				strerror(-ret));
			return SFCTL_FAILED;
		}
	}
	if (driver == NULL)
		return SFCTL_OK;
	snprintf(path, sizeof(path), "%s/../drivers/%s/bind", root, driver);
	ret = sysfs_write(path, name);
	if (ret < 0)
		complain("%s: cannot be bound to %s: %s%s", name, driver, strerror(-ret),
			row->driver[0] != '\0' ? "; it is bound to none now" : "");
	return ret < 0 ? SFCTL_FAILED : SFCTL_OK;
}

/* --- One device ---------------------------------------------------------------- */

/* Look the device up and do something with it. */
static int
with_row(const char *what, int (*act)(const struct row *row, const void *arg), const void *arg)
{
	const struct row *row;
	struct table table;
	int ret = SFCTL_NOT_FOUND;

	if (table_read(&table, true) < 0)
		return SFCTL_FAILED;
	row = table_find(&table, what);
	if (row != NULL)
		ret = act(row, arg);
	else
		complain("%s: no such device or port", what);
	table_free(&table);
	return ret;
}

static int
bind_act(const struct row *row, const void *arg)
{
	return row_bind(row, arg);
}

int
bind_to(const char *what, const char *driver)
{
	return with_row(what, bind_act, driver);
}

static const struct port *
port_of(const struct row *row)
{
	char name[PATH_MAX];

	if (row->port == NULL)
		complain("%s: devlink has no port for it, so it cannot be changed",
			row_name(row, name, sizeof(name)));
	return row->port;
}

/* What the kernel says goes to the user as it is. */
static int
port_result(const struct port *port, const char *what, int error, const char *why)
{
	if (error < 0)
		complain("%s/%s/%" PRIu32 ": cannot be %s: %s", port->bus, port->dev, port->index,
			what, why);
	return error < 0 ? SFCTL_FAILED : SFCTL_OK;
}

static int
activate_act(const struct row *row, const void *arg)
{
	const struct port *port = port_of(row);
	const bool *is_active = arg;
	char why[PORT_WHY_LEN];

	if (port == NULL)
		return SFCTL_NOT_FOUND;
	if (port->is_active == *is_active)
		return SFCTL_OK;
	return port_result(port, *is_active ? "activated" : "deactivated",
			port_set(port, NULL, is_active, why), why);
}

int
activate(const char *what, bool is_active)
{
	return with_row(what, activate_act, &is_active);
}

static int
delete_act(const struct row *row, const void *arg __rte_unused)
{
	const struct port *port = port_of(row);
	char why[PORT_WHY_LEN];

	if (port == NULL)
		return SFCTL_NOT_FOUND;
	return port_result(port, "deleted", port_delete(port, why), why);
}

int
delete(const char *what)
{
	return with_row(what, delete_act, NULL);
}

/* A number without a port counts as deleted. */
int
delete_range(const char *pf, uint32_t sfnum, uint32_t count)
{
	int ret = SFCTL_OK;
	char bus[32], dev[64], why[PORT_WHY_LEN];
	struct ports ports;
	size_t i;

	if (parent_find(pf, bus, sizeof(bus), dev, sizeof(dev)) < 0) {
		complain("%s: no such device that could have sub-functions", pf);
		return SFCTL_NOT_FOUND;
	}
	if (ports_read(&ports) < 0)
		return SFCTL_FAILED;
	for (i = 0; i < ports.nb; i++) {
		const struct port *port = &ports.port[i];

		if (strcmp(port->bus, bus) == 0 && strcmp(port->dev, dev) == 0 &&
				port->sfnum >= sfnum && port->sfnum - sfnum < count &&
				port_result(port, "deleted", port_delete(port, why), why) !=
				SFCTL_OK)
			ret = SFCTL_FAILED;
	}
	ports_free(&ports);
	return ret;
}

/* --- Creation ------------------------------------------------------------------ */

static const struct row *
made_find(const struct table *table, const char *dev, uint32_t sfnum)
{
	char what[128];

	snprintf(what, sizeof(what), "pf=%s,sfnum=%" PRIu32, dev, sfnum);
	return table_find(table, what);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Read the table until a device is there, and with "node" its VFIO node.  NULL if it stays away. */
static const struct row *
made_wait(struct table *table, const char *dev, uint32_t sfnum, bool node)
{
	struct auxiliary_news news = AUXILIARY_NEWS_NONE;
	int64_t end = now_ms() + WAIT_MS;
	const struct row *row = NULL;

	do {
		/* Listening begins before the look, so that nothing comes between them. */
		table_wait(&news, row == NULL ? 0 : 100);
		table_free(table);
		if (table_read(table, false) < 0)
			break;
		row = made_find(table, dev, sfnum);
		if (row != NULL && row->entry.root != NULL && (!node || row->node->path[0] != '\0'))
			break;
	} while (now_ms() < end);
	auxiliary_news_close(&news);
	return row != NULL && row->entry.root != NULL && (!node || row->node->path[0] != '\0') ?
		row : NULL;
}

static void
mac_advance(const uint8_t *from, uint32_t by, uint8_t *mac)
{
	uint64_t number = 0;
	int i;

	for (i = 0; i < 6; i++)
		number = number << 8 | from[i];
	number += by;
	for (i = 5; i >= 0; i--, number >>= 8)
		mac[i] = (uint8_t)number;
}

/*
 * Add a port unless it is there, and activate it.  The driver of a parent that has just come
 * may not have registered its devlink instance yet; with "wait" that gets time, too.
 * 0, or an errno and the reason.
 */
static int
port_make(const char *bus, const char *dev, uint32_t sfnum, const uint8_t *mac, bool wait,
		bool *was_there, char *why)
{
	int64_t end = now_ms() + (wait ? WAIT_MS : 0);
	static const bool on = true;
	const struct row *row;
	struct table table;
	int ret;

	strlcpy(why, "no memory", PORT_WHY_LEN);
	ret = table_read(&table, false);
	if (ret < 0)
		return ret;
	row = made_find(&table, dev, sfnum);
	*was_there = row != NULL && row->port != NULL;
	if (!*was_there) {
		table_free(&table);
		while ((ret = port_add(bus, dev, 0, sfnum, why)) == -ENODEV && now_ms() < end)
			usleep(10000);
		if (ret == 0)
			ret = table_read(&table, false);
		if (ret < 0)
			return ret;
		row = made_find(&table, dev, sfnum);
	}
	if (row == NULL || row->port == NULL) {
		strlcpy(why, "it was made, and has gone again", PORT_WHY_LEN);
		ret = -ENODEV;
	} else if (!row->port->is_active || (mac != NULL && memcmp(mac, row->port->mac, 6) != 0)) {
		ret = port_set(row->port, mac, row->port->is_active ? NULL : &on, why);
	}
	table_free(&table);
	return ret;
}

/* What becomes of one of those that are to be made goes to "made". */
static int
create_one(const struct creation *creation, const char *bus, const char *dev, uint32_t number,
		json_t *made)
{
	uint32_t sfnum = creation->sfnum + number;
	struct table table = { .nb = 0 };
	char why[PORT_WHY_LEN], name[PATH_MAX];
	const struct row *row = NULL;
	json_t *one = json_object();
	bool was_there = false;
	uint8_t mac[6];
	int ret;

	if (creation->mac != NULL)
		mac_advance(creation->mac, number, mac);
	ret = port_make(bus, dev, sfnum, creation->mac == NULL ? NULL : mac, creation->is_awaited,
			&was_there, why);
	if (ret < 0) {
		complain("%s/%s, sfnum %" PRIu32 ": cannot be made: %s", bus, dev, sfnum, why);
		ret = SFCTL_FAILED;
	}
	if (ret == 0 && (creation->is_awaited || creation->driver != NULL)) {
		row = made_wait(&table, dev, sfnum, false);
		if (row != NULL && creation->driver != NULL)
			ret = row_bind(row, creation->driver);
		if (ret == 0 && row != NULL && creation->driver != NULL && creation->is_awaited)
			row = made_wait(&table, dev, sfnum, true);
		if (row == NULL) {
			complain("%s/%s, sfnum %" PRIu32 ": is there, but no device%s has come in "
				"%d s", bus, dev, sfnum, creation->driver != NULL ?
				" with a VFIO node" : "", WAIT_MS / 1000);
			ret = SFCTL_FAILED;
		}
	}
	json_object_set_new(one, "sfnum", json_integer(sfnum));
	json_object_set_new(one, "was_there", json_boolean(was_there));
	json_object_set_new(one, "name", row == NULL ? json_null() :
		json_string(row_name(row, name, sizeof(name))));
	json_object_set_new(one, "done", json_boolean(ret == 0));
	json_array_append_new(made, one);
	if (!creation->is_json && ret == 0 && creation->count == 1)
		printf("%s/%s, sfnum %" PRIu32 ": %s%s%s\n", bus, dev, sfnum,
			was_there ? "was there" : "made", row == NULL ? "" : ", ",
			row == NULL ? "" : row->entry.name);
	table_free(&table);
	return ret;
}

static void
progress_show(uint32_t done, uint32_t count)
{
	if (count <= PROGRESS_STEP)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" PRIu32 " of %" PRIu32 "%s", done, count,
			done == count ? "\n" : "");
	else if (done % PROGRESS_STEP == 0)
		fprintf(stderr, "%" PRIu32 " of %" PRIu32 "\n", done, count);
}

int
create(const struct creation *creation)
{
	json_t *made = json_array();
	char bus[32], dev[64];
	uint32_t i = 0;
	int ret;

	if (parent_find(creation->pf, bus, sizeof(bus), dev, sizeof(dev)) < 0) {
		complain("%s: no such device that could have sub-functions", creation->pf);
		json_decref(made);
		return SFCTL_NOT_FOUND;
	}
	do {
		ret = create_one(creation, bus, dev, i, made);
		if (ret == 0)
			progress_show(++i, creation->count);
	} while (ret == 0 && i < creation->count);
	if (creation->is_json) {
		json_dumpf(made, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (creation->count > 1) {
		printf("%s/%s: %" PRIu32 " of %" PRIu32 " are there", bus, dev, i,
			creation->count);
		if (i > 0)
			printf(", sfnum %" PRIu32 " to %" PRIu32, creation->sfnum,
				creation->sfnum + i - 1);
		putchar('\n');
	}
	json_decref(made);
	return ret != 0 && i > 0 ? SFCTL_PARTLY : ret;
}
