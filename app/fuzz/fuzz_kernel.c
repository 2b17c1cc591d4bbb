/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_common.h>

#include "fuzz_kernel.h"
#include "vfio_iommufd_abi.h"

static struct fuzz_input *answers;
static int group;

void
fuzz_kernel_input(struct fuzz_input *in)
{
	answers = in;
}

void
fuzz_kernel_group(int number)
{
	group = number;
}

/* The next answer's octets, of which *len is the number; -1 and errno if it is an error. */
static int
answer_take(const uint8_t **octets, size_t *len)
{
	struct fuzz_kernel_answer a;

	fuzz_take(answers, &a, sizeof(a));
	*len = a.len;
	*octets = fuzz_take_some(answers, len);
	errno = a.error;
	return a.error == 0 ? 0 : -1;
}

/* Fill in a structure, of which its first word is the size. */
static int
structure_fill(void *arg)
{
	const uint8_t *octets;
	uint32_t argsz;
	size_t len;
	int ret;

	ret = answer_take(&octets, &len);
	memcpy(&argsz, arg, sizeof(argsz));
	if (len != 0)
		memcpy(arg, octets, RTE_MIN(len, argsz));
	return ret;
}

/* The list is elsewhere, at an address that is the caller's to say. */
static int
ranges_fill(struct iommu_ioas_iova_ranges *ranges)
{
	const uint32_t room = ranges->num_iovas;
	const uint8_t *octets;
	size_t len;
	int ret;

	ret = answer_take(&octets, &len);
	if (len < sizeof(ranges->num_iovas))
		return ret;
	memcpy(&ranges->num_iovas, octets, sizeof(ranges->num_iovas));
	len -= sizeof(ranges->num_iovas);
	memcpy((void *)(uintptr_t)ranges->allowed_iovas, octets + sizeof(ranges->num_iovas),
		RTE_MIN(len, room * sizeof(struct iommu_iova_range)));
	return ret;
}

static int
answer_nothing(void)
{
	const uint8_t *octets;
	size_t len;

	return answer_take(&octets, &len);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
ssize_t __wrap_pread64(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t len, off_t offset);
int __wrap_rte_vfio_get_group_num(const char *base, const char *name, int *number);

int
__wrap_open64(const char *path, int flags, ...)
{
	return __real_open64(strncmp(path, "/dev/", strlen("/dev/")) == 0 ? "/dev/null" : path,
		flags);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
	case VFIO_DEVICE_GET_INFO:
	case VFIO_DEVICE_GET_REGION_INFO:
	case VFIO_DEVICE_GET_IRQ_INFO:
	case VFIO_IOMMU_GET_INFO:
	case VFIO_IOMMU_UNMAP_DMA:
	case VFIO_DEVICE_BIND_IOMMUFD:
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
	case IOMMU_IOAS_ALLOC:
	case IOMMU_IOAS_UNMAP:
		return structure_fill(arg);
	case IOMMU_IOAS_IOVA_RANGES:
		return ranges_fill(arg);
	case VFIO_GROUP_GET_DEVICE_FD:
		return answer_nothing() < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	default:
		return answer_nothing();
	}
}

/* A region is mapped into the window that was reserved for it last. */
void *
__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	static uintptr_t window, window_end;
	void *at;

	if (fd >= 0) {
		fuzz_assert((uintptr_t)addr >= window && len <= window_end - window &&
			(uintptr_t)addr <= window_end - len);
		return __real_mmap64(addr, len, prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	}
	at = __real_mmap64(addr, len, prot, flags, fd, offset);
	if (at != MAP_FAILED) {
		window = (uintptr_t)at;
		window_end = window + RTE_ALIGN_CEIL(len, (size_t)sysconf(_SC_PAGESIZE));
	}
	return at;
}

ssize_t
__wrap_pread64(int fd, void *buf, size_t len, off_t offset)
{
	const uint8_t *octets;
	size_t there;
	int ret;

	RTE_SET_USED(fd);
	RTE_SET_USED(offset);
	ret = answer_take(&octets, &there);
	if (ret < 0)
		return ret;
	memset(buf, 0, len);
	if (there != 0)
		memcpy(buf, octets, RTE_MIN(there, len));
	return (ssize_t)len;
}

ssize_t
__wrap_pwrite64(int fd, const void *buf, size_t len, off_t offset)
{
	RTE_SET_USED(fd);
	RTE_SET_USED(buf);
	RTE_SET_USED(offset);
	return answer_nothing() < 0 ? -1 : (ssize_t)len;
}

int
__wrap_rte_vfio_get_group_num(const char *base, const char *name, int *number)
{
	RTE_SET_USED(base);
	RTE_SET_USED(name);
	*number = group;
	return 1;
}

void
fuzz_kernel_add(struct fuzz_seed *seed, const void *octets, size_t len)
{
	const struct fuzz_kernel_answer a = { .len = (uint8_t)len };

	fuzz_need(len <= UINT8_MAX, "answer of a seed");
	fuzz_seed_add(seed, &a, sizeof(a));
	fuzz_seed_add(seed, octets, len);
}
