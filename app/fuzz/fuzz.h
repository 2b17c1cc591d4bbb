/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FUZZ_H
#define FUZZ_H

/*
 * Fuzz targets, for libFuzzer.
 *
 * A target is a program that plays the hostile side of an interface: octets
 * that libFuzzer makes up decide what that side does.  What they do must not
 * crash the other side, nor leave it holding memory or file descriptors.  Each
 * target makes seeds, inputs that behave well, from which libFuzzer goes on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The octets that are left of an input. */
struct fuzz_input {
	const uint8_t *at;
	size_t len;
};

/** An input in the making. */
struct fuzz_seed {
	uint8_t data[4096];
	size_t len;
};

/* What each target has. */

/** Once, before everything else. */
void fuzz_start(void);
/** Act on an input, and give back all that was taken. */
void fuzz_run(struct fuzz_input *in);
/** Call fuzz_seed_save() for each seed. */
void fuzz_seeds(void);

/* For targets. */

/** The next octets of an input; zeroes where it has ended. */
void fuzz_take(struct fuzz_input *in, void *to, size_t len);
/** Likewise, as they are; *len becomes less if there are fewer. */
const uint8_t *fuzz_take_some(struct fuzz_input *in, size_t *len);

void fuzz_seed_add(struct fuzz_seed *seed, const void *data, size_t len);
/** Write it where libFuzzer finds it, and empty it. */
void fuzz_seed_save(struct fuzz_seed *seed, const char *name);

/** Whether inputs are only run, and logged, and no new ones made. */
bool fuzz_is_replay(void);

/** An input has been found, unless this is so. */
#define fuzz_assert(so) ((so) ? (void)0 : __builtin_trap())

/** End the program over what the machine does not give. */
void fuzz_need(int true_or_die, const char *what);

#endif /* FUZZ_H */
