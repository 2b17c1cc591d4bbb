// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * Mediated devices.  On a sub-function there can be one, which is that
 * sub-function; on the parent device there can be many, which are none.
 */

#include <linux/idr.h>

#include "sf_sim.h"

#define STANDALONE_MAX	64

static DEFINE_IDA(standalone_ids);

static int sf_mdev_probe(struct mdev_device *mdev)
{
	struct sf_sim_sf *sf = to_sf_sim_sf(mdev->dev.parent);
	struct sf_sim_vdev *vdev;

	vdev = sf_sim_vdev_add(&mdev->dev, sf->port, sf->adev.id);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	dev_set_drvdata(&mdev->dev, vdev);
	return 0;
}

static void sf_mdev_remove(struct mdev_device *mdev)
{
	sf_sim_vdev_del(dev_get_drvdata(&mdev->dev));
}

static int standalone_probe(struct mdev_device *mdev)
{
	int id = ida_alloc_max(&standalone_ids, STANDALONE_MAX - 1, GFP_KERNEL);
	struct sf_sim_vdev *vdev;

	if (id < 0)
		return id;
	vdev = sf_sim_vdev_add(&mdev->dev, NULL, SF_SIM_STANDALONE_BASE + id);
	if (IS_ERR(vdev)) {
		ida_free(&standalone_ids, id);
		return PTR_ERR(vdev);
	}
	vdev->id = id;
	dev_set_drvdata(&mdev->dev, vdev);
	return 0;
}

static void standalone_remove(struct mdev_device *mdev)
{
	struct sf_sim_vdev *vdev = dev_get_drvdata(&mdev->dev);
	int id = vdev->id;

	sf_sim_vdev_del(vdev);
	ida_free(&standalone_ids, id);
}

static struct mdev_driver sf_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 1,
	.probe = sf_mdev_probe,
	.remove = sf_mdev_remove,
	.driver = {
		.name = "sf_sim_sf",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static struct mdev_driver standalone_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = STANDALONE_MAX,
	.probe = standalone_probe,
	.remove = standalone_remove,
	.driver = {
		.name = "sf_sim_standalone",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

int sf_sim_mdev_register(void)
{
	int ret;

	ret = mdev_register_driver(&sf_mdev_driver);
	if (ret)
		return ret;
	ret = mdev_register_driver(&standalone_driver);
	if (ret)
		mdev_unregister_driver(&sf_mdev_driver);
	return ret;
}

void sf_sim_mdev_unregister(void)
{
	mdev_unregister_driver(&standalone_driver);
	mdev_unregister_driver(&sf_mdev_driver);
}

int sf_sim_mparent_add(struct sf_sim_mparent *mparent, struct device *dev,
		       bool is_sf)
{
	memset(mparent, 0, sizeof(*mparent));
	mparent->type.sysfs_name = "eth";
	mparent->type.pretty_name = "Simulated Ethernet function";
	mparent->types = &mparent->type;
	return mdev_register_parent(&mparent->parent, dev,
				    is_sf ? &sf_mdev_driver : &standalone_driver,
				    &mparent->types, 1);
}

void sf_sim_mparent_del(struct sf_sim_mparent *mparent)
{
	mdev_unregister_parent(&mparent->parent);
}
