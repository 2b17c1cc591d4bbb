/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

/*
 * VFIO of a kernel that is not there: what common/vfio asks of it, an input answers.
 *
 * A file in /dev can always be opened, and each request that is made of it takes the
 * next answer from the input.  When the answers are used up, requests succeed and
 * fill in nothing.  Programs have the functions here in place of the C library's, by
 * the linker's option --wrap; see meson.build.
 */

#include "fuzz.h"

/** An answer, as an input has it; octets follow, of the structure that is filled in. */
struct fuzz_kernel_answer {
	uint8_t error; /* errno; 0: none */
	uint8_t len; /* of the octets */
};

/** Answer from this input from now on. */
void fuzz_kernel_input(struct fuzz_input *in);

/** Which group a device is in, for the devices that are opened from now on. */
void fuzz_kernel_group(int group);

/** Add an answer to a seed. */
void fuzz_kernel_add(struct fuzz_seed *seed, const void *octets, size_t len);

#endif /* FUZZ_KERNEL_H */
