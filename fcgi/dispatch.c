#include "fcgi/dispatch.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "fcgi/handle.h"

enum { BACKLOG = 1024, EVENTS = 64, IDLE_THREAD_S = 30, IO_TIMEOUT_S = 120 };

struct connection {
	FCGX_Request fcgi;
	struct connection *next;	/* in the queue */
};

struct pool {
	struct pool_spec spec;
	int listen_fd, epoll_fd, wake_fd;
	pthread_t dispatcher;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct connection *head, *tail;
	int threads, idle, busy;
	int queued, starting;		/* connections in the list; threads that have not looked yet */
	atomic_bool stopping;
};

static void connection_close(struct connection *c)
{
	if (c->fcgi.ipcFd >= 0) {
		close(c->fcgi.ipcFd);
		c->fcgi.ipcFd = -1;
	}
	FCGX_Free(&c->fcgi, 0);
	free(c);
}

static void watch(struct pool *p, struct connection *c, int op)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = c };

	if (epoll_ctl(p->epoll_fd, op, c->fcgi.ipcFd, &e) != 0)
		connection_close(c);
}

/* Wait for work; NULL: the thread is not needed any longer. */
static struct connection *take(struct pool *p)
{
	struct connection *c;
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_THREAD_S;
	pthread_mutex_lock(&p->lock);
	p->idle++;
	while (!p->head && rc != ETIMEDOUT && !atomic_load(&p->stopping))
		rc = pthread_cond_timedwait(&p->work, &p->lock, &until);
	p->idle--;
	c = p->head;
	if (c) {
		p->head = c->next;
		if (!p->head)
			p->tail = NULL;
		p->queued--;
		p->busy++;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

/* Should this thread, which found nothing to do, end?  After the last one that is too many, what they
 * all used goes back to the system. */
static bool leave(struct pool *p)
{
	bool yes, last;

	pthread_mutex_lock(&p->lock);
	yes = atomic_load(&p->stopping) || p->threads > p->spec.threads_min;
	if (yes)
		p->threads--;
	last = yes && p->threads == p->spec.threads_min;
	pthread_cond_broadcast(&p->done);
	pthread_mutex_unlock(&p->lock);
	if (last)
		malloc_trim(0);
	return yes;
}

static void finished(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->busy--;
	pthread_cond_broadcast(&p->done);
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
	struct pool *p = arg;
	struct arena *a = arena_new();

	pthread_mutex_lock(&p->lock);
	p->starting--;
	pthread_mutex_unlock(&p->lock);
	for (;;) {
		struct connection *c = take(p);

		if (!c) {
			if (leave(p))
				break;
			continue;
		}
		if (FCGX_Accept_r(&c->fcgi) == 0) {
			handle_request(&c->fcgi, a);
			if (c->fcgi.ipcFd >= 0)
				watch(p, c, EPOLL_CTL_MOD);
			else
				connection_close(c);
		} else {
			connection_close(c);
		}
		finished(p);
	}
	arena_free(a);
	return NULL;
}

static void add_thread(struct pool *p)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, p->spec.stack_bytes);
	p->starting++;
	if (pthread_create(&t, &attr, work, p) == 0) {
		p->threads++;
	} else {
		p->starting--;
		log_error("thread_failed", "pool=%s threads=%d", p->spec.name, p->threads);
	}
	pthread_attr_destroy(&attr);
}

static void enqueue(struct pool *p, struct connection *c)
{
	c->next = NULL;
	pthread_mutex_lock(&p->lock);
	if (p->tail)
		p->tail->next = c;
	else
		p->head = c;
	p->tail = c;
	/* An idle thread may be on its way to a connection that was queued before this one. */
	if (++p->queued > p->idle + p->starting && p->threads < p->spec.threads_max)
		add_thread(p);
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

static void accept_all(struct pool *p)
{
	const struct timeval limit = { .tv_sec = IO_TIMEOUT_S };

	for (;;) {
		int fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		struct connection *c;

		if (fd < 0)
			return;
		/* A web server that stops in the middle of a request must not hold a thread. */
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		c = xcalloc(1, sizeof(*c));
		FCGX_InitRequest(&c->fcgi, -1, 0);
		c->fcgi.ipcFd = fd;
		c->fcgi.keepConnection = 1;
		watch(p, c, EPOLL_CTL_ADD);
	}
}

static void readable(struct pool *p, struct connection *c)
{
	char byte;

	if (recv(c->fcgi.ipcFd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		enqueue(p, c);
	else
		connection_close(c);
}

static void *dispatch(void *arg)
{
	struct pool *p = arg;
	struct epoll_event events[EVENTS];

	while (!atomic_load(&p->stopping)) {
		int n = epoll_wait(p->epoll_fd, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == p)
				accept_all(p);
			else if (events[i].data.ptr)
				readable(p, events[i].data.ptr);
		}
	}
	return NULL;
}

static int listen_unix(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(addr.sun_path))
		die("socket_path", "path=%s why=\"longer than %zu bytes\"", path,
		    sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0)
		die("socket_failed", "path=%s error=\"%s\"", path, strerror(errno));
	return fd;
}

struct pool *pool_start(const struct pool_spec *spec)
{
	struct epoll_event listening = { .events = EPOLLIN };
	struct epoll_event waking = { .events = EPOLLIN, .data.ptr = NULL };
	struct pool *p = xcalloc(1, sizeof(*p));
	pthread_condattr_t attr;

	p->spec = *spec;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_cond_init(&p->done, &attr);
	p->listen_fd = listen_unix(spec->socket_path);
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	listening.data.ptr = p;
	epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->listen_fd, &listening);
	epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->wake_fd, &waking);
	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < spec->threads_min; i++)
		add_thread(p);
	pthread_mutex_unlock(&p->lock);
	if (pthread_create(&p->dispatcher, NULL, dispatch, p) != 0)
		die("thread_failed", "pool=%s", spec->name);
	return p;
}

bool pool_stop(struct pool *p, int64_t ms)
{
	struct timespec until;
	bool ended;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	atomic_store(&p->stopping, true);
	eventfd_write(p->wake_fd, 1);
	pthread_join(p->dispatcher, NULL);
	unlink(p->spec.socket_path);
	close(p->listen_fd);
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->work);
	while ((p->busy || p->head) && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&p->done, &p->lock, &until);
	ended = !p->busy;
	pthread_mutex_unlock(&p->lock);
	return ended;
}
