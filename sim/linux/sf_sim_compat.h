/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The auxiliary-bus driver authors */

#ifndef SF_SIM_COMPAT_H
#define SF_SIM_COMPAT_H

/* What older kernels, from 6.1 on, do differently. */

#include <linux/eventfd.h>
#include <linux/version.h>
#include <net/devlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define eventfd_signal(ctx) eventfd_signal(ctx, 1)
#endif

/* iommufd, and character devices that can be taken off it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define SF_SIM_IOMMUFD_OPS
#else
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define SF_SIM_DETACH_OP
#else
#define SF_SIM_DETACH_OP .detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif
#define SF_SIM_IOMMUFD_OPS					\
	.bind_iommufd = vfio_iommufd_emulated_bind,		\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,		\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,	\
	SF_SIM_DETACH_OP
#endif

/* A port was told of its network device, and not the other way round. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define SET_NETDEV_DEVLINK_PORT(netdev, dl_port)
#define sf_sim_compat_port_set(dl_port, netdev) \
	devlink_port_type_eth_set(dl_port, netdev)
#define sf_sim_compat_port_clear(dl_port) devlink_port_type_clear(dl_port)
#else
#define sf_sim_compat_port_set(dl_port, netdev)
#define sf_sim_compat_port_clear(dl_port)
#endif

/* Operations on ports were the devlink instance's, and went by index. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
struct devlink_port_ops {
	int (*port_del)(struct devlink *dl, struct devlink_port *dl_port,
			struct netlink_ext_ack *extack);
	typeof_member(struct devlink_ops, port_function_hw_addr_get) port_fn_hw_addr_get;
	typeof_member(struct devlink_ops, port_function_hw_addr_set) port_fn_hw_addr_set;
	typeof_member(struct devlink_ops, port_fn_state_get) port_fn_state_get;
	typeof_member(struct devlink_ops, port_fn_state_set) port_fn_state_set;
};

#define devl_port_register_with_ops(dl, dl_port, index, ops) \
	devl_port_register(dl, dl_port, ((void)(ops), index))

#define SF_SIM_COMPAT_PORTS						\
static int compat_new(struct devlink *dl,				\
		      const struct devlink_port_new_attrs *attrs,	\
		      struct netlink_ext_ack *extack, unsigned int *index) \
{									\
	struct devlink_port *dl_port;					\
	int ret = port_new(dl, attrs, extack, &dl_port);		\
									\
	*index = ret ? 0 : dl_port->index;				\
	return ret;							\
}									\
									\
static int compat_del(struct devlink *dl, unsigned int index,		\
		      struct netlink_ext_ack *extack)			\
{									\
	unsigned long sfnum = index;					\
	struct sf_sim_port *port = port_find(&sfnum, sfnum);		\
	int ret = -ENODEV;						\
									\
	if (!port)							\
		return ret;						\
	if (!port->deleted)						\
		ret = port_del(dl, &port->dl_port, extack);		\
	sf_sim_port_put(port);						\
	return ret;							\
}

#define SF_SIM_PORT_OPS							\
	.port_new = compat_new,						\
	.port_del = compat_del,						\
	.port_function_hw_addr_get = port_hw_addr_get,			\
	.port_function_hw_addr_set = port_hw_addr_set,			\
	.port_fn_state_get = port_state_get,				\
	.port_fn_state_set = port_state_set,
#else
#define SF_SIM_COMPAT_PORTS
#define SF_SIM_PORT_OPS .port_new = port_new,
#endif

#endif /* SF_SIM_COMPAT_H */
