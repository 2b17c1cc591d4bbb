/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "aux_mock.h"
#include "test_compat.h"

struct aux_mock aux_mock;
struct rte_bus *aux_bus;
char aux_root[256];

/* --- A driver as DPDK's own bus knows them ---------------------------- */

static bool
mock_match(const char *name)
{
	return strncmp(name, "mock.sf.", 8) == 0;
}

static int
mock_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	const struct rte_devargs *devargs = dev->device.devargs;
	void (*on_probe)(const char *name);
	int ret;

	RTE_SET_USED(drv);
	test_order();
	snprintf(aux_mock.args, sizeof(aux_mock.args), "%s",
		devargs == NULL || devargs->drv_str == NULL ? "" : devargs->drv_str);
	__atomic_add_fetch(&aux_mock.probes, 1, __ATOMIC_RELEASE);
	on_probe = __atomic_load_n(&aux_mock.on_probe, __ATOMIC_ACQUIRE);
	if (on_probe != NULL)
		on_probe(dev->name);
	ret = __atomic_load_n(&aux_mock.probe_result, __ATOMIC_RELAXED);
	if (ret == 0)
		__atomic_add_fetch(&aux_mock.drives, 1, __ATOMIC_RELEASE);
	test_order();
	return ret;
}

static int
mock_remove(struct rte_auxiliary_device *dev)
{
	RTE_SET_USED(dev);
	__atomic_add_fetch(&aux_mock.removes, 1, __ATOMIC_RELEASE);
	return __atomic_load_n(&aux_mock.remove_result, __ATOMIC_RELAXED);
}

static int
mock_dma_map(struct rte_auxiliary_device *dev, void *addr, uint64_t iova, size_t len)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(addr);
	RTE_SET_USED(iova);
	RTE_SET_USED(len);
	aux_mock.dma_maps++;
	return 0;
}

struct rte_auxiliary_driver aux_plain_driver = {
	.driver.name = "mock_plain",
	.match = mock_match,
	.probe = mock_probe,
	.remove = mock_remove,
	.dma_map = mock_dma_map,
	.dma_unmap = mock_dma_map,
};

/* --- One that is joined to VFIO --------------------------------------- */

static int
vfio_probe(struct rte_auxiliary_driver *drv, struct rte_auxiliary_device *dev)
{
	aux_mock.vfio = dev->vfio_dev;
	return mock_probe(drv, dev);
}

static const struct rte_auxiliary_id vfio_ids[] = {
	{ .kind = RTE_AUXILIARY_KIND_SF, .name = "vfio.sf" },
	{ .kind = RTE_AUXILIARY_KIND_MDEV },
	{ .kind = RTE_AUXILIARY_KIND_ANY }
};

struct rte_auxiliary_driver aux_vfio_driver = {
	.driver.name = "mock_vfio",
	.probe = vfio_probe,
	.remove = mock_remove,
	.drv_flags = RTE_AUXILIARY_DRV_EXTENDED | RTE_AUXILIARY_DRV_NEED_VFIO,
	.id_table = vfio_ids,
};

/* --- Set-up ------------------------------------------------------------ */

int
aux_setup(void)
{
	const char *dir = test_dir_create();

	aux_bus = rte_bus_find_by_name(RTE_BUS_AUXILIARY_NAME);
	TEST_ASSERT(aux_bus != NULL, "no bus");
	aux_cleanup(); /* as before EAL has probed it */
	TEST_ASSERT(dir != NULL, "no directory");
	snprintf(aux_root, sizeof(aux_root), "%s", dir);
	setenv("SYSFS_AUXILIARY_DEVICES", aux_root, 1);
	setenv("SYSFS_MDEV_DEVICES", "/nonexistent", 1);
	memset(&aux_mock, 0, sizeof(aux_mock));
	rte_auxiliary_register(&aux_plain_driver);
	rte_auxiliary_register(&aux_vfio_driver);
	return TEST_SUCCESS;
}

static int
is_driven(const struct rte_device *dev, const void *data)
{
	RTE_SET_USED(data);
	return rte_dev_is_probed(dev) ? 0 : 1;
}

void
aux_teardown(void)
{
	struct rte_devargs *devargs;
	struct rte_device *dev;

	/* Devices that are driven stay on the list when their directory goes. */
	while ((dev = aux_bus_find(NULL, is_driven, NULL)) != NULL)
		if (rte_dev_remove(dev) != 0)
			break;
	/* Devargs stay on EAL's, too. */
	while ((devargs = rte_devargs_next(RTE_BUS_AUXILIARY_NAME, NULL)) != NULL)
		rte_devargs_remove(devargs);
	aux_bus->conf.scan_mode = RTE_BUS_SCAN_UNDEFINED;
	test_dir_remove();
	aux_cleanup();
	rte_auxiliary_unregister(&aux_plain_driver);
	rte_auxiliary_unregister(&aux_vfio_driver);
}

/* --- What EAL asks of the bus -------------------------------------------- */

int
aux_scan(void)
{
	return aux_bus->scan();
}

int
aux_probe(void)
{
	return compat_bus_probe(aux_bus);
}

int
aux_plug(struct rte_device *dev)
{
	int ret = compat_bus_plug(aux_bus, dev);

	return ret > 0 ? -ENOTSUP : ret;
}

int
aux_unplug(struct rte_device *dev)
{
	return compat_bus_unplug(aux_bus, dev);
}

int
aux_cleanup(void)
{
	return compat_bus_cleanup(aux_bus);
}

struct rte_device *
aux_bus_find(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	return compat_bus_find_device(aux_bus, start, cmp, data);
}

/* Until "stop", which is not NULL, says so. */
static void *
scan_thread(void *stop)
{
	intptr_t failed = 0;

	test_thread_elsewhere();
	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
		failed |= aux_scan();
	return (void *)failed;
}

int
aux_scan_meanwhile(int (*step)(unsigned int i), unsigned int nb)
{
	int result = TEST_SUCCESS;
	bool stop = false;
	unsigned int i;
	pthread_t thread;
	void *failed;

	TEST_ASSERT_OK(pthread_create(&thread, NULL, scan_thread, &stop));
	for (i = 0; i < nb && result == TEST_SUCCESS; i++)
		result = step(i);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, &failed);
	TEST_ASSERT_OK(result);
	TEST_ASSERT(failed == NULL, "a scan failed");
	return TEST_SUCCESS;
}

struct rte_device *
aux_find(const char *name)
{
	struct rte_dev_iterator it;
	struct rte_device *dev, *found = NULL;
	char filter[300];

	snprintf(filter, sizeof(filter), "bus=auxiliary,name=%s", name);
	RTE_DEV_FOREACH(dev, filter, &it)
		found = dev;
	return found;
}

struct rte_auxiliary_device *
aux_dev(const char *name)
{
	struct rte_device *dev = aux_find(name);

	return dev == NULL ? NULL : RTE_DEV_TO_AUXILIARY(dev);
}

unsigned int
aux_count(const char *filter)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	RTE_DEV_FOREACH(dev, filter, &it)
		n++;
	return n;
}

/* --- Trees ---------------------------------------------------------------- */

int
aux_make_attr(const char *name, const char *attr, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", name, attr);
	return test_file(path, text);
}

int
aux_make_sf(const char *name)
{
	return aux_make_attr(name, "uevent", "\n");
}

int
aux_publish(const char *name, const char *sfnum)
{
	char from[300], to[300];
	int ret;

	ret = sfnum == NULL ? aux_make_sf(".making") : aux_make_attr(".making", "sfnum", sfnum);
	if (ret < 0)
		return ret;
	snprintf(from, sizeof(from), "%s/.making", aux_root);
	snprintf(to, sizeof(to), "%s/%s", aux_root, name);
	test_order();
	return rename(from, to) < 0 ? -errno : 0;
}

/* A device's directory, and the link to it from the bus. */
static int
make_linked(const char *bus, const char *pf, const char *name)
{
	char path[300], target[300];
	int ret;

	snprintf(path, sizeof(path), "bus/%s/uevent", bus);
	ret = test_file(path, "");
	snprintf(path, sizeof(path), "bus/%s/devices/.exists", bus);
	if (ret == 0)
		ret = test_file(path, "");
	snprintf(path, sizeof(path), "devices/pci0000:00/%s/%s", pf, name);
	if (ret == 0)
		ret = aux_make_attr(path, "uevent", "");
	if (ret < 0)
		return ret;
	snprintf(target, sizeof(target), "../../../%s", path);
	snprintf(path, sizeof(path), "%s/bus/%s/devices/%s", aux_root, bus, name);
	if (symlink(target, path) < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/bus/auxiliary/devices", aux_root);
	setenv("SYSFS_AUXILIARY_DEVICES", path, 1);
	snprintf(path, sizeof(path), "%s/bus/mdev/devices", aux_root);
	setenv("SYSFS_MDEV_DEVICES", path, 1);
	return 0;
}

int
aux_make_pf_sf(const char *pf, const char *name, const char *sfnum)
{
	char dir[300];
	int ret;

	ret = make_linked("auxiliary", pf, name);
	snprintf(dir, sizeof(dir), "devices/pci0000:00/%s/%s", pf, name);
	return ret < 0 || sfnum == NULL ? ret : aux_make_attr(dir, "sfnum", sfnum);
}

int
aux_make_pf_mdev(const char *pf, const char *uuid, const char *type)
{
	char path[300], target[300];
	int ret;

	ret = make_linked("mdev", pf, uuid);
	snprintf(path, sizeof(path), "devices/pci0000:00/%s/mdev_supported_types/%s", pf, type);
	if (ret == 0)
		ret = aux_make_attr(path, "device_api", "vfio-pci\n");
	if (ret < 0)
		return ret;
	snprintf(target, sizeof(target), "../mdev_supported_types/%s", type);
	snprintf(path, sizeof(path), "%s/devices/pci0000:00/%s/%s/mdev_type", aux_root, pf, uuid);
	return symlink(target, path) < 0 ? -errno : 0;
}

/* A device with nothing but a uevent or a number, or a link to one. */
int
aux_remove(const char *name)
{
	char path[300];

	test_order();
	snprintf(path, sizeof(path), "%s/bus/auxiliary/devices/%s", aux_root, name);
	if (unlink(path) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s/uevent", aux_root, name);
	if (unlink(path) < 0) {
		snprintf(path, sizeof(path), "%s/%s/sfnum", aux_root, name);
		if (unlink(path) < 0)
			return -errno;
	}
	*strrchr(path, '/') = '\0';
	return rmdir(path) < 0 ? -errno : 0;
}

int
aux_make_anew(const char *name, const char *sfnum)
{
	int ret = aux_remove(name);

	return ret < 0 ? ret : aux_publish(name, sfnum);
}
