/*
 * owui-fcgi - answers the REST interface behind a web server.
 *
 * OWUI_FCGI_SOCKET is the socket of short requests, OWUI_FCGI_STREAM_SOCKET that of streams, uploads
 * and long proxies, so that neither waits for the other.
 */

#include <fcgiapp.h>
#include <malloc.h>
#include <signal.h>

#include "audit/audit.h"
#include "auth/revoked.h"
#include "auth/token.h"
#include "base/env.h"
#include "base/log.h"
#include "cache/redis.h"
#include "config/config.h"
#include "db/db.h"
#include "http/client.h"
#include "migrate/migrate.h"
#include "model/catalog.h"
#include "fcgi/dispatch.h"
#include "fcgi/operations.h"
#include "fcgi/response.h"
#include "fcgi/router.h"
#include "user/account.h"
#include "user/mfa.h"

enum {
	STACK_BYTES = 512 * 1024,
	STREAM_STACK_BYTES = 256 * 1024,
	DRAIN_MS = 10000,
	LARGE_BYTES = 4 * 1024 * 1024,
};

static int wait_for_signal(void)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigwait(&set, &sig);
	return sig;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* For the life of the process: workers may still look at them when it ends. */
/* Better not to start than to lock everybody out, or to let in who has only a password. */
static void check_second_factors(void)
{
	struct arena *a = arena_new();
	const char *why = config_bool(config_get_in(a), CK_AUTH_MFA_ENABLE) ? mfa_unfit(a, db_get_in(a)) : NULL;

	if (why)
		die("mfa", "auth.mfa.enable is on, but %s", why);
	arena_free(a);
}

static struct pool *request_pool, *stream_pool;

int main(void)
{
	struct pool_spec requests = { .name = "request", .stack_bytes = STACK_BYTES };
	struct pool_spec streams = { .name = "stream", .stack_bytes = STREAM_STACK_BYTES };
	bool drained;

	/* A heap for each of hundreds of stream threads would stay large. */
	mallopt(M_ARENA_MAX, (int)sysconf(_SC_NPROCESSORS_ONLN) + 2);
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);	/* large buffers leave nothing behind */
	env_load();
	log_set_level_text(env_str("GLOBAL_LOG_LEVEL", "INFO"));
	token_setup(env_str("WEBUI_SECRET_KEY", ""));
	requests.socket_path = env_str("OWUI_FCGI_SOCKET", "/run/owui/fcgi.sock");
	streams.socket_path = env_str("OWUI_FCGI_STREAM_SOCKET", "/run/owui/stream.sock");
	requests.threads_min = requests.threads_max = (int)env_int("OWUI_FCGI_THREADS", 8, 1, 256);
	streams.threads_min = 1;
	streams.threads_max = (int)env_int("OWUI_FCGI_STREAMS", 2048, 1, 100000);
	block_signals();
	FCGX_Init();
	block_signals();	/* FCGX_Init installs handlers of its own */
	db_setup(env_str("DATABASE_URL", ""), requests.threads_max + 8, "owui-fcgi");
	redis_setup(env_str("REDIS_URL", ""), env_str("REDIS_KEY_PREFIX", "open-webui"));
	http_setup();
	migrate_check();
	config_setup(true);
	catalog_warm();
	account_setup();
	check_second_factors();
	revoked_follow();
	audit_setup();
	response_setup();
	router_setup();
	operations_setup();
	request_pool = pool_start(&requests);
	stream_pool = pool_start(&streams);
	log_info("ready", "socket=%s stream_socket=%s", requests.socket_path, streams.socket_path);
	wait_for_signal();
	log_info("stopping", "drain_ms=%d", DRAIN_MS);
	drained = pool_stop(request_pool, DRAIN_MS);
	drained = pool_stop(stream_pool, DRAIN_MS) && drained;
	log_info("stopped", "drained=%d", drained);
	if (!drained)
		_exit(0);
	revoked_shutdown();
	catalog_shutdown();
	config_shutdown();
	return 0;
}
