// SPDX-License-Identifier: GPL-2.0-only
#include "harness/helper_process.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

bool helper_process_is_over(const struct helper_process *helper)
{
	return atomic_load(helper->over) || getppid() != helper->parent;
}

int helper_process_start(struct helper_process *helper,
			 void (*fn)(const struct helper_process *helper, uint64_t argument),
			 uint64_t argument)
{
	void *page = mmap(NULL, sizeof(*helper->over), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (page == MAP_FAILED)
		return -errno;
	helper->over = page;
	helper->parent = getpid();
	helper->pid = fork();
	if (helper->pid == 0) {
		fn(helper, argument);
		_exit(0);
	}
	if (helper->pid > 0)
		return 0;
	error = -errno;
	munmap(page, sizeof(*helper->over));
	return error;
}

void helper_process_end(struct helper_process *helper)
{
	atomic_store(helper->over, true);
	while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(helper->over, sizeof(*helper->over));
}
