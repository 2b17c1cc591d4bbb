/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>

#include <rte_mbuf.h>

/**
 * Answer a secondary's requests for a device in place of common/vfio, which must
 * not have one open.  The device has interrupts, and something is wrong with
 * the answer about them: "error", "few", "none", "short", "silent".  It has a
 * region too, whose octets are each their own offset, and one of which comes
 * after the secondary has given up if the fault is "late".
 */
#define HOSTILE_REGION_SIZE 64
#define HOSTILE_LATE 4
int hostile_start(const char *kind);

/*
 * Commands of dpdk-test-process; each returns what it answers, and ignores the arguments
 * that it does not name.
 */

/** A device of the primary's, and its interrupts: what enabling them returns. */
int cmd_interrupts(uint16_t nb_queues, unsigned int a, unsigned int b);
/** An octet of a device of the primary's, after one that comes late. */
int cmd_after_late(uint16_t offset, unsigned int a, unsigned int b);
/**
 * Ask the primary about sf_sim.sf.0 without common/vfio: an enum vfio_mp_type, a region, and
 * for an access its length.  How many file descriptors come with the answer.
 */
int cmd_ask(uint16_t type, unsigned int index, unsigned int len);

/**
 * Send and receive between two ports that are wired as a pair, each by one queue, on a thread
 * that goes on until "calm" or "halt", whatever becomes of the ports.
 */
int cmd_traffic(uint16_t port, unsigned int other, unsigned int queue);
/** Wait until so many packets have come since "traffic". */
int cmd_flowing(uint16_t nb, unsigned int a, unsigned int b);
/**
 * Send no more, wait until nothing comes, and end the traffic: how many packets were changed,
 * missing before a later one of their flow, or came again.  A line that starts with
 * "traffic: " says how many of each, how many were sent, and how many have not come
 * from each port.
 */
int cmd_calm(uint16_t unused, unsigned int a, unsigned int b);
/** The same without the wait. */
int cmd_halt(uint16_t unused, unsigned int a, unsigned int b);
/** How many packets from one port to the other the devices have dropped since they were started. */
int cmd_dropped(uint16_t port, unsigned int other, unsigned int unused);
/** Wait for so many removal events since "traffic". */
int cmd_removed(uint16_t nb, unsigned int a, unsigned int b);

/** Take memory and give it back all the time (1), or no more (0), which answers how often. */
int cmd_memory(uint16_t is_on, unsigned int a, unsigned int b);
/** How many blocks of EAL's heap are in use. */
int cmd_heap(uint16_t unused, unsigned int a, unsigned int b);

/** Stop this process (SIGSTOP) when it next takes mbufs out of their pool, as an Rx burst does. */
int cmd_stop_within(uint16_t unused, unsigned int a, unsigned int b);

/**
 * Be killed within an Rx or a Tx burst, or an Rx burst for no packet, at the instruction that
 * makes so many changes of the queue and the pool complete; -ERANGE if a burst makes fewer.
 */
int cmd_die_receiving(uint16_t port, unsigned int queue, unsigned int nb_changes);
int cmd_die_sending(uint16_t port, unsigned int queue, unsigned int nb_changes);
int cmd_die_succeeding(uint16_t port, unsigned int queue, unsigned int nb_changes);

/** Be killed when looking at an Rx descriptor, likewise; the changes are those of the gates. */
int cmd_die_looking(uint16_t port, unsigned int queue, unsigned int nb_changes);

/** The status of an Rx descriptor. */
int cmd_look(uint16_t port, unsigned int queue, unsigned int offset);

/** Use a port's queues for no packet, as whoever comes after a killed process. */
int cmd_try(uint16_t port, unsigned int queue, unsigned int unused);

/** How many mbufs are in their pool twice. */
int cmd_twice(uint16_t unused, unsigned int a, unsigned int b);

/** A packet in one mbuf or in several, as the port has been configured; or NULL. */
struct rte_mbuf *make_packet(uint16_t port);

#endif /* PROCESS_H */
