/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <rte_string_fns.h>

#include "sfctl.h"

/*
 * Who has a node open, by the links in /proc/PID/fd.  A client of a vfio-user
 * server has a socket without a name; the kernel tells which one is connected to
 * a socket that has the server's.
 */

/* A socket that is connected to that of a server. */
struct peer {
	struct holding *holding;
	uint32_t ino;
};

struct peers {
	struct holding *holdings;
	size_t nb_holdings;
	struct peer *peer;
	size_t nb;
};

static int
peer_take(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[UNIX_DIAG_MAX + 1];
	const struct unix_diag_vfs *vfs;
	struct peers *peers = arg;
	struct peer *grown;
	struct stat st;
	size_t i;

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct unix_diag_msg), attr, UNIX_DIAG_MAX,
			NULL) < 0 || attr[UNIX_DIAG_VFS] == NULL || attr[UNIX_DIAG_PEER] == NULL ||
			nla_len(attr[UNIX_DIAG_VFS]) < (int)sizeof(*vfs))
		return NL_OK;
	vfs = nla_data(attr[UNIX_DIAG_VFS]);
	for (i = 0; i < peers->nb_holdings; i++) {
		if (!peers->holdings[i].is_socket || stat(peers->holdings[i].path, &st) < 0 ||
				(uint32_t)st.st_ino != vfs->udiag_vfs_ino)
			continue;
		grown = realloc(peers->peer, (peers->nb + 1) * sizeof(*grown));
		if (grown == NULL)
			return NL_STOP;
		peers->peer = grown;
		grown[peers->nb].holding = &peers->holdings[i];
		grown[peers->nb++].ino = nla_get_u32(attr[UNIX_DIAG_PEER]);
	}
	return NL_OK;
}

/* Sockets that are connected to those of servers; none if the kernel does not tell. */
static void
peers_read(struct peers *peers)
{
	const struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_states = UINT32_MAX,
		.udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_PEER,
	};
	struct nl_sock *sock = nl_socket_alloc();

	if (sock != NULL && nl_connect(sock, NETLINK_SOCK_DIAG) == 0 &&
			nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, peer_take,
				peers) == 0 &&
			nl_send_simple(sock, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP,
				(void *)(uintptr_t)&req, sizeof(req)) >= 0)
		nl_recvmsgs_default(sock);
	nl_socket_free(sock);
}

static void
held_by(struct holding *holding, uint32_t pid)
{
	char path[64];
	FILE *file;

	if (holding->pid != 0)
		return;
	holding->pid = pid;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", pid);
	file = fopen(path, "re");
	if (file == NULL || fgets(holding->comm, sizeof(holding->comm), file) == NULL)
		holding->comm[0] = '\0';
	holding->comm[strcspn(holding->comm, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
}

static void
link_compare(const char *link, uint32_t pid, const struct peers *peers)
{
	uint32_t ino;
	size_t i;

	if (sscanf(link, "socket:[%" SCNu32 "]", &ino) == 1) {
		for (i = 0; i < peers->nb; i++)
			if (peers->peer[i].ino == ino)
				held_by(peers->peer[i].holding, pid);
		return;
	}
	for (i = 0; i < peers->nb_holdings; i++)
		if (strcmp(link, peers->holdings[i].path) == 0 ||
				strcmp(link, peers->holdings[i].other) == 0)
			held_by(&peers->holdings[i], pid);
}

static void
process_search(const char *pid, const struct peers *peers)
{
	char path[PATH_MAX], link[PATH_MAX];
	struct dirent *entry;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (len > 0) {
			link[len] = '\0';
			link_compare(link, (uint32_t)strtoul(pid, NULL, 10), peers);
		}
	}
	if (dir != NULL)
		closedir(dir);
}

void
holders_find(struct holding *holdings, size_t nb)
{
	struct peers peers = { .holdings = holdings, .nb_holdings = nb };
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	peers_read(&peers);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0')
			process_search(entry->d_name, &peers);
	if (dir != NULL)
		closedir(dir);
	free(peers.peer);
}
