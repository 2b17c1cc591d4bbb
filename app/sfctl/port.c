/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/devlink.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <rte_string_fns.h>

#include "sfctl.h"

/*
 * Requests of generic netlink's family "devlink", as linux/devlink.h defines them.
 * Each has a socket of its own: there are few of them.
 */

struct devlink {
	struct nl_sock *sock;
	struct nl_cb *cb;
	int family;
	bool is_done;
	int error; /* negative errno of the kernel's answer */
	char *why; /* the kernel's words, PORT_WHY_LEN octets; or NULL */
	struct ports *ports; /* to add to */
};

/* What the kernel says besides the errno stands behind the request, which it repeats. */
static void
why_read(const struct nlmsgerr *err, char *why)
{
	const struct nlmsghdr *header = (const void *)((const char *)err - NLMSG_HDRLEN);
	size_t used = sizeof(*err);
	struct nlattr *attr;

	if ((header->nlmsg_flags & NLM_F_CAPPED) == 0)
		used += err->msg.nlmsg_len - NLMSG_HDRLEN;
	used = NLMSG_ALIGN(used);
	if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0 ||
			header->nlmsg_len < NLMSG_HDRLEN + used)
		return;
	attr = nla_find((const struct nlattr *)((const char *)err + used),
			(int)(header->nlmsg_len - NLMSG_HDRLEN - used), NLMSGERR_ATTR_MSG);
	if (attr != NULL)
		strlcpy(why, nla_get_string(attr), PORT_WHY_LEN);
}

static int
error_take(struct sockaddr_nl *from __rte_unused, struct nlmsgerr *err, void *arg)
{
	struct devlink *devlink = arg;

	devlink->error = err->error;
	devlink->is_done = true;
	if (devlink->why != NULL) {
		strlcpy(devlink->why, strerror(-err->error), PORT_WHY_LEN);
		why_read(err, devlink->why);
	}
	return NL_STOP;
}

static int
end_take(struct nl_msg *msg __rte_unused, void *arg)
{
	struct devlink *devlink = arg;

	devlink->is_done = true;
	return NL_STOP;
}

static void
function_parse(struct nlattr *nested, struct port *port)
{
	struct nlattr *attr[DEVLINK_PORT_FUNCTION_ATTR_MAX + 1];

	if (nested == NULL ||
			nla_parse_nested(attr, DEVLINK_PORT_FUNCTION_ATTR_MAX, nested, NULL) < 0)
		return;
	if (attr[DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR] != NULL &&
			nla_len(attr[DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR]) == sizeof(port->mac)) {
		memcpy(port->mac, nla_data(attr[DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR]),
			sizeof(port->mac));
		port->has_mac = true;
	}
	if (attr[DEVLINK_PORT_FN_ATTR_STATE] != NULL)
		port->is_active = nla_get_u8(attr[DEVLINK_PORT_FN_ATTR_STATE]) ==
			DEVLINK_PORT_FN_STATE_ACTIVE;
	if (attr[DEVLINK_PORT_FN_ATTR_OPSTATE] != NULL)
		port->is_attached = nla_get_u8(attr[DEVLINK_PORT_FN_ATTR_OPSTATE]) ==
			DEVLINK_PORT_FN_OPSTATE_ATTACHED;
}

static int
port_take(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[DEVLINK_ATTR_MAX + 1];
	struct devlink *devlink = arg;
	struct port port = { .index = 0 }, *grown;

	if (devlink->ports == NULL ||
			genlmsg_parse(nlmsg_hdr(msg), 0, attr, DEVLINK_ATTR_MAX, NULL) < 0 ||
			attr[DEVLINK_ATTR_BUS_NAME] == NULL ||
			attr[DEVLINK_ATTR_DEV_NAME] == NULL ||
			attr[DEVLINK_ATTR_PORT_INDEX] == NULL ||
			attr[DEVLINK_ATTR_PORT_FLAVOUR] == NULL ||
			attr[DEVLINK_ATTR_PORT_PCI_PF_NUMBER] == NULL ||
			attr[DEVLINK_ATTR_PORT_PCI_SF_NUMBER] == NULL ||
			nla_get_u16(attr[DEVLINK_ATTR_PORT_FLAVOUR]) != DEVLINK_PORT_FLAVOUR_PCI_SF)
		return NL_OK;
	strlcpy(port.bus, nla_get_string(attr[DEVLINK_ATTR_BUS_NAME]), sizeof(port.bus));
	strlcpy(port.dev, nla_get_string(attr[DEVLINK_ATTR_DEV_NAME]), sizeof(port.dev));
	port.index = nla_get_u32(attr[DEVLINK_ATTR_PORT_INDEX]);
	port.pf = nla_get_u16(attr[DEVLINK_ATTR_PORT_PCI_PF_NUMBER]);
	port.sfnum = nla_get_u32(attr[DEVLINK_ATTR_PORT_PCI_SF_NUMBER]);
	function_parse(attr[DEVLINK_ATTR_PORT_FUNCTION], &port);
	grown = realloc(devlink->ports->port, (devlink->ports->nb + 1) * sizeof(*grown));
	if (grown == NULL) {
		devlink->error = -ENOMEM;
		return NL_STOP;
	}
	devlink->ports->port = grown;
	grown[devlink->ports->nb++] = port;
	return NL_OK;
}

static void
devlink_close(struct devlink *devlink)
{
	nl_cb_put(devlink->cb);
	nl_socket_free(devlink->sock);
}

/* 0, or a negative errno: -ENOENT if the kernel has no devlink. */
static int
devlink_open(struct devlink *devlink)
{
	int on = 1;

	devlink->sock = nl_socket_alloc();
	devlink->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (devlink->sock == NULL || devlink->cb == NULL || genl_connect(devlink->sock) < 0)
		return -ENOMEM;
	setsockopt(nl_socket_get_fd(devlink->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	devlink->family = genl_ctrl_resolve(devlink->sock, DEVLINK_GENL_NAME);
	if (devlink->family < 0)
		return -ENOENT;
	nl_cb_err(devlink->cb, NL_CB_CUSTOM, error_take, devlink);
	nl_cb_set(devlink->cb, NL_CB_ACK, NL_CB_CUSTOM, end_take, devlink);
	nl_cb_set(devlink->cb, NL_CB_FINISH, NL_CB_CUSTOM, end_take, devlink);
	nl_cb_set(devlink->cb, NL_CB_VALID, NL_CB_CUSTOM, port_take, devlink);
	return 0;
}

/* Send a request, which is freed, and take the answer. */
static int
devlink_call(struct devlink *devlink, struct nl_msg *msg)
{
	int ret;

	ret = nl_send_auto(devlink->sock, msg);
	nlmsg_free(msg);
	while (ret >= 0 && !devlink->is_done && devlink->error == 0)
		ret = nl_recvmsgs(devlink->sock, devlink->cb);
	return devlink->error != 0 ? devlink->error : ret < 0 && !devlink->is_done ? -EIO : 0;
}

static struct nl_msg *
request(const struct devlink *devlink, uint8_t command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg != NULL)
		genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, devlink->family, 0, flags, command,
			DEVLINK_GENL_VERSION);
	return msg;
}

int
ports_read(struct ports *ports)
{
	struct devlink devlink = { .ports = ports };
	struct nl_msg *msg;
	int ret;

	*ports = (struct ports){ .nb = 0 };
	ret = devlink_open(&devlink);
	if (ret == 0) {
		msg = request(&devlink, DEVLINK_CMD_PORT_GET, NLM_F_DUMP);
		ret = msg == NULL ? -ENOMEM : devlink_call(&devlink, msg);
	}
	devlink_close(&devlink);
	return ret == -ENOENT ? 0 : ret;
}

void
ports_free(struct ports *ports)
{
	free(ports->port);
}

/* A request about a device, or a port of it, with attributes that "fill" adds. */
static int
change(uint8_t command, const char *bus, const char *dev, void (*fill)(struct nl_msg *msg,
		const void *arg), const void *arg, char *why)
{
	struct devlink devlink = { .why = why };
	struct nl_msg *msg;
	int ret;

	ret = devlink_open(&devlink);
	strlcpy(why, ret == -ENOENT ? "the kernel has no devlink" : strerror(-ret), PORT_WHY_LEN);
	if (ret == 0) {
		msg = request(&devlink, command, NLM_F_ACK);
		if (msg == NULL) {
			ret = -ENOMEM;
		} else {
			nla_put_string(msg, DEVLINK_ATTR_BUS_NAME, bus);
			nla_put_string(msg, DEVLINK_ATTR_DEV_NAME, dev);
			fill(msg, arg);
			ret = devlink_call(&devlink, msg);
		}
	}
	devlink_close(&devlink);
	return ret;
}

static void
add_fill(struct nl_msg *msg, const void *arg)
{
	const struct port *port = arg;

	nla_put_u16(msg, DEVLINK_ATTR_PORT_FLAVOUR, DEVLINK_PORT_FLAVOUR_PCI_SF);
	nla_put_u16(msg, DEVLINK_ATTR_PORT_PCI_PF_NUMBER, port->pf);
	nla_put_u32(msg, DEVLINK_ATTR_PORT_PCI_SF_NUMBER, port->sfnum);
}

int
port_add(const char *bus, const char *dev, uint32_t pf, uint32_t sfnum, char *why)
{
	const struct port port = { .pf = (uint16_t)pf, .sfnum = sfnum };

	return change(DEVLINK_CMD_PORT_NEW, bus, dev, add_fill, &port, why);
}

struct setting {
	const struct port *port;
	const uint8_t *mac; /* or NULL */
	const bool *is_active; /* or NULL */
};

static void
set_fill(struct nl_msg *msg, const void *arg)
{
	const struct setting *setting = arg;
	struct nlattr *nested;

	nla_put_u32(msg, DEVLINK_ATTR_PORT_INDEX, setting->port->index);
	nested = nla_nest_start(msg, DEVLINK_ATTR_PORT_FUNCTION);
	if (nested == NULL)
		return;
	if (setting->mac != NULL)
		nla_put(msg, DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR, sizeof(setting->port->mac),
			setting->mac);
	if (setting->is_active != NULL)
		nla_put_u8(msg, DEVLINK_PORT_FN_ATTR_STATE, *setting->is_active ?
			DEVLINK_PORT_FN_STATE_ACTIVE : DEVLINK_PORT_FN_STATE_INACTIVE);
	nla_nest_end(msg, nested);
}

int
port_set(const struct port *port, const uint8_t *mac, const bool *is_active, char *why)
{
	const struct setting setting = { port, mac, is_active };

	return change(DEVLINK_CMD_PORT_SET, port->bus, port->dev, set_fill, &setting, why);
}

static void
delete_fill(struct nl_msg *msg, const void *arg)
{
	nla_put_u32(msg, DEVLINK_ATTR_PORT_INDEX, ((const struct port *)arg)->index);
}

int
port_delete(const struct port *port, char *why)
{
	return change(DEVLINK_CMD_PORT_DEL, port->bus, port->dev, delete_fill, port, why);
}

int
parent_find(const char *pf, char *bus, size_t bus_size, char *dev, size_t dev_size)
{
	static const char *const buses[] = { "pci", "platform", "auxiliary" };
	const char *slash = strchr(pf, '/');
	char path[PATH_MAX];
	unsigned int i;

	if (slash != NULL)
		snprintf(bus, bus_size, "%.*s", (int)(slash - pf), pf);
	strlcpy(dev, slash == NULL ? pf : slash + 1, dev_size);
	for (i = 0; slash == NULL && i < RTE_DIM(buses); i++) {
		strlcpy(bus, buses[i], bus_size);
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", bus, dev);
		if (access(path, F_OK) == 0)
			return 0;
	}
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", bus, dev);
	return access(path, F_OK) == 0 ? 0 : -ENODEV;
}
