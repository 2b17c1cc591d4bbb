/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What a user types to get a device, and what becomes of it when the device
 * leaves and returns.
 */

#include <rte_errno.h>

#include "aux_mock.h"
#include "fake_server.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define PF0 "0000:03:00.0"
#define PF1 "0000:03:00.1"

/* --- Which device ---------------------------------------------------------- */

static int
test_bad_devargs(void)
{
	static const char *const bad[] = {
		"bus=auxiliary,name=mock.sf.0,colour=red",
		"bus=auxiliary,name=../mock.sf.0",
		"bus=auxiliary,name=a/b",
		"bus=auxiliary,name=",
		"bus=auxiliary,name=mock.sf.0,name=mock.sf.1",
		"bus=auxiliary,name=mock.sf.0,vfio=maybe",
		"bus=auxiliary,uuid=not-a-uuid",
		"bus=auxiliary,pf=platform/sf_sim",
		"bus=auxiliary,pf=0000:03:00",
		"bus=auxiliary,sfnum=-1",
		"bus=auxiliary,sfnum=0x10",
		"bus=auxiliary,sfnum=4294967295",
		"bus=auxiliary,kind=vf",
		"bus=auxiliary,name=mock.sf.0,iova=dc",
		"bus=auxiliary,name=mock.sf.0,hotplug=maybe",
		"bus=auxiliary,name=mock.sf.0,timeout=1s",
		"bus=auxiliary,kind=mdev,type=a/b",
		"bus=auxiliary,pf=[mock,other]",
		/* each is fine, but not both */
		"bus=auxiliary,kind=sf,uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		"bus=auxiliary,kind=mdev,sfnum=1",
		"bus=auxiliary,sfnum=1,type=mock-1",
		"bus=auxiliary,name=mock.sf.0,uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
	};
	struct test_resources before;
	unsigned int i;

	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	before = test_resources_now();
	for (i = 0; i < RTE_DIM(bad); i++) {
		test_log_start();
		TEST_ASSERT(rte_dev_probe(bad[i]) < 0, "%s was taken", bad[i]);
		TEST_ASSERT_EQUAL(test_log_count_so_far("no device fits", ""), 0);
		TEST_ASSERT_EQUAL(test_log_count("auxiliary bus: "), 1);
		TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	}
	return test_resources_same(&before);
}

static int
test_unknown_name(void)
{
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,name=mock.sf.9"), -ENODEV);
	TEST_ASSERT_EQUAL(rte_dev_probe("auxiliary:mock.sf.9"), -ENODEV);
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0"));
	return TEST_SUCCESS;
}

/* The arguments last given are those the driver sees. */
static int
test_devargs_reach_driver(void)
{
	struct rte_device *dev;

	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.0,a=1"));
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(strcmp(dev->devargs->args, "a=1") == 0, "%s", dev->devargs->args);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT_OK(rte_dev_probe(
		"bus=auxiliary,name=mock.sf.0/class=eth/driver=mock_plain,a=2"));
	dev = aux_find("mock.sf.0");
	TEST_ASSERT(strcmp(dev->devargs->drv_str, "driver=mock_plain,a=2") == 0, "%s",
		dev->devargs->drv_str);
	TEST_ASSERT_OK(rte_dev_remove(dev));
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,name=mock.sf.0/driver=another") < 0,
		"given to a driver that was not named");
	return TEST_SUCCESS;
}

static int
test_blocked(void)
{
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "auxiliary:mock.sf.0"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return TEST_SUCCESS;
}

/* With an allow list nothing else is looked at. */
static int
test_allowed(void)
{
	struct rte_dev_iterator it;
	struct rte_device *dev;
	unsigned int n = 0;

	aux_make_sf("mock.sf.0");
	aux_make_sf("mock.sf.1");
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, "auxiliary:mock.sf.1"));
	TEST_ASSERT_EQUAL(aux_bus->conf.scan_mode, RTE_BUS_SCAN_ALLOWLIST);
	TEST_ASSERT_OK(aux_scan());
	RTE_DEV_FOREACH(dev, "bus=auxiliary", &it)
		n++;
	TEST_ASSERT_EQUAL(n, 1);
	TEST_ASSERT(aux_find("mock.sf.1") != NULL, "the wrong one");
	return TEST_SUCCESS;
}

/* --- By what it is --------------------------------------------------------- */

/* Two functions with a sub-function of number 88 each, and an mdev. */
static int
make_two_pfs(void)
{
	int ret;

	ret = aux_make_pf_sf(PF0, "mock.sf.4", "88\n");
	if (ret == 0)
		ret = aux_make_pf_sf(PF0, "mock.sf.5", "89\n");
	if (ret == 0)
		ret = aux_make_pf_sf(PF1, "mock.sf.6", "88\n");
	return ret == 0 ? aux_make_pf_mdev(PF1, UUID, "mock-1") : ret;
}

static int
test_filters(void)
{
	static const struct {
		const char *filter;
		unsigned int devices;
	} filters[] = {
		{ "bus=auxiliary", 5 },
		{ "bus=auxiliary,pf=" PF0, 2 },
		{ "bus=auxiliary,pf=03:00.0", 2 },
		{ "bus=auxiliary,pf=" PF1, 2 },
		{ "bus=auxiliary,pf=0000:04:00.0", 0 },
		{ "bus=auxiliary,pf=sf_sim", 1 },
		{ "bus=auxiliary,sfnum=88", 2 },
		{ "bus=auxiliary,sfnum=88,pf=" PF1, 1 },
		{ "bus=auxiliary,kind=sf", 4 },
		{ "bus=auxiliary,kind=mdev", 1 },
		{ "bus=auxiliary,type=mock-1", 1 },
		{ "bus=auxiliary,type=mock-2", 0 },
		{ "bus=auxiliary,uuid=83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", 1 },
		{ "bus=auxiliary,name=mock.sf.4,pf=" PF1, 0 },
	};
	unsigned int i;

	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(aux_make_pf_sf("sf_sim", "mock.sf.1", "7\n"));
	TEST_ASSERT_OK(aux_scan());
	for (i = 0; i < RTE_DIM(filters); i++)
		TEST_ASSERT(aux_count(filters[i].filter) == filters[i].devices, "%s: %u",
			filters[i].filter, aux_count(filters[i].filter));
	return TEST_SUCCESS;
}

/* As testpmd's "device detach" does. */
static int
detach(const char *typed, const char *name)
{
	struct rte_devargs devargs;

	TEST_ASSERT_OK(rte_devargs_parse(&devargs, typed));
	TEST_ASSERT(devargs.args != NULL, "which EAL and drivers take for granted");
	TEST_ASSERT(strcmp(devargs.name, name) == 0, "%s", devargs.name);
	rte_devargs_reset(&devargs);
	return rte_eal_hotplug_remove(RTE_BUS_AUXILIARY_NAME, name);
}

static int
test_attach_by_pf_sfnum(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(aux_scan()); /* as EAL does at the start */
	TEST_ASSERT_OK(rte_dev_probe(
		"bus=auxiliary,pf=" PF1 ",sfnum=88/class=eth/driver=mock_plain,a=1"));
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.6")), "the wrong one");
	TEST_ASSERT(strcmp(aux_mock.args, "driver=mock_plain,a=1") == 0, "%s", aux_mock.args);
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	/* An application that parses what the user typed gets the device's name. */
	return detach("bus=auxiliary,sfnum=88,pf=03:00.1", "mock.sf.6");
}

static int
test_attach_ambiguous(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(aux_scan()); /* as EAL does at the start */
	test_log_start();
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,sfnum=88") < 0, "one was chosen");
	TEST_ASSERT_EQUAL(test_log_count_both("mock.sf.4 (", "mock.sf.6 ("), 1);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	test_log_start();
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,sfnum=90") < 0, "another number");
	TEST_ASSERT_EQUAL(test_log_count("no device fits \"sfnum=90\""), 1);
	return TEST_SUCCESS;
}

/* A number that was the only one may not be any more when it is asked for. */
static int
test_attach_newly_ambiguous(void)
{
	TEST_ASSERT_OK(aux_make_pf_sf(PF0, "mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_make_pf_sf(PF1, "mock.sf.6", "88\n"));
	TEST_ASSERT(rte_dev_probe("bus=auxiliary,sfnum=88") < 0, "one was chosen");
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	return TEST_SUCCESS;
}

/* A driver goes on with the device that was the only one when it got it. */
static int
test_ambiguous_later(void)
{
	const struct rte_devargs *devargs;

	TEST_ASSERT_OK(aux_make_pf_sf(PF0, "mock.sf.4", "88\n"));
	TEST_ASSERT_OK(aux_scan()); /* as EAL does at the start */
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,sfnum=88/driver=mock_plain,a=1"));
	devargs = aux_find("mock.sf.4")->devargs;
	TEST_ASSERT(devargs != NULL, "no devargs");
	TEST_ASSERT_OK(aux_make_pf_sf(PF1, "mock.sf.6", "88\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.4")->devargs == devargs, "without its devargs");
	TEST_ASSERT(aux_find("mock.sf.6")->devargs == NULL, "two have them");
	return TEST_SUCCESS;
}

static int
test_contradiction(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	test_log_start();
	TEST_ASSERT_EQUAL(rte_dev_probe("bus=auxiliary,name=mock.sf.4,sfnum=89"), -EINVAL);
	TEST_ASSERT_EQUAL(test_log_count_both("mock.sf.4", "sfnum=88, which contradicts"), 1);
	TEST_ASSERT_EQUAL(aux_mock.probes, 0);
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,name=mock.sf.4,sfnum=88,kind=sf"));
	return TEST_SUCCESS;
}

static int
test_allow_by_pf(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, "bus=auxiliary,pf=" PF0 ",sfnum=89"));
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, "bus=auxiliary,pf=" PF0)); /* two */
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, "auxiliary:mock.sf.6,b=2"));
	AUX_ASSERT_ONE_LINE(TEST_ASSERT_OK(aux_scan() | aux_probe()),
		"\"pf=" PF0 "\" is ambiguous");
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 2);
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.5")), "not by number");
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.6")), "not by name");
	return TEST_SUCCESS;
}

static int
test_block_by_pf(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "bus=auxiliary,pf=" PF0)); /* both */
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, "bus=auxiliary,type=mock-1"));
	/* Another device has this name, so it is not meant. */
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED,
		"bus=auxiliary,name=mock.sf.6,sfnum=1"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 1);
	TEST_ASSERT(aux_find("mock.sf.6") != NULL, "the wrong ones");
	/* Who attaches a blocked device by name wants it. */
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.4"));
	return TEST_SUCCESS;
}

/* Each key blocks what it fits, and nothing else. */
static int
test_block_by_each(void)
{
	static const struct {
		const char *blocked;
		unsigned int left;
	} cases[] = {
		{ "auxiliary:mock.sf.4", 3 },
		{ "bus=auxiliary,name=mock.sf.4", 3 },
		{ "bus=auxiliary,uuid=" UUID, 3 },
		{ "bus=auxiliary,pf=" PF1, 2 },
		{ "bus=auxiliary,sfnum=88", 2 },
		{ "bus=auxiliary,pf=" PF1 ",sfnum=88", 3 },
		{ "bus=auxiliary,kind=sf", 1 },
		{ "bus=auxiliary,kind=mdev", 3 },
		{ "bus=auxiliary,type=mock-1", 3 },
		{ "bus=auxiliary,type=mock-2", 4 },
	};
	struct rte_devargs *devargs;
	unsigned int i;

	TEST_ASSERT_OK(make_two_pfs());
	for (i = 0; i < RTE_DIM(cases); i++) {
		TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_BLOCKED, cases[i].blocked));
		TEST_ASSERT_OK(aux_scan());
		TEST_ASSERT(aux_count("bus=auxiliary") == cases[i].left, "%s leaves %u",
			cases[i].blocked, aux_count("bus=auxiliary"));
		devargs = rte_devargs_next(RTE_BUS_AUXILIARY_NAME, NULL);
		TEST_ASSERT_OK(rte_devargs_remove(devargs));
	}
	return TEST_SUCCESS;
}

/* Every key that picks a device, in the whole of the layered syntax. */
static int
test_attach_by_each(void)
{
	static const struct {
		const char *keys;
		const char *driver;
		const char *device;
	} cases[] = {
		{ "name=mock.sf.5", "mock_plain", "mock.sf.5" },
		{ "sfnum=89", "mock_plain", "mock.sf.5" },
		{ "pf=" PF0 ",sfnum=88", "mock_plain", "mock.sf.4" },
		{ "pf=03:00.1,kind=sf", "mock_plain", "mock.sf.6" },
		{ "uuid=" UUID, "mock_vfio", UUID },
		{ "name=" UUID ",vfio=user", "mock_vfio", UUID },
		{ "kind=mdev", "mock_vfio", UUID },
		{ "type=mock-1,vfio=user", "mock_vfio", UUID },
		{ "pf=" PF1 ",type=mock-1", "mock_vfio", UUID },
	};
	char text[300], want[100], sock[300];
	struct rte_device *dev;
	unsigned int i;

	TEST_ASSERT_OK(make_two_pfs());
	/* The address of a socket is short; where it is moved to need not be. */
	snprintf(sock, sizeof(sock), "%s/sock", aux_root);
	TEST_ASSERT_OK(fake_server_start(sock, FAKE_NONE));
	snprintf(text, sizeof(text), "%s/devices/pci0000:00/" PF1 "/" UUID "/vfio-user", aux_root);
	TEST_ASSERT_OK(rename(sock, text));
	for (i = 0; i < RTE_DIM(cases); i++) {
		snprintf(want, sizeof(want), "driver=%s,n=%u", cases[i].driver, i);
		snprintf(text, sizeof(text), "bus=auxiliary,%s,iova=%s/class=eth/%s", cases[i].keys,
			rte_eal_iova_mode() == RTE_IOVA_VA ? "va" : "pa", want);
		TEST_ASSERT(rte_dev_probe(text) == 0, "%s", text);
		dev = aux_find(cases[i].device);
		TEST_ASSERT(dev != NULL && rte_dev_is_probed(dev), "%s: another device", text);
		TEST_ASSERT(strcmp(aux_mock.args, want) == 0, "%s: %s", text, aux_mock.args);
		TEST_ASSERT_OK(rte_dev_remove(dev));
	}
	fake_server_stop();
	return TEST_SUCCESS;
}

/* --- How ---------------------------------------------------------------------- */

static int
test_iova(void)
{
	bool is_va = rte_eal_iova_mode() == RTE_IOVA_VA;

	aux_make_sf("mock.sf.0");
	AUX_ASSERT_ONE_LINE(TEST_ASSERT_EQUAL(rte_dev_probe(is_va ?
			"bus=auxiliary,name=mock.sf.0,iova=pa" :
			"bus=auxiliary,name=mock.sf.0,iova=va"), -EINVAL), "mock.sf.0");
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), is_va ? RTE_IOVA_PA : RTE_IOVA_VA);
	TEST_ASSERT_OK(rte_dev_probe(is_va ? "bus=auxiliary,name=mock.sf.0,iova=va" :
			"bus=auxiliary,name=mock.sf.0,iova=pa"));
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), rte_eal_iova_mode());
	return TEST_SUCCESS;
}

/* For devices behind VFIO the bus asks for virtual addresses by itself. */
static int
test_iova_vfio(void)
{
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), RTE_IOVA_DC);
	aux_make_sf("vfio.sf.0");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), RTE_IOVA_VA);
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED,
			"bus=auxiliary,name=vfio.sf.0,iova=pa"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), RTE_IOVA_PA);
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED,
			"bus=auxiliary,name=mock.sf.0,iova=va"));
	TEST_ASSERT_OK(aux_scan());
	/* Devargs ask for both modes: those of the bus's first device, mock.sf.0, decide. */
	TEST_ASSERT_EQUAL(aux_bus->get_iommu_class(), RTE_IOVA_VA);
	return TEST_SUCCESS;
}

/* --- Leaving and returning ------------------------------------------------------ */

static int
test_returns(void)
{
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED, "auxiliary:mock.sf.0,a=1"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_OK(aux_remove("mock.sf.0"));
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.0")));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT(aux_find("mock.sf.0") == NULL, "has not left");
	aux_make_sf("mock.sf.0");
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	TEST_ASSERT(strcmp(aux_mock.args, "a=1") == 0, "%s", aux_mock.args);
	return TEST_SUCCESS;
}

/* Picked by number, it is the same device although the kernel renamed it. */
static int
test_returns_renamed(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(rte_devargs_add(RTE_DEVTYPE_ALLOWED,
			"bus=auxiliary,sfnum=89/class=eth/driver=mock_plain,a=1"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.5")));
	TEST_ASSERT_OK(aux_remove("mock.sf.5"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_EQUAL(aux_count("bus=auxiliary"), 0);
	TEST_ASSERT_OK(aux_make_pf_sf(PF0, "mock.sf.7", "89\n"));
	TEST_ASSERT_OK(aux_scan());
	TEST_ASSERT_OK(aux_probe());
	TEST_ASSERT_EQUAL(aux_mock.probes, 2);
	TEST_ASSERT(rte_dev_is_probed(aux_find("mock.sf.7")), "not found again");
	TEST_ASSERT(strcmp(aux_mock.args, "driver=mock_plain,a=1") == 0, "%s", aux_mock.args);
	return TEST_SUCCESS;
}

/* In whatever way a device is named, what was typed last counts. */
static int
test_other_arguments(void)
{
	static const char *const typed[] = {
		"auxiliary:mock.sf.4,a=1",
		"bus=auxiliary,pf=0000:03:00.0,sfnum=88/class=eth/driver=mock_plain,a=2",
		"bus=auxiliary,name=mock.sf.4/class=eth/driver=mock_plain,a=3",
		"bus=auxiliary,sfnum=88,pf=03:00.0/class=eth/driver=mock_plain,a=4",
		"auxiliary:mock.sf.4,a=5",
	};
	const struct rte_devargs *devargs;
	unsigned int i, n = 0;

	TEST_ASSERT_OK(make_two_pfs());
	for (i = 0; i < RTE_DIM(typed); i++) {
		TEST_ASSERT_OK(rte_dev_probe(typed[i]));
		TEST_ASSERT(strstr(typed[i], aux_mock.args) != NULL, "%s after %s",
			aux_mock.args, typed[i]);
		TEST_ASSERT_OK(rte_dev_remove(aux_find("mock.sf.4")));
	}
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs)
		n++;
	TEST_ASSERT_EQUAL(n, 1);
	return TEST_SUCCESS;
}

/* A driven device's devargs are EAL's: never those that EAL has freed. */
static int
test_attach_twice(void)
{
	TEST_ASSERT_OK(make_two_pfs());
	TEST_ASSERT_OK(rte_dev_probe("auxiliary:mock.sf.4,a=1"));
	TEST_ASSERT_OK(rte_dev_probe("bus=auxiliary,pf=" PF0 ",sfnum=88"));
	TEST_ASSERT_EQUAL(aux_mock.probes, 1);
	TEST_ASSERT(strcmp(aux_find("mock.sf.4")->devargs->name, "mock.sf.4") == 0, "not the new ones");
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_bad_devargs),
	TEST_CASE(test_unknown_name),
	TEST_CASE(test_devargs_reach_driver),
	TEST_CASE(test_blocked),
	TEST_CASE(test_allowed),
	TEST_CASE(test_filters),
	TEST_CASE(test_attach_by_pf_sfnum),
	TEST_CASE(test_attach_ambiguous),
	TEST_CASE(test_attach_newly_ambiguous),
	TEST_CASE(test_ambiguous_later),
	TEST_CASE(test_contradiction),
	TEST_CASE(test_allow_by_pf),
	TEST_CASE(test_block_by_pf),
	TEST_CASE(test_block_by_each),
	TEST_CASE(test_attach_by_each),
	TEST_CASE(test_iova),
	TEST_CASE(test_iova_vfio),
	TEST_CASE(test_returns),
	TEST_CASE(test_returns_renamed),
	TEST_CASE(test_other_arguments),
	TEST_CASE(test_attach_twice),
	{ .name = NULL }
};

static struct test_suite auxiliary_devargs_suite = {
	.name = "auxiliary_devargs_autotest",
	.case_setup = aux_setup,
	.case_teardown = aux_teardown,
	.cases = cases,
};

TEST_REGISTER(auxiliary_devargs_suite);
