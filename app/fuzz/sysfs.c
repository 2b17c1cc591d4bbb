/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A tree that somebody has made below the roots where common/auxiliary looks: directories,
 * files, links to anywhere, FIFOs and sockets, of any name.  All that is there is read, as
 * the bus does it.
 *
 * Nothing is written, nothing is waited for, no node of the kernel's is found in a tree that
 * is not the kernel's, and what is told of it fits a line.  The tree is in the directory
 * "tree" of where the program runs; no link in it is followed when it is made or removed.
 */

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "auxiliary_sysfs.h"
#include "fuzz.h"
#include "fuzz_eal.h"

#define NODES_MAX 64
#define DEEP 40 /* levels, more than sysfs has */
#define DEPTH_MAX 4 /* of a node's path, as an input says it */

/* A node of the tree, as an input has it; octets follow. */
struct node {
	uint8_t kind; /* modulo KIND_NUM */
	uint8_t path[DEPTH_MAX]; /* indexes in names[]; behind them, a name from the octets */
	uint8_t name_len; /* of the octets, before the content */
	uint8_t times; /* that the content is doubled, or less if it becomes too long */
	uint16_t len; /* of the octets */
};

enum {
	KIND_DIR,
	KIND_FILE,
	KIND_LINK, /* the content is where it leads to */
	KIND_FIFO,
	KIND_SOCKET,
	KIND_NUM,
};

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static const char *const names[] = {
	"", "bus", "auxiliary", "mdev", "devices", "drivers", "device0", "0000:03:00.0",
	"sf_sim.sf.0", "sf_sim.sf.1", UUID, "sfnum", "numa_node", "vfio-user", "vfio-dev",
	"vfio0", "dev", "iommu_group", "driver", "mdev_type", "device_api",
	"mdev_supported_types", "vfio_sf", "mtty-1",
};

/* Directories that stay. */
static const char *const skeleton[] = {
	"bus", "bus/auxiliary", "bus/auxiliary/devices", "bus/auxiliary/drivers", "bus/mdev",
	"bus/mdev/devices", "devices", "devices/0000:03:00.0",
};

/* What has been made, to be removed again. */
static char made[NODES_MAX][PATH_MAX];
static unsigned int nb_made;
static int tree; /* the directory */

/* --- What the library asks of the C library ----------------------------------------- */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);

/* A FIFO or a terminal could keep an open or a read waiting, a link lead anywhere. */
static void
flags_check(int flags)
{
	fuzz_assert((flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY &&
		(flags & (O_PATH | O_DIRECTORY | O_NONBLOCK)) != 0);
}

int
__wrap_open64(const char *path, int flags, ...)
{
	flags_check(flags);
	return __real_open64(path, flags);
}

int
__wrap_openat64(int dir, const char *path, int flags, ...)
{
	flags_check(flags);
	fuzz_assert((flags & O_NOFOLLOW) != 0);
	return __real_openat64(dir, path, flags);
}

/* --- The tree --------------------------------------------------------------------- */

/* The directory that a path is in, no link followed, and the name there; or -1. */
static int
parent_open(const char *path, const char **name)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');

	*name = slash == NULL ? path : slash + 1;
	snprintf(parent, sizeof(parent), "%.*s", slash == NULL ? 1 : (int)(slash - path),
		slash == NULL ? "." : path);
	return (int)syscall(SYS_openat2, tree, parent, &how, sizeof(how));
}

static int
file_make(int dir, const char *name, const void *content, size_t len)
{
	int fd = __real_openat64(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);

	if (fd < 0)
		return -1;
	(void)!write(fd, content, len);
	close(fd);
	return 0;
}

static void
node_make(const char *path, unsigned int kind, const char *content, size_t len)
{
	int dir, ret = -1;
	const char *name;

	dir = nb_made == NODES_MAX ? -1 : parent_open(path, &name);
	if (dir < 0)
		return;
	if (kind == KIND_DIR)
		ret = mkdirat(dir, name, 0700);
	else if (kind == KIND_FILE)
		ret = file_make(dir, name, content, len);
	else if (kind == KIND_LINK)
		ret = symlinkat(content, dir, name);
	else
		ret = mknodat(dir, name, (kind == KIND_FIFO ? S_IFIFO : S_IFSOCK) | 0600, 0);
	close(dir);
	if (ret == 0)
		strcpy(made[nb_made++], path);
}

/* Each name is of the table; those that are to be any octets are in the content. */
static void
path_make(const struct node *n, const char *own, char *path, size_t size)
{
	const char *name;
	size_t len = 0;
	unsigned int i;

	path[0] = '\0';
	for (i = 0; i <= DEPTH_MAX; i++) {
		name = i < DEPTH_MAX ? names[n->path[i] % RTE_DIM(names)] : own;
		if (name[0] != '\0')
			len += (size_t)snprintf(path + len, size - len, "%s%s",
				len == 0 ? "" : "/", name);
	}
}

static void
node_take(struct fuzz_input *in)
{
	char own[NAME_MAX + 1] = "", path[PATH_MAX], content[PATH_MAX];
	size_t own_len, len;
	unsigned int i;
	struct node n;

	fuzz_take(in, &n, sizeof(n));
	own_len = RTE_MIN(n.name_len, n.len);
	fuzz_take(in, own, own_len);
	own[own_len] = '\0';
	own[strcspn(own, "/")] = '\0';
	len = RTE_MIN((size_t)n.len - own_len, sizeof(content) - 1);
	fuzz_take(in, content, len);
	for (i = 0; i < n.times && 2 * len < sizeof(content); i++) {
		memcpy(content + len, content, len);
		len *= 2;
	}
	content[len] = '\0';
	path_make(&n, own, path, sizeof(path));
	if (path[0] != '\0')
		node_make(path, n.kind % KIND_NUM, content, len);
}

static void
tree_remove(void)
{
	const char *name;
	int dir;

	while (nb_made > 0) {
		dir = parent_open(made[--nb_made], &name);
		if (dir < 0)
			continue;
		if (unlinkat(dir, name, 0) < 0)
			unlinkat(dir, name, AT_REMOVEDIR);
		close(dir);
	}
}

/* A directory in a directory, and so on; stays as well. */
static void
deep_make(void)
{
	char path[5 * DEEP + 64] = "bus/auxiliary/devices";
	unsigned int i;

	for (i = 0; i < DEEP; i++) {
		strcat(path, "/deep");
		fuzz_need(mkdirat(tree, path, 0700) == 0, path);
	}
}

void
fuzz_start(void)
{
	char top[PATH_MAX - 128], roots[2 * PATH_MAX];
	unsigned int i;

	fuzz_log_start();
	fuzz_log_check();
	/* A run that found something has left its tree. */
	fuzz_need(system("rm -rf tree") == 0 && mkdir("tree", 0700) == 0, "directory");
	tree = __real_open64("tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fuzz_need(tree >= 0 && getcwd(top, sizeof(top)) != NULL, "directory");
	for (i = 0; i < RTE_DIM(skeleton); i++)
		fuzz_need(mkdirat(tree, skeleton[i], 0700) == 0, skeleton[i]);
	deep_make();
	snprintf(roots, sizeof(roots), "%s/tree/bus/auxiliary/devices:%s/tree/device0", top, top);
	setenv("SYSFS_AUXILIARY_DEVICES", roots, 1);
	snprintf(roots, sizeof(roots), "%s/tree/bus/mdev/devices", top);
	setenv("SYSFS_MDEV_DEVICES", roots, 1);
}

/* --- What is read ------------------------------------------------------------------- */

static void
line_check(const char *text, size_t size)
{
	const char *end = memchr(text, '\0', size);

	fuzz_assert(end != NULL);
	for (; text < end; text++)
		fuzz_assert(isprint((unsigned char)*text));
}

static void
node_look(const struct auxiliary_root *root, const char *name)
{
	char advice[AUXILIARY_ADVICE_LEN];
	struct auxiliary_node node;
	int ret;

	ret = auxiliary_node_find(root, name, &node);
	fuzz_assert(ret <= 0 && (ret < 0 || node.vfio.user_socket != NULL));
	fuzz_assert(node.vfio.cdev == NULL && node.vfio.group_name == NULL &&
		node.kernel.fd < 0 && node.kernel.cdev[0] == '\0');
	fuzz_assert(auxiliary_node_forbidden(&node) == NULL);
	if (auxiliary_node_advice(root, name, "driver net_fuzz", &node, ret, advice))
		line_check(advice, sizeof(advice));
	auxiliary_node_put(&node);
}

static void
entry_look(const struct auxiliary_entry *entry, const struct auxiliary_root *const *roots)
{
	char driver[NAME_MAX + 1], sf[RTE_DEV_NAME_MAX_LEN];
	struct auxiliary_attrs attrs;

	line_check(entry->name, sizeof(entry->name));
	fuzz_assert(entry->name[0] != '\0' && strchr(entry->name, '/') == NULL);
	if (auxiliary_attrs_read(entry->root, entry->name, &attrs) == 0) {
		line_check(attrs.info, sizeof(attrs.info));
		fuzz_assert(memchr(attrs.type, '\0', sizeof(attrs.type)) != NULL &&
			memchr(attrs.owner, '\0', sizeof(attrs.owner)) != NULL &&
			memchr(attrs.parent, '\0', sizeof(attrs.parent)) != NULL);
		fuzz_assert(attrs.numa_node >= SOCKET_ID_ANY &&
			attrs.numa_node < RTE_MAX_NUMA_NODES);
	}
	if (auxiliary_kernel_driver(entry->root, entry->name, driver, sizeof(driver)))
		line_check(driver, sizeof(driver));
	auxiliary_entry_is_node(entry, roots, sf, sizeof(sf));
	node_look(entry->root, entry->name);
}

void
fuzz_run(struct fuzz_input *in)
{
	const struct auxiliary_root **roots = auxiliary_roots_get();
	struct auxiliary_entries entries = { .nb = 0 };
	size_t i;

	fuzz_need(roots != NULL, "memory");
	while (in->len != 0)
		node_take(in);
	fuzz_assert(auxiliary_entries_read(&entries, roots, NULL) == 0);
	if (entries.nb != 0)
		qsort(entries.entry, entries.nb, sizeof(*entries.entry), auxiliary_entry_cmp);
	for (i = 0; i < entries.nb; i++)
		entry_look(&entries.entry[i], roots);
	entries.nb = 0;
	fuzz_assert(auxiliary_entries_read(&entries, roots, "sf_sim.sf.0") == 0);
	free(entries.entry);
	free(roots);
	tree_remove();
}

/* --- Trees that are as they should be ----------------------------------------------- */

/* The index of a name, or that of none. */
static uint8_t
name_index(const char *name, size_t len)
{
	uint8_t i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	return 0;
}

static void
add_times(struct fuzz_seed *seed, uint8_t kind, const char *path, const char *content, uint8_t times)
{
	struct node n = { .kind = kind, .len = strlen(content), .times = times };
	unsigned int i;
	size_t len;

	for (i = 0; path[0] != '\0' && i < DEPTH_MAX; i++) {
		len = strcspn(path, "/");
		n.path[i] = name_index(path, len);
		if (n.path[i] == 0)
			break;
		path += len + (path[len] == '/');
	}
	n.name_len = strlen(path);
	n.len += n.name_len;
	fuzz_seed_add(seed, &n, sizeof(n));
	fuzz_seed_add(seed, path, n.name_len);
	fuzz_seed_add(seed, content, strlen(content));
}

static void
add(struct fuzz_seed *seed, uint8_t kind, const char *path, const char *content)
{
	add_times(seed, kind, path, content, 0);
}

static void
add_sf(struct fuzz_seed *seed)
{
	add(seed, KIND_DIR, "devices/0000:03:00.0/sf_sim.sf.0", "");
	add(seed, KIND_LINK, "bus/auxiliary/devices/sf_sim.sf.0",
		"../../../devices/0000:03:00.0/sf_sim.sf.0");
	add(seed, KIND_FILE, "devices/0000:03:00.0/sf_sim.sf.0/sfnum", "88\n");
	add(seed, KIND_FILE, "devices/0000:03:00.0/numa_node", "0\n");
}

static void
add_mdev(struct fuzz_seed *seed)
{
	add(seed, KIND_DIR, "devices/0000:03:00.0/sf_sim.sf.0/" UUID, "");
	add(seed, KIND_LINK, "bus/mdev/devices/" UUID,
		"../../../devices/0000:03:00.0/sf_sim.sf.0/" UUID);
	add(seed, KIND_DIR, "devices/0000:03:00.0/sf_sim.sf.0/mdev_supported_types", "");
	add(seed, KIND_DIR, "devices/mtty-1", "");
	add(seed, KIND_FILE, "devices/mtty-1/device_api", "vfio-pci\n");
	add(seed, KIND_LINK, "devices/0000:03:00.0/sf_sim.sf.0/" UUID "/mdev_type",
		"../../../mtty-1");
}

void
fuzz_seeds(void)
{
	struct fuzz_seed seed = { .len = 0 };

	add_sf(&seed);
	add(&seed, KIND_SOCKET, "devices/0000:03:00.0/sf_sim.sf.0/vfio-user", "");
	fuzz_seed_save(&seed, "socket");

	add_sf(&seed);
	add(&seed, KIND_DIR, "bus/auxiliary/drivers/vfio_sf", "");
	add(&seed, KIND_LINK, "devices/0000:03:00.0/sf_sim.sf.0/driver",
		"../../../bus/auxiliary/drivers/vfio_sf");
	fuzz_seed_save(&seed, "driver");

	add_sf(&seed);
	add_mdev(&seed);
	fuzz_seed_save(&seed, "mdev");

	add_sf(&seed);
	add(&seed, KIND_DIR, "devices/0000:03:00.0/sf_sim.sf.0/vfio-dev", "");
	add(&seed, KIND_DIR, "devices/0000:03:00.0/sf_sim.sf.0/vfio-dev/vfio0", "");
	add(&seed, KIND_LINK, "devices/0000:03:00.0/sf_sim.sf.0/iommu_group", "/sys/1");
	add(&seed, KIND_FIFO, "devices/0000:03:00.0/sf_sim.sf.0/numa_node", "");
	add(&seed, KIND_LINK, "bus/auxiliary/devices/sf_sim.sf.1", "/etc");
	add(&seed, KIND_LINK, "device0", "devices");
	add(&seed, KIND_LINK, "devices/sf_sim.sf.1", "sf_sim.sf.1");
	fuzz_seed_save(&seed, "hostile");

	/* Longer than any path, and deeper. */
	add_times(&seed, KIND_LINK, "bus/auxiliary/devices/sf_sim.sf.0", "sf_sim.sf.1/", 8);
	add_times(&seed, KIND_LINK, "bus/auxiliary/devices/sf_sim.sf.1", "vfio0/", 9);
	add_times(&seed, KIND_LINK, "bus/auxiliary/devices/vfio0", "device/", 9);
	fuzz_seed_save(&seed, "long");
	add_times(&seed, KIND_LINK, "bus/auxiliary/devices/sf_sim.sf.0", "deep/deep/deep/deep/", 3);
	fuzz_seed_save(&seed, "deep");

	/* Names that are no words, of which some may be in log lines. */
	add_sf(&seed);
	add(&seed, KIND_DIR, "bus/auxiliary/drivers/vfio\n", "");
	add(&seed, KIND_LINK, "devices/0000:03:00.0/sf_sim.sf.0/driver", "\033[7m");
	add_times(&seed, KIND_FILE, "device0/sfnum", "\033", 9);
	fuzz_seed_save(&seed, "names");
}
