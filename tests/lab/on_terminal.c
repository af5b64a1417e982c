// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: on_terminal COMMAND [ARG...]
 *
 * Runs COMMAND with a new terminal, which shows what it writes on stdout, and types what is read on
 * stdin. Says on stderr whether the terminal was changed meanwhile, and whether it is as before at
 * the end. The exit status is COMMAND's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "on_terminal: %s: %s\n", what, strerror(errno));
	exit(125);
}

static _Noreturn void run(char **command, const char *terminal)
{
	int fd;

	setsid();
	fd = open(terminal, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
		die(terminal);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	execvp(command[0], command);
	die(command[0]);
}

/* From one descriptor to the other; false at the end. */
static bool carry(int from, int to)
{
	char text[4096];
	ssize_t got = read(from, text, sizeof(text));

	for (ssize_t done = 0, part; done < got; done += part) {
		part = write(to, text + done, got - done);
		if (part <= 0)
			return false;
	}
	return got > 0;
}

static bool same(const struct termios *one, const struct termios *other)
{
	return one->c_iflag == other->c_iflag && one->c_oflag == other->c_oflag &&
	       one->c_cflag == other->c_cflag && one->c_lflag == other->c_lflag &&
	       memcmp(one->c_cc, other->c_cc, sizeof(one->c_cc)) == 0;
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, status;
	struct termios before, now;
	bool changed = false;
	pid_t command;

	if (argc < 2) {
		fputs("usage: on_terminal COMMAND [ARG...]\n", stderr);
		return 129;
	}
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		die("cannot make a terminal");
	/* Held, or else the terminal would end with the command. */
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &before) < 0)
		die("the terminal");
	command = fork();
	if (command == 0)
		run(argv + 1, ptsname(master));
	for (struct pollfd fds[] = { { .fd = master, .events = POLLIN },
				     { .fd = STDIN_FILENO, .events = POLLIN } };
	     ;) {
		if (poll(fds, 2, 50) > 0) {
			if (fds[0].revents)
				carry(master, STDOUT_FILENO);
			if (fds[1].revents && !carry(STDIN_FILENO, master))
				fds[1].fd = -1;
		} else if (waitpid(command, &status, WNOHANG) == command) {
			break;
		}
		if (!changed && tcgetattr(slave, &now) == 0 && !same(&before, &now)) {
			changed = true;
			ioctl(master, TIOCSWINSZ, &(struct winsize){ .ws_row = 50, .ws_col = 120 });
		}
	}
	tcgetattr(slave, &now);
	fprintf(stderr, "on_terminal: %s, %s\n", changed ? "changed" : "never changed",
		same(&before, &now) ? "as before" : "NOT as before");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
