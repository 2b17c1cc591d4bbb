/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_errno.h>

#include "inject.h"

/*
 * A library calls another's function through an entry of its table of functions.
 * Each entry is made to point to a function here, which either fails or goes on to
 * what the entry stood for.  It does not know what that takes: eight arguments of a
 * register each are more than any of these functions has.
 */

#define MAX_POINTS 1024

/*
 * The functions that can be made to fail, each with the value that a failed call returns,
 * and the number that it leaves in errno and rte_errno.
 */
#define FUNCTIONS(X) \
	X(access, -1, EACCES) \
	X(calloc, 0, ENOMEM) \
	X(connect, -1, ECONNREFUSED) \
	X(epoll_create1, -1, EMFILE) \
	X(epoll_ctl, -1, ENOSPC) \
	X(epoll_wait, -1, EINTR) \
	X(eventfd, -1, EMFILE) \
	X(faccessat, -1, EACCES) \
	X(fcntl, -1, EINVAL) \
	X(fcntl64, -1, EINVAL) \
	X(fdopendir, 0, ENOMEM) \
	X(fopen, 0, EMFILE) \
	X(fopen64, 0, EMFILE) \
	X(fstat, -1, EIO) \
	X(fstat64, -1, EIO) \
	X(fstatfs, -1, EIO) \
	X(fstatfs64, -1, EIO) \
	X(getrlimit, -1, EINVAL) \
	X(getrlimit64, -1, EINVAL) \
	X(inotify_add_watch, -1, ENOSPC) \
	X(inotify_init1, -1, EMFILE) \
	X(ioctl, -1, EIO) \
	X(json_loads, 0, ENOMEM) \
	X(lstat, -1, EIO) \
	X(lstat64, -1, EIO) \
	X(malloc, 0, ENOMEM) \
	X(mmap, -1, ENOMEM) \
	X(mmap64, -1, ENOMEM) \
	X(nl_connect, -5, ENOMEM) \
	X(nl_socket_alloc, 0, ENOMEM) \
	X(open, -1, EMFILE) \
	X(open64, -1, EMFILE) \
	X(openat, -1, EMFILE) \
	X(openat64, -1, EMFILE) \
	X(opendir, 0, EMFILE) \
	X(ppoll, -1, ENOMEM) \
	X(pread, -1, EIO) \
	X(pread64, -1, EIO) \
	X(pwrite, -1, EIO) \
	X(pwrite64, -1, EIO) \
	X(read, -1, EIO) \
	X(readdir, 0, EIO) \
	X(readdir64, 0, EIO) \
	X(readlinkat, -1, EIO) \
	X(realloc, 0, ENOMEM) \
	X(reallocarray, 0, ENOMEM) \
	X(recv, -1, ENOBUFS) \
	X(recvmsg, -1, ECONNRESET) \
	X(rte_eal_alarm_set, -ENOMEM, ENOMEM) \
	X(rte_eth_dev_create, -ENOMEM, ENOMEM) \
	X(rte_intr_callback_register, -ENOMEM, ENOMEM) \
	X(rte_intr_instance_alloc, 0, ENOMEM) \
	X(rte_intr_vec_list_alloc, -ENOMEM, ENOMEM) \
	X(rte_kvargs_parse, 0, ENOMEM) \
	X(rte_mem_event_callback_register, -1, ENOMEM) \
	X(rte_memzone_reserve_aligned, 0, ENOMEM) \
	X(rte_mp_reply, -1, EIO) \
	X(rte_mp_request_sync, -1, EIO) \
	X(rte_zmalloc, 0, ENOMEM) \
	X(rte_zmalloc_socket, 0, ENOMEM) \
	X(sendmsg, -1, EPIPE) \
	X(setsockopt, -1, ENOBUFS) \
	X(socket, -1, EMFILE) \
	X(statfs, -1, EIO) \
	X(statfs64, -1, EIO) \
	X(statx, -1, EIO) \
	X(strdup, 0, ENOMEM) \
	X(write, -1, EIO)

typedef long (call_t)(long a, long b, long c, long d, long e, long f, long g, long h);

#define FUNCTION_INDEX(name, value, error) FUNCTION_ ## name,
enum { FUNCTIONS(FUNCTION_INDEX) NB_FUNCTIONS };

/* Points are never forgotten; the lock is of all of this, for calls of several threads. */
static struct {
	uintptr_t from; /* where the call returns to */
	unsigned int function;
	bool is_met;
	bool has_failed;
	int cause; /* the point that had failed when this one was met first, or -1 */
} points[MAX_POINTS];
static unsigned int nb_points;
static enum { NONE, NEXT, ALWAYS, AFTER, BOTH } mode;
static int wanted; /* the point that is to fail, but for NEXT */
static const char *only_function; /* for NEXT; NULL: any */
static int second; /* for BOTH: the one that is to fail after it */
static unsigned int nb_before; /* calls of it that do not */
static int failed = -1; /* the point that has */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static call_t *real[NB_FUNCTIONS];

static unsigned int
point_get(unsigned int function, uintptr_t from)
{
	unsigned int i;

	for (i = 0; i < nb_points; i++)
		if (points[i].from == from && points[i].function == function)
			return i;
	RTE_VERIFY(i < MAX_POINTS);
	points[i].function = function;
	points[i].from = from;
	points[i].cause = -1;
	nb_points++;
	return i;
}

/* Whether the call is the one that the mode is about. */
static bool
is_chosen(int point)
{
	switch (mode) {
	case NEXT:
		return failed < 0 && !points[point].has_failed &&
			(only_function == NULL || inject_is(point, only_function));
	case ALWAYS:
		return point == wanted;
	case AFTER:
		return point == wanted && nb_before-- == 0;
	case BOTH:
		return failed < 0 ? point == wanted : point == second && !points[point].has_failed;
	case NONE:
		break;
	}
	return false;
}

static bool
is_to_fail(unsigned int function, void *from)
{
	unsigned int point;
	bool fails;

	pthread_mutex_lock(&lock);
	point = point_get(function, (uintptr_t)from);
	if (!points[point].is_met)
		points[point].cause = failed;
	points[point].is_met = true;
	fails = is_chosen((int)point);
	if (fails) {
		points[point].has_failed = true;
		failed = failed < 0 ? (int)point : failed;
	}
	pthread_mutex_unlock(&lock);
	return fails;
}

static bool is_full; /* a socket has no room, and whoever sends waits for it */

static int
error_of(unsigned int function, int error)
{
	return is_full && function == FUNCTION_sendmsg ? EAGAIN : error;
}

void
inject_full(bool full)
{
	is_full = full;
}

#define FUNCTION_CALL(name, value, error) \
static long \
call_ ## name(long a, long b, long c, long d, long e, long f, long g, long h) \
{ \
	if (!is_to_fail(FUNCTION_ ## name, __builtin_return_address(0))) \
		return real[FUNCTION_ ## name](a, b, c, d, e, f, g, h); \
	errno = error_of(FUNCTION_ ## name, error); \
	rte_errno = errno; \
	return value; \
}
FUNCTIONS(FUNCTION_CALL)

#define FUNCTION_ENTRY(name, value, error) { #name, call_ ## name },
static const struct {
	const char *name;
	call_t *call;
} functions[] = { FUNCTIONS(FUNCTION_ENTRY) };

static void *library_handle; /* of the one that is being watched */

/* Entries that have been changed, of all libraries. */
static struct {
	uintptr_t at;
	unsigned int function;
} entries[MAX_POINTS];
static unsigned int nb_entries;

/* Change an entry of a library's table, which may be write-protected. */
static int
entry_change(uintptr_t *entry, const char *name)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned int i;

	for (i = 0; i < NB_FUNCTIONS; i++)
		if (strcmp(functions[i].name, name) == 0)
			break;
	if (i == NB_FUNCTIONS)
		return 0;
	RTE_VERIFY(nb_entries < MAX_POINTS);
	entries[nb_entries].at = (uintptr_t)entry;
	entries[nb_entries++].function = i;
	/* As the program sees it, that is, with a sanitizer in front; or only the library does. */
	real[i] = (call_t *)(uintptr_t)dlsym(RTLD_DEFAULT, name);
	if (real[i] == NULL)
		real[i] = (call_t *)(uintptr_t)dlsym(library_handle, name);
	if (real[i] == NULL || mprotect((void *)((uintptr_t)entry & ~(page - 1)), page,
				PROT_READ | PROT_WRITE) < 0)
		return -ENOTSUP;
	*entry = (uintptr_t)functions[i].call;
	return 0;
}

/* --- Calls that are in the code, met or not ---------------------------------------- */

static uintptr_t
displaced(const uint8_t *at)
{
	int32_t displacement;

	memcpy(&displacement, at, sizeof(displacement));
	return (uintptr_t)at + sizeof(displacement) + displacement;
}

/* The function to whose entry a stub of the library jumps, or -1. */
static int
stub_function(uintptr_t target, const uint8_t *code, size_t size)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa }, jump[] = { 0xff, 0x25 };
	const uint8_t *stub = (const uint8_t *)target;
	unsigned int i;

	if (target < (uintptr_t)code || target + 10 > (uintptr_t)code + size)
		return -1;
	if (memcmp(stub, endbr64, sizeof(endbr64)) == 0)
		stub += sizeof(endbr64);
	if (memcmp(stub, jump, sizeof(jump)) != 0)
		return -1;
	for (i = 0; i < nb_entries; i++)
		if (entries[i].at == displaced(stub + sizeof(jump)))
			return (int)entries[i].function;
	return -1;
}

/* Calls by way of a stub.  Four octets that are no call, yet the way to a stub, do not happen. */
static void
calls_find(const uint8_t *code, size_t size)
{
	const uint8_t call = 0xe8;
	int function;
	size_t i;

	for (i = 0; i + 5 <= size; i++) {
		if (code[i] != call)
			continue;
		function = stub_function(displaced(code + i + 1), code, size);
		if (function >= 0)
			point_get(function, (uintptr_t)(code + i + 5));
	}
}

/* Elsewhere than on x86, a point is known when it is met. */
static void
places_find(const struct link_map *map)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)map->l_addr;
	const Elf64_Phdr *segment = RTE_PTR_ADD(header, header->e_phoff);
	unsigned int i;

	for (i = 0; INJECT_KNOWS_PLACES && i < header->e_phnum; i++)
		if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_X) != 0)
			calls_find((const uint8_t *)map->l_addr + segment[i].p_vaddr,
				segment[i].p_memsz);
}

/* --- Libraries --------------------------------------------------------------------- */

#if defined(__x86_64__)
#define IS_FUNCTION(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
#else
#define IS_FUNCTION(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT)
#endif

static int
entries_change(const struct link_map *map, const Elf64_Rela *rela, size_t size,
	const Elf64_Sym *symbols, const char *names)
{
	const Elf64_Rela *end = RTE_PTR_ADD(rela, size);
	int ret = 0;

	for (; rela < end && ret == 0; rela++)
		if (IS_FUNCTION(ELF64_R_TYPE(rela->r_info)))
			ret = entry_change((uintptr_t *)(map->l_addr + rela->r_offset),
				names + symbols[ELF64_R_SYM(rela->r_info)].st_name);
	return ret;
}

int
inject_watch(const char *library)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
	uint64_t value[DT_NUM] = { 0 };
	const Elf64_Dyn *dyn;
	struct link_map *map;
	int ret;

	if (handle == NULL || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
		return -ENOENT;
	library_handle = handle;
	for (dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++)
		if (dyn->d_tag < DT_NUM)
			value[dyn->d_tag] = dyn->d_un.d_val;
	ret = entries_change(map, (const Elf64_Rela *)value[DT_JMPREL], value[DT_PLTRELSZ],
		(const Elf64_Sym *)value[DT_SYMTAB], (const char *)value[DT_STRTAB]);
	if (ret == 0)
		ret = entries_change(map, (const Elf64_Rela *)value[DT_RELA], value[DT_RELASZ],
			(const Elf64_Sym *)value[DT_SYMTAB], (const char *)value[DT_STRTAB]);
	if (ret == 0)
		places_find(map);
	dlclose(handle);
	return ret;
}

static int
mode_set(int new_mode, unsigned int point, unsigned int nb)
{
	int old;

	pthread_mutex_lock(&lock);
	old = failed;
	mode = new_mode;
	wanted = (int)point;
	nb_before = nb;
	failed = -1;
	pthread_mutex_unlock(&lock);
	return old;
}

void
inject_next(void)
{
	inject_next_of(NULL);
}

void
inject_next_of(const char *function)
{
	only_function = function;
	mode_set(NEXT, 0, 0);
}

void
inject_always(unsigned int point)
{
	mode_set(ALWAYS, point, 0);
}

void
inject_after(unsigned int point, unsigned int nb)
{
	mode_set(AFTER, point, nb);
}

void
inject_again(unsigned int point)
{
	second = (int)point;
	mode_set(BOTH, points[point].cause, 0);
}

int
inject_end(void)
{
	return mode_set(NONE, 0, 0);
}

bool
inject_is(unsigned int point, const char *function)
{
	return strcmp(functions[points[point].function].name, function) == 0;
}

unsigned int
inject_points(void)
{
	return nb_points;
}

enum inject_state
inject_state(unsigned int point)
{
	return points[point].has_failed ? INJECT_FAILED :
		!points[point].is_met ? INJECT_UNMET :
		points[point].cause < 0 ? INJECT_MET : INJECT_MET_AFTER_FAILURE;
}

const char *
inject_name(unsigned int point, char *buf, size_t size)
{
	Dl_info info = { 0 };
	const char *slash;

	dladdr((void *)points[point].from, &info);
	slash = info.dli_fname == NULL ? NULL : strrchr(info.dli_fname, '/');
	snprintf(buf, size, "%s in %s at 0x%zx", functions[points[point].function].name,
		slash == NULL ? "?" : slash + 1,
		(size_t)(points[point].from - (uintptr_t)info.dli_fbase) - 1);
	return buf;
}

void
inject_save(const char *path)
{
	static const char *const states[] = {
		[INJECT_UNMET] = "unmet", [INJECT_MET] = "met",
		[INJECT_MET_AFTER_FAILURE] = "met", [INJECT_FAILED] = "failed",
	};
	FILE *file = fopen(path, "we");
	char name[128];
	unsigned int i;

	for (i = 0; file != NULL && i < nb_points; i++)
		fprintf(file, "%s %s\n", states[inject_state(i)],
			inject_name(i, name, sizeof(name)));
	if (file != NULL)
		fclose(file);
}
