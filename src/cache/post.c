#include "cache/post.h"

#include <pthread.h>

#include "base/log.h"

enum { POST_STACK = 128 * 1024 };

/* While one side is on its way to Redis the other one fills. */
static struct {
	pthread_once_t once;
	pthread_mutex_t lock;
	pthread_cond_t more, sent;
	struct arena *arena[2];
	struct redis_batch *batch[2];
	int filling;
	uint64_t posted, done;		/* how many batches */
} post = {
	.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER, .sent = PTHREAD_COND_INITIALIZER,
};

static void *run(void *arg UNUSED)
{
	pthread_mutex_lock(&post.lock);
	for (;;) {
		int side = post.filling;
		uint64_t upto = post.posted;

		if (!redis_batch_count(post.batch[side])) {
			pthread_cond_wait(&post.more, &post.lock);
			continue;
		}
		post.filling = !side;
		pthread_mutex_unlock(&post.lock);
		redis_batch_run(post.batch[side], post.arena[side], NULL);
		arena_reset(post.arena[side]);
		post.batch[side] = redis_batch_new(post.arena[side]);
		pthread_mutex_lock(&post.lock);
		post.done = upto;
		pthread_cond_broadcast(&post.sent);
	}
	return NULL;
}

static void start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		post.arena[i] = arena_new();
		post.batch[i] = redis_batch_new(post.arena[i]);
	}
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, POST_STACK);
	if (pthread_create(&thread, &attr, run, NULL) != 0)
		die("redis_post", "why=\"no thread\"");
	pthread_attr_destroy(&attr);
}

void redis_post(struct redis_batch *b)
{
	pthread_once(&post.once, start);
	pthread_mutex_lock(&post.lock);
	redis_batch_append(post.batch[post.filling], b);
	post.posted++;
	pthread_cond_signal(&post.more);
	pthread_mutex_unlock(&post.lock);
}

void redis_post_wait(void)
{
	uint64_t mine;

	pthread_mutex_lock(&post.lock);
	mine = post.posted;
	while (post.done < mine)
		pthread_cond_wait(&post.sent, &post.lock);
	pthread_mutex_unlock(&post.lock);
}
