/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef PROCESS_H
#define PROCESS_H

/**
 * Answer a secondary's requests for a device in place of common/vfio, which must
 * not have one open.  The device has interrupts, and something is wrong with
 * the answer about them: "error", "few", "none", "short", "silent".  It has a
 * region too, whose octets are each their own offset, and one of which comes
 * after the secondary has given up if the fault is "late".
 */
#define HOSTILE_REGION_SIZE 64
#define HOSTILE_LATE 4
int hostile_start(const char *kind);

#endif /* PROCESS_H */
