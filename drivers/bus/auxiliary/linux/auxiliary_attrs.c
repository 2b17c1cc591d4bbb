/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include "../private.h"

/* What sysfs says of a device, put into the device when all of it has been read. */

int
auxiliary_attrs_load(struct auxiliary_device *dev)
{
	const struct auxiliary_root *root;
	struct auxiliary_attrs attrs;
	uint32_t nb_met;
	int ret;

	auxiliary_lock();
	while (!dev->has_attrs) {
		root = dev->root;
		nb_met = dev->nb_met;
		auxiliary_unlock();
		ret = auxiliary_attrs_read(root, dev->pub.name, &attrs);
		if (ret < 0)
			return ret;
		auxiliary_lock();
		if (dev->nb_met != nb_met || dev->has_attrs) /* a scan, or another thread */
			continue;
		/* Whoever has the device may be reading, so what is the same is not written. */
		if (memcmp(&dev->attrs, &attrs, sizeof(attrs)) != 0) {
			dev->attrs = attrs;
			dev->pub.sfnum = attrs.sfnum;
			dev->pub.device.numa_node = attrs.numa_node;
		}
		dev->has_attrs = true;
	}
	ret = dev->attrs.error;
	auxiliary_unlock();
	return ret;
}

bool
auxiliary_attrs_fit(const struct auxiliary_select *select, struct auxiliary_device *dev)
{
	bool needs_attrs = select->pf[0] != '\0' || select->sfnum != RTE_AUXILIARY_SFNUM_NONE ||
		select->type[0] != '\0';
	int ret = needs_attrs ? auxiliary_attrs_load(dev) : 0;
	bool fits;

	if (ret < 0 && ret != -EXDEV)
		return false;
	auxiliary_lock();
	fits = auxiliary_select_fits(select, dev);
	auxiliary_unlock();
	return fits;
}
