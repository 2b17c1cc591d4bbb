/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "test.h"

/* A hugepage of EAL's, which its heap takes and gives back as it likes. */
#define EAL_PAGE "/memfd:seg_"

static unsigned int
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char target[64];
	unsigned int n = 0;
	ssize_t len;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));
		if (len < (ssize_t)strlen(EAL_PAGE) ||
				memcmp(target, EAL_PAGE, strlen(EAL_PAGE)) != 0)
			n++;
	}
	closedir(dir);
	return n;
}

/* Mappings with a file behind them: heap growth is no leak. */
static unsigned int
count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int n = 0;
	char line[4096];

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, "/memfd:") != NULL && strstr(line, EAL_PAGE) == NULL)
			n++;
	if (maps != NULL)
		fclose(maps);
	return n;
}

static struct test_resources
resources_count(void)
{
	return (struct test_resources) {
		.fds = count_entries("/proc/self/fd"),
		.threads = count_entries("/proc/self/task"),
		.mappings = count_mappings(),
	};
}

static bool
resources_equal(const struct test_resources *a, const struct test_resources *b)
{
	return a->fds == b->fds && a->threads == b->threads && a->mappings == b->mappings;
}

/* The far end of a connection, a thread of this process, has its own pace. */
#define SETTLE_MS 20
#define SETTLE_TRIES 50

struct test_resources
test_resources_now(void)
{
	struct test_resources now = resources_count(), last;
	unsigned int i;

	for (i = 0; i < SETTLE_TRIES; i++) {
		last = now;
		rte_delay_us_sleep(SETTLE_MS * 1000);
		now = resources_count();
		if (resources_equal(&now, &last))
			break;
	}
	return now;
}

int
test_resources_same(const struct test_resources *before)
{
	struct test_resources now = resources_count();
	unsigned int i;

	/* What is a leak stays one. */
	for (i = 0; i < SETTLE_TRIES && !resources_equal(&now, before); i++) {
		rte_delay_us_sleep(SETTLE_MS * 1000);
		now = resources_count();
	}
	TEST_ASSERT_EQUAL(now.fds, before->fds);
	TEST_ASSERT_EQUAL(now.threads, before->threads);
	TEST_ASSERT_EQUAL(now.mappings, before->mappings);
	return TEST_SUCCESS;
}

bool
test_wait_for(const unsigned int *counter, unsigned int value)
{
	unsigned int i;

	for (i = 0; i < 2000 && __atomic_load_n(counter, __ATOMIC_ACQUIRE) < value; i++)
		rte_delay_us_sleep(1000);
	test_order();
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE) == value;
}

/* A thread starts where the one is that makes it, which EAL has tied to a processor. */
void
test_thread_elsewhere(void)
{
	long cpu, nb = RTE_MIN(sysconf(_SC_NPROCESSORS_CONF), (long)CPU_SETSIZE);
	cpu_set_t here, elsewhere;

	CPU_ZERO(&elsewhere);
	if (pthread_getaffinity_np(pthread_self(), sizeof(here), &here) != 0)
		return;
	for (cpu = 0; cpu < nb; cpu++)
		if (!CPU_ISSET(cpu, &here))
			CPU_SET(cpu, &elsewhere);
	/* There may be no other processor; then it stays. */
	pthread_setaffinity_np(pthread_self(), sizeof(elsewhere), &elsewhere);
}

void
test_order(void)
{
	static unsigned int order;

	__atomic_add_fetch(&order, 1, __ATOMIC_ACQ_REL);
}

/* EAL's stream is the same all the time, as others may be logging; this is what is behind it. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *log_stream; /* NULL: standard error */

static ssize_t
log_write(void *cookie, const char *text, size_t len)
{
	RTE_SET_USED(cookie);
	pthread_mutex_lock(&log_lock);
	fwrite(text, 1, len, log_stream != NULL ? log_stream : stderr);
	pthread_mutex_unlock(&log_lock);
	return (ssize_t)len;
}

void
test_log_init(void)
{
	rte_openlog_stream(fopencookie(NULL, "w", (cookie_io_functions_t){ .write = log_write }));
}

static FILE *
log_swap(FILE *stream)
{
	FILE *old;

	pthread_mutex_lock(&log_lock);
	old = log_stream;
	log_stream = stream;
	pthread_mutex_unlock(&log_lock);
	return old;
}

void
test_log_start(void)
{
	FILE *old = log_swap(tmpfile());

	if (old != NULL)
		fclose(old);
}

bool
test_log_wait(const char *text)
{
	char log[16384];
	unsigned int i;
	ssize_t len;

	for (i = 0; i < 5000 && log_stream != NULL; i++) {
		fflush(log_stream);
		len = pread(fileno(log_stream), log, sizeof(log) - 1, 0);
		log[len < 0 ? 0 : len] = '\0';
		if (strstr(log, text) != NULL) {
			test_order();
			return true;
		}
		rte_delay_us_sleep(1000);
	}
	return false;
}

unsigned int
test_log_count(const char *text)
{
	return test_log_count_both(text, "");
}

unsigned int
test_log_count_both(const char *text, const char *other)
{
	unsigned int n = test_log_count_so_far(text, other);

	test_log_end();
	return n;
}

/* Reads from where it likes, as other threads may be logging. */
unsigned int
test_log_count_so_far(const char *text, const char *other)
{
	unsigned int n = 0;
	char line[1024];
	FILE *log;

	if (log_stream == NULL)
		return 0;
	fflush(log_stream);
	snprintf(line, sizeof(line), "/proc/self/fd/%d", fileno(log_stream));
	log = fopen(line, "re");
	while (log != NULL && fgets(line, sizeof(line), log) != NULL)
		if (strstr(line, text) != NULL && strstr(line, other) != NULL)
			n++;
	if (log != NULL)
		fclose(log);
	return n;
}

void
test_log_drop(void)
{
	FILE *stream = log_swap(NULL);

	if (stream != NULL)
		fclose(stream);
}

/* What was logged is shown as comments. */
void
test_log_end(void)
{
	FILE *stream = log_swap(NULL);
	char line[1024];

	if (stream == NULL)
		return;
	rewind(stream);
	while (fgets(line, sizeof(line), stream) != NULL)
		printf("# %s", line);
	fclose(stream);
}

static char dir_path[256];

const char *
test_dir_create(void)
{
	/* A disk has other work, and tests of what takes how long depend on it. */
	snprintf(dir_path, sizeof(dir_path), "%s/dpdk-test-auxiliary.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(dir_path);
}

const char *
test_dir(void)
{
	return dir_path;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	RTE_SET_USED(st);
	RTE_SET_USED(type);
	RTE_SET_USED(ftw);
	return remove(path);
}

void
test_dir_remove(void)
{
	if (dir_path[0] != '\0')
		nftw(dir_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	dir_path[0] = '\0';
}

int
test_file(const char *path, const char *text)
{
	char full[1024], *slash;
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", dir_path, path);
	for (slash = strchr(full + strlen(dir_path) + 1, '/'); slash != NULL;
			slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	file = fopen(full, "we");
	if (file == NULL)
		return -errno;
	fputs(text, file);
	return fclose(file) == 0 ? 0 : -errno;
}
