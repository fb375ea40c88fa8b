#include "executor/link.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "executor/launcher.h"
#include "executor/loop.h"
#include "executor/rights.h"

enum { HELLO_MS = 60000, PING_MS = 2000 };

static struct source control = { .fd = -1 };
static int guard = -1;			/* to the launcher's guard */
static bool up;				/* it has greeted */
static int64_t asked_ms, pinged_ms;	/* a new launcher, or whether it answers; 0: no answer is due */
static int64_t ping_ms;			/* when to ask next; 0: there were no runs */
static uint32_t isolation;
static bool containers;
static char name[64];
static void (*done_fn)(const struct wire_report *r);
static void (*lost_fn)(void);

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

/* Ask the guard for a launcher. */
static void ask(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair", "error=%s", strerror(errno));
	if (!rights_send_one(guard, pair[1], 0))
		die("launcher_guard", "error=%s", strerror(errno));
	close(pair[1]);
	control.fd = pair[0];
	up = false;
	asked_ms = mono_ms();
	pinged_ms = ping_ms = 0;
}

static void greeted(const struct wire_report *r)
{
	up = true;
	asked_ms = 0;
	isolation = r->isolation;
	snprintf(name, sizeof(name), "%.*s", (int)sizeof(r->name) - 1, r->name);
}

/* Start the guard, and a first launcher, and wait for its greeting. */
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
	guard = pair[0];
	ask();
	p = (struct pollfd){ control.fd, POLLIN, 0 };
	if (poll(&p, 1, HELLO_MS) != 1 || recv(control.fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r) ||
	    r.kind != WIRE_HELLO)
		die("launcher_silent", "file=%s", file);
	greeted(&r);
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
		close(guard);
		log_info("no_namespaces", "next=\"the container engine at %s\"", s->engine);
	}
	containers = true;
	start_engine(s);
}

void link_replace(const char *why)
{
	if (!up)
		die("launcher_silent", "why=\"%s\"", why);
	log_error("launcher_lost", "why=\"%s\"", why);
	loop_remove(&control);
	close(control.fd);
	ask();
	loop_add(&control, EPOLLIN);
	lost_fn();
}

static void ready(struct source *src, uint32_t events UNUSED)
{
	struct wire_report r;
	ssize_t n;

	while ((n = recv(src->fd, &r, sizeof(r), MSG_DONTWAIT)) == (ssize_t)sizeof(r)) {
		pinged_ms = 0;		/* whatever it says */
		if (r.kind == WIRE_HELLO)
			greeted(&r);
		else if (r.kind == WIRE_DONE)
			done_fn(&r);
	}
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		link_replace("it has ended");
}

void link_watch(void (*done)(const struct wire_report *r), void (*lost)(void))
{
	done_fn = done;
	lost_fn = lost;
	control.ready = ready;
	loop_add(&control, EPOLLIN);
}

bool link_up(void)
{
	return up;
}

int64_t link_tend(int64_t now, bool runs)
{
	if (asked_ms) {
		if (now >= asked_ms + HELLO_MS)
			die("launcher_silent", "waited_ms=%d", HELLO_MS);
		return asked_ms + HELLO_MS;
	}
	if (pinged_ms && now >= pinged_ms + LINK_STUCK_MS) {
		ready(&control, 0);	/* its answer may wait for us */
		if (pinged_ms)
			link_replace("it does not answer");
		return now;
	}
	if (pinged_ms)
		return pinged_ms + LINK_STUCK_MS;
	if (!runs) {
		ping_ms = 0;
		return INT64_MAX;
	}
	if (ping_ms && now >= ping_ms) {
		link_tell(WIRE_PING, 0, 1);
		pinged_ms = now;
		ping_ms = now + PING_MS;
		return pinged_ms + LINK_STUCK_MS;
	}
	if (!ping_ms)
		ping_ms = now + PING_MS;
	return ping_ms;
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
	return up && launcher_send(control.fd, o, fds);
}

void link_tell(enum wire_kind kind, uint32_t slot, uint32_t serial)
{
	struct wire_order o = { .kind = (uint32_t)kind, .slot = slot, .serial = serial };

	if (send(control.fd, &o, sizeof(o), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_warn("order_lost", "slot=%u error=%s", slot, strerror(errno));
}
