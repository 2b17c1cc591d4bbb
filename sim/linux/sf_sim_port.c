// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * devlink: the ports of the parent device, one for each sub-function.
 *
 * A port that is made inactive loses its auxiliary device, which somebody may
 * be using: they are asked to let go, and it is gone when they have.  Until
 * then the port's operational state is "attached".  A port may be deleted
 * meanwhile; its number is free when the device is gone.
 */

#include <linux/etherdevice.h>
#include <linux/slab.h>

#include "sf_sim.h"

/* How long to wait for a device that nobody seems to use. */
#define DETACH_TIMEOUT	(5 * HZ)

struct sf_sim_ports {
	struct device *parent;
	struct workqueue_struct *wq;
	struct xarray by_sfnum;		/* including those whose count is 0, see port_find() */
	wait_queue_head_t wait;		/* for it to be empty */
};

static struct devlink *devlink;

static struct sf_sim_port *to_port(struct devlink_port *dl_port)
{
	return container_of(dl_port, struct sf_sim_port, dl_port);
}

static struct sf_sim_ports *sf_sim_ports(void)
{
	return devlink_priv(devlink);
}

/* sf_sim_ports_fini() waits for the lock before it frees what this uses. */
static void port_release(struct kref *ref)
{
	struct sf_sim_port *port = container_of(ref, struct sf_sim_port, ref);
	struct sf_sim_ports *ports = sf_sim_ports();

	xa_lock(&ports->by_sfnum);
	__xa_erase(&ports->by_sfnum, port->sfnum);
	wake_up(&ports->wait);
	xa_unlock(&ports->by_sfnum);
	kfree(port);
}

void sf_sim_port_put(struct sf_sim_port *port)
{
	kref_put(&port->ref, port_release);
}

/*
 * The first port from *sfnum to last, and its number, with a reference.  A port that
 * has been deleted may lose its last one at any time, without the lock of devlink.
 */
static struct sf_sim_port *port_find(unsigned long *sfnum, unsigned long last)
{
	struct xarray *by_sfnum = &sf_sim_ports()->by_sfnum;
	struct sf_sim_port *port;

	xa_lock(by_sfnum);
	port = xa_find(by_sfnum, sfnum, last, XA_PRESENT);
	while (port && !kref_get_unless_zero(&port->ref))
		port = xa_find_after(by_sfnum, sfnum, last, XA_PRESENT);
	xa_unlock(by_sfnum);
	return port;
}

void sf_sim_port_asked(struct sf_sim_port *port)
{
	WRITE_ONCE(port->asked, true);
	wake_up(&port->wait);
}

static void port_detach(struct work_struct *work)
{
	struct sf_sim_port *port = container_of(work, struct sf_sim_port,
						detach);

	sf_sim_aux_del(port->sf);
	mutex_lock(&port->lock);
	WRITE_ONCE(port->sf, NULL);
	mutex_unlock(&port->lock);
	wake_up(&port->wait);
	sf_sim_port_put(port);
}

static int port_activate(struct sf_sim_port *port,
			 struct netlink_ext_ack *extack)
{
	struct sf_sim_sf *sf;

	if (port->active)
		return 0;
	if (port->sf) {
		NL_SET_ERR_MSG_MOD(extack, "The inactive function is still in use");
		return -EBUSY;
	}
	sf = sf_sim_aux_add(port);
	if (IS_ERR(sf)) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot add the auxiliary device");
		return PTR_ERR(sf);
	}
	port->sf = sf;
	port->active = true;
	return 0;
}

static void port_deactivate(struct sf_sim_port *port)
{
	if (!port->active)
		return;
	port->active = false;
	/* An unbinding before may have set it. */
	WRITE_ONCE(port->asked, false);
	kref_get(&port->ref); /* port_detach() puts it */
	queue_work(sf_sim_ports()->wq, &port->detach);
	mutex_unlock(&port->lock);
	/* It is over in a moment, unless there is somebody to be waited for. */
	wait_event_timeout(port->wait, !READ_ONCE(port->sf) ||
			   READ_ONCE(port->asked), DETACH_TIMEOUT);
	mutex_lock(&port->lock);
}

static int port_state_get(struct devlink_port *dl_port,
			  enum devlink_port_fn_state *state,
			  enum devlink_port_fn_opstate *opstate,
			  struct netlink_ext_ack *extack)
{
	struct sf_sim_port *port = to_port(dl_port);

	mutex_lock(&port->lock);
	*state = port->active ? DEVLINK_PORT_FN_STATE_ACTIVE :
				DEVLINK_PORT_FN_STATE_INACTIVE;
	*opstate = port->sf ? DEVLINK_PORT_FN_OPSTATE_ATTACHED :
			      DEVLINK_PORT_FN_OPSTATE_DETACHED;
	mutex_unlock(&port->lock);
	return 0;
}

static int port_state_set(struct devlink_port *dl_port,
			  enum devlink_port_fn_state state,
			  struct netlink_ext_ack *extack)
{
	struct sf_sim_port *port = to_port(dl_port);
	int ret = 0;

	mutex_lock(&port->lock);
	if (state == DEVLINK_PORT_FN_STATE_ACTIVE)
		ret = port_activate(port, extack);
	else
		port_deactivate(port);
	mutex_unlock(&port->lock);
	return ret;
}

static int port_hw_addr_get(struct devlink_port *dl_port, u8 *hw_addr,
			    int *hw_addr_len, struct netlink_ext_ack *extack)
{
	memcpy(hw_addr, &to_port(dl_port)->mac, ETH_ALEN);
	*hw_addr_len = ETH_ALEN;
	return 0;
}

static int port_hw_addr_set(struct devlink_port *dl_port, const u8 *hw_addr,
			    int hw_addr_len, struct netlink_ext_ack *extack)
{
	struct sf_sim_port *port = to_port(dl_port);
	int ret = 0;

	if (hw_addr_len != ETH_ALEN || !is_valid_ether_addr(hw_addr)) {
		NL_SET_ERR_MSG_MOD(extack, "Not the address of an Ethernet station");
		return -EINVAL;
	}
	mutex_lock(&port->lock);
	if (port->sf) {
		NL_SET_ERR_MSG_MOD(extack, "The function is active or in use");
		ret = -EBUSY;
	} else {
		memcpy(&port->mac, hw_addr, ETH_ALEN);
	}
	mutex_unlock(&port->lock);
	return ret;
}

static int port_del(struct devlink *dl, struct devlink_port *dl_port,
		    struct netlink_ext_ack *extack)
{
	struct sf_sim_port *port = to_port(dl_port);

	mutex_lock(&port->lock);
	port_deactivate(port);
	mutex_unlock(&port->lock);
	sf_sim_rep_del(port);
	devl_port_unregister(dl_port);
	port->deleted = true;
	sf_sim_port_put(port);
	return 0;
}

static const struct devlink_port_ops port_ops = {
	.port_del = port_del,
	.port_fn_hw_addr_get = port_hw_addr_get,
	.port_fn_hw_addr_set = port_hw_addr_set,
	.port_fn_state_get = port_state_get,
	.port_fn_state_set = port_state_set,
};

static int port_new_check(const struct devlink_port_new_attrs *attrs,
			  struct netlink_ext_ack *extack)
{
	if (attrs->flavour != DEVLINK_PORT_FLAVOUR_PCI_SF)
		NL_SET_ERR_MSG_MOD(extack, "Only ports of flavour pcisf can be added");
	else if (attrs->port_index_valid)
		NL_SET_ERR_MSG_MOD(extack, "The index of a port cannot be chosen");
	else if (!attrs->sfnum_valid)
		NL_SET_ERR_MSG_MOD(extack, "A port needs an sfnum");
	else if (attrs->sfnum >= SF_SIM_STANDALONE_BASE)
		NL_SET_ERR_MSG_MOD(extack, "The sfnum must be less than "
				   __stringify(SF_SIM_STANDALONE_BASE));
	else if (attrs->controller_valid && attrs->controller != 0)
		NL_SET_ERR_MSG_MOD(extack, "There is no external controller");
	else if (attrs->pfnum != 0)
		NL_SET_ERR_MSG_MOD(extack, "There is only pfnum 0");
	else
		return 0;
	return -EOPNOTSUPP;
}

static struct sf_sim_port *port_alloc(u32 sfnum)
{
	struct sf_sim_ports *ports = sf_sim_ports();
	struct sf_sim_port *port;
	int ret;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);
	kref_init(&port->ref);
	mutex_init(&port->lock);
	init_waitqueue_head(&port->wait);
	INIT_WORK(&port->detach, port_detach);
	port->parent = ports->parent;
	port->sfnum = sfnum;
	port->mac = sf_mac_make(sfnum);
	ret = xa_insert(&ports->by_sfnum, sfnum, port, GFP_KERNEL);
	if (ret) {
		kfree(port);
		return ERR_PTR(ret == -EBUSY ? -EEXIST : ret);
	}
	return port;
}

static int port_new(struct devlink *dl,
		    const struct devlink_port_new_attrs *attrs,
		    struct netlink_ext_ack *extack,
		    struct devlink_port **dl_port)
{
	struct sf_sim_port *port;
	int ret;

	ret = port_new_check(attrs, extack);
	if (ret)
		return ret;
	port = port_alloc(attrs->sfnum);
	if (IS_ERR(port)) {
		if (port == ERR_PTR(-EEXIST))
			NL_SET_ERR_MSG_MOD(extack, "The sfnum is taken");
		return PTR_ERR(port);
	}
	devlink_port_attrs_pci_sf_set(&port->dl_port, 0, 0, port->sfnum, false);
	ret = devl_port_register_with_ops(dl, &port->dl_port, port->sfnum,
					  &port_ops);
	if (ret)
		goto err_put;
	ret = sf_sim_rep_add(port);
	if (ret)
		goto err_unregister;
	*dl_port = &port->dl_port;
	return 0;

err_unregister:
	devl_port_unregister(&port->dl_port);
err_put:
	sf_sim_port_put(port);
	return ret;
}

static int info_get(struct devlink *dl, struct devlink_info_req *req,
		    struct netlink_ext_ack *extack)
{
	return devlink_info_version_fixed_put(req, "board.id", "sf_sim");
}

SF_SIM_COMPAT_PORTS

static const struct devlink_ops devlink_ops = {
	SF_SIM_PORT_OPS
	.info_get = info_get,
};

int sf_sim_ports_init(struct device *parent)
{
	struct sf_sim_ports *ports;

	devlink = devlink_alloc(&devlink_ops, sizeof(*ports), parent);
	if (!devlink)
		return -ENOMEM;
	ports = sf_sim_ports();
	ports->parent = parent;
	xa_init(&ports->by_sfnum);
	init_waitqueue_head(&ports->wait);
	ports->wq = alloc_workqueue("sf_sim", WQ_UNBOUND, 0);
	if (!ports->wq) {
		devlink_free(devlink);
		return -ENOMEM;
	}
	devlink_register(devlink);
	return 0;
}

void sf_sim_ports_fini(void)
{
	struct sf_sim_ports *ports = sf_sim_ports();
	struct sf_sim_port *port;
	unsigned long sfnum;

	devlink_unregister(devlink);
	devl_lock(devlink);
	for (sfnum = 0; (port = port_find(&sfnum, U32_MAX)); sfnum++) {
		if (!port->deleted)
			port_del(devlink, &port->dl_port, NULL);
		sf_sim_port_put(port);
	}
	devl_unlock(devlink);
	wait_event(ports->wait, xa_empty(&ports->by_sfnum));
	/* The last port_release() has woken us, and is to be done with "ports". */
	xa_lock(&ports->by_sfnum);
	xa_unlock(&ports->by_sfnum);
	destroy_workqueue(ports->wq);
	xa_destroy(&ports->by_sfnum);
	devlink_free(devlink);
}
