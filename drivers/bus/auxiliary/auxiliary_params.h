/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_PARAMS_H
#define AUXILIARY_PARAMS_H

/*
 * The bus part of a device string, "bus=auxiliary,name=sf_sim.sf.0,vfio=user",
 * is used twice: to say which device to probe and how, and to pick devices
 * from the bus.  Some keys pick (name, pf, ...), the others say how.
 */

#include "private.h"

struct rte_kvargs;

/* Split and check; the caller frees the list.  A refusal is one log line. */
int auxiliary_params_parse(const char *str, struct rte_kvargs **kvlist);

/*
 * The keys that pick devices, always in the same order: "pf=...,sfnum=...".
 * 0, or -E2BIG if they do not fit.
 */
int auxiliary_params_picks(const struct rte_kvargs *kvlist, char *buf, size_t size);

/* Whether a device has everything by which a list, or NULL, picks. */
bool auxiliary_params_match(const struct rte_kvargs *kvlist, struct auxiliary_dev *dev);

/* The keys and values of devargs, as above, or NULL; the caller frees the list. */
struct rte_kvargs *auxiliary_devargs_params(const struct rte_devargs *devargs);

/* Values of "vfio" and "iova"; ANY and DC for any other text. */
enum rte_vfio_transport auxiliary_transport_parse(const char *value);
enum rte_iova_mode auxiliary_iova_parse(const char *value);

/* Value of "hotplug": AUXILIARY_HOTPLUG_*; 0 for any other text. */
unsigned int auxiliary_hotplug_parse(const char *value);

#endif /* AUXILIARY_PARAMS_H */
