/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The vfio-user commands but those of interrupts, and which function carries out
 * which command.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <jansson.h>
#include <linux/vfio.h>

#include "proto.h"

int
proto_reply(struct sf *sf, const void *data, size_t len)
{
	void *out = conn_reply(&sf->conn, len);

	if (out == NULL)
		return -ENOMEM;
	if (len != 0)
		memcpy(out, data, len);
	return 0;
}

/* --- Version ------------------------------------------------------------ */

#define STR_OF(x) #x
#define STR(x) STR_OF(x)
#define CAPABILITIES "{\"capabilities\":{\"max_msg_fds\":" STR(CONN_MAX_FDS) "," \
	"\"max_data_xfer_size\":1048576,\"max_dma_maps\":" STR(DMA_MAX_MAPS) "," \
	"\"pgsizes\":4096}}"

/* Capabilities of the specification's; others are the client's own affair. */
static const struct {
	const char *name;
	json_type type; /* JSON_TRUE: a boolean */
} known_capabilities[] = {
	{ "max_msg_fds", JSON_INTEGER },
	{ "max_data_xfer_size", JSON_INTEGER },
	{ "max_dma_maps", JSON_INTEGER },
	{ "pgsizes", JSON_INTEGER },
	{ "migration", JSON_OBJECT },
	{ "twin_socket", JSON_OBJECT },
	{ "write_multiple", JSON_TRUE },
};

static bool
has_type(const json_t *value, json_type type)
{
	return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

/* How much the client can take does not matter: we send one fd, and no commands. */
static bool
capabilities_known(const json_t *root)
{
	const json_t *capabilities = json_object_get(root, "capabilities"), *value;
	size_t i;

	if (capabilities == NULL)
		return true;
	if (!json_is_object(capabilities))
		return false;
	for (i = 0; i < sizeof(known_capabilities) / sizeof(known_capabilities[0]); i++) {
		value = json_object_get(capabilities, known_capabilities[i].name);
		if (value != NULL && !has_type(value, known_capabilities[i].type))
			return false;
	}
	return true;
}

static bool
capabilities_valid(const char *text, size_t len)
{
	json_t *root;
	bool valid;

	if (len == 0)
		return true;
	if (text[len - 1] != '\0')
		return false;
	root = json_loads(text, 0, NULL);
	valid = json_is_object(root) && capabilities_known(root);
	json_decref(root);
	return valid;
}

static int
do_version(struct sf *sf)
{
	const struct vfio_user_version *theirs = proto_payload(sf, sizeof(*theirs));
	struct {
		struct vfio_user_version version;
		char text[sizeof(CAPABILITIES)];
	} ours = { .version = { .major = 0, .minor = 1 }, .text = CAPABILITIES };

	if (theirs == NULL || sf->conn.negotiated)
		return -EINVAL;
	if (theirs->major != 0) {
		sf_log(sf, "client proposes version %u.%u", theirs->major, theirs->minor);
		return -EPROTONOSUPPORT;
	}
	if (!capabilities_valid((const char *)(theirs + 1),
			proto_payload_len(sf) - sizeof(*theirs))) {
		sf_log(sf, "client's capabilities are not those of the specification");
		return -EINVAL;
	}
	if (theirs->minor < ours.version.minor)
		ours.version.minor = theirs->minor;
	sf->conn.negotiated = true;
	return proto_reply(sf, &ours, sizeof(ours.version) + sizeof(ours.text));
}

/* --- Information -------------------------------------------------------- */

static int
do_get_info(struct sf *sf)
{
	const struct vfio_user_device_info info = {
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		.num_regions = SF_NUM_REGIONS,
		.num_irqs = PROTO_NUM_IRQS,
	};
	const struct vfio_user_device_info *request = proto_payload(sf, sizeof(*request));

	if (request == NULL || request->argsz < sizeof(info))
		return -EINVAL;
	return proto_reply(sf, &info, sizeof(info));
}

struct bar_info {
	struct vfio_region_info info;
	struct vfio_region_info_cap_sparse_mmap sparse;
	struct vfio_region_sparse_mmap_area area;
};

static int
do_get_region_info(struct sf *sf)
{
	const struct vfio_region_info *request = proto_payload(sf, sizeof(*request));
	struct bar_info bar = {
		.info.argsz = sizeof(bar.info),
		.sparse = {
			.header = { .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1 },
			.nr_areas = 1,
		},
		.area = {
			.offset = SF_DB_BASE,
			.size = (uint64_t)sf->dev.nb_queues * SF_DB_STRIDE,
		},
	};

	if (request == NULL || request->argsz < sizeof(bar.info) ||
			request->index >= SF_NUM_REGIONS)
		return -EINVAL;
	bar.info.index = request->index;
	bar.info.size = sf_dev_region_size(request->index);
	if (bar.info.size != 0)
		bar.info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (request->index != SF_BAR_REGS)
		return proto_reply(sf, &bar.info, sizeof(bar.info));
	bar.info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	bar.info.argsz = sizeof(bar);
	/* Without room for the capability, the size that it takes; the file comes with it. */
	if (request->argsz < sizeof(bar))
		return proto_reply(sf, &bar.info, sizeof(bar.info));
	bar.info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	bar.info.cap_offset = offsetof(struct bar_info, sparse);
	sf->conn.out_fd = sf->db_fd;
	return proto_reply(sf, &bar, sizeof(bar));
}

/* --- Regions -------------------------------------------------------------- */

static int
do_region_read(struct sf *sf)
{
	const struct vfio_user_region_access *request = proto_payload(sf, sizeof(*request));
	uint8_t *out;
	int ret;

	if (request == NULL || request->count > CONN_MAX_XFER)
		return -EINVAL;
	out = conn_reply(&sf->conn, sizeof(*request) + request->count);
	if (out == NULL)
		return -ENOMEM;
	memcpy(out, request, sizeof(*request));
	ret = sf_dev_read(&sf->dev, request->region, request->offset, out + sizeof(*request),
		request->count);
	if (sf->reads_ones)
		memset(out + sizeof(*request), UINT8_MAX, request->count);
	return ret;
}

static int
do_region_write(struct sf *sf)
{
	const struct vfio_user_region_access *request = proto_payload(sf, sizeof(*request));
	int ret;

	if (request == NULL || request->count != proto_payload_len(sf) - sizeof(*request))
		return -EINVAL;
	ret = sf_dev_write(&sf->dev, request->region, request->offset, request + 1,
		request->count);
	return ret < 0 ? ret : proto_reply(sf, request, sizeof(*request));
}

/* --- DMA -------------------------------------------------------------------- */

static int
do_dma_map(struct sf *sf)
{
	const struct vfio_user_dma_map *map = proto_payload(sf, sizeof(*map));
	int fd, ret;

	if (map == NULL || map->argsz < sizeof(*map) || sf->conn.nb_fds > 1 ||
			(map->flags & ~(VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE)) != 0)
		return -EINVAL;
	fd = sf->conn.nb_fds == 0 ? -1 : sf->conn.fds[0];
	ret = dma_map(&sf->plat.dma, map->addr, map->size, fd, map->offset,
		map->flags & (DMA_READ | DMA_WRITE));
	if (ret < 0)
		sf_log(sf, "cannot map IOVA 0x%llx, 0x%llx bytes: %s",
			(unsigned long long)map->addr, (unsigned long long)map->size,
			strerror(-ret));
	return ret < 0 ? ret : proto_reply(sf, NULL, 0);
}

/* The device lets go of what will be unmapped, and of no more, before it is. */
static int
range_unmap(struct sf *sf, uint64_t iova, uint64_t len)
{
	if (len == 0 || len - 1 > UINT64_MAX - iova)
		return -EINVAL;
	if (!dma_shrink(&sf->plat.dma, &iova, &len))
		return -ENOENT;
	sf_dev_dma_removed(&sf->dev, iova, len);
	return dma_unmap(&sf->plat.dma, iova, len);
}

static int
do_dma_unmap(struct sf *sf)
{
	const struct vfio_user_dma_unmap *unmap = proto_payload(sf, sizeof(*unmap));
	int ret = 0;

	if (unmap == NULL || unmap->argsz < sizeof(*unmap))
		return -EINVAL;
	if (unmap->flags == VFIO_DMA_UNMAP_FLAG_ALL && unmap->addr == 0 && unmap->size == 0) {
		sf_dev_dma_removed(&sf->dev, 0, UINT64_MAX);
		dma_clear(&sf->plat.dma);
	} else if (unmap->flags != 0) {
		return -EINVAL;
	} else {
		ret = range_unmap(sf, unmap->addr, unmap->size);
	}
	return ret < 0 ? ret : proto_reply(sf, unmap, sizeof(*unmap));
}

static int
do_reset(struct sf *sf)
{
	sf->resets++;
	sf_dev_reset(&sf->dev);
	return proto_reply(sf, NULL, 0);
}

/* --- Dispatch ----------------------------------------------------------------- */

static const struct {
	int (*run)(struct sf *sf);
	bool takes_fds;
} commands[] = {
	[VFIO_USER_VERSION] = { do_version, false },
	[VFIO_USER_DMA_MAP] = { do_dma_map, true },
	[VFIO_USER_DMA_UNMAP] = { do_dma_unmap, false },
	[VFIO_USER_DEVICE_GET_INFO] = { do_get_info, false },
	[VFIO_USER_DEVICE_GET_REGION_INFO] = { do_get_region_info, false },
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = { proto_get_irq_info, false },
	[VFIO_USER_DEVICE_SET_IRQS] = { proto_set_irqs, true },
	[VFIO_USER_REGION_READ] = { do_region_read, false },
	[VFIO_USER_REGION_WRITE] = { do_region_write, false },
	[VFIO_USER_DEVICE_RESET] = { do_reset, false },
};

static int
dispatch(struct sf *sf)
{
	uint16_t command = sf->conn.header.command;

	if (command >= sizeof(commands) / sizeof(commands[0]) || commands[command].run == NULL)
		return -ENOTSUP;
	if (sf->conn.nb_fds != 0 && !commands[command].takes_fds) {
		sf_log(sf, "client sends %u file descriptors with command %u", sf->conn.nb_fds,
			command);
		return -EINVAL;
	}
	return commands[command].run(sf);
}

/* Carry out a command; the first one has to agree on a version. */
static int
carry_out(struct sf *sf)
{
	if (sf->conn.negotiated || sf->conn.header.command == VFIO_USER_VERSION)
		return dispatch(sf);
	sf_log(sf, "client starts with command %u", sf->conn.header.command);
	return -EINVAL;
}

bool
proto_message(struct sf *sf)
{
	struct conn *conn = &sf->conn;
	struct vfio_user_header *header;
	int ret;

	ret = carry_out(sf);
	conn->ending = !conn->negotiated;
	if ((conn->header.flags & VFIO_USER_F_NO_REPLY) != 0) {
		conn->out_len = 0;
		conn->out_fd = -1;
		return true;
	}
	if (ret < 0) {
		conn->out_fd = -1;
		if (conn_reply(conn, 0) == NULL)
			return false;
	}
	header = (struct vfio_user_header *)conn->out;
	*header = (struct vfio_user_header) {
		.msg_id = conn->header.msg_id,
		.command = conn->header.command,
		.msg_size = (uint32_t)conn->out_len,
		.flags = VFIO_USER_F_REPLY | (ret < 0 ? VFIO_USER_F_ERROR : 0),
		.error = ret < 0 ? (uint32_t)-ret : 0,
	};
	return true;
}
