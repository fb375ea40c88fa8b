#include "executor/loop.h"

#include "base/clock.h"
#include "base/log.h"

enum { EVENTS = 64, ROUND_FNS = 4 };

static int epoll = -1;
static bool stopping;
static int64_t (*round_fns[ROUND_FNS])(int64_t);
static size_t round_count;
static struct epoll_event events[EVENTS];
static int events_n, events_at;

void loop_setup(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		die("epoll", "error=%s", strerror(errno));
}

void loop_add(struct source *s, uint32_t mask)
{
	struct epoll_event e = { .events = mask, .data.ptr = s };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &e) < 0)
		die("epoll_add", "error=%s", strerror(errno));
}

void loop_change(struct source *s, uint32_t mask)
{
	struct epoll_event e = { .events = mask, .data.ptr = s };

	epoll_ctl(epoll, EPOLL_CTL_MOD, s->fd, &e);
}

void loop_remove(struct source *s)
{
	epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL);
	for (int i = events_at; i < events_n; i++)
		if (events[i].data.ptr == s)
			events[i].data.ptr = NULL;
}

void loop_on_round(int64_t (*fn)(int64_t))
{
	if (round_count == ROUND_FNS)
		die("loop", "round_fns=%zu", round_count);
	round_fns[round_count++] = fn;
}

static int call_round_fns(void)
{
	int64_t now = mono_ms(), next = INT64_MAX;

	for (size_t i = 0; i < round_count; i++) {
		int64_t at = round_fns[i](now);

		if (at < next)
			next = at;
	}
	if (next == INT64_MAX)
		return -1;
	now = mono_ms();
	return next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
}

void loop_run(void)
{
	stopping = false;
	while (!stopping) {
		int wait = call_round_fns();

		if (stopping)
			break;
		events_n = epoll_wait(epoll, events, EVENTS, wait);
		for (events_at = 0; events_at < events_n;) {
			struct epoll_event *e = &events[events_at++];
			struct source *s = e->data.ptr;

			if (s)
				s->ready(s, e->events);
		}
		events_n = 0;
	}
}

void loop_stop(void)
{
	stopping = true;
}
