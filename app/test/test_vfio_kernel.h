/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef TEST_VFIO_KERNEL_H
#define TEST_VFIO_KERNEL_H

/*
 * What the suites of devices of a real kernel share.
 *
 * Each device is other people's: the kernel's samples of mediated devices and
 * QEMU's PCI devices.  A device's name in sysfs is in the environment variable
 * of that device; the script that made the device sets it.
 */

#include <rte_vfio_dev.h>

/* The open device of the case, and where it is in sysfs. */
extern struct rte_vfio_dev *vfio_kernel_dev;

/*
 * Open the device that an environment variable names, below a directory of
 * sysfs, by the transport of the running suite.  Skips without the variable.
 */
int vfio_kernel_open(const char *variable, const char *base);

/*
 * Open it by another transport, and beside the device of the case.  A file name
 * given as cdev stands in for that of its character device.
 */
int vfio_kernel_open_by(const char *variable, const char *base, enum rte_vfio_transport by,
	const char *cdev, struct rte_vfio_dev **dev);

/** Open a device by its name, in EAL's container or not: 0 or a negative errno. */
int vfio_kernel_open_named(const char *name, const char *base, enum rte_vfio_transport by,
	bool in_eal, struct rte_vfio_dev **dev);

/* Open it as an application would; 0 or what rte_vfio_dev_open() returns.  Any thread. */
int vfio_kernel_try(const char *variable, const char *base, enum rte_vfio_transport by,
	struct rte_vfio_dev **dev);

/* Open it as DPDK's PCI bus would, a group in EAL's container. */
int vfio_kernel_open_in_eal(const char *variable, const char *base, enum rte_vfio_transport by,
	struct rte_vfio_dev **dev);

/* The transport of the running suite. */
enum rte_vfio_transport vfio_kernel_transport(void);

/* A number in a file of the device's directory, or negative. */
int64_t vfio_kernel_attribute(const char *file);

/* An interrupt of the device, counted. */
struct vfio_kernel_irq {
	struct rte_intr_handle *handle;
	uint32_t index;
	unsigned int count;
};

int vfio_kernel_irq_enable(struct vfio_kernel_irq *irq, uint32_t index);
void vfio_kernel_irq_disable(struct vfio_kernel_irq *irq);
/* Wait until it has come so often, and no more often. */
bool vfio_kernel_irq_wait(struct vfio_kernel_irq *irq, unsigned int count);

/* The cases. */
int test_mtty_identity(void);
int test_mtty_uart(void);
int test_mtty_interrupt(void);
int test_mdpy_mapped(void);
int test_mbochs_pages(void);
int test_mbochs_registers(void);
int test_edu_identity(void);
int test_edu_registers(void);
int test_edu_interrupt(void);
int test_edu_intx(void);
int test_edu_dma(void);
int test_e1000e_identity(void);
int test_e1000e_interrupt(void);
int test_e1000e_dma(void);
int test_pick_order(void);
int test_several_devices(void);
int test_shared_mapping(void);
int test_iova_forbidden(void);
int test_memory_grows(void);
int test_ivshmem_small_bar(void);
int test_sdhci_small_bar(void);
int test_nvme_many_vectors(void);
int test_one_group(void);
int test_busy(void);
int test_not_viable(void);
int test_not_permitted(void);
int test_no_driver(void);
int test_memory_limit(void);
int test_noiommu_forbidden(void);
int test_noiommu_virtual(void);
int test_noiommu_renamed(void);
int test_unmap_fails(void);
int test_eal_memory_merged(void);
int test_eal_memory_taken(void);
int test_external_heap(void);
int test_external_heap_taken(void);
int test_eal_memory_freed(void);
int test_eal_container(void);
int test_eal_handle(void);
int test_eal_handle_refused(void);
int test_eal_owns(void);
int test_eal_pick_order(void);
int test_last_against_first(void);
int test_iova_ranges(void);
int test_request(void);

#endif /* TEST_VFIO_KERNEL_H */
