/* SPDX-License-Identifier: GPL-2.0-only */
/* What assembly and C of the library agree on. */
#ifndef GUEST_IMAGES_LIB_LAYOUT_H
#define GUEST_IMAGES_LIB_LAYOUT_H

#define STACK_SIZE 0x8000
#define STACK_CPUS 16

/* struct exception_frame */
#define FRAME_ELR  248
#define FRAME_ESR  264
#define FRAME_SIZE 288

/* struct cpu */
#define CPU_EL0_RETURN 0
#define CPU_EL0_STACK  8

/* enum exception_kind: the vector's number */
#define EL0_RETURN_SVC 0xe10

#endif
