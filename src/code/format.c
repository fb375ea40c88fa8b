#include "code/format.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"

enum { IN, OUT, ERR, STREAMS };

struct child {
	pid_t pid;
	int fd[STREAMS];		/* our ends; -1: closed */
	struct buf *text[STREAMS];	/* what came from OUT and ERR */
	struct str left;		/* of the source, still to be written */
};

/* A pipe whose ends both close at exec; dup2() in the child opens one again.  mine: the end we keep. */
static bool open_pipe(int *mine, int *theirs, bool we_write)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	*mine = fd[we_write ? 1 : 0];
	*theirs = fd[we_write ? 0 : 1];
	fcntl(*mine, F_SETFL, O_NONBLOCK);
	return true;
}

static void close_all(int *fd)
{
	for (int i = 0; i < STREAMS; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

/* Start it with a bare environment: none of our secrets.  0, or errno. */
static int start(struct child *c)
{
	char *argv[] = { (char *)(uintptr_t)env_str("BLACK", "black"), (char[]){ "--quiet" }, (char[]){ "-" }, NULL };
	char *envp[] = { (char[]){ "PATH=/usr/local/bin:/usr/bin:/bin" }, (char[]){ "LC_ALL=C.UTF-8" },
			 (char[]){ "HOME=/nonexistent" }, NULL };
	int theirs[STREAMS] = { -1, -1, -1 }, rc = 0;
	posix_spawn_file_actions_t actions;

	for (int i = 0; i < STREAMS; i++)
		if (!open_pipe(&c->fd[i], &theirs[i], i == IN))
			rc = errno;
	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < STREAMS; i++)
		posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	if (!rc)
		rc = posix_spawnp(&c->pid, argv[0], &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	close_all(theirs);
	if (rc)
		close_all(c->fd);
	return rc;
}

static void drop(struct child *c, int i)
{
	close(c->fd[i]);
	c->fd[i] = -1;
}

static void feed(struct child *c)
{
	ssize_t n = write(c->fd[IN], c->left.p, c->left.n);

	if (n > 0) {
		c->left.p += n;
		c->left.n -= (size_t)n;
	}
	if (!c->left.n || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(c, IN);
}

static void take(struct child *c, int i)
{
	char part[8192];
	ssize_t n = read(c->fd[i], part, sizeof(part));

	if (n > 0)
		buf_add(c->text[i], part, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		drop(c, i);
}

/* Until it has closed both of its outputs; false: it took too long. */
static bool talk(struct child *c)
{
	int64_t until = mono_ms() + FORMAT_MS;

	while (c->fd[OUT] >= 0 || c->fd[ERR] >= 0) {
		struct pollfd p[STREAMS] = {
			{ c->fd[IN], POLLOUT, 0 }, { c->fd[OUT], POLLIN, 0 }, { c->fd[ERR], POLLIN, 0 },
		};
		int64_t left = until - mono_ms();

		if (left <= 0 || poll(p, STREAMS, (int)left) == 0)
			return false;
		if (p[IN].revents)
			feed(c);
		if (p[OUT].revents)
			take(c, OUT);
		if (p[ERR].revents)
			take(c, ERR);
	}
	return true;
}

static enum format_result outcome(struct arena *a, const struct child *c, int status, const char **out)
{
	struct str said;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !c->text[OUT]->full) {
		*out = buf_text(c->text[OUT]);
		return FORMAT_DONE;
	}
	said = str_trim(str_of(buf_text(c->text[ERR])));
	if (!WIFEXITED(status) || !said.n)
		return FORMAT_FAILED;
	if (str_starts(said, "error: cannot format -: "))
		said = (struct str){ said.p + 24, said.n - 24 };
	*out = arena_strndup(a, said.p, said.n);
	return FORMAT_REFUSED;
}

enum format_result format_python(struct arena *a, const char *code, const char **out)
{
	struct child c = { .fd = { -1, -1, -1 }, .left = str_of(code),
			   .text = { NULL, buf_in(a, 2 * FORMAT_MAX), buf_in(a, 64 * 1024) } };
	int rc, status = 0;
	bool ended;

	if (c.left.n > FORMAT_MAX) {
		*out = "The source is too long.";
		return FORMAT_REFUSED;
	}
	rc = start(&c);
	if (rc == ENOENT) {
		log_warn("formatter_missing", "program=%s", env_str("BLACK", "black"));
		*out = code;
		return FORMAT_DONE;
	}
	if (rc) {
		log_error("formatter", "why=\"%s\"", strerror(rc));
		return FORMAT_FAILED;
	}
	if (!c.left.n)
		drop(&c, IN);
	ended = talk(&c);
	if (!ended)
		kill(c.pid, SIGKILL);
	close_all(c.fd);
	while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
		;
	return ended ? outcome(a, &c, status, out) : FORMAT_FAILED;
}
