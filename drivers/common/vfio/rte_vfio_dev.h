/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef RTE_VFIO_DEV_H
#define RTE_VFIO_DEV_H

/**
 * @file
 *
 * A VFIO device, for any bus.
 *
 * A VFIO device is a file descriptor with three things behind it: regions
 * (memory and registers), interrupts (each an eventfd) and DMA (which of our
 * memory the device may reach).  Linux offers it through a group
 * (/dev/vfio/N) or a character device (/dev/vfio/devices/vfioN); another
 * process can offer it through a socket (vfio-user).  A bus finds out which of
 * these a device has and says so in a struct rte_vfio_dev_node; from then on
 * nobody above asks which transport it is.
 *
 * All EAL memory is mapped for DMA while a device is open, and stays in step
 * with memory that EAL adds and frees.  Devices of one kind share what is
 * mapped: those on character devices the I/O address space of one iommufd,
 * those on groups one container.  EAL and PCI devices (rte_dev_dma_map()) have
 * another, so what one side unmaps, the other side keeps; a bus can have its
 * devices in that one instead.
 *
 * In a secondary process, opening a device gets the one that the primary has
 * open under the same name.  Its regions can be mapped, where the primary has
 * them mapped, and accessed, and interrupts of the data path be waited for.
 * Other interrupts, events, DMA and reset are the primary's, and the functions
 * for them return -ENOTSUP.
 *
 * Unless said otherwise, functions are for the control path: they may sleep,
 * they are not to be called for one device from several threads at once, and
 * they return 0 or a negative errno.  The kernel is trusted to come back from a
 * request; a vfio-user server has the time that the node states.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>
#include <rte_interrupts.h>
#include <rte_pci_dev_feature_defs.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a device is reached. */
enum rte_vfio_transport {
	RTE_VFIO_TRANSPORT_ANY, /**< the first that the node offers */
	RTE_VFIO_TRANSPORT_USER, /**< vfio-user socket */
	RTE_VFIO_TRANSPORT_CDEV, /**< /dev/vfio/devices/vfioN and iommufd */
	RTE_VFIO_TRANSPORT_GROUP, /**< /dev/vfio/N in a container */
};

/**
 * Milliseconds that a vfio-user server has for a call, unless a bus knows better:
 * long for a server that was not scheduled, short enough for those who wait.
 */
#define RTE_VFIO_DEV_TIMEOUT_MS 5000

/**
 * How many times as long a call may take that has a vfio-user server reset the device
 * or unmap memory: the server may have to wait for transfers that are under way.
 */
#define RTE_VFIO_DEV_SLOW_FACTOR 4

/**
 * Where a device can be reached.  Filled by a bus; a way that the device does
 * not have is NULL.  Only read during rte_vfio_dev_open().
 */
struct rte_vfio_dev_node {
	const char *name; /**< device name, for log lines */
	const char *user_socket; /**< path of a vfio-user socket */
	const char *cdev; /**< path of the character device */
	const char *group_base; /**< directory that holds the device's sysfs entry */
	const char *group_name; /**< the entry's name, with an iommu_group link in it */
	/**
	 * Whether the group goes into EAL's container, or the one that the application has
	 * bound it to with rte_vfio_container_group_bind(), and not into the one that is
	 * common to the devices of other buses.  EAL then maps its own memory for the device,
	 * and rte_vfio_dev_dma_map() is rte_vfio_container_dma_map() of the default container.  A
	 * group is tried before a character device then, whose memory is not EAL's to map.
	 */
	bool eal_container;
	/**
	 * Milliseconds that a vfio-user server has for a whole call of a function
	 * below, or to take notice of memory that EAL adds or frees, however many
	 * messages that takes and whatever it sends meanwhile.  The connection is
	 * then given up: the call returns -ETIMEDOUT, those after it -ENODEV, and
	 * RTE_VFIO_DEV_EVENT_GONE is told.  A bus sets RTE_VFIO_DEV_TIMEOUT_MS
	 * unless it was told otherwise; 0 is for ever.
	 *
	 * A call that resets the device or unmaps memory has
	 * RTE_VFIO_DEV_SLOW_FACTOR times as long.  A call that has to wait while
	 * another thread's does so has its own time behind that.
	 */
	uint32_t timeout_ms;
};

/** An open VFIO device. */
struct rte_vfio_dev;

struct rte_tel_data;

/** What kind of device it is, as VFIO_DEVICE_GET_INFO tells. */
struct rte_vfio_dev_info {
	const char *name; /**< as in the node; owned by the device */
	enum rte_vfio_transport transport; /**< the one in use, never ANY */
	uint32_t flags; /**< VFIO_DEVICE_FLAGS_* */
	uint32_t num_regions; /**< region indexes are below this */
	uint32_t num_irqs; /**< interrupt indexes are below this */
};

/** A part of a region that is mapped. */
struct rte_vfio_region_area {
	uint64_t offset; /**< from the start of the region, bytes */
	uint64_t size; /**< bytes */
};

/** A region. */
struct rte_vfio_region {
	uint64_t size; /**< bytes; 0 if the device has no such region */
	uint32_t flags; /**< VFIO_REGION_INFO_FLAG_* */
	uint32_t nb_areas; /**< mappable areas, in order of offset */
	const struct rte_vfio_region_area *areas; /**< owned by the device */
	/** Window of @p size bytes, NULL until mapped; only the areas in it are accessible. */
	void *addr;
};

/** Interrupt indexes of a PCI device, as VFIO numbers them. */
enum rte_vfio_pci_irq {
	RTE_VFIO_PCI_IRQ_INTX, /**< legacy line */
	RTE_VFIO_PCI_IRQ_MSI, /**< message signalled */
	RTE_VFIO_PCI_IRQ_MSIX, /**< message signalled, with a table */
};

/** What happens to a device from outside. */
enum rte_vfio_dev_event {
	RTE_VFIO_DEV_EVENT_REQUEST, /**< the kernel asks us to let go of it; it may ask again */
	RTE_VFIO_DEV_EVENT_ERROR, /**< the device reports an unrecoverable error */
	/** the other end has gone, or was given up; all but accesses to mappings fail */
	RTE_VFIO_DEV_EVENT_GONE,
};

/**
 * Called on EAL's interrupt thread.  Must not close the device; that is left
 * to an alarm or another thread.
 *
 * @param dev
 *   The device.
 * @param event
 *   What happened.
 * @param arg
 *   As given to rte_vfio_dev_event_set().
 */
typedef void (*rte_vfio_dev_event_cb)(struct rte_vfio_dev *dev,
		enum rte_vfio_dev_event event, void *arg);

/** What rte_vfio_node_find() has found, for log lines and for the node to borrow. */
struct rte_vfio_kernel_node {
	char cdev[64]; /**< path of the character device, or "" if sysfs names none */
	char group[64]; /**< path of the group, or "" */
	int fd; /**< holds the character device, or -1 */
	char fd_path[32]; /**< of that descriptor */
};

/**
 * Find the nodes that the kernel has for a device: vfio-dev/vfioN and iommu_group
 * in its directory of sysfs.  A character device that does not have the number
 * which sysfs says is not taken, after a log line.  Any thread.
 *
 * @param dir
 *   Descriptor of the directory, may be O_PATH.  The caller has made sure that it
 *   is in the kernel's sysfs: anybody can make the same names elsewhere.
 * @param[in,out] node
 *   Node with the device's name, group_base and group_name.  cdev is set, to NULL
 *   if there is none; the other two are set to NULL if there is no group.
 * @param[out] kernel
 *   What was found; node borrows from it until rte_vfio_node_put().
 */
__rte_internal
void rte_vfio_node_find(int dir, struct rte_vfio_dev_node *node,
		struct rte_vfio_kernel_node *kernel);

/**
 * Let go of what rte_vfio_node_find() has found; twice is the same as once.
 */
__rte_internal
void rte_vfio_node_put(struct rte_vfio_kernel_node *kernel);

/**
 * Open a device and map all EAL memory for its DMA.  In a secondary process:
 * get the primary's device of that name.
 *
 * @param node
 *   Where the device can be reached.  A secondary process only needs the name.
 * @param transport
 *   The one to use, or RTE_VFIO_TRANSPORT_ANY for the first in the order
 *   socket, character device, group that the node offers and that can be
 *   opened; a group in EAL's container is before a character device.  One that
 *   cannot be opened is passed over without an error line while there is another
 *   to try.  What goes wrong behind that, with the device itself or when the
 *   connection to a server is given up, is an error line all the same.
 * @param[out] dev
 *   The device; to be given back with rte_vfio_dev_close().
 * @return
 *   0, or a negative errno after one log line that names the device and, for what
 *   the user can change, says how: -ENODEV if the node does not offer the
 *   transport, or the primary process does not have the device (a line of level
 *   info), -EPROTO if the other end breaks the protocol, and what open, connect
 *   and ioctl return.  Of several transports, the first error that is neither
 *   -ENOENT nor -ENODEV, if there is one.
 */
__rte_internal
int rte_vfio_dev_open(const struct rte_vfio_dev_node *node,
		enum rte_vfio_transport transport, struct rte_vfio_dev **dev);

/**
 * Close a device: interrupts off, regions unmapped, DMA mappings (but see
 * rte_vfio_dev_dma_unmap()) and file descriptors gone.  Not from an interrupt callback.
 *
 * @param dev
 *   The device, or NULL.
 */
__rte_internal
void rte_vfio_dev_close(struct rte_vfio_dev *dev);

/**
 * What the device said about itself.
 *
 * @return
 *   Constant while the device is open, and owned by it.  Any thread.
 */
__rte_internal
const struct rte_vfio_dev_info *rte_vfio_dev_info(const struct rte_vfio_dev *dev);

/**
 * Reset the device (VFIO_DEVICE_RESET).
 *
 * @return
 *   0, -ENOTSUP if the device has no reset, or a negative errno.
 */
__rte_internal
int rte_vfio_dev_reset(struct rte_vfio_dev *dev);

/**
 * Whether the other end has ended the connection by itself, as a vfio-user server does
 * that exits, or dies: it reaches none of our memory any more.  Of a connection that we
 * gave up, because the server hung or broke the protocol, nothing is known.  Any thread.
 *
 * @return
 *   Whether it has; false for what the kernel has.
 */
__rte_internal
bool rte_vfio_dev_has_ended(const struct rte_vfio_dev *dev);

/**
 * Whom to tell when the device goes away or fails.
 *
 * @param dev
 *   The device.
 * @param cb
 *   The function, or NULL for nobody.  When this call returns, the function
 *   set before neither runs nor will run.
 * @param arg
 *   Passed to it.
 * @return
 *   0 or a negative errno.
 */
__rte_internal
int rte_vfio_dev_event_set(struct rte_vfio_dev *dev, rte_vfio_dev_event_cb cb,
		void *arg);

/**
 * Describe a region.
 *
 * @return
 *   The region, owned by the device, or NULL if the index is out of range.
 */
__rte_internal
const struct rte_vfio_region *rte_vfio_region_get(const struct rte_vfio_dev *dev,
		uint32_t index);

/**
 * Map every mappable area of a region into one address window.  A vfio-user
 * region has areas only if its file is a memfd, or another file in memory, with
 * the seal F_SEAL_SHRINK, and not in hugepages; accesses are messages otherwise.  Mapping twice
 * is the same as once; the mapping goes with rte_vfio_dev_close().  What the
 * primary process had mapped when a secondary opened the device has the same
 * address in both.
 *
 * @return
 *   0, also when nothing in the region can be mapped (its nb_areas is 0), or
 *   a negative errno; -EINVAL if there is no such region.
 */
__rte_internal
int rte_vfio_region_map(struct rte_vfio_dev *dev, uint32_t index);

/**
 * A pointer for the fast path.  Asked for once, when a queue is set up.
 *
 * @param dev
 *   The device.
 * @param index
 *   A region, which rte_vfio_region_map() has mapped.
 * @param offset
 *   From the start of the region, bytes.
 * @param len
 *   How many bytes the caller will touch.
 * @return
 *   The address, or NULL if any byte of the range is not mapped, or the region
 *   cannot be written.
 */
__rte_internal
void *rte_vfio_region_ptr(const struct rte_vfio_dev *dev, uint32_t index,
		uint64_t offset, size_t len);

/**
 * Read from a region, through the mapping if the whole range is mapped,
 * otherwise through the transport (a system call).  Any thread.
 *
 * Octets are those of the region, whose byte order is the device's: registers of
 * PCI devices are little-endian whatever the processor, and the caller converts
 * what it reads with rte_le_to_cpu_32() and what it writes with
 * rte_cpu_to_le_32().  That goes for the accessors of one width, too.
 *
 * @param dev
 *   The device.
 * @param index
 *   A region.
 * @param offset
 *   From the start of the region, bytes.
 * @param[out] buf
 *   Where to put the data.
 * @param len
 *   Bytes.  Lengths of 1, 2, 4 and 8 at an aligned offset are one access (8 on
 *   a 64-bit processor), in the order in which calls are made, as with
 *   rte_read32() and rte_write32().  A longer range is accessed in the widest
 *   aligned pieces of up to 8, so that no register in it is torn.
 * @return
 *   0, -EINVAL if the range is not in the region, -EACCES if the region
 *   cannot be read, -EIO on a short read, -ENODEV if the device is gone, or
 *   another negative errno.
 */
__rte_internal
int rte_vfio_region_read(struct rte_vfio_dev *dev, uint32_t index,
		uint64_t offset, void *buf, size_t len);

/**
 * Write to a region; otherwise as rte_vfio_region_read().
 */
__rte_internal
int rte_vfio_region_write(struct rte_vfio_dev *dev, uint32_t index,
		uint64_t offset, const void *buf, size_t len);

/** Defines the accessors of one width, which are below. */
#define RTE_VFIO_REGION_ACCESSORS(bits) \
/** Read one register; see rte_vfio_region_read(). */ \
static inline int \
rte_vfio_region_read##bits(struct rte_vfio_dev *dev, uint32_t index, \
		uint64_t offset, uint##bits##_t *value) \
{ \
	return rte_vfio_region_read(dev, index, offset, value, sizeof(*value)); \
} \
/** Write one register; see rte_vfio_region_write(). */ \
static inline int \
rte_vfio_region_write##bits(struct rte_vfio_dev *dev, uint32_t index, \
		uint64_t offset, uint##bits##_t value) \
{ \
	return rte_vfio_region_write(dev, index, offset, &value, sizeof(value)); \
}

RTE_VFIO_REGION_ACCESSORS(8)
RTE_VFIO_REGION_ACCESSORS(16)
RTE_VFIO_REGION_ACCESSORS(32)
RTE_VFIO_REGION_ACCESSORS(64)

/**
 * Let a PCI device start transfers of its own, DMA and with it MSI and MSI-X,
 * or stop that (bus mastering; PCI Local Bus Specification 3.0, 6.2.2).  A
 * device from the kernel's vfio-pci starts with it off.
 *
 * @param dev
 *   The device.
 * @param on
 *   Whether it may.
 * @return
 *   0, -ENOTSUP if it is no PCI device, or another negative errno.
 */
__rte_internal
int rte_vfio_pci_set_bus_master(struct rte_vfio_dev *dev, bool on);

/**
 * Let a PCI device answer accesses to its memory regions, or stop that (6.2.2 there).
 * A device that the kernel has put to sleep, or that was reset, may have it off, and
 * reading its memory then gives ones or SIGBUS.
 *
 * @return
 *   As rte_vfio_pci_set_bus_master().
 */
__rte_internal
int rte_vfio_pci_set_memory(struct rte_vfio_dev *dev, bool on);

/**
 * Number of vectors of an interrupt index that rte_vfio_irq_enable() can use: as
 * the device said when it was opened (VFIO_DEVICE_GET_IRQ_INFO), and no more than
 * an interrupt handle has room for, which is 1 + RTE_MAX_RXTX_INTR_VEC_ID.  Any
 * thread.
 *
 * @return
 *   The number, 0 if the device does not have them or they cannot be
 *   signalled by eventfd, or a negative errno.
 */
__rte_internal
int rte_vfio_irq_count(const struct rte_vfio_dev *dev, uint32_t index);

/**
 * Join interrupts to an interrupt handle.  A PCI device can use one of INTx, MSI
 * and MSI-X at a time, and MSI and MSI-X need rte_vfio_pci_set_bus_master().
 * Vector 0 becomes the handle's own file descriptor, for
 * rte_intr_callback_register(); vectors 1 to
 * @p nb_queues become its data path descriptors, for rte_intr_rx_ctl() and
 * rte_epoll_wait(), where queue vector n of the handle is n - 1 +
 * RTE_INTR_VEC_RXTX_OFFSET.  A callback reads the eight octets of the handle's
 * descriptor itself; EAL reads those of the data path.
 *
 * Data path descriptors stay the same until the device is closed, whether
 * interrupts are enabled or not.  A secondary process gets those of the primary,
 * at any time, and no descriptor of vector 0; they are signalled while the
 * primary has interrupts enabled.
 *
 * @param dev
 *   The device.
 * @param index
 *   Interrupt index.
 * @param handle
 *   An interrupt handle with nothing in it, borrowed until
 *   rte_vfio_irq_disable().
 * @param nb_queues
 *   Number of data path vectors, may be 0.
 * @return
 *   0, -ENOTSUP if the device has fewer vectors, or a negative errno after one
 *   log line; in a secondary process -ENODEV if there is no primary, -ETIMEDOUT if it
 *   does not answer, and -EPROTO if it does not send what was asked for.
 */
__rte_internal
int rte_vfio_irq_enable(struct rte_vfio_dev *dev, uint32_t index,
		struct rte_intr_handle *handle, uint32_t nb_queues);

/**
 * Undo rte_vfio_irq_enable() and leave the handle empty.  The caller has
 * unregistered its callbacks.
 */
__rte_internal
void rte_vfio_irq_disable(struct rte_vfio_dev *dev, uint32_t index,
		struct rte_intr_handle *handle);

/**
 * Join the interrupts of a PCI device that the kernel has to an interrupt handle of
 * the type RTE_INTR_HANDLE_VFIO_MSIX, _MSI or _LEGACY, for drivers that say later how
 * many vectors they want: rte_intr_enable(), rte_intr_disable() and rte_intr_ack()
 * serve the handle.  Nothing is enabled yet.  The handle has an eventfd, the device's
 * descriptor, and room for all vectors; it is empty again, and its eventfd closed,
 * when the device is closed.
 *
 * In a secondary process the handle gets the device's descriptor and nothing else; its
 * number is still there when the device, and with it the descriptor, is closed.
 *
 * @param dev
 *   The device.
 * @param mode
 *   RTE_INTR_MODE_NONE for the first of MSI-X, MSI and INTx that the device has, or the
 *   only one that is wanted, as rte_eal_vfio_intr_mode() says.
 * @param handle
 *   An interrupt handle with nothing in it, borrowed until rte_vfio_dev_close().
 * @return
 *   0, also for a device that has no interrupts if none are wanted in particular, or a
 *   negative errno after one log line: -ENOTSUP if the device does not have those that
 *   are.  Without a line, -ENOTSUP if the device is not PCI, or not the kernel's, and
 *   -EBUSY if the interrupts are joined to a handle already.
 */
__rte_internal
int rte_vfio_irq_join_eal(struct rte_vfio_dev *dev, enum rte_intr_mode mode,
		struct rte_intr_handle *handle);

/**
 * Let an interrupt come again that VFIO masks each time it comes, as it does
 * with INTx because the line stays raised until the device is served.  Called
 * when it has been; does nothing for interrupts that are not masked so.  Any
 * thread.
 *
 * @param dev
 *   The device.
 * @param index
 *   Interrupt index, enabled.
 * @return
 *   0 or a negative errno.
 */
__rte_internal
int rte_vfio_irq_ack(struct rte_vfio_dev *dev, uint32_t index);

/**
 * Have the device raise one of its interrupts, as a test would.
 *
 * @return
 *   0 or a negative errno.
 */
__rte_internal
int rte_vfio_irq_trigger(struct rte_vfio_dev *dev, uint32_t index,
		uint32_t vector);

/**
 * Map memory that EAL does not manage, or that was registered with
 * rte_extmem_register().
 *
 * @param dev
 *   The device.
 * @param addr
 *   Start, page aligned.  Must stay valid until unmapped.
 * @param iova
 *   Address the device will use.
 * @param len
 *   Bytes, whole pages.
 * @return
 *   0, -EEXIST if the range overlaps a mapping of the device's domain, such as
 *   that of EAL's memory, unless another device has mapped just the same there;
 *   -ENOTSUP if the transport
 *   needs a file behind the memory and there is none, or in a secondary
 *   process, -ERANGE if the IOMMU cannot map the IOVA, -EINVAL if a vfio-user
 *   server maps larger pages only, of which the range, or its place in its file, is
 *   not made, or another negative errno.
 */
__rte_internal
int rte_vfio_dev_dma_map(struct rte_vfio_dev *dev, void *addr, uint64_t iova,
		size_t len);

/**
 * Undo rte_vfio_dev_dma_map() with the same range.  Closing the device does so, too,
 * unless it is in EAL's container: EAL does not record for which device memory is mapped.
 */
__rte_internal
int rte_vfio_dev_dma_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova,
		size_t len);

/** What a device can reach. */
struct rte_vfio_dev_dma_stats {
	uint64_t mappings; /**< ranges of IOVA that are mapped */
	uint64_t bytes; /**< in all of them */
};

/**
 * Count the mappings of the DMA domain that a device is in.
 *
 * @param dev
 *   The device.  Any thread.
 * @param[out] stats
 *   The numbers; zeroes in a secondary process, and for a device in EAL's container.
 */
__rte_internal
void rte_vfio_dev_dma_stats(const struct rte_vfio_dev *dev, struct rte_vfio_dev_dma_stats *stats);

/** Addresses from @p first to @p last, both included. */
struct rte_vfio_iova_range {
	uint64_t first; /**< lowest IOVA */
	uint64_t last; /**< highest IOVA */
};

/**
 * Which IOVAs can be mapped, as the IOMMU of the devices in the domain says; each
 * device that is opened or closed may change that.
 *
 * @param dev
 *   The device.  Any thread.
 * @param[out] ranges
 *   Room for @p nb ranges; those that there are, in order, as far as they fit.
 * @param nb
 *   May be 0.
 * @return
 *   How many there are; 0 if nothing is known to be forbidden; -ENOTSUP in a
 *   secondary process.
 */
__rte_internal
int rte_vfio_dev_dma_ranges(const struct rte_vfio_dev *dev, struct rte_vfio_iova_range *ranges,
		uint32_t nb);

/**
 * Describe a device for a telemetry reply: transport, regions with what is
 * mapped of them, vectors of each interrupt index, DMA mappings.  The device is
 * asked nothing.  Any thread, while the device is not being opened or closed.
 *
 * @param dev
 *   The device, or NULL, which has the transport "none" and nothing else.
 * @param[in,out] dict
 *   A dictionary that was started.  Entries for which telemetry has no room are
 *   left out.
 */
__rte_internal
void rte_vfio_dev_telemetry(const struct rte_vfio_dev *dev, struct rte_tel_data *dict);

#ifdef __cplusplus
}
#endif

#endif /* RTE_VFIO_DEV_H */
