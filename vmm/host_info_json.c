// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <jansson.h>

#include "irqchip/vgic.h"
#include "vmm/host_info_private.h"

/* Registers are 64 bits and unsigned, which JSON's numbers are not everywhere. */
static json_t *hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *integer_unless(int64_t value, int64_t absent)
{
	return value == absent ? json_null() : json_integer(value);
}

static json_t *cpus(const struct host_info *info)
{
	json_t *array = json_array();
	char list[1024];

	for (unsigned i = 0; i < info->cpu_kind_count; i++) {
		host_info_cpu_list(&info->cpu_kinds[i].cpus, list, sizeof(list));
		json_array_append_new(array, json_pack("{s:o, s:s}", "midr",
						       hex(info->cpu_kinds[i].midr), "cpus", list));
	}
	return array;
}

static json_t *irqchips(const struct host_info *info)
{
	json_t *array = json_array();

	if (info->gicv3)
		json_array_append_new(array, json_string("gicv3"));
	if (info->gicv2)
		json_array_append_new(array, json_string("gicv2"));
	if (info->user_irq)
		json_array_append_new(array, json_string("user"));
	return array;
}

static json_t *timer(const struct host_info *info)
{
	return json_pack("{s:o, s:b, s:o, s:o}", "frequency",
			 integer_unless(info->counter_frequency, 0), "active_state",
			 info->timer_active_state, "ecv", integer_unless(info->ecv, -1), "vcpu_ecv",
			 integer_unless(info->vcpu_ecv, -1));
}

static json_t *features(const struct host_info *info)
{
	json_t *array = json_array();

	for (int i = 0; i < VCPU_FEATURES; i++)
		if (info->features & 1u << i)
			json_array_append_new(array, json_string(vcpu_feature_name(i)));
	return array;
}

static json_t *sve_vector_bytes(const struct host_info *info)
{
	json_t *array = json_array();

	for (unsigned bytes = 16; bytes <= HOST_INFO_MAX_SVE_BYTES; bytes += 16)
		if (host_info_sve_length(info, bytes))
			json_array_append_new(array, json_integer(bytes));
	return array;
}

static json_t *pmu(const struct host_info *info)
{
	if (info->pmu_version < 0)
		return json_null();
	return json_pack("{s:i, s:o}", "version", info->pmu_version, "counters",
			 integer_unless(info->pmu_counters, -1));
}

static json_t *limits(const struct host_info *info)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "vcpus", info->vcpus,
			 "recommended_vcpus", info->recommended_vcpus, "vcpu_ids", info->vcpu_ids,
			 "ipa_bits", info->ipa_bits, "gicv3_vcpus",
			 info->gicv3 ? VGIC_V3_MAX_CPUS : 0, "gicv2_vcpus",
			 info->gicv2 ? VGIC_V2_MAX_CPUS : 0);
}

static json_t *capabilities(const struct host_info *info)
{
	json_t *object = json_object();

	for (size_t i = 0; host_info_caps[i].name; i++)
		json_object_set_new(object, host_info_caps[i].name, json_integer(info->caps[i]));
	return object;
}

static json_t *id_registers(const struct host_info *info)
{
	json_t *object = json_object();

	for (size_t i = 0; host_info_id_regs[i].name; i++)
		if (info->has_id_reg[i])
			json_object_set_new(object, host_info_id_regs[i].name,
					    hex(info->id_regs[i]));
	return object;
}

json_t *host_info_json(const struct host_info *info)
{
	json_t *kernel = json_pack("{s:s, s:s, s:s}", "release", info->kernel.release, "version",
				   info->kernel.version, "machine", info->kernel.machine);

	return json_pack("{s:i, s:o, s:s?, s:i, s:o, s:o, s:s?, s:s?, s:o, s:b, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:o}",
			 "schema", HOST_INFO_SCHEMA, "kernel", kernel, "board",
			 info->board[0] ? info->board : NULL, "page_size", info->page_size,
			 "memory", integer_unless(info->memory, 0), "cpus", cpus(info), "mode",
			 host_info_mode_name(info->mode), "mode_source",
			 host_info_source_name(info->mode_source), "irqchips", irqchips(info),
			 "its", info->its, "timer", timer(info), "features", features(info),
			 "sve_vector_bytes", sve_vector_bytes(info), "pmu", pmu(info), "limits",
			 limits(info), "capabilities", capabilities(info), "id_registers",
			 id_registers(info));
}
