#include "wsd/bus.h"

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/redis.h"
#include "wsd/pool.h"
#include "wsd/rooms.h"

enum {
	CONNECT_MS = 3000,
	RETRY_MS = 500,
	SILENT_MS = 30 * 1000,		/* then Redis is asked whether it is still there */
	DEAD_MS = 10 * 1000,		/* without an answer to that */
	CHANNELS_PER_COMMAND = 200,
};

struct connect_job {
	struct job job;
	int fd;
};

static struct {
	struct lws_vhost *vh;
	struct lws *wsi;
	void (*message)(struct str room, struct str payload);
	redisReader *reader;
	struct buf out;
	bool connecting, stopping, probed;
	int64_t retry_at, heard_at;
	uint64_t asked, confirmed;	/* subscriptions on this connection */
	struct bus_wait *first, **end;
	char *prefix;			/* "<prefix>:room:" */
	size_t prefix_len;
} bus;

bool bus_up(void)
{
	return bus.wsi != NULL;
}

static void release_waits(uint64_t turn)
{
	while (bus.first && bus.first->turn <= turn) {
		struct bus_wait *w = bus.first;

		bus.first = w->next;
		if (!bus.first)
			bus.end = &bus.first;
		w->go(w);
	}
}

void bus_wait(struct bus_wait *w)
{
	if (!bus.wsi || bus.confirmed >= bus.asked) {
		w->go(w);
		return;
	}
	w->next = NULL;
	w->turn = bus.asked;
	*bus.end = w;
	bus.end = &w->next;
}

static void add_bulk(const char *p, size_t n)
{
	buf_printf(&bus.out, "$%zu\r\n", n);
	buf_add(&bus.out, p, n);
	buf_add(&bus.out, "\r\n", 2);
}

static void add_channel(const char *room)
{
	size_t n = strlen(room);

	buf_printf(&bus.out, "$%zu\r\n", bus.prefix_len + n);
	buf_add(&bus.out, bus.prefix, bus.prefix_len);
	buf_add(&bus.out, room, n);
	buf_add(&bus.out, "\r\n", 2);
}

void bus_room_opened(const char *name)
{
	if (!bus.wsi)
		return;
	buf_adds(&bus.out, "*2\r\n$9\r\nSUBSCRIBE\r\n");
	add_channel(name);
	bus.asked++;
	lws_callback_on_writable(bus.wsi);
}

void bus_room_closed(const char *name)
{
	if (!bus.wsi)
		return;
	buf_adds(&bus.out, "*2\r\n$11\r\nUNSUBSCRIBE\r\n");
	add_channel(name);
	lws_callback_on_writable(bus.wsi);
}

static void subscribe_all(void)
{
	size_t at = 0, left = rooms_count();
	const char *name;

	while (left) {
		size_t n = left < CHANNELS_PER_COMMAND ? left : CHANNELS_PER_COMMAND;

		buf_printf(&bus.out, "*%zu\r\n", n + 1);
		add_bulk("SUBSCRIBE", 9);
		for (left -= n; n && (name = rooms_next(&at)); n--) {
			add_channel(name);
			bus.asked++;
		}
	}
}

static void connect_work(struct job *j)
{
	struct connect_job *c = (struct connect_job *)j;
	struct redis_link *l = redis_link_open(CONNECT_MS);

	/* the library greets (AUTH, SELECT); the loop goes on with a descriptor of its own */
	c->fd = l ? dup(redis_link_fd(l)) : -1;
	redis_link_close(l);
}

static void connect_done(struct job *j)
{
	struct connect_job *c = (struct connect_job *)j;
	lws_sock_file_fd_type fd = { .sockfd = c->fd };

	free(c);
	bus.connecting = false;
	bus.retry_at = mono_ms() + RETRY_MS;
	if (fd.sockfd < 0)
		return;
	if (bus.stopping) {
		close(fd.sockfd);
		return;
	}
	if (!lws_adopt_descriptor_vhost(bus.vh, LWS_ADOPT_SOCKET, fd, BUS_PROTOCOL, NULL))
		log_error("bus_adopt", "fd=%d", fd.sockfd);
}

static void connect_start(void)
{
	struct connect_job *c = xcalloc(1, sizeof(*c));

	bus.connecting = true;
	c->job.work = connect_work;
	c->job.done = connect_done;
	pool_submit(&c->job);
}

void bus_setup(struct lws_vhost *vh, void (*message)(struct str room, struct str payload))
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s:room:", redis_prefix());
	bus.prefix = xstrdup(b.data);
	bus.prefix_len = b.len;
	buf_free(&b);
	bus.vh = vh;
	bus.message = message;
	bus.end = &bus.first;
	connect_start();
}

void bus_stop(void)
{
	bus.stopping = true;
}

static void connected(struct lws *wsi)
{
	bus.wsi = wsi;
	bus.reader = redisReaderCreate();
	bus.asked = bus.confirmed = 0;
	bus.heard_at = mono_ms();
	bus.probed = false;
	buf_reset(&bus.out);
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	subscribe_all();
	log_info("bus_up", "rooms=%zu", rooms_count());
	lws_callback_on_writable(wsi);
}

static void lost(void)
{
	bus.wsi = NULL;
	redisReaderFree(bus.reader);
	bus.reader = NULL;
	buf_free(&bus.out);
	if (!bus.stopping)
		log_warn("bus_lost", "rooms=%zu", rooms_count());
	release_waits(UINT64_MAX);
}

static struct str text_of(const redisReply *r)
{
	return (struct str){ r->str, (size_t)r->len };
}

static void take(const redisReply *r)
{
	struct str kind, channel;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 3 || !r->element[1]->str)
		return;
	kind = text_of(r->element[0]);
	channel = text_of(r->element[1]);
	if (str_eq(kind, "subscribe")) {
		release_waits(++bus.confirmed);
	} else if (str_eq(kind, "message") && r->element[2]->str && channel.n > bus.prefix_len) {
		channel.p += bus.prefix_len;
		channel.n -= bus.prefix_len;
		bus.message(channel, text_of(r->element[2]));
	}
}

static int received(const char *p, size_t n)
{
	void *reply = NULL;

	bus.heard_at = mono_ms();
	bus.probed = false;
	if (redisReaderFeed(bus.reader, p, n) != REDIS_OK)
		return -1;
	while (redisReaderGetReply(bus.reader, &reply) == REDIS_OK) {
		if (!reply)
			return 0;
		take(reply);
		freeReplyObject(reply);
		reply = NULL;
	}
	log_error("bus_protocol", "why=\"Redis sent what is no RESP\"");
	return -1;
}

static int flush(struct lws *wsi)
{
	struct buf b = bus.out;
	int rc = 0;

	if (!b.len)
		return 0;
	bus.out = (struct buf)BUF_INIT;
	/* a full buffer lost a command: start again rather than miss a room */
	if (b.full || lws_write(wsi, (unsigned char *)b.data, b.len, LWS_WRITE_RAW) < 0)
		rc = -1;
	buf_free(&b);
	return rc;
}

int bus_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		 size_t len)
{
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_RAW_ADOPT:
		connected(wsi);
		break;
	case LWS_CALLBACK_RAW_RX:
		return received(in, len);
	case LWS_CALLBACK_RAW_WRITEABLE:
		return flush(wsi);
	case LWS_CALLBACK_RAW_CLOSE:
		if (wsi == bus.wsi)
			lost();
		break;
	default:
		break;
	}
	return 0;
}

void bus_tick(int64_t now)
{
	if (bus.stopping)
		return;
	if (!bus.wsi) {
		if (!bus.connecting && now >= bus.retry_at)
			connect_start();
		return;
	}
	if (bus.probed && now - bus.heard_at > SILENT_MS + DEAD_MS) {
		lws_set_timeout(bus.wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	} else if (!bus.probed && now - bus.heard_at > SILENT_MS) {
		bus.probed = true;
		buf_adds(&bus.out, "*1\r\n$4\r\nPING\r\n");
		lws_callback_on_writable(bus.wsi);
	}
}
