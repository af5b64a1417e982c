// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends a VM from outside: Ctrl-A x on the console, and signals. The first Ctrl-A x, or the
 * first SIGTERM, presses the power key of a guest that has a driver for it, which a guest takes as
 * the wish to power itself off; the second ends the VM, as does the first of a guest without one.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"
#include "vmm/memory_map.h"
#include "vmm/vm_private.h"

/* What a guest has to power itself off after SIGTERM. */
#define OFF_SECONDS 60

static void set_off_timer(struct vm *vm, unsigned seconds)
{
	struct itimerspec timer = { .it_value.tv_sec = seconds };

	timerfd_settime(vm->off_timer.fd, 0, &timer, NULL);
}

/* False: it was asked already, or would not hear it. */
static bool ask_guest(struct vm *vm)
{
	if (vm->asked_off || !pl061_is_watched(&vm->gpio, MAP_GPIO_POWER_PIN))
		return false;
	vm->asked_off = true;
	pl061_press(&vm->gpio, MAP_GPIO_POWER_PIN);
	return true;
}

void vm_stop_escape_pressed(void *context)
{
	struct vm *vm = context;

	if (ask_guest(vm))
		log_warn("the guest was asked to power off; Ctrl-A x again ends it at once");
	else
		vm_end(vm, VM_END_USER);
}

static void on_off_timer(struct event_source *source, uint32_t events)
{
	struct vm *vm = source->context;

	(void)events;
	log_warn("the guest did not power off within %d seconds of SIGTERM", OFF_SECONDS);
	vm_end(vm, VM_END_SIGNAL);
}

static void signal_arrived(struct event_source *source, uint32_t events)
{
	struct vm *vm = source->context;
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH) {
		if (vm->virtio_console)
			virtio_console_resize(vm->virtio_console, vm_console_size(vm));
		return;
	}
	vm->signal = info.ssi_signo;
	if (info.ssi_signo == SIGTERM && ask_guest(vm))
		set_off_timer(vm, OFF_SECONDS);
	else
		vm_end(vm, VM_END_SIGNAL);
}

struct virtio_console_size vm_console_size(const struct vm *vm)
{
	struct winsize size;

	if (vm->config->console.place != CONSOLE_STDIO ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return (struct virtio_console_size){ 0, 0 };
	return (struct virtio_console_size){ size.ws_col, size.ws_row };
}

static int watch_signals(struct vm *vm)
{
	struct sigaction hangup;
	sigset_t signals;
	int fd, ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGWINCH);
	/* Blocked, it would come even to a VM that nohup(1) started to outlive its terminal. */
	if (sigaction(SIGHUP, NULL, &hangup) < 0 || hangup.sa_handler != SIG_IGN)
		sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return log_error(-errno, "cannot watch for signals: %s", strerror(errno));
	ret = event_loop_add(&vm->loop, &vm->signals, fd, EPOLLIN, signal_arrived, vm);
	if (ret < 0)
		close(fd);
	return ret;
}

int vm_stop_watch(struct vm *vm)
{
	int ret = watch_signals(vm), fd;

	if (ret < 0)
		return ret;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	ret = fd < 0 ? log_error(-errno, "cannot make a timer for the guest's end: %s",
				 strerror(errno))
		     : event_loop_add(&vm->loop, &vm->off_timer, fd, EPOLLIN, on_off_timer, vm);
	if (!ret)
		return 0;
	if (fd >= 0)
		close(fd);
	event_loop_remove(&vm->loop, &vm->signals);
	close(vm->signals.fd);
	return ret;
}

void vm_stop_unwatch(struct vm *vm)
{
	event_loop_remove(&vm->loop, &vm->off_timer);
	close(vm->off_timer.fd);
	event_loop_remove(&vm->loop, &vm->signals);
	close(vm->signals.fd);
}

void vm_stop_reset(struct vm *vm)
{
	vm->asked_off = false;
	set_off_timer(vm, 0);
}
