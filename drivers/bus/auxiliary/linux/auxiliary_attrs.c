/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include "../private.h"

/* What sysfs says of a device, put into the device when all of it has been read. */

/*
 * Put what was read into a device, unless a scan has met the device meanwhile.
 * Whoever has the device may be reading, so what is the same is not written.
 */
static bool
attrs_put(struct auxiliary_device *dev, const struct auxiliary_attrs *attrs, uint32_t nb_met)
{
	bool is_current;

	auxiliary_lock();
	is_current = dev->nb_met == nb_met;
	if (is_current && !dev->has_attrs &&
			memcmp(&dev->attrs, attrs, sizeof(*attrs)) != 0) {
		dev->attrs = *attrs;
		dev->pub.sfnum = attrs->sfnum;
		dev->pub.device.numa_node = attrs->numa_node;
	}
	dev->has_attrs |= is_current;
	auxiliary_unlock();
	return is_current;
}

int
auxiliary_attrs_load(struct auxiliary_device *dev)
{
	const struct auxiliary_root *root;
	struct auxiliary_attrs attrs;
	uint32_t nb_met;
	bool is_read;
	int ret;

	do {
		auxiliary_lock();
		root = dev->root;
		nb_met = dev->nb_met;
		is_read = dev->has_attrs;
		ret = dev->attrs.error;
		auxiliary_unlock();
		if (is_read)
			return ret;
		ret = auxiliary_attrs_read(root, dev->pub.name, &attrs);
		if (ret < 0)
			return ret;
	} while (!attrs_put(dev, &attrs, nb_met));
	return attrs.error;
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
