/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FAKE_COMMANDS_H
#define FAKE_COMMANDS_H

/*
 * Between the two halves of the fake server: fake_server.c moves messages, and
 * knows all that is wrong with them; fake_commands.c carries out what they say,
 * and knows what is wrong with the device.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "fake_server.h"

#define FAKE_MAX_MAPS 65536
#define FAKE_MAX_DATA 32768
#define FAKE_MAX_PAYLOAD (sizeof(struct vfio_user_region_access) + FAKE_MAX_DATA)
#define FAKE_MAX_FDS 16
#define FAKE_MAX_QUESTION 16384

struct fake_request {
	struct vfio_user_header header;
	uint8_t payload[FAKE_MAX_PAYLOAD];
	int fds[FAKE_MAX_FDS];
	unsigned int nb_fds;
};

/* The one server.  The server's thread writes what a client changes; tests read that. */
struct fake_server {
	enum fake_fault fault;
	bool runs; /* the test's own: thread, listener and memory are there */
	pthread_t thread;
	int listener;
	pthread_mutex_t sock_lock; /* the number of a closed socket may be another's by now */
	int sock;
	int memfd;
	int region_fd; /* what a client gets of region 0, if it is not memfd */
	uint8_t *region0;
	uint8_t region1[FAKE_REGION1_SIZE];
	uint8_t config[PCI_CFG_SPACE_SIZE];
	int eventfds[VFIO_PCI_NUM_IRQS][FAKE_NUM_VECTORS];
	unsigned int unmasked;
	struct vfio_user_dma_unmap maps[FAKE_MAX_MAPS];
	unsigned int nb_maps;
	unsigned int torn;
	/* A question of ours, asked before the next reply, and what came of it. */
	struct {
		struct vfio_user_header header;
		struct vfio_user_dma_access access;
		uint8_t data[FAKE_MAX_QUESTION];
	} question;
	bool asks;
	struct fake_request answer;
	unsigned int nb_answers;
	unsigned int nb_map_calls;
	enum vfio_user_command refused; /* with this error, or 0 */
	int refusal;
	size_t nb_left; /* octets that may yet be sent */
};

extern struct fake_server fake;

/* Set by the test while the server runs. */
static inline enum fake_fault
fake_fault_now(void)
{
	return __atomic_load_n(&fake.fault, __ATOMIC_RELAXED);
}

static inline bool
fake_is_pci(void)
{
	return fake.fault >= FAKE_PCI;
}

/* Reply, with descriptors or not, spoilt as the fault asks; or with an error. */
void fake_reply_fds(const struct fake_request *req, const void *payload, size_t len,
	const int *fds, unsigned int nb_fds);
void fake_reply(const struct fake_request *req, const void *payload, size_t len);
void fake_reply_error(const struct fake_request *req, int error);

/* Carry out a command of the client's, and reply. */
void fake_carry_out(struct fake_request *req);

/* Make the configuration space of a PCI device. */
void fake_config_fill(void);

/* Let go of the eventfds of an interrupt index. */
void fake_eventfds_close(unsigned int index);

#endif /* FAKE_COMMANDS_H */
