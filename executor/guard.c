#include "executor/launcher.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/log.h"
#include "executor/rights.h"

/* A launcher whose daemon is gone may take this long to end its runs. */
enum { LEAVE_MS = 15000 };

static pid_t launcher = -1;

static void reap(int signals)
{
	struct signalfd_siginfo info;

	/* SIGTERM is for the daemon, whose socket then ends. */
	while (read(signals, &info, sizeof(info)) == sizeof(info))
		;
	if (launcher > 0 && waitpid(launcher, NULL, WNOHANG) == launcher)
		launcher = -1;
}

static void end_launcher(void)
{
	if (launcher <= 0)
		return;
	kill(launcher, SIGKILL);
	waitpid(launcher, NULL, 0);
	launcher = -1;
}

NORETURN static void leave(int signals)
{
	struct pollfd p = { signals, POLLIN, 0 };

	while (launcher > 0 && poll(&p, 1, LEAVE_MS) == 1)
		reap(signals);
	end_launcher();
	_exit(0);
}

/* True in the new launcher. */
static bool start(int socket, int signals)
{
	launcher = fork();
	if (launcher < 0)
		log_error("launcher_fork", "error=%s", strerror(errno));
	if (launcher == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(signals);
		if (dup2(socket, CONTROL) != CONTROL)
			_exit(1);
	}
	close(socket);
	return launcher == 0;
}

void launcher_guard(void)
{
	int signals = launcher_signals(), socket;

	/* The daemon's end is the only thing to outlive; a terminal's Ctrl-C is the daemon's matter. */
	setsid();
	for (;;) {
		struct pollfd p[2] = { { CONTROL, POLLIN, 0 }, { signals, POLLIN, 0 } };

		if (poll(p, 2, -1) < 0)
			continue;
		reap(signals);
		if (!p[0].revents)
			continue;
		socket = rights_receive_one(CONTROL);
		if (socket < 0)
			leave(signals);
		end_launcher();
		if (start(socket, signals))
			return;
	}
}
