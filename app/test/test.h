/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef TEST_H
#define TEST_H

/*
 * Autotests, in the shape of DPDK's own: a suite has cases, each with set-up
 * and tear-down, and is registered under the name that runs it.  The result
 * is printed as TAP, a line per case, for meson and devtools/test.sh.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_common.h>

enum test_result {
	TEST_SUCCESS = 0,
	TEST_FAILED = -1,
	TEST_SKIPPED = 77, /* after test_skip() has said why */
};

struct test_case {
	const char *name;
	int (*run)(void);
};

struct test_suite {
	TAILQ_ENTRY(test_suite) next;
	const char *name; /* "..._autotest" */
	int (*setup)(void); /* once; failure fails every case; may be NULL */
	void (*teardown)(void);
	int (*case_setup)(void);
	void (*case_teardown)(void);
	const struct test_case *cases; /* ends with a NULL name */
};

void test_register(struct test_suite *suite);

#define TEST_REGISTER(suite) \
	RTE_INIT(test_register_ ##suite) \
	{ \
		test_register(&(suite)); \
	}

#define TEST_CASE(function) { .name = RTE_STR(function), .run = function }

#define TEST_ASSERT(cond, fmt, ...) do { \
	if (!(cond)) { \
		printf("# %s:%d: %s: " fmt "\n", __FILE__, __LINE__, RTE_STR(cond), \
			## __VA_ARGS__); \
		return TEST_FAILED; \
	} \
} while (0)

#define TEST_ASSERT_EQUAL(a, b) do { \
	long long test_a = (long long)(a), test_b = (long long)(b); \
	if (test_a != test_b) { \
		printf("# %s:%d: %s is %lld (0x%llx), not %lld (0x%llx)\n", __FILE__, __LINE__, \
			RTE_STR(a), test_a, test_a, test_b, test_b); \
		return TEST_FAILED; \
	} \
} while (0)

#define TEST_ASSERT_OK(call) TEST_ASSERT_EQUAL(call, 0)

/* The reason behind TEST_SKIPPED. */
int test_skip(const char *reason);

/*
 * What a process holds: to be the same before and after something that must
 * not leak.
 */
struct test_resources {
	unsigned int fds;
	unsigned int threads;
	unsigned int mappings;
};

struct test_resources test_resources_now(void);
int test_resources_same(const struct test_resources *before);

/* Whether a counter, incremented by another thread, comes to a value in two seconds. */
bool test_wait_for(const unsigned int *counter, unsigned int value);

/* Have this thread run beside the one that made it, on another processor. */
void test_thread_elsewhere(void);

/*
 * For ThreadSanitizer, which does not see that what is read from a file was
 * written before: what a thread does before it calls this function happens
 * before what another one does after it calls the function later.
 */
void test_order(void);

/* Once, before EAL starts. */
void test_log_init(void);

/* Whether a text is logged after test_log_start(), within five seconds. */
bool test_log_wait(const char *text);

/*
 * Log lines since test_log_start(), which is thereby ended, and how many of
 * them contain a text, or two.
 */
void test_log_start(void);
unsigned int test_log_count(const char *text);
unsigned int test_log_count_both(const char *text, const char *other);

/* The same without an end, which comes with test_log_end(). */
unsigned int test_log_count_so_far(const char *text, const char *other);
void test_log_end(void);
/* End test_log_start(), and forget the lines logged since; test_log_end() prints them. */
void test_log_drop(void);

/* A directory that is gone, with all in it, after test_dir_remove(). */
const char *test_dir_create(void);
/* The last one created. */
const char *test_dir(void);
void test_dir_remove(void);
/* Write a file below it, directories included. */
int test_file(const char *path, const char *text);

#endif /* TEST_H */
