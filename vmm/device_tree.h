/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device tree that a guest is given (Devicetree Specification v0.4; Linux's
 * Documentation/devicetree/bindings).
 */
#ifndef VMM_DEVICE_TREE_H
#define VMM_DEVICE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct irqchip;
struct virtio_transport;

/* What to describe. Nothing is kept after device_tree_build(). */
struct device_tree_machine {
	const struct irqchip *irqchip; /* final */
	const uint64_t *mpidrs;	       /* of each CPU */
	unsigned cpus;
	bool pmu;
	bool el2; /* of the CPUs: PSCI is by SMC then, for HVC is the guest's own */
	uint64_t ram_base, ram_size;
	const char *bootargs;		   /* into /chosen byte for byte; NULL: no such property */
	uint64_t initrd_base, initrd_size; /* size 0: none */
	struct virtio_transport *const *virtio;
	unsigned virtio_count; /* at most MAP_VIRTIO_SLOTS */
};

/* A finished blob, on the heap. */
struct device_tree {
	void *blob;
	size_t size;
	bool foreign; /* the user's own: armlet changes nothing in it */
};

/*
 * The most bytes that device_tree_build() can need for these CPUs and bootargs: what to keep free
 * in guest RAM before the tree can be built.
 */
size_t device_tree_bound(unsigned cpus, const char *bootargs);

/* Builds the tree, with seeds from the host's random source. Returns 0 or -errno, described. */
int device_tree_build(struct device_tree *tree, const struct device_tree_machine *machine);
/* Takes a user's own blob from the start of `fd`. Returns 0 or -errno, described. */
int device_tree_read(struct device_tree *tree, int fd, size_t size);
/* Writes the blob to a file. Returns 0 or -errno, described. */
int device_tree_write(const struct device_tree *tree, const char *path);
void device_tree_destroy(struct device_tree *tree);

/*
 * Fresh kaslr-seed and rng-seed, for the next boot. Returns 0 (also when the tree has no such
 * properties) or -errno, described.
 */
int device_tree_reseed(struct device_tree *tree);

#endif
