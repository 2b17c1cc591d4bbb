/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <rte_common.h>

#include "sfctl.h"

/* A column, and what of a row stands in it; "-" stands for nothing. */
#define CELL_LEN (PATH_MAX + 64)

static void
name_cell(const struct row *row, char *cell)
{
	row_name(row, cell, CELL_LEN);
}

static void
parent_cell(const struct row *row, char *cell)
{
	snprintf(cell, CELL_LEN, "%s", row->attrs.parent[0] != '\0' ? row->attrs.parent :
		row->attrs.owner);
}

static void
sfnum_cell(const struct row *row, char *cell)
{
	if (row->attrs.sfnum != UINT32_MAX && (row->entry.root == NULL ||
			!row->entry.root->is_mdev))
		snprintf(cell, CELL_LEN, "%" PRIu32, row->attrs.sfnum);
}

static void
mac_cell(const struct row *row, char *cell)
{
	const uint8_t *mac;

	if (row->port == NULL || !row->port->has_mac)
		return;
	mac = row->port->mac;
	snprintf(cell, CELL_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

static void
state_cell(const struct row *row, char *cell)
{
	if (row->port != NULL)
		snprintf(cell, CELL_LEN, "%s%s", row->port->is_active ? "active" : "inactive",
			row->port->is_attached ? ",attached" : "");
}

static void
driver_cell(const struct row *row, char *cell)
{
	snprintf(cell, CELL_LEN, "%s", row->driver);
}

static void
node_cell(const struct row *row, char *cell)
{
	snprintf(cell, CELL_LEN, "%s", row->node->path);
}

static void
access_cell(const struct row *row, char *cell)
{
	snprintf(cell, CELL_LEN, "%s", row->access);
}

static void
holder_cell(const struct row *row, char *cell)
{
	if (row->node->pid != 0)
		snprintf(cell, CELL_LEN, "%s[%" PRIu32 "]", row->node->comm, row->node->pid);
}

static void
devargs_cell(const struct row *row, char *cell)
{
	snprintf(cell, CELL_LEN, "%s", row->devargs);
}

static const struct column {
	const char *title, *key;
	void (*cell)(const struct row *row, char *cell);
} columns[] = {
	{ "NAME", "name", name_cell },
	{ "PARENT", "parent", parent_cell },
	{ "SFNUM", "sfnum", sfnum_cell },
	{ "MAC", "mac", mac_cell },
	{ "STATE", "state", state_cell },
	{ "DRIVER", "kernel_driver", driver_cell },
	{ "NODE", "node", node_cell },
	{ "ACCESS", "access", access_cell },
	{ "HELD BY", "held_by", holder_cell },
	{ "DEVARGS", "devargs", devargs_cell },
};

static const char *
cell_get(const struct column *column, const struct row *row, char *cell)
{
	cell[0] = '\0';
	column->cell(row, cell);
	return cell;
}

void
show_table(const struct table *table)
{
	size_t width[RTE_DIM(columns)], i, k;
	char cell[CELL_LEN];

	for (k = 0; k < RTE_DIM(columns); k++) {
		width[k] = strlen(columns[k].title);
		for (i = 0; i < table->nb; i++)
			width[k] = RTE_MAX(width[k], strlen(cell_get(&columns[k], &table->row[i],
				cell)));
	}
	for (k = 0; k < RTE_DIM(columns); k++)
		printf("%-*s%s", (int)width[k], columns[k].title,
			k + 1 < RTE_DIM(columns) ? "  " : "\n");
	for (i = 0; i < table->nb; i++) {
		for (k = 0; k < RTE_DIM(columns); k++) {
			cell_get(&columns[k], &table->row[i], cell);
			printf("%-*s%s", (int)width[k], cell[0] == '\0' ? "-" : cell,
				k + 1 < RTE_DIM(columns) ? "  " : "\n");
		}
	}
}

/* All cells, and numbers as numbers; what there is not is null. */
static json_t *
row_json(const struct row *row)
{
	json_t *object = json_object();
	char cell[CELL_LEN];
	size_t k;

	json_object_set_new(object, "kind", json_string(row->entry.root != NULL &&
		row->entry.root->is_mdev ? "mdev" : "sf"));
	for (k = 0; k < RTE_DIM(columns); k++) {
		cell_get(&columns[k], row, cell);
		json_object_set_new(object, columns[k].key, cell[0] == '\0' ? json_null() :
			columns[k].cell == sfnum_cell ? json_integer(row->attrs.sfnum) :
			json_string(cell));
	}
	json_object_set_new(object, "numa_node", json_integer(row->entry.root == NULL ? -1 :
		row->attrs.numa_node));
	if (row->port != NULL) {
		snprintf(cell, sizeof(cell), "%s/%s/%" PRIu32, row->port->bus, row->port->dev,
			row->port->index);
		json_object_set_new(object, "port", json_string(cell));
		json_object_set_new(object, "active", json_boolean(row->port->is_active));
		json_object_set_new(object, "attached", json_boolean(row->port->is_attached));
	}
	if (row->node->pid != 0)
		json_object_set_new(object, "pid", json_integer(row->node->pid));
	return object;
}

void
show_json(const struct table *table)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < table->nb; i++)
		json_array_append_new(array, row_json(&table->row[i]));
	json_dumpf(array, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(array);
}

/* What of a row is worth a line when it changes: all but who has the node open. */
static bool
is_same(const struct row *one, const struct row *two)
{
	char a[CELL_LEN], b[CELL_LEN];
	size_t k;

	for (k = 0; k < RTE_DIM(columns); k++)
		if (columns[k].cell != holder_cell && strcmp(cell_get(&columns[k], one, a),
				cell_get(&columns[k], two, b)) != 0)
			return false;
	return one->entry.ino == two->entry.ino;
}

static void
change_show(const char *what, const struct row *row, bool is_json)
{
	char name[CELL_LEN], state[CELL_LEN], node[CELL_LEN];
	json_t *object;

	if (is_json) {
		object = row_json(row);
		json_object_set_new(object, "change", json_string(what));
		json_dumpf(object, stdout, JSON_COMPACT);
		json_decref(object);
		putchar('\n');
	} else {
		state[0] = '\0';
		state_cell(row, state);
		node_cell(row, node);
		printf("%-7s %s%s%s%s%s\n", what, row_name(row, name, sizeof(name)),
			state[0] == '\0' ? "" : " ", state, node[0] == '\0' ? "" : " ", node);
	}
	fflush(stdout);
}

/* The row of the same name, or NULL. */
static const struct row *
same_find(const struct table *table, const struct row *row)
{
	char name[CELL_LEN], other[CELL_LEN];
	size_t i;

	row_name(row, name, sizeof(name));
	for (i = 0; i < table->nb; i++)
		if (strcmp(row_name(&table->row[i], other, sizeof(other)), name) == 0)
			return &table->row[i];
	return NULL;
}

void
show_changes(const struct table *before, const struct table *now, bool is_json)
{
	const struct row *row, *other;

	for (row = before->row; row < before->row + before->nb; row++)
		if (same_find(now, row) == NULL)
			change_show("removed", row, is_json);
	for (row = now->row; row < now->row + now->nb; row++) {
		other = same_find(before, row);
		if (other == NULL)
			change_show("added", row, is_json);
		else if (!is_same(other, row))
			change_show("changed", row, is_json);
	}
}
