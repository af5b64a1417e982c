// SPDX-License-Identifier: GPL-2.0-only
#include "devices/net_passt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

extern char **environ;

/* Which descriptor passt finds its end of the socket on. */
#define PASST_FD 3

/* "8080:80,2222:22", as passt takes it. */
static void write_forwards(char *text, size_t size, const struct net_forward *forwards,
			   unsigned count)
{
	size_t length = 0;

	for (unsigned i = 0; i < count && length < size; i++)
		length += snprintf(text + length, size - length, "%s%u:%u", i ? "," : "",
				   forwards[i].host, forwards[i].guest);
}

/* Ctrl-C and the like are not for passt, which ends by itself; but what we ignore it need not. */
static int spawn(int fd, char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int error;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawn_file_actions_init(&actions);
	/* Also when it is the same already: then it is to survive exec. It comes first, for `fd`
	 * may be one of those below. */
	posix_spawn_file_actions_adddup2(&actions, fd, PASST_FD);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

/* It goes into the background when it is ready. */
static int wait_ready(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return log_error(-errno, "cannot wait for passt: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return log_error(-EIO,
			 "cannot use --net user: passt did not start (%s %d); it should have said "
			 "why",
			 WIFEXITED(status) ? "exit status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static int start(int fd, const struct net_forward *forwards, unsigned count)
{
	char number[] = { '0' + PASST_FD, '\0' };
	char ports[NET_FORWARDS_MAX * sizeof("65535:65535,")];
	char *argv[] = { "passt", "--quiet", "--fd", number, "--tcp-ports", ports, NULL };
	pid_t pid;
	int ret;

	if (count)
		write_forwards(ports, sizeof(ports), forwards, count);
	else
		argv[4] = NULL;
	ret = spawn(fd, argv, &pid);
	if (ret == -ENOENT)
		return log_error(ret,
				 "cannot use --net user: there is no program 'passt': install it "
				 "(Debian: apt install passt), or use --net tap=NAME");
	if (ret < 0)
		return log_error(ret, "cannot start passt: %s", strerror(-ret));
	return wait_ready(pid);
}

int net_passt_start(const struct net_forward *forwards, unsigned count)
{
	int fds[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return log_error(-errno, "cannot make a socket for passt: %s", strerror(errno));
	ret = start(fds[1], forwards, count);
	close(fds[1]);
	if (!ret && fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		ret = log_error(-errno, "cannot make a socket for passt: %s", strerror(errno));
	if (ret < 0) {
		close(fds[0]);
		return ret;
	}
	return fds[0];
}
