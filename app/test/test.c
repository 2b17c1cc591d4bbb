/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-test-auxiliary [EAL options] -- SUITE... [CASE...]
 *
 * Runs the suites, or all without a name, and prints TAP.  A suite of which cases
 * are named runs only these.
 */

#include <stdlib.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "test.h"

static TAILQ_HEAD(, test_suite) suites = TAILQ_HEAD_INITIALIZER(suites);
static const char *skip_reason;
static unsigned int nb_run, nb_failed;

void
test_register(struct test_suite *suite)
{
	TAILQ_INSERT_TAIL(&suites, suite, next);
}

int
test_skip(const char *reason)
{
	skip_reason = reason;
	return TEST_SKIPPED;
}

static int
case_run(const struct test_suite *suite, const struct test_case *c)
{
	int ret = TEST_SUCCESS;

	if (suite->case_setup != NULL)
		ret = suite->case_setup();
	if (ret == TEST_SUCCESS)
		ret = c->run();
	if (suite->case_teardown != NULL)
		suite->case_teardown();
	return ret;
}

static bool
is_named(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

static bool
names_cases(const struct test_suite *suite, int argc, char **argv)
{
	const struct test_case *c;

	for (c = suite->cases; c->name != NULL; c++)
		if (is_named(c->name, argc, argv))
			return true;
	return false;
}

static void
suite_run(const struct test_suite *suite, int argc, char **argv)
{
	bool some = names_cases(suite, argc, argv);
	int ready = suite->setup == NULL ? TEST_SUCCESS : suite->setup();
	const struct test_case *c;
	int ret;

	for (c = suite->cases; c->name != NULL; c++) {
		if (some && !is_named(c->name, argc, argv))
			continue;
		ret = ready == TEST_SUCCESS ? case_run(suite, c) : ready;
		nb_run++;
		if (ret == TEST_SKIPPED)
			printf("ok %u - %s: %s # SKIP %s\n", nb_run, suite->name, c->name,
				skip_reason);
		else
			printf("%s %u - %s: %s\n", ret == TEST_SUCCESS ? "ok" : "not ok",
				nb_run, suite->name, c->name);
		if (ret != TEST_SKIPPED && ret != TEST_SUCCESS)
			nb_failed++;
		fflush(stdout);
	}
	if (suite->teardown != NULL)
		suite->teardown();
}

static bool
has_hugepages(void)
{
	FILE *info = fopen("/proc/meminfo", "re");
	unsigned int nb = 0;
	char line[128];

	while (info != NULL && fgets(line, sizeof(line), info) != NULL)
		if (sscanf(line, "HugePages_Free: %u", &nb) == 1)
			break;
	if (info != NULL)
		fclose(info);
	return nb > 0;
}

/* A run on hugepages is skipped where there are none; EAL would only fail. */
static bool
can_run(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--no-huge") == 0)
			return true;
	return has_hugepages();
}

int
main(int argc, char **argv)
{
	struct test_suite *suite;
	int used;

	if (!can_run(argc, argv)) {
		printf("ok 1 - %s # SKIP no free hugepages\n1..1\n", argv[argc - 1]);
		return EXIT_SUCCESS;
	}
	test_log_init();
	used = rte_eal_init(argc, argv);
	if (used < 0) {
		printf("Bail out! rte_eal_init: %s\n", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	TAILQ_FOREACH(suite, &suites, next)
		if (argc - used <= 1 || is_named(suite->name, argc - used, argv + used))
			suite_run(suite, argc - used, argv + used);
	printf("1..%u\n", nb_run);
	rte_eal_cleanup();
	return nb_failed == 0 && nb_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
