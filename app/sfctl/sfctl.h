/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef SFCTL_H
#define SFCTL_H

/*
 * dpdk-sfctl.  Each file uses the files in front of it: port.c (the kernel's
 * devlink), holder.c (who has a node open), table.c (sub-functions and mediated
 * devices, as sysfs and devlink have them together), show.c, doctor.c, change.c,
 * sfctl.c (the commands).
 */

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <auxiliary_sysfs.h>

/* What the program ends with. */
enum sfctl_exit {
	SFCTL_OK,
	SFCTL_FAILED, /* the kernel refused */
	SFCTL_USAGE,
	SFCTL_NOT_FOUND, /* no such device, port, PF or driver */
	SFCTL_UNUSABLE, /* doctor has found something */
	SFCTL_PARTLY, /* create has made some, and not all */
};

/* Complain on stderr. */
#define complain(format, ...) fprintf(stderr, "dpdk-sfctl: " format "\n", ##__VA_ARGS__)

/* --- port.c: sub-functions, as devlink has them -------------------------------- */

struct port {
	char bus[32], dev[64]; /* of the parent: "pci", "0000:03:00.0" */
	uint32_t index; /* of the port, below the parent */
	uint32_t sfnum;
	uint16_t pf; /* number of the PCI function */
	uint8_t mac[6];
	bool has_mac;
	bool is_active;
	bool is_attached; /* to a driver, or on its way to or from one */
};

struct ports {
	struct port *port;
	size_t nb;
};

/* All ports that are sub-functions; none where the kernel has no devlink.  0 or an errno. */
int ports_read(struct ports *ports);
void ports_free(struct ports *ports);

/* Change one.  0 or a negative errno, with the kernel's words in the last argument. */
#define PORT_WHY_LEN 256
int port_add(const char *bus, const char *dev, uint32_t pf, uint32_t sfnum, char *why);
int port_set(const struct port *port, const uint8_t *mac, const bool *is_active, char *why);
int port_delete(const struct port *port, char *why);

/* The bus and the device that a PF names, "pci/0000:03:00.0" or "0000:03:00.0".  0 or -ENODEV. */
int parent_find(const char *pf, char *bus, size_t bus_size, char *dev, size_t dev_size);

/* --- holder.c ------------------------------------------------------------------ */

/* A file that processes may have open: a node by its path, or the socket of a server. */
struct holding {
	char path[PATH_MAX];
	char other[64]; /* of the same device, "" if it has one path: its group */
	bool is_socket;
	uint32_t pid; /* of the first that has it open, or is connected to it; 0: none */
	char comm[32]; /* the process's name */
};

/* Find out for each, of the processes that this user may look into. */
void holders_find(struct holding *holdings, size_t nb);

/* --- table.c ------------------------------------------------------------------- */

/* A sub-function or a mediated device: a device, a port or both. */
struct row {
	struct auxiliary_entry entry; /* its root is NULL if there is no device (yet) */
	struct auxiliary_attrs attrs;
	const struct port *port; /* or NULL */
	char driver[64]; /* the kernel's, or "" */
	struct holding *node; /* the VFIO node, its path "" if there is none */
	char access[64]; /* to the node: "root:vfio rw-rw----" */
	char devargs[2 * RTE_DEV_NAME_MAX_LEN + 32]; /* to be typed, or "" */
};

struct table {
	struct row *row; /* by name, those without a device at the end */
	size_t nb;
	struct ports ports;
	struct holding *nodes; /* one for each row */
};

/* With "all", also devices of the auxiliary bus that are no sub-functions.  0 or an errno. */
int table_read(struct table *table, bool all);
void table_free(struct table *table);

/* The row of "sf_sim.sf.0", a UUID, "pci/0000:03:00.0/32768" or "pf=...,sfnum=88"; or NULL. */
const struct row *table_find(const struct table *table, const char *what);

/* What a row is called: the device's name, or the port's. */
const char *row_name(const struct row *row, char *buf, size_t size);

/* Another look is due when this returns: something has changed, or the time is over. */
void table_wait(struct auxiliary_news *news, int timeout_ms);

/* --- show.c -------------------------------------------------------------------- */

void show_table(const struct table *table);
void show_json(const struct table *table);
/* How one look differs from the one before, a line for each device. */
void show_changes(const struct table *before, const struct table *now, bool is_json);

/* --- doctor.c, change.c: an enum sfctl_exit each ---------------------------------- */

int doctor(const char *what, bool is_json);

struct creation {
	const char *pf;
	uint32_t sfnum; /* of the first */
	uint32_t count;
	const uint8_t *mac; /* of the first, or NULL; each further one is one higher */
	const char *driver; /* to bind to, or NULL */
	bool is_awaited; /* for the parent's devlink, the device, and a node if it is bound */
	bool is_json;
};

int create(const struct creation *creation);
int activate(const char *what, bool is_active);
int delete(const char *what);
int delete_range(const char *pf, uint32_t sfnum, uint32_t count);
/* Bind to a driver, or with NULL unbind from the one that has the device. */
int bind_to(const char *what, const char *driver);

#endif /* SFCTL_H */
