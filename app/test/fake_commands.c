/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The fake server's device, and what is wrong with it.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "fake_commands.h"

#define SLOW_DEVICE_MS 500

static void
do_version(const struct fake_request *req)
{
	static const char good[] =
		"{\"capabilities\":{\"max_msg_fds\":3,\"max_data_xfer_size\":64}}";
	static const char odd[] =
		"{\"capabilities\":{\"max_msg_fds\":3,\"max_data_xfer_size\":13}}";
	static const char pgsizes[] = "{\"capabilities\":{\"pgsizes\":2162688}}";
	static const char unsaid[] = "{\"capabilities\":{}}";
	static const char broken[] = "{\"capabilities\":";
	static const char limit[] = "{\"capabilities\":{\"max_msg_fds\":-1}}";
	const char *text = fake.fault == FAKE_JSON ? broken :
		fake.fault == FAKE_JSON_LIMIT ? limit :
		fake.fault == FAKE_XFER_UNSAID ? unsaid :
		fake.fault == FAKE_PGSIZES ? pgsizes :
		fake.fault == FAKE_XFER_ODD ? odd : good;
	struct vfio_user_version version = {
		.major = fake.fault == FAKE_VERSION ? 9 : 0,
		.minor = 1,
	};
	char buf[sizeof(version) + sizeof(good)];

	memcpy(buf, &version, sizeof(version));
	memcpy(buf + sizeof(version), text, strlen(text) + 1);
	fake_reply(req, buf, sizeof(version) + strlen(text) + 1);
}

static void
do_get_info(const struct fake_request *req)
{
	const struct {
		uint32_t argsz, flags, num_regions, num_irqs;
	} info = {
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_RESET | (fake_is_pci() ? VFIO_DEVICE_FLAGS_PCI : 0) |
			(fake.fault == FAKE_UNKNOWN ? 1u << 30 : 0),
		.num_regions = fake.fault == FAKE_MANY_REGIONS ? 1u << 31 :
			fake.fault == FAKE_UNKNOWN ? VFIO_PCI_NUM_REGIONS + 1 :
			fake_is_pci() ? VFIO_PCI_NUM_REGIONS : FAKE_NUM_REGIONS,
		.num_irqs = fake.fault == FAKE_UNKNOWN ? UINT32_MAX :
			fake_is_pci() ? VFIO_PCI_NUM_IRQS : FAKE_NUM_IRQS,
	};

	fake_reply(req, &info, sizeof(info));
}

/* Region 0's description, spoilt as the fault asks. */
static void
do_sparse_region(const struct fake_request *req, uint32_t room)
{
	struct {
		struct vfio_region_info info;
		struct vfio_region_info_cap_type filler;
		struct vfio_region_info_cap_sparse_mmap sparse;
		struct vfio_region_sparse_mmap_area areas[2];
	} d = {
		.info = {
			.argsz = sizeof(d),
			.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
				VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
			.cap_offset = offsetof(typeof(d), filler),
			.size = FAKE_REGION0_SIZE,
		},
		.filler.header = {
			.id = VFIO_REGION_INFO_CAP_TYPE,
			.version = 1,
			.next = offsetof(typeof(d), sparse),
		},
		.sparse = {
			.header = { .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1 },
			.nr_areas = 2,
		},
		/* Not in order, which is no fault. */
		.areas = {
			{ .offset = FAKE_AREA1_OFFSET, .size = FAKE_AREA1_SIZE },
			{ .offset = FAKE_AREA0_OFFSET, .size = FAKE_AREA0_SIZE },
		},
	};

	switch (fake.fault) {
	case FAKE_REGION_INDEX:
		d.info.index = 7;
		break;
	case FAKE_REGION_HUGE:
		d.info.size = UINT64_C(1) << 63;
		break;
	case FAKE_REGION_OFFSET:
		d.info.offset = UINT64_MAX - 0xfff;
		break;
	case FAKE_REGION_ARGSZ:
		d.info.argsz = 1u << 31;
		break;
	case FAKE_REGION_PART:
	case FAKE_REGION_SMALL:
		d.info.flags &= ~VFIO_REGION_INFO_FLAG_CAPS;
		d.info.size = fake.fault == FAKE_REGION_PART ? FAKE_PART_SIZE : FAKE_SMALL_SIZE;
		break;
	case FAKE_UNKNOWN:
		d.info.flags |= 1u << 30;
		d.filler.header.id = 0x7777;
		break;
	case FAKE_READ_ONLY:
		d.info.flags &= ~VFIO_REGION_INFO_FLAG_WRITE;
		break;
	case FAKE_AREA_OUTSIDE:
		d.areas[0].offset = FAKE_REGION0_SIZE;
		break;
	case FAKE_AREA_UNALIGNED:
		d.areas[0].offset += 8;
		break;
	case FAKE_AREA_OVERLAP:
		d.areas[0].offset = FAKE_AREA0_OFFSET + 0x1000;
		break;
	case FAKE_AREA_NO_MEMORY:
		d.info.offset = FAKE_REGION0_SIZE;
		break;
	case FAKE_AREA_COUNT:
		d.sparse.nr_areas = UINT32_MAX;
		break;
	case FAKE_CAP_LOOP:
		d.filler.header.next = offsetof(typeof(d), filler);
		break;
	case FAKE_CAP_OUTSIDE:
		d.filler.header.next = 0x8000;
		break;
	case FAKE_SPARSE_NEWER:
		d.sparse.header.version = 2;
		break;
	case FAKE_PCI_MAPPABLE:
		d.filler.header.id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE;
		break;
	default:
		break;
	}
	fake_reply_fds(req, &d, RTE_MIN((size_t)room, sizeof(d)) < sizeof(d) ?
		sizeof(d.info) : sizeof(d), fake.region_fd >= 0 ? &fake.region_fd : &fake.memfd, 1);
}

static void
do_region_info(const struct fake_request *req)
{
	struct vfio_region_info info;

	memcpy(&info, req->payload, sizeof(info));
	if (info.index == 0) {
		do_sparse_region(req, info.argsz);
		return;
	}
	if (info.index == VFIO_PCI_NUM_REGIONS && fake_is_pci()) {
		fake_reply_error(req, EOPNOTSUPP);
		return;
	}
	info.argsz = sizeof(info);
	info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info.size = info.index == 1 ? FAKE_REGION1_SIZE :
		info.index == VFIO_PCI_CONFIG_REGION_INDEX ? sizeof(fake.config) : 0;
	fake_reply(req, &info, sizeof(info));
}

static void
do_irq_info(const struct fake_request *req)
{
	struct vfio_irq_info info;

	memcpy(&info, req->payload, sizeof(info));
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	info.count = fake_is_pci() && info.index != VFIO_PCI_MSI_IRQ_INDEX ? 1 : 0;
	if (info.index == FAKE_IRQ_INDEX)
		info.count = fake.fault == FAKE_IRQ_MANY ? 1u << 31 : FAKE_NUM_VECTORS;
	if (fake.fault == FAKE_UNKNOWN)
		info.flags |= 1u << 30;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	fake_reply(req, &info, sizeof(info));
}

bool
fake_server_raise(unsigned int index, unsigned int vector)
{
	int fd = fake.eventfds[index][vector];

	return fd >= 0 && eventfd_write(fd, 1) == 0;
}

unsigned int
fake_server_unmasked(void)
{
	return fake.unmasked;
}

void
fake_eventfds_close(unsigned int index)
{
	unsigned int i;

	for (i = 0; i < FAKE_NUM_VECTORS; i++) {
		if (fake.eventfds[index][i] >= 0)
			close(fake.eventfds[index][i]);
		fake.eventfds[index][i] = -1;
	}
}

static void
do_set_irqs(struct fake_request *req)
{
	struct vfio_irq_set set;
	unsigned int i;

	memcpy(&set, req->payload, sizeof(set));
	if (fake.fault == FAKE_IRQ_REFUSED && (set.flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0) {
		fake_reply_error(req, EIO);
		return;
	}
	if (set.flags & VFIO_IRQ_SET_ACTION_UNMASK) {
		fake.unmasked++;
	} else if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		for (i = 0; i < req->nb_fds && set.start + i < FAKE_NUM_VECTORS; i++)
			fake.eventfds[set.index][set.start + i] = req->fds[i];
		req->nb_fds = 0;
	} else if (set.count == 0) {
		fake_eventfds_close(set.index);
	} else {
		fake_server_raise(set.index, set.start);
	}
	fake_reply(req, NULL, 0);
}

static void
do_region_access(const struct fake_request *req)
{
	struct vfio_user_region_access access;
	const uint32_t max = fake.fault == FAKE_XFER_UNSAID ? FAKE_MAX_DATA : 64;
	uint8_t buf[FAKE_MAX_PAYLOAD], *reg;

	memcpy(&access, req->payload, sizeof(access));
	if ((access.region > 1 && access.region != VFIO_PCI_CONFIG_REGION_INDEX) ||
			access.count > max) {
		fake_reply_error(req, EINVAL);
		return;
	}
	reg = fake_server_region(access.region) + access.offset;
	/* A message that ends in a word, with more of the word to come. */
	if ((access.offset + access.count) % 8 != 0)
		fake.torn++;
	memcpy(buf, &access, sizeof(access));
	if (req->header.command == VFIO_USER_REGION_WRITE) {
		memcpy(reg, req->payload + sizeof(access), access.count);
		fake_reply(req, buf, sizeof(access));
	} else {
		memcpy(buf + sizeof(access), reg, access.count);
		fake_reply(req, buf, sizeof(access) + access.count);
	}
}

static void
do_dma_map(const struct fake_request *req)
{
	struct vfio_user_dma_map map;
	struct stat st;

	memcpy(&map, req->payload, sizeof(map));
	fake.nb_map_calls++;
	if (fake.fault == FAKE_DMA_REFUSED || (fake.fault == FAKE_DMA_FEW && fake.nb_maps == 1) ||
			req->nb_fds != 1 || fake.nb_maps == FAKE_MAX_MAPS) {
		fake_reply_error(req, ENOMEM);
		return;
	}
	/* Memory that its file does not have cannot be mapped. */
	if (fstat(req->fds[0], &st) < 0 || map.offset > (uint64_t)st.st_size ||
			map.size > (uint64_t)st.st_size - map.offset) {
		fake_reply_error(req, EINVAL);
		return;
	}
	fake.maps[fake.nb_maps++] = (struct vfio_user_dma_unmap) {
		.addr = map.addr,
		.size = map.size,
	};
	fake_reply(req, NULL, 0);
}

/* Transfers under way come to their end. */
static void
device_wait(void)
{
	if (fake_fault_now() == FAKE_SLOW_DEVICE)
		rte_delay_us_sleep(SLOW_DEVICE_MS * 1000);
}

static void
do_dma_unmap(const struct fake_request *req)
{
	struct vfio_user_dma_unmap unmap;
	unsigned int i;

	memcpy(&unmap, req->payload, sizeof(unmap));
	device_wait();
	for (i = 0; i < fake.nb_maps; i++)
		if (fake.maps[i].addr == unmap.addr && fake.maps[i].size == unmap.size)
			break;
	if (i == fake.nb_maps) {
		fake_reply_error(req, ENOENT);
		return;
	}
	fake.maps[i] = fake.maps[--fake.nb_maps];
	fake_reply(req, &unmap, fake_fault_now() == FAKE_UNMAP_BARE ? 0 : sizeof(unmap));
}

static void
do_reset(const struct fake_request *req)
{
	const enum fake_fault fault = fake_fault_now();

	device_wait();
	if (fault == FAKE_ERROR_PAYLOAD || fault == FAKE_ERROR_ENDLESS) {
		fake_reply_error(req, EBUSY);
		return;
	}
	memset(fake.region1, 0, sizeof(fake.region1));
	fake_reply(req, NULL, 0);
}

void
fake_carry_out(struct fake_request *req)
{
	if (fake.refusal != 0 && req->header.command == fake.refused) {
		fake_reply_error(req, fake.refusal);
		return;
	}
	switch (req->header.command) {
	case VFIO_USER_VERSION:
		do_version(req);
		break;
	case VFIO_USER_DEVICE_GET_INFO:
		do_get_info(req);
		break;
	case VFIO_USER_DEVICE_GET_REGION_INFO:
		do_region_info(req);
		break;
	case VFIO_USER_DEVICE_GET_IRQ_INFO:
		do_irq_info(req);
		break;
	case VFIO_USER_DEVICE_SET_IRQS:
		do_set_irqs(req);
		break;
	case VFIO_USER_REGION_READ:
	case VFIO_USER_REGION_WRITE:
		do_region_access(req);
		break;
	case VFIO_USER_DMA_MAP:
		do_dma_map(req);
		break;
	case VFIO_USER_DMA_UNMAP:
		do_dma_unmap(req);
		break;
	case VFIO_USER_DEVICE_RESET:
		do_reset(req);
		break;
	default:
		fake_reply_error(req, ENOTSUP);
	}
}

/* A capability of another kind, then MSI-X, with as many vectors as a page of table holds. */
void
fake_config_fill(void)
{
	uint8_t *cfg = fake.config;
	const uint16_t ids[] = { FAKE_PCI_VENDOR, FAKE_PCI_DEVICE };
	uint16_t flags = 4096 / PCI_MSIX_ENTRY_SIZE - 2;
	uint32_t table = FAKE_MSIX_TABLE & PCI_MSIX_TABLE_OFFSET;

	if (fake.fault == FAKE_PCI_TABLE_OUTSIDE)
		table = FAKE_REGION0_SIZE - 16;
	if (fake.fault == FAKE_PCI_TABLE_REGION)
		table |= VFIO_PCI_CONFIG_REGION_INDEX;
	memset(cfg, 0, sizeof(fake.config));
	memcpy(cfg + PCI_VENDOR_ID, ids, sizeof(ids));
	cfg[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	cfg[PCI_CAPABILITY_LIST] = fake.fault == FAKE_PCI_CAP_LOW ? PCI_BASE_ADDRESS_0 : 0x40;
	cfg[0x40] = PCI_CAP_ID_VNDR;
	cfg[0x41] = fake.fault == FAKE_PCI_CAP_LOOP ? 0x40 : FAKE_MSIX_CAP;
	cfg[FAKE_MSIX_CAP] = PCI_CAP_ID_MSIX;
	memcpy(cfg + FAKE_MSIX_CAP + PCI_MSIX_FLAGS, &flags, sizeof(flags));
	memcpy(cfg + FAKE_MSIX_CAP + PCI_MSIX_TABLE, &table, sizeof(table));
}

unsigned int
fake_server_torn(void)
{
	return fake.torn;
}

uint8_t *
fake_server_region(unsigned int index)
{
	return index == 0 ? fake.region0 : index == 1 ? fake.region1 : fake.config;
}

unsigned int
fake_server_dma_maps(void)
{
	return __atomic_load_n(&fake.nb_maps, __ATOMIC_RELAXED);
}

unsigned int
fake_server_dma_calls(void)
{
	return fake.nb_map_calls;
}

void
fake_server_refuse(enum vfio_user_command command, int error)
{
	fake.refused = command;
	fake.refusal = error;
}

uint64_t
fake_server_dma_bytes(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < fake.nb_maps; i++)
		sum += fake.maps[i].size;
	return sum;
}
