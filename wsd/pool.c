#include "wsd/pool.h"

#include <pthread.h>
#include <signal.h>

#include "base/arena.h"
#include "base/log.h"

enum { STACK = 512 * 1024 };

struct list {
	struct job *first, **end;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct list waiting, finished;
	pthread_t *threads;
	int count;
	bool stop;
	size_t pending;			/* service thread only */
	void (*wake)(void);
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void put(struct list *l, struct job *j)
{
	j->next = NULL;
	*l->end = j;
	l->end = &j->next;
}

static struct job *take(struct list *l)
{
	struct job *j = l->first;

	if (j) {
		l->first = j->next;
		if (!l->first)
			l->end = &l->first;
	}
	return j;
}

static void *run(void *arg)
{
	struct job *j;

	pthread_mutex_lock(&pool.lock);
	for (;;) {
		bool first;

		while (!(j = take(&pool.waiting)) && !pool.stop)
			pthread_cond_wait(&pool.more, &pool.lock);
		if (!j)
			break;
		pthread_mutex_unlock(&pool.lock);
		j->work(j);
		pthread_mutex_lock(&pool.lock);
		first = !pool.finished.first;
		put(&pool.finished, j);
		if (!first)
			continue;	/* the service thread was woken and has not come yet */
		pthread_mutex_unlock(&pool.lock);
		pool.wake();
		pthread_mutex_lock(&pool.lock);
	}
	pthread_mutex_unlock(&pool.lock);
	return arg;
}

void pool_setup(int threads, void (*wake)(void))
{
	pthread_attr_t attr;
	sigset_t every, old;

	pool.waiting.end = &pool.waiting.first;
	pool.finished.end = &pool.finished.first;
	pool.wake = wake;
	pool.threads = xcalloc((size_t)threads, sizeof(*pool.threads));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &old);	/* signals are the service thread's */
	for (; pool.count < threads; pool.count++)
		if (pthread_create(&pool.threads[pool.count], &attr, run, NULL) != 0)
			die("pool", "why=\"cannot start a thread\"");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

void pool_submit(struct job *j)
{
	pool.pending++;
	pthread_mutex_lock(&pool.lock);
	put(&pool.waiting, j);
	pthread_cond_signal(&pool.more);
	pthread_mutex_unlock(&pool.lock);
}

void pool_collect(void)
{
	struct job *j, *next;

	pthread_mutex_lock(&pool.lock);
	j = pool.finished.first;
	pool.finished.first = NULL;
	pool.finished.end = &pool.finished.first;
	pthread_mutex_unlock(&pool.lock);
	for (; j; j = next) {
		next = j->next;
		pool.pending--;
		j->done(j);
	}
}

size_t pool_pending(void)
{
	return pool.pending;
}

void pool_shutdown(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.stop = true;
	pthread_cond_broadcast(&pool.more);
	pthread_mutex_unlock(&pool.lock);
	for (int i = 0; i < pool.count; i++)
		pthread_join(pool.threads[i], NULL);
	free(pool.threads);
	pool.threads = NULL;
	pool.count = 0;
	pool_collect();
}
