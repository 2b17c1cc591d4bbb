// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * A simulated sub-function as a VFIO device, with no IOMMU behind it: what it
 * does to memory goes through VFIO.
 */

#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "sf_sim.h"

static int sf_sim_init(struct vfio_device *vfio)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);

	sf_sim_dma_init(&vdev->plat, vfio);
	vdev->dev = kvzalloc(sizeof(*vdev->dev), GFP_KERNEL);
	vdev->db = vmalloc_user(sf_sim_queues * SF_DB_STRIDE);
	if (vdev->dev && vdev->db)
		return 0;
	vfree(vdev->db);
	kvfree(vdev->dev);
	return -ENOMEM;
}

static void sf_sim_release(struct vfio_device *vfio)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);

	vfree(vdev->db);
	kvfree(vdev->dev);
}

static int sf_sim_open(struct vfio_device *vfio)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);

	mutex_lock(&sf_sim_wire.lock);
	vdev->plat.unpinned = false;
	sf_dev_reset(vdev->dev);
	mutex_unlock(&sf_sim_wire.lock);
	return 0;
}

/*
 * Nothing of the user's stays: no queue, no eventfd, no page.  The wire is kicked for
 * the representor, which has lost its link.
 */
static void sf_sim_close(struct vfio_device *vfio)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);

	mutex_lock(&sf_sim_wire.lock);
	sf_dev_reset(vdev->dev);
	sf_sim_irqs_release(&vdev->plat);
	sf_sim_dma_removed(vdev, 0, U64_MAX);
	mutex_unlock(&sf_sim_wire.lock);
	sf_sim_wire_kick();
}

static long sf_sim_info(void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = SF_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long sf_sim_reset(struct sf_sim_vdev *vdev)
{
	mutex_lock(&sf_sim_wire.lock);
	sf_dev_reset(vdev->dev);
	mutex_unlock(&sf_sim_wire.lock);
	sf_sim_wire_kick();
	return 0;
}

static long sf_sim_ioctl(struct vfio_device *vfio, unsigned int cmd,
			 unsigned long arg)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return sf_sim_info(uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return sf_sim_region_info(vdev, uarg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return sf_sim_irq_info(vdev, uarg);
	case VFIO_DEVICE_SET_IRQS:
		return sf_sim_set_irqs(vdev, uarg);
	case VFIO_DEVICE_RESET:
		return sf_sim_reset(vdev);
	default:
		return -ENOTTY;
	}
}

static const struct vfio_device_ops sf_sim_vdev_ops = {
	.name = "sf_sim",
	.init = sf_sim_init,
	.release = sf_sim_release,
	.open_device = sf_sim_open,
	.close_device = sf_sim_close,
	.read = sf_sim_read,
	.write = sf_sim_write,
	.ioctl = sf_sim_ioctl,
	.mmap = sf_sim_mmap,
	.request = sf_sim_request,
	.dma_unmap = sf_sim_dma_unmap,
	SF_SIM_IOMMUFD_OPS
};

static void sf_sim_join(struct sf_sim_vdev *vdev, u32 index)
{
	mutex_lock(&sf_sim_wire.lock);
	sf_dev_init(vdev->dev, &sf_sim_wire.model, &vdev->plat, index,
		    sf_sim_queues);
	if (vdev->port) {
		sf_dev_set_perm_mac(vdev->dev, vdev->port->mac);
		sf_sim_rep_set_dev(vdev->port, vdev->dev);
	}
	sf_dev_set_doorbells(vdev->dev, vdev->db);
	mutex_unlock(&sf_sim_wire.lock);
}

static void sf_sim_leave(struct sf_sim_vdev *vdev)
{
	mutex_lock(&sf_sim_wire.lock);
	if (vdev->port)
		sf_sim_rep_set_dev(vdev->port, NULL);
	sf_dev_fini(vdev->dev);
	mutex_unlock(&sf_sim_wire.lock);
	sf_sim_wire_kick();
}

struct sf_sim_vdev *sf_sim_vdev_add(struct device *dev,
				    struct sf_sim_port *port, u32 index)
{
	struct sf_sim_vdev *vdev;
	int ret;

	vdev = vfio_alloc_device(sf_sim_vdev, vdev, dev, &sf_sim_vdev_ops);
	if (IS_ERR(vdev))
		return vdev;
	vdev->port = port;
	sf_sim_join(vdev, index);
	ret = vfio_register_emulated_iommu_dev(&vdev->vdev);
	if (!ret)
		return vdev;
	sf_sim_leave(vdev);
	vfio_put_device(&vdev->vdev);
	return ERR_PTR(ret);
}

void sf_sim_vdev_del(struct sf_sim_vdev *vdev)
{
	vfio_unregister_group_dev(&vdev->vdev);
	sf_sim_leave(vdev);
	vfio_put_device(&vdev->vdev);
}

void sf_plat_log(struct sf_plat *plat, const char *fmt, ...)
{
	struct va_format vaf;
	va_list ap;

	va_start(ap, fmt);
	vaf.fmt = fmt;
	vaf.va = &ap;
	dev_notice_ratelimited(plat->vdev->dev, "%pV\n", &vaf);
	va_end(ap);
}
