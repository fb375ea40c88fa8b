#include "executor/link.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "executor/launcher.h"
#include "executor/loop.h"

enum { HELLO_MS = 60000 };

static struct source control = { .fd = -1 };
static uint32_t isolation;
static bool containers;
static char name[64];
static void (*done_fn)(const struct wire_report *r);

NORETURN static void exec_launcher(const char *file, char **argv, int fd)
{
	char *const none[] = { NULL };

	if (dup2(fd, 0) == 0)
		execve(file, argv, none);
	die("launcher", "file=%s error=%s", file, strerror(errno));
}

static char *number(int v)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", v);
	return xstrdup(text);
}

static char *word(const char *s)
{
	return xstrdup(s);
}

/* Start it and wait for its greeting. */
static void start(const char *file, char **argv)
{
	struct wire_report r;
	struct pollfd p;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair", "error=%s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork", "error=%s", strerror(errno));
	if (pid == 0)
		exec_launcher(file, argv, pair[1]);
	close(pair[1]);
	for (char **v = argv; *v; v++)
		free(*v);
	p = (struct pollfd){ pair[0], POLLIN, 0 };
	if (poll(&p, 1, HELLO_MS) != 1 || recv(pair[0], &r, sizeof(r), 0) != (ssize_t)sizeof(r) ||
	    r.kind != WIRE_HELLO)
		die("launcher_silent", "file=%s", file);
	control.fd = pair[0];
	isolation = r.isolation;
	snprintf(name, sizeof(name), "%.*s", (int)sizeof(r.name) - 1, r.name);
}

static void start_native(const struct settings *s)
{
	char *argv[] = { word("owui-sandbox"), number(s->places + s->pool_size), number(s->max_memory_mb),
			 number(s->max_pids), number(s->disk_mb), number(s->cpu_quota),
			 number(s->uid_base), word(s->rootfs), word(s->toolchain), NULL };

	start(s->launcher, argv);
}

static void start_engine(const struct settings *s)
{
	char *argv[] = { word("owui-engine"), number(s->places + s->pool_size), number(s->max_memory_mb),
			 number(s->max_pids), number(s->disk_mb), number(s->cpu_quota),
			 number(s->pool_size), number(s->port), word(s->engine), word(s->image),
			 word(s->network), number(s->read_only), word(s->inside), NULL };

	start(s->engine_launcher, argv);
}

void link_start(const struct settings *s)
{
	if (!text_eq(s->backend, "docker")) {
		start_native(s);
		if (!text_eq(s->backend, "auto") || link_usable())
			return;
		close(control.fd);
		log_info("no_namespaces", "next=\"the container engine at %s\"", s->engine);
	}
	containers = true;
	start_engine(s);
}

static void ready(struct source *src, uint32_t events UNUSED)
{
	struct wire_report r;
	ssize_t n;

	while ((n = recv(src->fd, &r, sizeof(r), MSG_DONTWAIT)) == (ssize_t)sizeof(r))
		if (r.kind == WIRE_DONE)
			done_fn(&r);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		die("launcher_gone", "n=%zd", n);
}

void link_watch(void (*done)(const struct wire_report *r))
{
	done_fn = done;
	control.ready = ready;
	loop_add(&control, EPOLLIN);
}

bool link_usable(void)
{
	return isolation & (ISO_NAMESPACES | ISO_CONTAINER) && isolation & ISO_SECCOMP;
}

bool link_containers(void)
{
	return containers;
}

const char *link_name(void)
{
	return name;
}

uint32_t link_isolation(void)
{
	return isolation;
}

bool link_launch(const struct wire_order *o, const int fds[WFD_COUNT])
{
	return launcher_send(control.fd, o, fds);
}

void link_tell(enum wire_kind kind, uint32_t slot, uint32_t serial)
{
	struct wire_order o = { .kind = (uint32_t)kind, .slot = slot, .serial = serial };

	if (send(control.fd, &o, sizeof(o), MSG_NOSIGNAL) < 0)
		log_warn("order_lost", "slot=%u error=%s", slot, strerror(errno));
}
