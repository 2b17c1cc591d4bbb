/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>

#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "auxiliary_monitor.h"
#include "auxiliary_sysfs.h"

/*
 * The kernel's uevents: "add@/devices/..." and then KEY=VALUE strings, each
 * with its terminating zero.  Anybody may send to a netlink socket, so what
 * counts is the sender's address, which is 0 for the kernel and nobody else.
 */

#define GROUP_KERNEL 1
#define SOCKET_BUFFER (512 * 1024)

static struct nl_sock *sock;
static struct rte_intr_handle *handle;

struct uevent {
	const char *action;
	const char *devpath;
	const char *subsystem;
};

/* What a driver of the kernel does to a device makes or breaks its VFIO node. */
static const struct {
	const char *action;
	enum auxiliary_change change;
} actions[] = {
	{ "add", AUXILIARY_CHANGE_READY },
	{ "bind", AUXILIARY_CHANGE_READY },
	{ "unbind", AUXILIARY_CHANGE_UNUSABLE },
	{ "remove", AUXILIARY_CHANGE_GONE },
};

/* A device that is there but that no driver of the kernel has taken yet. */
static bool
is_unbound(const char *devpath)
{
	char path[PATH_MAX];
	int len;

	len = snprintf(path, sizeof(path), "/sys%s/driver", devpath);
	if (len < 0 || (size_t)len >= sizeof(path) || access(path, F_OK) == 0)
		return false;
	*strrchr(path, '/') = '\0';
	return access(path, F_OK) == 0;
}

static bool
uevent_parse(const char *buf, size_t len, struct uevent *event)
{
	static const char action[] = "ACTION=", devpath[] = "DEVPATH=", subsystem[] = "SUBSYSTEM=";
	const char *at, *end = buf + len;

	*event = (struct uevent){ 0 };
	if (len == 0 || buf[len - 1] != '\0')
		return false;
	for (at = buf; at < end; at += strlen(at) + 1) {
		if (strncmp(at, action, strlen(action)) == 0)
			event->action = at + strlen(action);
		else if (strncmp(at, devpath, strlen(devpath)) == 0)
			event->devpath = at + strlen(devpath);
		else if (strncmp(at, subsystem, strlen(subsystem)) == 0)
			event->subsystem = at + strlen(subsystem);
	}
	return event->action != NULL && event->devpath != NULL && event->subsystem != NULL;
}

/*
 * The owner of an mdev leaves its bus before the mdev is told of, and may have gone
 * with it or be another of that name, on its way to the bus: what is on no bus has
 * its name to go by.
 */
static bool
owner_was_sf(const char *devpath, const char *owner)
{
	char path[PATH_MAX];
	int len;

	if (!auxiliary_is_sf_name(owner))
		return false;
	len = snprintf(path, sizeof(path), "/sys%.*s/subsystem",
		(int)(strrchr(devpath, '/') - devpath), devpath);
	return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) < 0;
}

static void
mdev_news(const char *devpath, enum auxiliary_change change)
{
	const char *uuid = auxiliary_sysfs_basename(devpath);
	char parent[RTE_DEV_NAME_MAX_LEN] = "";
	struct auxiliary_roots roots;
	bool is_node = false;

	if (auxiliary_roots_get(&roots) == 0)
		/* Asked last, it finds an owner that came back after it was asked first. */
		is_node = auxiliary_mdev_parent(&roots, devpath, parent, sizeof(parent)) ||
			owner_was_sf(devpath, parent) ||
			auxiliary_mdev_parent(&roots, devpath, parent, sizeof(parent));
	auxiliary_roots_put(&roots);
	if (is_node && auxiliary_is_uuid(uuid))
		auxiliary_monitor_news(RTE_AUXILIARY_KIND_SF, uuid, parent, change);
	else
		auxiliary_monitor_news(RTE_AUXILIARY_KIND_MDEV, uuid, uuid, change);
}

static void
uevent_handle(const char *buf, size_t len)
{
	enum auxiliary_change change;
	struct uevent event;
	const char *name;
	unsigned int i;

	if (!uevent_parse(buf, len, &event))
		return;
	for (i = 0; i < RTE_DIM(actions); i++)
		if (strcmp(event.action, actions[i].action) == 0)
			break;
	if (i == RTE_DIM(actions))
		return;
	change = actions[i].change;
	/* To be added and bound is one change, told with the second. */
	if (strcmp(event.action, "add") == 0 && is_unbound(event.devpath))
		change = AUXILIARY_CHANGE_NEW;
	name = auxiliary_sysfs_basename(event.devpath);
	if (strcmp(event.subsystem, "auxiliary") == 0)
		auxiliary_monitor_news(RTE_AUXILIARY_KIND_SF, name, name, change);
	else if (strcmp(event.subsystem, "mdev") == 0)
		mdev_news(event.devpath, change);
}

static void
uevent_read(void *arg __rte_unused)
{
	struct sockaddr_nl from = { 0 };
	unsigned char *buf;
	int len;

	for (;;) {
		buf = NULL;
		len = nl_recv(sock, &from, &buf, NULL);
		if (len <= 0)
			break;
		if (from.nl_pid == 0 && from.nl_groups == GROUP_KERNEL)
			uevent_handle((const char *)buf, (size_t)len);
		else
			AUXILIARY_LOG(DEBUG, "uevent from port %u, which is not the kernel: ignored",
				from.nl_pid);
		free(buf);
	}
	if (len < 0 && len != -NLE_AGAIN && len != -NLE_INTR) {
		AUXILIARY_LOG(WARNING, "uevents lost, a scan finds what has come: %s",
			nl_geterror(len));
		auxiliary_monitor_forget();
	}
}

static int
socket_open(void)
{
	int ret;

	sock = nl_socket_alloc();
	if (sock == NULL)
		return -NLE_NOMEM;
	nl_socket_disable_seq_check(sock);
	nl_join_groups(sock, GROUP_KERNEL);
	ret = nl_connect(sock, NETLINK_KOBJECT_UEVENT);
	if (ret == 0)
		ret = nl_socket_set_nonblocking(sock);
	if (ret == 0)
		ret = nl_socket_set_buffer_size(sock, SOCKET_BUFFER, 0);
	return ret;
}

int
auxiliary_uevent_start(void)
{
	int ret;

	if (sock != NULL)
		return 0;
	ret = socket_open();
	if (ret < 0)
		AUXILIARY_LOG(INFO, "no uevents, so devices that come and go are found by scans only: %s",
			nl_geterror(ret));
	else
		handle = auxiliary_monitor_serve(nl_socket_get_fd(sock), uevent_read);
	if (handle != NULL)
		return 0;
	nl_socket_free(sock);
	sock = NULL;
	return -ENOTSUP;
}

void
auxiliary_uevent_stop(void)
{
	auxiliary_monitor_unserve(handle, uevent_read);
	handle = NULL;
	nl_socket_free(sock);
	sock = NULL;
}
