// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls that each kind of thread may make, and why.
 *
 * What glibc does underneath is named where the name of the call alone would not tell.
 */
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
/* <sys/ioctl.h> and <asm/termbits.h> do not go together. */
#include <asm/ioctls.h>

#include "vmm/sandbox_private.h"

#define CALL(name)                                \
	{                                         \
		SCMP_SYS(name), SANDBOX_ANY, 0, 0 \
	}
#define CALL_IF(name, index, value)                         \
	{                                                   \
		SCMP_SYS(name), SANDBOX_EQUAL, index, value \
	}
#define CALL_NOT(name, index, value)                            \
	{                                                       \
		SCMP_SYS(name), SANDBOX_BITS_ZERO, index, value \
	}
#define CALL_OWN(name, index)                         \
	{                                             \
		SCMP_SYS(name), SANDBOX_OWN, index, 0 \
	}
#define IOCTL(request) CALL_IF(ioctl, 1, request)

/* clang-format off */
/* The end of any thread but main, and its part of the end of the process. */
#define THREAD_END \
	CALL(rt_sigprocmask),                      /* glibc blocks all signals at the end; terminal_restore() */ \
	CALL_IF(madvise, 2, MADV_DONTNEED),        /* glibc gives the stack's pages back */ \
	CALL(exit), \
	/* Telling of a forbidden call, restoring the terminal, and ending the process. */ \
	CALL_IF(prctl, 0, PR_GET_NAME), \
	IOCTL(TIOCGPGRP),                          /* is the terminal ours to change? */ \
	CALL(getpgid),                             /* getpgrp() */ \
	IOCTL(TCSETS), \
	IOCTL(TCSETS2),                            /* TCSETS, since glibc 2.42 */ \
	IOCTL(TCGETS),                             /* tcsetattr() looks at what came of it */ \
	IOCTL(TCGETS2), \
	CALL(rt_sigreturn),                        /* end of a handler, that of the kick too */ \
	CALL(exit_group), \
	/* Dying of a signal: raise(), after its handler restored the terminal. */ \
	CALL(getpid), \
	CALL(gettid), \
	CALL_OWN(tgkill, 0)                        /* also kicks a vCPU, with the userspace irqchip */

static const struct sandbox_rule vcpu_rules[] = {
	/* Running the guest. */
	IOCTL(KVM_RUN),
	IOCTL(KVM_IRQ_LINE),                       /* a device raises or lowers its interrupt */
	IOCTL(KVM_SET_VCPU_EVENTS),                /* external abort for an access that nothing can answer */
	IOCTL(KVM_GET_ONE_REG),                    /* PC and registers for messages and reports */

	/* Devices, on the thread that accesses them. */
	CALL(write),                               /* wakes the event loop by eventfd; messages on stderr */
	CALL(clock_gettime),                       /* CPU time is no matter of the vDSO; nor is the rest on every host */
	CALL(futex),                               /* locks of devices, parking, thread exit */
	CALL(getcpu),                              /* on which host CPU it is, for --stats, where the kernel has no rseq */

	THREAD_END,
};

/* It works for no guest: what it is asked is "move me on", by a flag. */
static const struct sandbox_rule mover_rules[] = {
	/* Moving. Threads of other processes of this user could be moved as well: the numbers of our own
	 * are not known when the list is made, and seccomp cannot look behind them. */
	CALL(sched_setaffinity),
	CALL_IF(sched_getaffinity, 0, 0),          /* the process's CPUs, when they have changed */
	CALL(futex),                               /* sleep until the next move, wishes of vCPUs, thread exit */
	CALL(clock_gettime),                       /* where the vDSO has no answer */
	CALL(write),                               /* messages on stderr */

	THREAD_END,
};

/* Its files were opened before: the disk, and eventfds. */
static const struct sandbox_rule disk_rules[] = {
	/* The disk. */
	CALL(preadv2),
	CALL(pwritev2),
	CALL(fdatasync),
	CALL(fallocate),                           /* discard, write zeroes */
	IOCTL(BLKDISCARD),

	/* The queue. */
	CALL(read),                                /* the driver's notifications: an eventfd */
	CALL(write),                               /* interrupts by irqfd, waking others: eventfds; messages on stderr */
	CALL(futex),                               /* the queue's lock, waiting for work, thread exit */

	THREAD_END,
};

/* Likewise: a TAP interface or passt's socket, and eventfds. */
static const struct sandbox_rule net_rules[] = {
	/* Packets. No system call here takes an address. */
	CALL(read),                                /* passt's socket; eventfds */
	CALL(readv),                               /* the TAP interface */
	CALL(write),                               /* passt's socket; interrupts by irqfd; messages on stderr */
	CALL(writev),                              /* both */
	IOCTL(TUNSETOFFLOAD),                      /* as the driver chose */
	IOCTL(TUNSETQUEUE),

	/* Its event loop. */
	CALL(epoll_pwait),
	CALL(epoll_ctl),
	CALL(futex),                               /* the queues' lock, thread exit */

	THREAD_END,
};

static const struct sandbox_rule main_rules[] = {
	/* The event loop. */
	CALL(epoll_pwait),
	CALL(epoll_ctl),
	CALL(read),                                /* stdin, eventfds, timerfds, signalfd, /proc/self/smaps for --stats */
	CALL(write),                               /* stdout, stderr, the file of --stats, eventfds */
	CALL(recvfrom),                            /* stdin is a socket */
	CALL_IF(sendto, 4, 0),                     /* stdout is a socket; to its peer, no other address */
	CALL_IF(accept4, 1, 0),                    /* --console unix:PATH; who it is does not matter */
	CALL(dup),                                 /* ... watched for reading and writing apart */
	CALL(ppoll),                               /* a console that cannot be made non-blocking; draining it at the end */
	CALL(timerfd_settime),                     /* the console's tick, the RTC's alarm */
	CALL(clock_gettime),                       /* where the vDSO has no answer */
	CALL(restart_syscall),                     /* the kernel's own, for ppoll after SIGSTOP and SIGCONT */
	IOCTL(KVM_IRQ_LINE),                       /* the UART's and the RTC's interrupt */

	/* The vCPUs' threads: kick, wait, join. */
	CALL(futex),
	CALL_OWN(tgkill, 0),                       /* pthread_kill(); raise() */
	CALL(getpid),                              /* likewise */
	CALL(gettid),                              /* likewise */
	CALL(rt_sigprocmask),                      /* likewise */

	/* Reset. */
	CALL_IF(madvise, 2, MADV_DONTNEED),        /* clears RAM; glibc gives a joined thread's stack back */
	CALL(pread64),                             /* images from their sealed copies, when they are small */
	CALL_IF(fcntl, 1, F_GET_SEALS),            /* are large ones sealed, and can be mapped? */
	CALL(lseek),                               /* how large? */
	CALL(getrandom),                           /* fresh seeds */
	IOCTL(KVM_ARM_PREFERRED_TARGET),
	IOCTL(KVM_ARM_VCPU_INIT),
	IOCTL(KVM_SET_ONE_REG),                    /* entry point, arguments */
	IOCTL(KVM_SET_DEVICE_ATTR),                /* the vGIC's registers */
	IOCTL(KVM_GET_DEVICE_ATTR),

	/* The heap. Nothing executable ever. */
	CALL(brk),
	CALL_NOT(mmap, 2, PROT_EXEC),
	CALL_NOT(mprotect, 2, PROT_EXEC),          /* malloc() grows an arena */
	CALL(mremap),                              /* realloc() of something large; keeps the protection */
	CALL(munmap),                              /* also RAM, run structures and stacks at the end */

	/* The terminal, and its return to the shell on Ctrl-Z and at the end. */
	IOCTL(TCGETS),
	IOCTL(TCGETS2),
	IOCTL(TCSETS),
	IOCTL(TCSETS2),
	IOCTL(TIOCGPGRP),
	IOCTL(TIOCGWINSZ),                         /* its size, for virtio-console */
	CALL(getpgid),
	CALL(rt_sigaction),                        /* SIGTSTP is taken and given back; abort() */
	CALL(rt_sigreturn),

	/* The end. */
	CALL(close),
	CALL_IF(prctl, 0, PR_GET_NAME),            /* telling of a forbidden call */
	CALL(exit_group),
};
/* clang-format on */

#define LIST(rules)                                   \
	{                                             \
		rules, sizeof(rules) / sizeof(*rules) \
	}

struct sandbox_list sandbox_list(enum sandbox_thread thread)
{
	static const struct sandbox_list lists[SANDBOX_THREADS] = {
		[SANDBOX_MAIN] = LIST(main_rules),   [SANDBOX_VCPU] = LIST(vcpu_rules),
		[SANDBOX_MOVER] = LIST(mover_rules), [SANDBOX_DISK] = LIST(disk_rules),
		[SANDBOX_NET] = LIST(net_rules),
	};

	return lists[thread];
}
