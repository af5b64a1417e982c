/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that a guest sees: addresses, sizes and interrupts, as on QEMU's `virt` machine.
 * The one table of it; addresses are guest physical (IPA), sizes in bytes, SPIs numbered from 0
 * (INTID 32).
 */
#ifndef VMM_MEMORY_MAP_H
#define VMM_MEMORY_MAP_H

#include <stdint.h>

#define MAP_FLASH0_BASE UINT64_C(0x00000000)
#define MAP_FLASH1_BASE UINT64_C(0x04000000)
#define MAP_FLASH_SIZE	UINT64_C(0x04000000)

#define MAP_GIC_DIST_BASE UINT64_C(0x08000000)
#define MAP_GIC_DIST_SIZE UINT64_C(0x00010000)

#define MAP_GICV2_CPU_BASE UINT64_C(0x08010000)
#define MAP_GICV2_CPU_SIZE UINT64_C(0x00010000)

#define MAP_ITS_BASE UINT64_C(0x08080000)
#define MAP_ITS_SIZE UINT64_C(0x00020000)

#define MAP_GICV3_REDIST_BASE	  UINT64_C(0x080a0000)
#define MAP_GICV3_REDIST_CPU_SIZE UINT64_C(0x00020000)
#define MAP_GICV3_REDIST_CPUS	  123

#define MAP_UART_BASE UINT64_C(0x09000000)
#define MAP_UART_SIZE UINT64_C(0x00001000)
#define MAP_UART_SPI  1

#define MAP_RTC_BASE UINT64_C(0x09010000)
#define MAP_RTC_SIZE UINT64_C(0x00001000)
#define MAP_RTC_SPI  2

#define MAP_GPIO_BASE	   UINT64_C(0x09030000)
#define MAP_GPIO_SIZE	   UINT64_C(0x00001000)
#define MAP_GPIO_SPI	   7
#define MAP_GPIO_POWER_PIN 3

#define MAP_VIRTIO_BASE	 UINT64_C(0x0a000000)
#define MAP_VIRTIO_SIZE	 UINT64_C(0x00000200)
#define MAP_VIRTIO_SLOTS 32
#define MAP_VIRTIO_SPI	 16

#define MAP_TEST_BASE UINT64_C(0x0b000000)
#define MAP_TEST_SIZE UINT64_C(0x00001000)

#define MAP_RAM_BASE UINT64_C(0x40000000)

_Static_assert(MAP_GICV3_REDIST_BASE + MAP_GICV3_REDIST_CPUS * MAP_GICV3_REDIST_CPU_SIZE <=
		       MAP_UART_BASE,
	       "the redistributors end below the UART");
_Static_assert(MAP_VIRTIO_BASE + MAP_VIRTIO_SLOTS * MAP_VIRTIO_SIZE <= MAP_TEST_BASE,
	       "the virtio slots end below the test device");
_Static_assert(MAP_ITS_BASE + MAP_ITS_SIZE == MAP_GICV3_REDIST_BASE,
	       "the ITS ends where the redistributors begin");

#endif
