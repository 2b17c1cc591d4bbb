/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef STATS_H
#define STATS_H

#include "server.h"

/* A table of what the devices have counted since they were published. */
void stats_print(const struct sf *sfs, unsigned int nb_sfs);

#endif /* STATS_H */
