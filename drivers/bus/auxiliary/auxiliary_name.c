/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <string.h>

#include <rte_common.h>

#include "private.h"

/*
 * Names as what the kernel makes them of, a stem and a number: "mock.sf." and 7.
 * What it would not write like that, such as a UUID or "mock.sf.07", is all stem.
 */

struct auxiliary_name
auxiliary_name(enum rte_auxiliary_kind kind, const char *text)
{
	struct auxiliary_name name = { .stem = text, .kind = kind };
	size_t len = strlen(text), at = len;
	uint64_t number = 0;

	name.len = (uint8_t)len;
	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	/* A number of 32 bits without zeros in front, behind a dot. */
	if (at == 0 || text[at - 1] != '.' || at == len || len - at > 10 ||
			(text[at] == '0' && len - at > 1))
		return name;
	while (len > at)
		number = number * 10 + (uint64_t)(text[at++] - '0');
	if (number > UINT32_MAX)
		return name;
	name.number = (uint32_t)number;
	name.is_numbered = true;
	name.len = (uint8_t)(strrchr(text, '.') + 1 - text);
	return name;
}

struct auxiliary_name
auxiliary_dev_name(const struct rte_auxiliary_device *dev)
{
	return auxiliary_name(dev->kind, dev->name);
}

int
auxiliary_name_cmp_stem(const struct auxiliary_name *one, const struct auxiliary_name *two)
{
	int ret;

	if (one->kind != two->kind)
		return one->kind < two->kind ? -1 : 1;
	ret = memcmp(one->stem, two->stem, RTE_MIN(one->len, two->len));
	if (ret != 0)
		return ret;
	if (one->len != two->len)
		return one->len < two->len ? -1 : 1;
	return one->is_numbered - two->is_numbered;
}

int
auxiliary_name_cmp(const struct auxiliary_name *one, const struct auxiliary_name *two)
{
	int ret = auxiliary_name_cmp_stem(one, two);

	if (ret != 0 || one->number == two->number)
		return ret;
	return one->number < two->number ? -1 : 1;
}

void
auxiliary_name_write(const struct auxiliary_name *name, char *text)
{
	char digits[10];
	uint32_t number = name->number;
	size_t at = sizeof(digits);

	memcpy(text, name->stem, name->len);
	text += name->len;
	if (name->is_numbered) {
		do
			digits[--at] = (char)('0' + number % 10);
		while ((number /= 10) != 0);
		memcpy(text, &digits[at], sizeof(digits) - at);
		text += sizeof(digits) - at;
	}
	*text = '\0';
}
