/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test device of a guest's bus: guest-images/protocol.h, enum test_device_register.
 *
 * `device` is the struct test_vm. The guest may write anything anywhere: what makes no sense fails
 * the test, once.
 */
#ifndef HARNESS_TEST_DEVICE_H
#define HARNESS_TEST_DEVICE_H

#include "devices/mmio_bus.h"

extern const struct mmio_ops test_device_ops;

#endif
