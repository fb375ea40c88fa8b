/*
 * owui-runner - finishes what takes long: turns of chats, and the small jobs around them.
 *
 * SIGTERM: takes no more jobs, lets the running ones end for OWUI_RUNNER_DRAIN seconds; what is left is
 * claimed by another runner, or by this one when it is back.
 */

#include <malloc.h>
#include <signal.h>

#include "auth/token.h"
#include "base/env.h"
#include "base/log.h"
#include "cache/redis.h"
#include "config/config.h"
#include "db/db.h"
#include "event/deliver.h"
#include "event/event.h"
#include "http/client.h"
#include "migrate/migrate.h"
#include "model/catalog.h"
#include "runner/jobs.h"
#include "runner/schedule.h"
#include "runner/stop.h"
#include "search/index.h"

enum { DB_CONNECTIONS = 8, DRAIN_S = 20, HEAPS = 2, LARGE_BYTES = 4 * 1024 * 1024, MAX_EACH = 100 };

static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Webhooks hear of starts and ends; a runner speaks for the instance, since it is what delivers. */
static void tell(const char *name)
{
	struct arena *a = arena_new();
	struct event e = { .name = name, .source = "system" };

	event_publish(a, config_get_in(a), &e);
	arena_free(a);
}

int main(void)
{
	struct jobs_options options;
	sigset_t set;
	int sig;
	bool drained;

	mallopt(M_ARENA_MAX, HEAPS);	/* a heap for each of a thousand threads would stay large */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);	/* large buffers leave nothing behind */
	env_load();
	log_set_level_text(env_str("GLOBAL_LOG_LEVEL", "INFO"));
	block_signals(&set);
	token_setup(env_str("WEBUI_SECRET_KEY", ""));
	options.instance = env_str("OWUI_RUNNER_INSTANCE", "1");
	options.max_running = (int)env_int("OWUI_RUNNER_MAX_TURNS", 1000, 1, 100000);
	options.max_each = (int)env_int("OWUI_RUNNER_MAX_TURNS_PER_USER", MAX_EACH, 1, 100000);
	http_setup();
	db_setup(env_str("DATABASE_URL", ""),
		 (int)env_int("OWUI_RUNNER_DB_CONNECTIONS", DB_CONNECTIONS, 1, 1000), "owui-runner");
	redis_setup(env_str("REDIS_URL", ""), env_str("REDIS_KEY_PREFIX", "open-webui"));
	migrate_check();
	config_setup(true);
	catalog_warm();
	stop_start();
	deliver_start();
	search_index_start();
	tell("system.startup.started");
	jobs_start(&options);
	schedule_start();
	tell("system.startup.completed");
	log_info("ready", "instance=%s max_turns=%d", options.instance, options.max_running);
	sigwait(&set, &sig);
	tell("system.shutdown.started");
	log_info("stopping", "drain_s=%" PRId64, env_int("OWUI_RUNNER_DRAIN", DRAIN_S, 0, 3600));
	drained = jobs_drain(env_int("OWUI_RUNNER_DRAIN", DRAIN_S, 0, 3600) * 1000);
	tell("system.shutdown.completed");	/* a job for whoever runs next */
	log_info("stopped", "drained=%d", drained);
	_exit(0);
}
