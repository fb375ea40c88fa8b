#include "runner/jobs.h"

#include <malloc.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "cache/redis.h"
#include "runner/stop.h"
#include "runner/work.h"
#include "turn/jobs.h"

enum {
	BLOCK_MS = 1000, LINK_MS = 5000, BATCH = 64, PAUSE_MS = 500,
	ALIVE_S = 5, ALIVE_EVERY_MS = 1500, CLAIM_EVERY_MS = 2000, CLAIM_BATCH = 100,
	ATTEMPTS_MAX = 3,		/* after the first one: a job that kills its runner is given up */
	ATTEMPTS_S = 86400,
	PARKED_MAX = 10000,
	JOB_STACK = 192 * 1024, LOOP_STACK = 256 * 1024,
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int running, max, max_each;	/* max_each: of one account */
	struct map *each;		/* account: how many run */
	struct job *parked, **parked_end;	/* those whose account has its share, oldest first */
	int parked_count;
	bool stopping;
	char consumer[128];
	pthread_t reader;
} run = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* One job on its way: its own copy of what came from Redis. */
struct job {
	char *id, *type, *spec;
	char *user, *task;		/* "" when not told */
	bool claimed;
	struct job *next;
};

static void job_free(struct job *j)
{
	free(j->id);
	free(j->type);
	free(j->spec);
	free(j->user);
	free(j->task);
	free(j);
}

static void acknowledge(const char *id)
{
	struct arena *a = arena_new();

	for (int i = 0; i < 240; i++) {
		struct redis_batch *b = redis_batch_new(a);

		redis_batch_add(b, "XACK", redis_key(a, JOBS_STREAM), JOBS_GROUP, id);
		redis_batch_add(b, "XDEL", redis_key(a, JOBS_STREAM), id);
		if (redis_batch_run(b, a, NULL) > 0)
			break;
		sleep_ms(PAUSE_MS);
	}
	arena_free(a);
}

static bool start_thread(void *(*fn)(void *), void *arg, size_t stack, pthread_t *out)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack);
	if (!out)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(out ? out : &thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

/* Wait for a free place; how many there are, 0 when stopping. */
static int free_places(void)
{
	int n;

	pthread_mutex_lock(&run.lock);
	while (run.running >= run.max && !run.stopping)
		pthread_cond_wait(&run.changed, &run.lock);
	n = run.stopping ? 0 : run.max - run.running;
	pthread_mutex_unlock(&run.lock);
	return n;
}

/* How many jobs of the account run, changed by `step`; under the lock. */
static intptr_t count_each(const char *user, int step)
{
	intptr_t n = (intptr_t)map_get(run.each, user) + step;

	if (n > 0)
		map_set(run.each, user, (void *)n);
	else
		map_del(run.each, user);
	return n;
}

/* The next parked job that may run now, with its place taken; under the lock. */
static struct job *unpark(const char *user, const char *task)
{
	for (struct job **at = &run.parked; *at; at = &(*at)->next) {
		struct job *j = *at;

		if (task ? strcmp(j->task, task) != 0 : strcmp(j->user, user) != 0)
			continue;
		*at = j->next;
		if (!*at)
			run.parked_end = at;
		j->next = NULL;
		run.parked_count--;
		run.running++;
		count_each(j->user, 1);
		return j;
	}
	return NULL;
}

static void *run_job(void *arg);

static void start_thread_of(struct job *j)
{
	if (start_thread(run_job, j, JOB_STACK, NULL))
		return;
	log_error("job_thread", "why=\"no thread\"");
	run_job(j);	/* late, but not lost */
}

/* Was the job begun too often already?  Somebody who began it did not live to its end. */
static bool is_hopeless(const struct job *j)
{
	struct arena *a = arena_new();
	struct redis_batch *b = redis_batch_new(a);
	struct redis_reply **r;
	const char *key = redis_key(a, "owui:attempts:%s", j->id);
	bool hopeless;

	redis_batch_add(b, "INCR", key);
	redis_batch_add(b, "EXPIRE", key, arena_printf(a, "%d", ATTEMPTS_S));
	hopeless = redis_batch_run(b, a, &r) > 0 && reply_int(r[0], 0) > ATTEMPTS_MAX;
	arena_free(a);
	return hopeless;
}

static void *run_job(void *arg)
{
	struct job *j = arg, *next;
	bool last;

	if (j->claimed && is_hopeless(j))
		work_give_up(j->type, j->spec);
	else
		work_run(j->type, j->spec, j->claimed);
	acknowledge(j->id);
	pthread_mutex_lock(&run.lock);
	run.running--;
	next = count_each(j->user, -1) < run.max_each && !run.stopping ? unpark(j->user, NULL) : NULL;
	last = run.running == 0;
	pthread_cond_broadcast(&run.changed);
	pthread_mutex_unlock(&run.lock);
	if (next)
		start_thread_of(next);
	job_free(j);
	if (last)
		malloc_trim(0);		/* what the turns have held goes back to the system */
	return NULL;
}

static void park(struct job *j)
{
	*run.parked_end = j;
	run.parked_end = &j->next;
	run.parked_count++;
}

/* Run it, or let it wait while its account has its share: nobody else waits for that. */
static void start_job(struct job *j)
{
	bool now, full = false;

	pthread_mutex_lock(&run.lock);
	now = !*j->user || (intptr_t)map_get(run.each, j->user) < run.max_each;
	if (now) {
		run.running++;
		count_each(j->user, 1);
	} else if (run.parked_count < PARKED_MAX) {
		park(j);
	} else {
		full = true;
	}
	pthread_mutex_unlock(&run.lock);
	if (now)
		start_thread_of(j);
	if (!full)
		return;
	log_warn("jobs_refused", "user=%s", j->user);
	work_give_up(j->type, j->spec);
	acknowledge(j->id);
	job_free(j);
}

void jobs_release(const char *task_id)
{
	struct job *j;

	pthread_mutex_lock(&run.lock);
	j = unpark(NULL, task_id);
	pthread_mutex_unlock(&run.lock);
	if (j)
		start_thread_of(j);
}

/* [id, [name, value, …]]; entries that were deleted meanwhile have no values. */
static void take_entry(const struct redis_reply *entry, bool claimed)
{
	const struct redis_reply *fields = reply_item(entry, 1);
	const char *id = reply_text(reply_item(entry, 0)), *type = NULL, *spec = NULL, *user = "", *task = "";
	struct job *j;

	for (size_t i = 0; i + 1 < reply_len(fields); i += 2) {
		const char *name = reply_text(reply_item(fields, i));

		if (text_eq(name, "type"))
			type = reply_text(reply_item(fields, i + 1));
		else if (text_eq(name, "spec"))
			spec = reply_text(reply_item(fields, i + 1));
		else if (text_eq(name, "user"))
			user = reply_text(reply_item(fields, i + 1));
		else if (text_eq(name, "task"))
			task = reply_text(reply_item(fields, i + 1));
	}
	if (!id || !type || !spec) {
		if (id)
			acknowledge(id);
		return;
	}
	j = xcalloc(1, sizeof(*j));
	j->id = xstrdup(id);
	j->type = xstrdup(type);
	j->spec = xstrdup(spec);
	j->user = xstrdup(user ? user : "");
	j->task = xstrdup(task ? task : "");
	j->claimed = claimed;
	start_job(j);
}

/* What we had taken before we died: start from the first pending entry. */
static void take_own(struct arena *a, struct redis_link *link)
{
	const char *after = "0";

	for (;;) {
		const struct redis_reply *entries;
		struct redis_reply *r;
		size_t n;

		if (!free_places() ||
		    redis_link_run(link, a, &r, "XREADGROUP", "GROUP", JOBS_GROUP, run.consumer, "COUNT", "1",
				   "STREAMS", redis_key(a, JOBS_STREAM), after) <= 0)
			return;
		entries = reply_item(reply_item(r, 0), 1);
		n = reply_len(entries);
		if (!n)
			return;
		after = arena_strdup(a, reply_text(reply_item(reply_item(entries, 0), 0)));
		take_entry(reply_item(entries, 0), true);
	}
}

static void read_jobs(struct arena *a, struct redis_link *link)
{
	struct redis_reply *r;
	int rc = 0;

	while (rc >= 0) {
		const struct redis_reply *entries;
		int places = free_places();

		if (!places)
			return;
		arena_reset(a);
		rc = redis_link_run(link, a, &r, "XREADGROUP", "GROUP", JOBS_GROUP, run.consumer, "COUNT",
				    arena_printf(a, "%d", places < BATCH ? places : BATCH), "BLOCK",
				    arena_printf(a, "%d", BLOCK_MS), "STREAMS",
				    redis_key(a, JOBS_STREAM), ">");
		entries = rc > 0 ? reply_item(reply_item(r, 0), 1) : NULL;
		for (size_t i = 0; i < reply_len(entries); i++)
			take_entry(reply_item(entries, i), false);
	}
}

static void make_group(struct arena *a)
{
	struct redis_reply *r;

	/* It fails when the group is there already, which is as good. */
	redis_run(a, &r, "EVAL", "redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM') return 1",
		  "1", redis_key(a, JOBS_STREAM), JOBS_GROUP);
}

static void *reader(void *arg UNUSED)
{
	struct arena *a = arena_new();
	bool first = true;

	while (!run.stopping) {
		struct redis_link *link = redis_link_open(LINK_MS);

		make_group(a);
		if (link && first) {
			take_own(a, link);
			first = false;
		}
		if (link) {
			read_jobs(a, link);
			redis_link_close(link);
		}
		arena_reset(a);
		if (!run.stopping)
			sleep_ms(PAUSE_MS);
	}
	arena_free(a);
	return NULL;
}

static void say_alive(struct arena *a)
{
	struct redis_reply *r;

	redis_run(a, &r, "SET", redis_key(a, "owui:runner:%s", run.consumer), "1", "EX",
		  arena_printf(a, "%d", ALIVE_S));
}

static void claim_from(struct arena *a, const char *consumer)
{
	struct redis_reply *pending, *r;

	if (redis_run(a, &pending, "XPENDING", redis_key(a, JOBS_STREAM), JOBS_GROUP, "-", "+",
		      arena_printf(a, "%d", CLAIM_BATCH), consumer) <= 0)
		return;
	for (size_t i = 0; i < reply_len(pending); i++) {
		const char *id = reply_text(reply_item(reply_item(pending, i), 0));

		if (!free_places())
			return;
		/* Idle for a while: of two runners that see it, the second finds it fresh. */
		if (redis_run(a, &r, "XCLAIM", redis_key(a, JOBS_STREAM), JOBS_GROUP, run.consumer,
			      arena_printf(a, "%d", ALIVE_EVERY_MS), id) > 0 && reply_len(r))
			take_entry(reply_item(r, 0), true);
	}
	if (!reply_len(pending))
		redis_run(a, &r, "XGROUP", "DELCONSUMER", redis_key(a, JOBS_STREAM), JOBS_GROUP, consumer);
}

/* XINFO CONSUMERS: [[name, value, pending, n, …], …] */
static void claim_dead(struct arena *a)
{
	struct redis_reply *list, *alive;

	if (redis_run(a, &list, "XINFO", "CONSUMERS", redis_key(a, JOBS_STREAM), JOBS_GROUP) <= 0)
		return;
	for (size_t i = 0; i < reply_len(list); i++) {
		const char *name = reply_text(reply_item(reply_item(list, i), 1));

		if (!name || strcmp(name, run.consumer) == 0)
			continue;
		if (redis_run(a, &alive, "EXISTS", redis_key(a, "owui:runner:%s", name)) > 0 &&
		    reply_int(alive, 1) == 0)
			claim_from(a, name);
	}
}

static void renew(void *ctx, const char *task_id)
{
	struct redis_batch *b = ctx;
	char ttl[16], key[256];

	snprintf(ttl, sizeof(ttl), "%d", TASK_TTL_S);
	snprintf(key, sizeof(key), "%s:tasks:%s", redis_prefix(), task_id);
	redis_batch_add(b, "EXPIRE", key, ttl);
}

static void *keeper(void *arg UNUSED)
{
	struct arena *a = arena_new();
	int64_t claimed = mono_ms(), renewed = mono_ms();

	for (;;) {
		say_alive(a);
		if (mono_ms() - claimed > CLAIM_EVERY_MS && !run.stopping) {
			claimed = mono_ms();
			claim_dead(a);
		}
		if (mono_ms() - renewed > TASK_RENEW_S * 1000) {
			struct redis_batch *b = redis_batch_new(a);

			renewed = mono_ms();
			stop_each(renew, b);
			redis_batch_run(b, a, NULL);
		}
		arena_reset(a);
		sleep_ms(ALIVE_EVERY_MS);
	}
	return NULL;
}

void jobs_start(const struct jobs_options *o)
{
	char host[64] = "host";

	gethostname(host, sizeof(host) - 1);
	snprintf(run.consumer, sizeof(run.consumer), "%s-%s", host, o->instance);
	run.max = o->max_running;
	run.max_each = o->max_each;
	run.each = map_new();
	run.parked_end = &run.parked;
	if (!start_thread(keeper, NULL, LOOP_STACK, NULL) ||
	    !start_thread(reader, NULL, LOOP_STACK, &run.reader))
		die("runner_threads", "why=\"no thread\"");
}

bool jobs_drain(int64_t ms)
{
	struct timespec until;
	bool done;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	pthread_mutex_lock(&run.lock);
	run.stopping = true;
	pthread_cond_broadcast(&run.changed);
	while (run.running && pthread_cond_timedwait(&run.changed, &run.lock, &until) == 0)
		;
	done = run.running == 0;
	pthread_mutex_unlock(&run.lock);
	return done;
}
