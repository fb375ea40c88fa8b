#include "executor/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/str.h"
#include "executor/rights.h"

int launcher_receive(int fd, struct wire_order *o, int fds[WFD_COUNT], size_t *count, int flags)
{
	ssize_t n = rights_receive(fd, o, sizeof(*o), fds, WFD_COUNT, count, flags);

	if (n == (ssize_t)sizeof(*o))
		return 1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	for (size_t i = 0; i < *count; i++)
		close(fds[i]);
	return -1;
}

bool launcher_send(int fd, const struct wire_order *o, const int fds[WFD_COUNT])
{
	return rights_send(fd, o, sizeof(*o), fds, WFD_COUNT, MSG_DONTWAIT);
}

static bool fits(const struct launcher *l, const struct wire_order *o, size_t fds)
{
	if (o->slot >= l->slots || !o->serial)
		return false;
	if (o->kind == WIRE_KILL || o->kind == WIRE_BEGIN || o->kind == WIRE_PING)
		return fds == 0;
	return o->kind == WIRE_LAUNCH && fds == WFD_COUNT && !l->serial_of(o->slot) &&
	       o->memory_mb >= 1 && o->memory_mb <= l->max_memory_mb;
}

bool launcher_take(const struct launcher *l)
{
	const struct wire_report pong = { .kind = WIRE_PONG };
	struct wire_order o;
	int fds[WFD_COUNT];
	size_t count;
	int rc = launcher_receive(CONTROL, &o, fds, &count, MSG_DONTWAIT);

	if (rc <= 0)
		return rc == 0;
	if (!fits(l, &o, count)) {
		log_error("order_refused", "kind=%u descriptors=%zu", o.kind, count);
		return false;
	}
	if (o.kind == WIRE_PING)
		launcher_report(CONTROL, &pong);
	else if (o.kind == WIRE_LAUNCH)
		l->launch(&o, fds);
	else if (l->serial_of(o.slot) == o.serial)
		l->tell(&o);		/* else it has ended meanwhile */
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return true;
}

void launcher_report(int fd, const struct wire_report *r)
{
	if (send(fd, r, sizeof(*r), MSG_NOSIGNAL) != (ssize_t)sizeof(*r))
		log_warn("report_lost", "slot=%u error=%s", r->slot, strerror(errno));
}

int launcher_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? errno : 0;
}

int launcher_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

uint32_t launcher_number(const char *text, int64_t min, int64_t max)
{
	int64_t v;

	if (!text_to_i64(text, min, max, &v))
		die("launcher_usage", "number=%s", text);
	return (uint32_t)v;
}
