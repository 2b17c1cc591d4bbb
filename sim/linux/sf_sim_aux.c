// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * The auxiliary device of an active port, sf_sim.sf.<id>, and two drivers for
 * it: one makes it a VFIO device, the other a parent of mediated devices.
 */

#include <linux/idr.h>
#include <linux/slab.h>

#include "sf_sim.h"

#define SF_NAME "sf"

static DEFINE_IDA(sf_id_pool);

static ssize_t sfnum_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n", to_sf_sim_sf(dev)->port->sfnum);
}
static DEVICE_ATTR_RO(sfnum);

static struct attribute *sf_attrs[] = {
	&dev_attr_sfnum.attr,
	NULL
};
ATTRIBUTE_GROUPS(sf);

static void sf_release(struct device *dev)
{
	struct sf_sim_sf *sf = to_sf_sim_sf(dev);

	ida_free(&sf_id_pool, sf->adev.id);
	sf_sim_port_put(sf->port);
	kfree(sf);
}

struct sf_sim_sf *sf_sim_aux_add(struct sf_sim_port *port)
{
	struct sf_sim_sf *sf;
	int id, ret;

	sf = kzalloc(sizeof(*sf), GFP_KERNEL);
	if (!sf)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc(&sf_id_pool, GFP_KERNEL);
	if (id < 0) {
		kfree(sf);
		return ERR_PTR(id);
	}
	sf->port = port;
	sf->adev.id = id;
	sf->adev.name = SF_NAME;
	sf->adev.dev.parent = port->parent;
	sf->adev.dev.groups = sf_groups;
	sf->adev.dev.release = sf_release;
	ret = auxiliary_device_init(&sf->adev);
	if (ret) {
		ida_free(&sf_id_pool, id);
		kfree(sf);
		return ERR_PTR(ret);
	}
	kref_get(&port->ref); /* sf_release() puts it */
	ret = auxiliary_device_add(&sf->adev);
	if (ret) {
		auxiliary_device_uninit(&sf->adev);
		return ERR_PTR(ret);
	}
	return sf;
}

void sf_sim_aux_del(struct sf_sim_sf *sf)
{
	auxiliary_device_delete(&sf->adev);
	auxiliary_device_uninit(&sf->adev);
}

static int vfio_probe(struct auxiliary_device *adev,
		      const struct auxiliary_device_id *id)
{
	struct sf_sim_sf *sf = to_sf_sim_sf(&adev->dev);
	struct sf_sim_vdev *vdev;

	vdev = sf_sim_vdev_add(&adev->dev, sf->port, adev->id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	auxiliary_set_drvdata(adev, vdev);
	return 0;
}

static void vfio_remove(struct auxiliary_device *adev)
{
	sf_sim_vdev_del(auxiliary_get_drvdata(adev));
}

static int mdev_probe(struct auxiliary_device *adev,
		      const struct auxiliary_device_id *id)
{
	return sf_sim_mparent_add(&to_sf_sim_sf(&adev->dev)->mparent,
				  &adev->dev, true);
}

static void mdev_remove(struct auxiliary_device *adev)
{
	sf_sim_mparent_del(&to_sf_sim_sf(&adev->dev)->mparent);
}

static const struct auxiliary_device_id id_table[] = {
	{ .name = KBUILD_MODNAME "." SF_NAME },
	{ }
};

static struct auxiliary_driver drivers[] = {
	{
		.name = "vfio",
		.probe = vfio_probe,
		.remove = vfio_remove,
		.id_table = id_table,
	}, {
		.name = "mdev",
		.probe = mdev_probe,
		.remove = mdev_remove,
		.id_table = id_table,
	},
};

/* A new device goes to the driver that was registered first. */
int sf_sim_aux_register(bool mdev_first)
{
	int ret;

	ret = auxiliary_driver_register(&drivers[mdev_first]);
	if (ret)
		return ret;
	ret = auxiliary_driver_register(&drivers[!mdev_first]);
	if (ret)
		auxiliary_driver_unregister(&drivers[mdev_first]);
	return ret;
}

void sf_sim_aux_unregister(void)
{
	auxiliary_driver_unregister(&drivers[0]);
	auxiliary_driver_unregister(&drivers[1]);
}
