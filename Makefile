# SPDX-License-Identifier: GPL-2.0-only
#
# `make run` and `make check` do all set-up by themselves; see README.md.
# Everything that is made lives under build/, by the architecture it was made on.

VERSION := 0.1.0

BUILD_ARCH := $(shell uname -m)
BUILD := build/$(BUILD_ARCH)
FLOORS := base timer irqchip devices vcpu vmm cli

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

TARGET_CC := $(CROSS_COMPILE)gcc
TARGET_STRIP := $(CROSS_COMPILE)strip
UNIT_CC := gcc

WARNINGS := -Wall -Wextra -Werror -Wimplicit-fallthrough -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wundef -Wpointer-arith -Wvla -Wformat=2
CPPFLAGS := -I. -D_GNU_SOURCE -DARMLET_VERSION='"$(VERSION)"'
CFLAGS := -std=gnu17 -O2 -g $(WARNINGS)
LIBS := -lfdt -lseccomp -ljansson -lzstd -lz -pthread

SOURCES := $(wildcard $(FLOORS:%=%/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/armlet/%.o)

LIBRARY_SOURCES := $(filter-out cli/main.c,$(SOURCES))
UNIT_OBJECTS := $(LIBRARY_SOURCES:%.c=$(BUILD)/unit/%.o)
UNIT_HELPERS := $(patsubst %.c,$(BUILD)/unit/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))

.PHONY: all
all: build/armlet

# The name by which people and the lab find the binary, whatever machine it was made on.
build/armlet: $(BUILD)/armlet/armlet
	@ln -sfn $(BUILD_ARCH)/armlet/armlet $@

$(BUILD)/armlet/armlet: $(OBJECTS)
	@echo "  LINK    $@"
	@$(TARGET_CC) -static -Wl,--gc-sections $(TARGET_LDFLAGS) -o $@.debug $(OBJECTS) $(LIBS)
	@$(TARGET_STRIP) -o $@ $@.debug

$(BUILD)/armlet/%.o: %.c $(BUILD)/armlet/flags
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(TARGET_CC) $(CPPFLAGS) $(TARGET_CPPFLAGS) $(CFLAGS) -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<

# arm64's <asm/kvm.h> and what it includes, and no more of <asm>, so that the rest stays the build machine's.
ifneq ($(BUILD_ARCH),aarch64)
UAPI := $(BUILD)/uapi-arm64/stamp
$(UAPI):
	@mkdir -p $(@D)/asm
	@for header in kvm ptrace sve_context hwcap; do \
		ln -sfn /usr/aarch64-linux-gnu/include/asm/$$header.h $(@D)/asm/$$header.h; done
	@touch $@
endif

# Unit tests: the same sources for the build machine, under ASan and UBSan. A member of the archive whose
# symbols a test helper defines already (the fake KVM) is not linked.
UNIT_CFLAGS := $(filter-out -O2,$(CFLAGS)) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

$(BUILD)/unit/%.o: %.c $(BUILD)/unit/flags | $(UAPI)
	@mkdir -p $(@D)
	@echo "  CC      $< (unit)"
	@$(UNIT_CC) $(CPPFLAGS) $(UNIT_CPPFLAGS) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/libarmlet.a: $(UNIT_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/unit/%_test: $(BUILD)/unit/tests/unit/%_test.o $(UNIT_HELPERS) $(BUILD)/unit/libarmlet.a
	@echo "  LINK    $@"
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_HELPERS) $(BUILD)/unit/libarmlet.a -lcheck -lsubunit -lm -lrt $(LIBS)

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

# Objects depend on the flags that they were made with.
$(BUILD)/%/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(TARGET_CC) $(UNIT_CC) $(CPPFLAGS) $(CFLAGS) $(UNIT_CFLAGS)' | cmp -s - $@ || \
		echo '$(TARGET_CC) $(UNIT_CC) $(CPPFLAGS) $(CFLAGS) $(UNIT_CFLAGS)' > $@
.PHONY: FORCE
FORCE:

# The lab tests' guest, as an `Image` (and flat binary) and as ELF.
GUEST_SOURCES := tests/lab/guest/start.S tests/lab/guest/guest.c
$(BUILD)/guest/guest.elf: $(GUEST_SOURCES) tests/lab/guest/guest.lds
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(TARGET_CC) -std=gnu17 -O2 $(WARNINGS) -ffreestanding -fno-stack-protector -fpie -mstrict-align \
		-mgeneral-regs-only -mno-outline-atomics -nostdlib -static -Wl,-T,tests/lab/guest/guest.lds \
		-Wl,--build-id=none,--no-warn-rwx-segments -o $@ $(GUEST_SOURCES)
$(BUILD)/guest/guest.bin: $(BUILD)/guest/guest.elf
	@$(CROSS_COMPILE)objcopy -O binary $< $@

.PHONY: clean
clean:
	rm -rf $(BUILD)/armlet $(BUILD)/unit $(BUILD)/guest build/armlet

.SECONDARY:
-include $(OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(wildcard $(BUILD)/unit/tests/unit/*.d)
