// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "vmm/sandbox_private.h"

static int add_rule(scmp_filter_ctx filter, const struct sandbox_rule *rule)
{
	struct scmp_arg_cmp compare = { .arg = rule->index, .op = SCMP_CMP_EQ };

	switch (rule->condition) {
	case SANDBOX_ANY:
		return seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, rule->number, 0);
	case SANDBOX_EQUAL:
		compare.datum_a = rule->value;
		break;
	case SANDBOX_BITS_ZERO:
		compare.op = SCMP_CMP_MASKED_EQ;
		compare.datum_a = rule->value;
		break;
	case SANDBOX_OWN:
		compare.datum_a = getpid();
		break;
	}
	return seccomp_rule_add_exact_array(filter, SCMP_ACT_ALLOW, rule->number, 1, &compare);
}

static int add_rules(scmp_filter_ctx filter, enum sandbox_thread thread)
{
	struct sandbox_list list = sandbox_list(thread);
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; i < list.count && !ret; i++)
		if (list.rules[i].number >= 0)
			ret = add_rule(filter, &list.rules[i]);
	/* KVM_RUN is a vCPU's every second thought: it is found first. */
	return ret ? ret : seccomp_syscall_priority(filter, SCMP_SYS(ioctl), UINT8_MAX);
}

/* libseccomp gives the program to a file only. */
static int export_program(scmp_filter_ctx filter, struct sandbox_program *program)
{
	int fd = memfd_create("armlet-sandbox", MFD_CLOEXEC), ret;
	ssize_t size;

	if (fd < 0)
		return -errno;
	ret = seccomp_export_bpf(filter, fd);
	if (!ret) {
		size = pread(fd, program->code, sizeof(program->code), 0);
		program->length = size < 0 ? 0 : size / sizeof(program->code[0]);
		ret = size < 0 ? -errno : program->length == SANDBOX_PROGRAM_MAX ? -E2BIG : 0;
	}
	close(fd);
	return ret;
}

static int make_program(struct sandbox_program *program, enum sandbox_thread thread)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int ret = filter ? add_rules(filter, thread) : -ENOMEM;

	ret = ret ? ret : export_program(filter, program);
	seccomp_release(filter);
	return ret;
}

int sandbox_prepare(struct sandbox *sandbox)
{
	int ret = 0;

	for (int thread = 0; thread < SANDBOX_THREADS && !ret; thread++)
		ret = make_program(&sandbox->programs[thread], thread);
	if (ret < 0)
		return log_error(ret, "cannot prepare the sandbox: %s", strerror(-ret));
	return sandbox_install_handler();
}

int sandbox_enter(const struct sandbox *sandbox, enum sandbox_thread thread)
{
	const struct sandbox_program *made = &sandbox->programs[thread];
	struct sock_fprog program = {
		.len = made->length,
		.filter = (struct sock_filter *)made->code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return log_error(-errno,
				 "cannot enter the sandbox: %s: does this kernel have "
				 "CONFIG_SECCOMP_FILTER? --no-sandbox runs without it",
				 strerror(errno));
	return 0;
}
