# SPDX-License-Identifier: GPL-2.0-only
#
# `make run` and `make check` do all set-up by themselves; see README.md.
# Everything that is made lives under build/, by the architecture it was made on; downloads are in build/cache.

VERSION := 0.1.0

BUILD_ARCH := $(shell uname -m)
BUILD := build/$(BUILD_ARCH)
FLOORS := base timer irqchip devices devices/virtio vcpu vmm harness harness/tests harness/bench harness/compare cli

ifeq ($(BUILD_ARCH),aarch64)
CROSS_COMPILE ?=
else
CROSS_COMPILE ?= aarch64-linux-gnu-
SYSROOT := $(BUILD)/sysroot-arm64
TARGET_CPPFLAGS := -isystem $(SYSROOT)/usr/include
TARGET_LDFLAGS := -L$(SYSROOT)/usr/lib/aarch64-linux-gnu
# The native unit tests play arm64's KVM: they need arm64's view of its user interface.
UNIT_CPPFLAGS := -isystem $(BUILD)/uapi-arm64
endif
# The tests' KVM is a function that they define.
UNIT_CPPFLAGS += -DKVM_PLAYED

TARGET_CC := $(CROSS_COMPILE)gcc
TARGET_STRIP := $(CROSS_COMPILE)strip
UNIT_CC := gcc

WARNINGS := -Wall -Wextra -Werror -Wimplicit-fallthrough -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wundef -Wpointer-arith -Wvla -Wformat=2
CPPFLAGS := -I. -I$(BUILD) -D_GNU_SOURCE -DARMLET_VERSION='"$(VERSION)"'
CFLAGS := -std=gnu17 -O2 -g $(WARNINGS)
# Atomics where they are used: the library's functions that choose between two kinds of instructions at run time
# cost more, on the path of a timer's tick, than the choice is worth.
TARGET_CFLAGS := -mno-outline-atomics
LIBS := -lfdt -lseccomp -ljansson -lzstd -lz -lm -pthread

SOURCES := $(wildcard $(FLOORS:%=%/*.c))
# What guests and monitor share stands with the guests; its assembly is for arm64 alone.
SHARED_SOURCES := $(wildcard guest-images/fp/*.c)
# The cost meter: a plugin of the lab's QEMU and a tool, both for this machine.
METER_SOURCES := tests/meter/bracket.c tests/meter/counts.c tests/meter/decode.c tests/meter/sysregs.c
OBJECTS := $(SOURCES:%.c=$(BUILD)/armlet/%.o) $(SHARED_SOURCES:%.c=$(BUILD)/armlet/%.o) \
	$(patsubst %.S,$(BUILD)/armlet/%.o,$(wildcard guest-images/fp/*.S)) $(BUILD)/armlet/guest-images/image.o

LIBRARY_SOURCES := $(filter-out cli/main.c,$(SOURCES))
UNIT_OBJECTS := $(LIBRARY_SOURCES:%.c=$(BUILD)/unit/%.o) $(SHARED_SOURCES:%.c=$(BUILD)/unit/%.o) \
	$(METER_SOURCES:%.c=$(BUILD)/unit/%.o) $(BUILD)/unit/tests/meter/join.o $(BUILD)/unit/guest-images/image.o
UNIT_HELPERS := $(patsubst %.c,$(BUILD)/unit/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))

.PHONY: all
all: build/armlet

# What must be there before anything is compiled: Debian packages, and on other machines than arm64 the arm64
# libraries and arm64's <asm/kvm.h>.
DEPS := $(BUILD)/deps.stamp
$(DEPS): setup/deps
	@mkdir -p $(@D)
	@setup/deps
	@touch $@

ifneq ($(BUILD_ARCH),aarch64)
SYSROOT_STAMP := $(SYSROOT)/.fetched
$(SYSROOT_STAMP): | $(DEPS)
	@setup/fetch arm64 own $(SYSROOT) \
		libfdt-dev libseccomp-dev libjansson-dev zlib1g-dev libzstd-dev

UAPI_STAMP := $(BUILD)/uapi-arm64/stamp
$(UAPI_STAMP): | $(DEPS)
	@mkdir -p $(@D)/asm
	@for header in kvm ptrace sve_context hwcap; do \
		ln -sfn /usr/aarch64-linux-gnu/include/asm/$$header.h $(@D)/asm/$$header.h; done
	@touch $@
endif
SETUP := $(DEPS) $(SYSROOT_STAMP) $(UAPI_STAMP) $(BUILD)/gen/guest_tests.list

# The bare-metal guests of `armlet test`: one image, in which each GUEST_TEST(name) has the place that it has in this
# list. The harness reads the same list.
GUEST_TEST_SOURCES := $(wildcard guest-images/tests/*.c guest-images/bench/*.c)
$(BUILD)/gen/guest_tests.list: FORCE
	@mkdir -p $(@D)
	@sed -n 's/^GUEST_TEST(\([a-z0-9_]*\)).*/GUEST_TEST_ENTRY(\1)/p' $(GUEST_TEST_SOURCES) | LC_ALL=C sort >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# Vector registers belong to the tests' own assembly: the compiler is to use none, handlers save none.
IMAGE := $(BUILD)/guest-image
IMAGE_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-omit-frame-pointer \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -mgeneral-regs-only -mno-outline-atomics
IMAGE_OBJECTS := $(patsubst %,$(IMAGE)/%.o,$(basename $(wildcard guest-images/lib/*.S guest-images/lib/*.c) \
	$(wildcard guest-images/fp/*.S guest-images/fp/*.c) $(GUEST_TEST_SOURCES)))

$(IMAGE)/%.o: %.c $(IMAGE)/flags | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC      $< (guest)"
	@$(TARGET_CC) -I. -I$(BUILD) $(IMAGE_CFLAGS) -MMD -MP -c -o $@ $<
$(IMAGE)/%.o: %.S $(IMAGE)/flags | $(SETUP)
	@mkdir -p $(@D)
	@echo "  AS      $< (guest)"
	@$(TARGET_CC) -I. -MMD -MP -c -o $@ $<
$(IMAGE)/guest.elf: $(IMAGE_OBJECTS) guest-images/lib/guest.lds
	@echo "  LINK    $@"
	@$(TARGET_CC) -nostdlib -static -Wl,-T,guest-images/lib/guest.lds \
		-Wl,--build-id=none,--no-warn-rwx-segments,-z,noexecstack -o $@ $(IMAGE_OBJECTS)
$(IMAGE)/guest.bin: $(IMAGE)/guest.elf
	@$(CROSS_COMPILE)objcopy -O binary $< $@

$(IMAGE)/guest.symbols: $(IMAGE)/guest.elf
	@$(CROSS_COMPILE)nm -n $< | sed -n 's/ [Tt] / /p' >$@

$(BUILD)/armlet/guest-images/image.o: guest-images/image.S $(IMAGE)/guest.bin $(IMAGE)/guest.symbols
	@mkdir -p $(@D)
	@$(TARGET_CC) -Wa,-I$(IMAGE) -c -o $@ $<
$(BUILD)/unit/guest-images/image.o: guest-images/image.S $(IMAGE)/guest.bin $(IMAGE)/guest.symbols
	@mkdir -p $(@D)
	@$(UNIT_CC) -Wa,-I$(IMAGE) -c -o $@ $<

# The name by which people and the lab find the binary, whatever machine it was made on.
build/armlet: $(BUILD)/armlet/armlet
	@ln -sfn $(BUILD_ARCH)/armlet/armlet $@

$(BUILD)/armlet/armlet: $(OBJECTS)
	@echo "  LINK    $@"
	@$(TARGET_CC) -static -Wl,--gc-sections $(TARGET_LDFLAGS) -o $@.debug $(OBJECTS) $(LIBS)
	@$(TARGET_STRIP) -o $@ $@.debug

$(BUILD)/armlet/%.o: %.c $(BUILD)/armlet/flags | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(TARGET_CC) $(CPPFLAGS) $(TARGET_CPPFLAGS) $(CFLAGS) $(TARGET_CFLAGS) -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<
$(BUILD)/armlet/guest-images/fp/%.o: guest-images/fp/%.S | $(SETUP)
	@mkdir -p $(@D)
	@$(TARGET_CC) -I. -MMD -MP -c -o $@ $<

# Unit tests: the same sources for the build machine, under ASan and UBSan. A member of the archive whose
# symbols a test helper defines already (the fake KVM) is not linked.
UNIT_CFLAGS := $(filter-out -O2,$(CFLAGS)) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

$(BUILD)/unit/%.o: %.c $(BUILD)/unit/flags | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC      $< (unit)"
	@$(UNIT_CC) $(CPPFLAGS) $(UNIT_CPPFLAGS) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/libarmlet.a: $(UNIT_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/unit/%_test: $(BUILD)/unit/tests/unit/%_test.o $(UNIT_HELPERS) $(BUILD)/unit/libarmlet.a
	@echo "  LINK    $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_HELPERS) $(BUILD)/unit/libarmlet.a -lcheck -lsubunit -lm -lrt $(LIBS)

# Objects depend on the flags that they were made with.
ALL_FLAGS = $(TARGET_CFLAGS) $(TARGET_CC) $(UNIT_CC) $(CPPFLAGS) $(CFLAGS) $(UNIT_CFLAGS) $(IMAGE_CFLAGS)
$(BUILD)/%/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(ALL_FLAGS)' | cmp -s - $@ || echo '$(ALL_FLAGS)' > $@
.PHONY: FORCE
FORCE:

# The lab tests' guest, as an `Image` (and flat binary) and as ELF.
GUEST_SOURCES := tests/lab/guest/start.S tests/lab/guest/guest.c tests/lab/guest/hardware.c
$(BUILD)/guest/guest.elf: $(GUEST_SOURCES) tests/lab/guest/hardware.h tests/lab/guest/guest.lds | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(TARGET_CC) -std=gnu17 -O2 $(WARNINGS) -ffreestanding -fno-stack-protector -fpie -mstrict-align \
		-mgeneral-regs-only -mno-outline-atomics -nostdlib -static -Wl,-T,tests/lab/guest/guest.lds \
		-Wl,--build-id=none,--no-warn-rwx-segments -o $@ $(GUEST_SOURCES)
$(BUILD)/guest/guest.bin: $(BUILD)/guest/guest.elf
	@$(CROSS_COMPILE)objcopy -O binary $< $@

$(BUILD)/tools/%: tests/lab/%.c | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(TARGET_CC) $(CPPFLAGS) $(CFLAGS) -static -o $@ $<

# It knows the sandbox's rules.
$(BUILD)/tools/record_calls: tests/lab/record_calls.c vmm/sandbox_rules.c vmm/sandbox_names.c vmm/sandbox_private.h | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(TARGET_CC) $(CPPFLAGS) $(TARGET_CPPFLAGS) $(CFLAGS) -static -o $@ $(filter %.c,$^)

# The plugin takes the C library and GLib of the QEMU that loads it, whichever those are: it is linked to none.
$(BUILD)/meter/plugin.so: tests/meter/plugin.c $(METER_SOURCES) $(wildcard tests/meter/*.h) guest-images/lib/marker.h | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(UNIT_CC) $(CPPFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden -fno-stack-protector -U_FORTIFY_SOURCE -shared -nostdlib -o $@ $(filter %.c,$^)
$(BUILD)/meter/record: tests/meter/record.c tests/meter/join.c $(METER_SOURCES) $(wildcard tests/meter/*.h) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(UNIT_CC) $(CPPFLAGS) $(CFLAGS) -o $@ $(filter %.c,$^) -ljansson
.PHONY: meter
meter: $(BUILD)/meter/plugin.so $(BUILD)/meter/record

# `armlet compare` for this machine: build/compare.
COMPARE_SOURCES := tests/lab/compare_main.c cli/compare.c cli/options.c cli/options_help.c base/log.c base/nearest.c \
	harness/seed.c harness/bench/statistics.c $(wildcard harness/compare/*.c)
$(BUILD)/native/compare: $(COMPARE_SOURCES) $(wildcard harness/compare/*.h cli/*.h) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(UNIT_CC) $(CPPFLAGS) $(UNIT_CPPFLAGS) $(CFLAGS) -o $@ $(COMPARE_SOURCES) -ljansson -lm
build/compare: $(BUILD)/native/compare
	@ln -sfn $(BUILD_ARCH)/native/compare $@

# The main job: Linux in a VM, here or in the lab.
.PHONY: run shell
run: build/armlet
	@tests/lab/demo $(ARGS)
shell: build/armlet
	@tests/lab/demo --shell $(ARGS)

# Threads against the userspace GICv2, under TSan.
STRESS_SOURCES := $(wildcard tests/stress/*.c irqchip/gicv2_*.c) base/log.c base/lock.c
$(BUILD)/stress/gicv2_stress: $(STRESS_SOURCES) $(wildcard irqchip/*.h base/*.h) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(UNIT_CC) $(CPPFLAGS) $(UNIT_CPPFLAGS) $(filter-out -O2,$(CFLAGS)) -O1 -fsanitize=thread -o $@ $(STRESS_SOURCES) -pthread

# Fuzz targets. For `make check` they are linked with a small driver and the unit tests' objects; for `make fuzz`, which
# needs clang, with libFuzzer: FUZZ_SECONDS for each of FUZZ.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(filter-out %/fuzz_main.c %/fuzz_virtio.c,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS := 60
FUZZ_COMMON := tests/fuzz/fuzz.o tests/fuzz/fuzz_virtio.o tests/unit/fake_irqchip.o
FUZZ_CHECKS := $(FUZZ:%=$(BUILD)/unit/fuzz_%)
$(BUILD)/unit/fuzz_%: $(BUILD)/unit/tests/fuzz/fuzz_%.o $(BUILD)/unit/tests/fuzz/fuzz_main.o $(FUZZ_COMMON:%=$(BUILD)/unit/%) \
		$(BUILD)/unit/libarmlet.a
	@echo "  LINK    $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $^ $(LIBS)

# gcc has had its say on warnings.
FUZZ_CFLAGS := $(filter-out -O2 $(WARNINGS),$(CFLAGS)) -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out harness/%,$(LIBRARY_SOURCES))) $(FUZZ_COMMON:%=$(BUILD)/fuzz/%)
$(BUILD)/fuzz/%.o: %.c | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC      $< (fuzz)"
	@clang $(CPPFLAGS) $(UNIT_CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/libarmlet.a: $(FUZZ_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^
$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(FUZZ_COMMON:%=$(BUILD)/fuzz/%) $(BUILD)/fuzz/libarmlet.a
	@echo "  LINK    $@"
	@clang -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)
.PHONY: fuzz
fuzz: $(FUZZ_CHECKS)
	@setup/deps fuzz
	@$(MAKE) --no-print-directory $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)
	@tests/fuzz/run $(BUILD) $(FUZZ_SECONDS) $(FUZZ)

LAB_TOOLS := $(patsubst %,$(BUILD)/tools/%,inject_syscall disk_check net_check record_calls on_terminal virtio_rewrite)
TESTED := $(UNIT_TESTS) $(FUZZ_CHECKS) $(BUILD)/stress/gicv2_stress build/armlet $(BUILD)/guest/guest.bin $(LAB_TOOLS) $(BUILD)/meter/plugin.so $(BUILD)/meter/record

.PHONY: check check-unit check-all
check: $(TESTED)
	@tests/run-checks $(BUILD) lab
check-unit: $(UNIT_TESTS)
	@tests/run-checks $(BUILD) unit
check-all: $(TESTED)
	@tests/run-checks $(BUILD) all

.PHONY: deps
deps:
	@setup/deps

# Host kernels for the lab, from Debian's linux-source or the tree SOURCE, with the patches PATCH; docs/testing-a-kernel-patch.md.
.PHONY: kernel debug-kernel
kernel:
	@tests/lab/kernel/build $(PATCH:%=--patch %) $(SOURCE:%=--source %)
debug-kernel:
	@tests/lab/kernel/build --debug $(PATCH:%=--patch %) $(SOURCE:%=--source %)

# Kernels with an optimisation undone each, which the meter has to find; builds them first, minutes.
.PHONY: check-claims
check-claims: build/armlet meter
	@tests/claims/check

PREFIX ?= /usr/local
.PHONY: install
install: build/armlet
	install -D -m 755 build/armlet $(DESTDIR)$(PREFIX)/bin/armlet
	install -D -m 644 docs/armlet.1 $(DESTDIR)$(PREFIX)/share/man/man1/armlet.1
	install -D -m 644 docs/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/armlet

# Downloads stay: `rm -r build` is for those too.
.PHONY: clean
clean:
	rm -rf $(BUILD)/armlet $(BUILD)/gen $(BUILD)/guest-image $(BUILD)/unit $(BUILD)/fuzz $(BUILD)/stress $(BUILD)/guest $(BUILD)/tools $(BUILD)/meter $(BUILD)/lab-files $(BUILD)/check build/armlet

.SECONDARY:
-include $(FUZZ_OBJECTS:.o=.d) $(OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(wildcard $(BUILD)/unit/tests/unit/*.d) $(wildcard $(BUILD)/unit/tests/fuzz/*.d) \
	$(IMAGE_OBJECTS:.o=.d)
