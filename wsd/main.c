/*
 * owui-wsd - holds the browsers' sockets: Engine.IO and Socket.IO over libwebsockets.
 *
 * One thread serves all sockets and never waits; PostgreSQL and Redis commands run on a few
 * threads of the pool, the Redis subscription inside the loop.
 */

#include <libwebsockets.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "auth/revoked.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "cache/redis.h"
#include "config/config.h"
#include "db/db.h"
#include "wsd/bus.h"
#include "wsd/deliver.h"
#include "wsd/engineio.h"
#include "wsd/http.h"
#include "wsd/identity.h"
#include "wsd/pool.h"
#include "wsd/rooms.h"
#include "wsd/state.h"

enum {
	RX_PIECE = 4096,		/* bytes of a message handed over at once */
	TX_PIECE = 1024 * 1024,
	SERVICE_BUFFER = 32 * 1024,
	HEADERS_MAX = 16 * 1024,	/* of a request: cookies of a whole domain come along */
	TICK_US = 1000 * 1000,
	TRIM_MS = 60 * 1000,
	MALLOC_ARENAS = 2,
	DRAIN_MS = 3000,
	DRAIN_STEP_US = 20 * 1000,
};

static struct {
	struct lws_context *context;
	lws_sorted_usec_list_t timer;
	int64_t sweep_at, usage_at, reap_at, stop_by, trim_at;
	size_t trimmed;			/* sockets there were at the last trim */
	volatile sig_atomic_t stop;
} daemon_state;

static void stop_when_drained(lws_sorted_usec_list_t *timer);

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		 size_t len)
{
	struct peer *peer = user;

	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		pool_collect();
		if (daemon_state.stop && !daemon_state.stop_by)
			stop_when_drained(&daemon_state.timer);
		return 0;
	case LWS_CALLBACK_ESTABLISHED:
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_SERVER_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
	case LWS_CALLBACK_CLOSED:
		return engine_ws_callback(wsi, reason, &peer->conn, in, len);
	default:
		return http_callback(wsi, reason, peer, in, len);
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "owui", .callback = serve, .per_session_data_size = sizeof(struct peer),
	  .rx_buffer_size = RX_PIECE, .tx_packet_size = TX_PIECE },
	{ .name = BUS_PROTOCOL, .callback = bus_callback, .tx_packet_size = TX_PIECE },
	{ 0 }
};

/* We ping on our own; the library need not. */
static const lws_retry_bo_t no_pings = { .secs_since_valid_ping = 0, .secs_since_valid_hangup = 0 };

static void wake(void)
{
	lws_cancel_service(daemon_state.context);
}

static void on_signal(int sig)
{
	(void)sig;
	daemon_state.stop = 1;
	lws_cancel_service(daemon_state.context);
}

struct chore {
	struct job job;
	void (*run)(struct arena *a);
};

static void chore_work(struct job *j)
{
	struct arena *a = arena_new();

	((struct chore *)j)->run(a);
	arena_free(a);
}

static void chore_done(struct job *j)
{
	free(j);
}

static void start_chore(void (*run)(struct arena *a))
{
	struct chore *c = xcalloc(1, sizeof(*c));

	c->run = run;
	c->job.work = chore_work;
	c->job.done = chore_done;
	pool_submit(&c->job);
}

/* True once every `every` milliseconds. */
static bool due(int64_t *at, int64_t now, int64_t every)
{
	if (now < *at)
		return false;
	*at = now + every;
	return true;
}

static void tick(lws_sorted_usec_list_t *timer)
{
	int64_t now = mono_ms();

	engine_tick(now);
	bus_tick(now);
	if (due(&daemon_state.sweep_at, now, IDENTITY_SWEEP_MS))
		identity_sweep();
	if (due(&daemon_state.usage_at, now, STATE_SWEEP_MS))
		start_chore(state_usage_sweep);
	if (due(&daemon_state.reap_at, now, state_session_timeout_s() * 1000))
		start_chore(state_session_sweep);
	if (due(&daemon_state.trim_at, now, TRIM_MS)) {
		if (daemon_state.trimmed > engine_count())
			malloc_trim(0);		/* what the sockets that left have held */
		daemon_state.trimmed = engine_count();
	}
	lws_sul_schedule(daemon_state.context, 0, timer, tick, TICK_US);
}

/*
 * Tell the clients, let what runs come to its end, and leave.  The loop belongs to the event
 * library and does not return, so the process ends from here.
 */
static void stop_when_drained(lws_sorted_usec_list_t *timer)
{
	if (!daemon_state.stop_by) {
		daemon_state.stop_by = mono_ms() + DRAIN_MS;
		bus_stop();
	}
	if ((engine_close_all() || pool_pending()) && mono_ms() < daemon_state.stop_by) {
		lws_sul_schedule(daemon_state.context, 0, timer, stop_when_drained, DRAIN_STEP_US);
		return;
	}
	log_info("stopped", "program=owui-wsd sockets=%zu", engine_count());
	engine_shutdown();
	pool_shutdown();
	config_shutdown();
	redis_shutdown();
	db_shutdown();
	exit(0);
}

/* OWUI_WSD_LISTEN=host:port, for development; else the socket's path. */
static void listen_on(struct lws_context_creation_info *info)
{
	const char *where = env_str("OWUI_WSD_LISTEN", ""), *colon = strrchr(where, ':');
	static char host[64];
	int64_t port;

	if (!*where) {
		info->iface = env_str("OWUI_WSD_SOCKET", "/run/owui/wsd.sock");
		info->options |= LWS_SERVER_OPTION_UNIX_SOCK;
		unlink(info->iface);
		return;
	}
	if (!colon || !text_to_i64(colon + 1, 1, 65535, &port))
		die("wsd_listen", "why=\"OWUI_WSD_LISTEN must be host:port\"");
	snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	info->iface = host;
	info->port = (int)port;
}

/* libwebsockets sizes its tables by this limit. */
static void limit_files(void)
{
	struct rlimit r;
	rlim_t want = (rlim_t)env_int("OWUI_WSD_MAX_SOCKETS", 16384, 64, 1024 * 1024) + 64;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = want < r.rlim_max ? want : r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void create_context(void)
{
	struct lws_context_creation_info info = { 0 };
	mode_t old;

	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	info.gid = info.uid = (unsigned)-1;
	info.pt_serv_buf_size = SERVICE_BUFFER;
	info.max_http_header_data2 = HEADERS_MAX;
	info.retry_and_idle_policy = &no_pings;
	info.options |= LWS_SERVER_OPTION_LIBEV;
	lws_set_log_level(LLL_ERR, NULL);
	daemon_state.context = lws_create_context(&info);
	if (!daemon_state.context) {	/* its plugin is not installed: poll() does, for fewer sockets */
		info.options &= ~(uint64_t)LWS_SERVER_OPTION_LIBEV;
		daemon_state.context = lws_create_context(&info);
	}
	if (!daemon_state.context)
		die("wsd", "why=\"libwebsockets does not start\"");
	info.protocols = protocols;
	info.vhost_name = "owui";
	info.server_string = "";
	listen_on(&info);
	old = umask(0);
	if (!lws_create_vhost(daemon_state.context, &info))
		die("wsd_listen", "where=%s why=\"cannot listen\"", info.iface);
	umask(old);
}

int main(void)
{
	struct sigaction act = { .sa_handler = on_signal };
	int threads;

	mallopt(M_ARENA_MAX, MALLOC_ARENAS);
	env_load();
	log_set_level_text(env_str("GLOBAL_LOG_LEVEL", "INFO"));
	token_setup(env_str("WEBUI_SECRET_KEY", ""));
	threads = (int)env_int("OWUI_WSD_THREADS", 4, 1, 64);
	db_setup(env_str("DATABASE_URL", ""), threads + 2, "owui-wsd");
	redis_setup(env_str("REDIS_URL", ""), env_str("REDIS_KEY_PREFIX", "open-webui"));
	revoked_follow();
	if (!redis_configured())
		die("redis_url", "why=\"owui-wsd needs REDIS_URL\"");
	config_setup(true);
	limit_files();
	signal(SIGPIPE, SIG_IGN);
	rooms_setup(bus_room_opened, bus_room_closed);
	engine_setup();
	http_setup();
	create_context();
	pool_setup(threads, wake);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	bus_setup(lws_get_vhost_by_name(daemon_state.context, "owui"), deliver);
	lws_sul_schedule(daemon_state.context, 0, &daemon_state.timer, tick, TICK_US);
	log_info("started", "program=owui-wsd");
	while (lws_service(daemon_state.context, 0) >= 0)
		;
	die("wsd", "why=\"the service loop failed\"");
}
