/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Version negotiation; specification, section "VFIO_USER_VERSION".
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include <rte_common.h>

#include "vfio_private.h"
#include "vfio_user.h"

#define VERSION_MAJOR 0
#define VERSION_MINOR 1
#define VERSION_TEXT_MAX 4096

/* What we can take; the rest is at the specification's defaults. */
#define CAPABILITIES "{\"capabilities\":{\"max_msg_fds\":" RTE_STR(VFIO_USER_MAX_FDS) \
	",\"max_data_xfer_size\":" RTE_STR(VFIO_USER_MAX_XFER) "}}"

struct version_reply {
	struct vfio_user_version version;
	char text[VERSION_TEXT_MAX];
};

/* One number of the server's capabilities, if it is there. */
static int
read_limit(struct rte_vfio_dev *dev, const json_t *capabilities, const char *key,
	json_int_t min, json_int_t max, json_int_t *value)
{
	const json_t *number = json_object_get(capabilities, key);

	if (number == NULL)
		return 0;
	if (!json_is_integer(number) || json_integer_value(number) < min) {
		VFIO_LOG_OPEN(dev, "vfio-user server states %s as %" JSON_INTEGER_FORMAT,
			key, json_integer_value(number));
		return -EPROTO;
	}
	*value = RTE_MIN(json_integer_value(number), max);
	return 0;
}

static int
read_limits(struct rte_vfio_dev *dev, const json_t *root)
{
	const json_t *capabilities = json_object_get(root, "capabilities");
	json_int_t fds = 1, xfer = VFIO_USER_DEF_XFER, maps = 65535, pgsizes = 4096;
	int ret;

	ret = read_limit(dev, capabilities, "max_msg_fds", 1, VFIO_USER_MAX_FDS, &fds);
	if (ret == 0)
		ret = read_limit(dev, capabilities, "max_data_xfer_size", 8, VFIO_USER_MAX_XFER,
			&xfer);
	if (ret == 0)
		ret = read_limit(dev, capabilities, "max_dma_maps", 1, UINT32_MAX, &maps);
	if (ret == 0)
		ret = read_limit(dev, capabilities, "pgsizes", 1, INT64_MAX, &pgsizes);
	if (ret < 0)
		return ret;
	dev->user->limits = (struct vfio_user_limits) {
		.max_msg_fds = fds,
		.max_data_xfer_size = xfer,
		.max_dma_maps = maps,
		.pgsizes = pgsizes,
	};
	/* The smallest of them: every mapping is made of pages of that size. */
	dev->user->dma.page_size = dev->user->limits.pgsizes & -dev->user->limits.pgsizes;
	return 0;
}

static int
read_text(struct rte_vfio_dev *dev, const char *text, size_t len)
{
	json_error_t error;
	json_t *root;
	int ret;

	if (len == 0) /* optional; everything is at its default then */
		return read_limits(dev, NULL);
	if (text[len - 1] != '\0') {
		VFIO_LOG_OPEN(dev, "vfio-user server's capabilities do not end, %zu bytes", len);
		return -EPROTO;
	}
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(root)) {
		VFIO_LOG_OPEN(dev, "vfio-user server's capabilities are no JSON object: %s",
			root == NULL ? error.text : "another type");
		json_decref(root);
		return -EPROTO;
	}
	ret = read_limits(dev, root);
	json_decref(root);
	return ret;
}

int
vfio_user_negotiate(struct rte_vfio_dev *dev)
{
	const struct vfio_user_version ours = { .major = VERSION_MAJOR, .minor = VERSION_MINOR };
	struct version_reply reply;
	struct vfio_user_call call = {
		.command = VFIO_USER_VERSION,
		.head = &ours,
		.head_len = sizeof(ours),
		.data = CAPABILITIES,
		.data_len = sizeof(CAPABILITIES),
		.reply = &reply,
		.reply_len = sizeof(reply),
		.reply_min = sizeof(reply.version),
	};
	int ret;

	ret = vfio_user_call(dev, &call);
	if (ret == -EBUSY) {
		VFIO_LOG_OPEN(dev, "is in use: its vfio-user server has another client");
		return ret;
	}
	if (ret < 0)
		return vfio_refused(dev, "VFIO_USER_VERSION, major", VERSION_MAJOR, ret);
	if (reply.version.major != VERSION_MAJOR || reply.version.minor > VERSION_MINOR) {
		VFIO_LOG_OPEN(dev, "vfio-user server speaks version %u.%u, we speak %u.%u",
			reply.version.major, reply.version.minor, VERSION_MAJOR, VERSION_MINOR);
		return -EPROTO;
	}
	return read_text(dev, reply.text, call.got - sizeof(reply.version));
}
