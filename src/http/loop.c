#include "http/loop.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/call.h"

enum {
	EVENTS = 256, CONNECTIONS_KEPT = 64, EASY_KEPT = 64, TICK_MS = 1000, LOOP_STACK = 256 * 1024,
	/* Where many streams run, a short nap between two rounds lets each round find more to do. */
	NAP_FROM = 16, NAP_MS = 3,
	/* What an epoll event is about: a call's own descriptor (a pointer), or one of these. */
	ABOUT_SOCKET = 2, ABOUT_WAKE = 3, ABOUT_MASK = 3,
};

struct shared {
	struct call call;
	struct shared *next, *prev;
	sem_t ended;
	bool paused;
};

static struct {
	pthread_once_t once;
	pthread_mutex_t lock;
	struct shared *waiting;		/* submitted, newest first */
	int epoll_fd, wake_fd;
	/* The rest belongs to the loop's thread. */
	CURLM *multi;
	struct shared *active;
	int count;
	int64_t due;			/* libcurl wants to be called then; 0: never */
	CURL *easy[EASY_KEPT];
	int easy_kept;
} loop = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER };

static int watch_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *ctx UNUSED, void *known)
{
	struct epoll_event e = { .data.u64 = (uint64_t)(unsigned)fd << 2 | ABOUT_SOCKET };

	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, fd, NULL);	/* fails when it is closed already */
		curl_multi_assign(loop.multi, fd, NULL);
		return 0;
	}
	e.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (epoll_ctl(loop.epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e) != 0)
		epoll_ctl(loop.epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e);
	curl_multi_assign(loop.multi, fd, &loop);
	return 0;
}

static int set_timer(CURLM *multi UNUSED, long ms, void *ctx UNUSED)
{
	loop.due = ms < 0 ? 0 : mono_ms() + ms;
	return 0;
}

/* Listen on the caller's descriptor: always for its end, for room while the call is paused. */
static void watch_peer(struct shared *s, int op)
{
	struct epoll_event e = { .events = EPOLLIN | (s->paused ? EPOLLOUT : 0), .data.ptr = s };

	if (s->call.req->cancel_fd >= 0)
		epoll_ctl(loop.epoll_fd, op, s->call.req->cancel_fd, &e);
}

static void begin(struct shared *s)
{
	s->next = loop.active;
	if (s->next)
		s->next->prev = s;
	loop.active = s;
	loop.count++;
	s->call.easy = loop.easy_kept ? loop.easy[--loop.easy_kept] : curl_easy_init();
	if (!s->call.easy)
		die("curl_setup", "why=\"out of memory\"");
	call_init(&s->call, s->call.arena, s->call.req, s->call.out, s->call.easy);
	watch_peer(s, EPOLL_CTL_ADD);
	curl_multi_add_handle(loop.multi, s->call.easy);
}

static void end(struct shared *s)
{
	CURL *easy = s->call.easy;

	if (s->call.req->cancel_fd >= 0)
		epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, s->call.req->cancel_fd, NULL);
	curl_multi_remove_handle(loop.multi, easy);
	call_free(&s->call);
	if (loop.easy_kept < EASY_KEPT) {
		curl_easy_reset(easy);
		loop.easy[loop.easy_kept++] = easy;
	} else {
		curl_easy_cleanup(easy);
	}
	if (s->next)
		s->next->prev = s->prev;
	*(s->prev ? &s->prev->next : &loop.active) = s->next;
	loop.count--;
	sem_post(&s->ended);		/* s is the caller's again */
}

static void take_waiting(void)
{
	eventfd_t ignored;
	struct shared *s;

	eventfd_read(loop.wake_fd, &ignored);
	pthread_mutex_lock(&loop.lock);
	s = loop.waiting;
	loop.waiting = NULL;
	pthread_mutex_unlock(&loop.lock);
	while (s) {
		struct shared *next = s->next;

		begin(s);
		s = next;
	}
}

static void pause_call(struct shared *s, bool paused)
{
	s->paused = paused;
	watch_peer(s, EPOLL_CTL_MOD);
	curl_easy_pause(s->call.easy, paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

/* The sink takes what it can; while something is left the provider waits.  What libcurl held back comes as
 * soon as it may, so that is looked at again. */
static void drain(struct shared *s)
{
	const struct http_request *req = s->call.req;

	do {
		bool held = s->call.held;
		ssize_t left;

		s->call.got = 0;
		s->call.held = false;
		if (!req->drain || s->call.finished)
			return;
		left = req->drain(req->ctx);
		if (left < 0)
			call_end(&s->call, HTTP_ABORTED, NULL);
		else if (held || (left > 0) != s->paused)
			pause_call(s, left > 0);
	} while (s->call.got || (s->call.held && !s->paused));
}

static void peer_event(struct shared *s, unsigned events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		call_end(&s->call, HTTP_CANCELLED, NULL);
	else
		drain(s);
}

static void socket_event(int fd, unsigned events)
{
	int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	int running;

	curl_multi_socket_action(loop.multi, fd, what, &running);
}

static void handle(const struct epoll_event *e)
{
	if ((e->data.u64 & ABOUT_MASK) == ABOUT_SOCKET)
		socket_event((int)(e->data.u64 >> 2), e->events);
	else if (e->data.u64 == ABOUT_WAKE)
		take_waiting();
	else
		peer_event(e->data.ptr, e->events);
}

static void run_timer(void)
{
	int running;

	if (!loop.due || mono_ms() < loop.due)
		return;
	loop.due = 0;
	curl_multi_socket_action(loop.multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* After a round: what came goes on, what has ended goes back to its caller. */
static void settle(bool tick)
{
	struct shared *next;

	call_take_messages(loop.multi);
	for (struct shared *s = loop.active; s; s = next) {
		next = s->next;
		if (s->call.got)
			drain(s);
		if (tick && !s->paused && !s->call.finished && call_idle_too_long(&s->call))
			call_end(&s->call, HTTP_FAILED, "The service sent nothing for too long.");
		if (s->call.finished)
			end(s);
	}
}

static int wait_ms(void)
{
	int64_t left = loop.due ? loop.due - mono_ms() : TICK_MS;

	return left < 0 ? 0 : left < TICK_MS ? (int)left : TICK_MS;
}

static void *run(void *arg UNUSED)
{
	struct epoll_event events[EVENTS];
	int64_t ticked = mono_ms();

	for (;;) {
		int n = epoll_wait(loop.epoll_fd, events, EVENTS, wait_ms());
		bool tick = mono_ms() - ticked >= TICK_MS;

		for (int i = 0; i < n; i++)
			handle(&events[i]);
		run_timer();
		settle(tick);
		if (tick)
			ticked = mono_ms();
		if (loop.count >= NAP_FROM && n > 0 && n < EVENTS)
			sleep_ms(NAP_MS);
	}
	return NULL;
}

static void start(void)
{
	struct epoll_event wake = { .events = EPOLLIN, .data.u64 = ABOUT_WAKE };
	pthread_attr_t attr;
	pthread_t thread;

	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop.multi = curl_multi_init();
	if (loop.epoll_fd < 0 || loop.wake_fd < 0 || !loop.multi)
		die("http_loop", "why=\"no descriptor\"");
	epoll_ctl(loop.epoll_fd, EPOLL_CTL_ADD, loop.wake_fd, &wake);
	curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, LOOP_STACK);
	if (pthread_create(&thread, &attr, run, NULL) != 0)
		die("http_loop", "why=\"no thread\"");
	pthread_attr_destroy(&attr);
}

bool http_run_shared(struct arena *a, const struct http_request *req, struct http_answer *out)
{
	struct shared s = { .call = { .arena = a, .req = req, .out = out } };

	pthread_once(&loop.once, start);
	sem_init(&s.ended, 0, 0);
	pthread_mutex_lock(&loop.lock);
	s.next = loop.waiting;
	loop.waiting = &s;
	pthread_mutex_unlock(&loop.lock);
	eventfd_write(loop.wake_fd, 1);
	while (sem_wait(&s.ended) != 0)
		;
	sem_destroy(&s.ended);
	return out->end == HTTP_DONE;
}
