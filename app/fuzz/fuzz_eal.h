/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FUZZ_EAL_H
#define FUZZ_EAL_H

/** Have log lines made, and shown only where an input is run again. */
void fuzz_log_start(void);

/** From now on, a log line that is not printable is a find. */
void fuzz_log_check(void);

/**
 * Start EAL, with so many MiB of memory, on one core.  Devices that are opened have all
 * of it mapped, page by page: less is faster.  Includes fuzz_log_start().
 */
void fuzz_eal_start(unsigned int mib);

#endif /* FUZZ_EAL_H */
