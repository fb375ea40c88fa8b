#include "runner/stop.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/map.h"
#include "cache/redis.h"
#include "json/json.h"
#include "runner/jobs.h"

enum { READ_MS = 1000, PAUSE_MS = 500, STACK_BYTES = 128 * 1024 };

static struct {
	pthread_mutex_t lock;
	struct map *tasks;		/* task id: descriptor + 1 */
} reg = { .lock = PTHREAD_MUTEX_INITIALIZER };

int stop_open(const char *task_id)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -1;
	pthread_mutex_lock(&reg.lock);
	map_set(reg.tasks, task_id, (void *)(intptr_t)(fd + 1));
	pthread_mutex_unlock(&reg.lock);
	return fd;
}

void stop_close(const char *task_id, int fd)
{
	pthread_mutex_lock(&reg.lock);
	map_del(reg.tasks, task_id);
	pthread_mutex_unlock(&reg.lock);
	if (fd >= 0)
		close(fd);
}

void stop_each(void (*fn)(void *ctx, const char *task_id), void *ctx)
{
	const char *key;
	size_t at = 0;
	void *value;

	pthread_mutex_lock(&reg.lock);
	while (map_next(reg.tasks, &at, &key, &value))
		fn(ctx, key);
	pthread_mutex_unlock(&reg.lock);
}

static void stop_task(const char *task_id)
{
	uint64_t one = 1;
	void *fd;

	pthread_mutex_lock(&reg.lock);
	fd = map_get(reg.tasks, task_id);
	if (fd && write((int)(intptr_t)fd - 1, &one, sizeof(one)) < 0)
		errno = 0;	/* it is readable already */
	pthread_mutex_unlock(&reg.lock);
	if (!fd)
		jobs_release(task_id);
}

/* ["message", channel, text] */
static void take(struct arena *a, const struct redis_reply *r)
{
	struct json_object *o;

	if (!text_eq(reply_text(reply_item(r, 0)), "message"))
		return;
	o = json_parse_text(a, reply_text(reply_item(r, 2)));
	if (text_eq(json_text(o, "action", NULL), "stop"))
		stop_task(json_text(o, "task_id", ""));
}

static void listen_once(struct arena *a)
{
	struct redis_link *link = redis_link_open(READ_MS);
	struct redis_reply *r;
	int rc = 0;

	if (link && redis_link_run(link, a, &r, "SUBSCRIBE", redis_key(a, "tasks:commands")) > 0) {
		while (rc >= 0) {
			arena_reset(a);
			rc = redis_link_read(link, a, &r);
			if (rc > 0)
				take(a, r);
		}
	}
	if (link)
		redis_link_close(link);
}

static NORETURN void *listener(void *arg UNUSED)
{
	struct arena *a = arena_new();

	for (;;) {
		listen_once(a);
		arena_reset(a);
		sleep_ms(PAUSE_MS);
	}
}

void stop_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	reg.tasks = map_new();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_create(&thread, &attr, listener, NULL);
	pthread_attr_destroy(&attr);
}
