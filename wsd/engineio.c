#include "wsd/engineio.h"

#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "wsd/polling.h"
#include "wsd/socketio.h"

enum { LINGER_MS = 5000, KEEP_BUFFER = 4096 };

static struct {
	struct conn *first;
	size_t count;
	int64_t interval_ms, timeout_ms;
	struct frame *ping;
} engine;

void engine_setup(void)
{
	engine.interval_ms = env_int("WEBSOCKET_SERVER_PING_INTERVAL", 25, 1, 3600) * 1000;
	engine.timeout_ms = env_int("WEBSOCKET_SERVER_PING_TIMEOUT", 20, 1, 3600) * 1000;
	engine.ping = frame_of(STR("2"), STR(""), STR(""));
}

size_t engine_count(void)
{
	return engine.count;
}

void engine_new_sid(char out[ENGINE_SID_SIZE])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char r[15];
	char *p = out;

	rand_bytes(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i += 3) {
		uint32_t v = (uint32_t)r[i] << 16 | (uint32_t)r[i + 1] << 8 | r[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*p++ = digits[v >> shift & 63];
	}
	*p = '\0';
}

struct conn *conn_open(struct lws *wsi, bool polling)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	struct buf b = BUF_INIT;
	struct frame *f;

	c->wsi = wsi;
	c->polling = polling;
	c->in.max = ENGINE_PAYLOAD_MAX;
	c->due = mono_ms() + engine.interval_ms;
	engine_new_sid(c->sid);
	c->next = engine.first;
	if (c->next)
		c->next->prev = c;
	engine.first = c;
	engine.count++;
	buf_printf(&b, "0{\"sid\":\"%s\",\"upgrades\":[],\"pingTimeout\":%" PRId64
		   ",\"pingInterval\":%" PRId64 ",\"maxPayload\":%d}",
		   c->sid, engine.timeout_ms, engine.interval_ms, ENGINE_PAYLOAD_MAX);
	f = frame_of((struct str){ b.data, b.len }, STR(""), STR(""));
	buf_free(&b);
	/* queued, not sent: the answer to the handshake has to go first */
	frame_push(&c->out, f);
	frame_unref(f);
	if (!polling)
		lws_callback_on_writable(wsi);
	return c;
}

void conn_free(struct conn *c)
{
	c->closing = true;
	c->wsi = NULL;
	sio_closed(c);
	if (c->prev)
		c->prev->next = c->next;
	else
		engine.first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	engine.count--;
	frame_clear(&c->out);
	buf_free(&c->in);
	free(c);
}

/* The end without a farewell.  Never at once: whoever sends may be walking through a room. */
static void kill_soon(struct conn *c)
{
	c->closing = true;
	c->due = 0;
	frame_clear(&c->out);
	if (!c->polling)
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static bool write_frame(struct conn *c, struct frame *f)
{
	return lws_write(c->wsi, f->text, f->len, LWS_WRITE_TEXT) >= 0;
}

void conn_send(struct conn *c, struct frame *f)
{
	if (c->closing)
		return;
	if (c->out.count && c->out.bytes + f->len > ENGINE_QUEUE_MAX) {
		log_warn("slow_reader", "engine_sid=%s bytes=%zu", c->sid, c->out.bytes);
		kill_soon(c);
		return;
	}
	if (!c->polling && !c->out.count && !lws_partial_buffered(c->wsi)) {
		if (!write_frame(c, f))
			kill_soon(c);
		return;
	}
	frame_push(&c->out, f);
	if (c->wsi)
		lws_callback_on_writable(c->wsi);
}

void conn_send_text(struct conn *c, const char *text)
{
	struct frame *f = frame_of(str_of(text), STR(""), STR(""));

	conn_send(c, f);
	frame_unref(f);
}

void conn_close(struct conn *c, unsigned code)
{
	if (c->closing)
		return;
	c->closing = true;
	c->close_code = (uint16_t)code;
	c->due = mono_ms() + LINGER_MS;
	if (c->polling) {
		struct frame *f = frame_of(STR("1"), STR(""), STR(""));

		frame_push(&c->out, f);
		frame_unref(f);
	}
	if (c->wsi)
		lws_callback_on_writable(c->wsi);
}

void conn_pause(struct conn *c, bool pause)
{
	if (c->polling || !c->wsi || c->paused == pause)
		return;
	c->paused = pause;
	lws_rx_flow_control(c->wsi, !pause);
}

static void pong(struct conn *c)
{
	c->pinged = false;
	c->due = mono_ms() + engine.interval_ms;
}

void conn_packet(struct conn *c, struct str packet, bool binary)
{
	if (c->closing)
		return;
	if (binary) {
		sio_binary(c, packet);
		return;
	}
	if (!utf8_valid(packet.p, packet.n)) {
		conn_close(c, ENGINE_CLOSE_TEXT);
		return;
	}
	switch (packet.n ? *packet.p : 'x') {
	case '4':
		sio_text(c, (struct str){ packet.p + 1, packet.n - 1 });
		break;
	case '3':
		pong(c);
		break;
	case '5':
		conn_send_text(c, "6");
		break;
	case '1':
		conn_close(c, ENGINE_CLOSE_NORMAL);
		break;
	case '0': case '2': case '6': case '7': case '8': case '9':
		break;
	default:
		conn_close(c, ENGINE_CLOSE_PROTOCOL);
	}
}

static void tick(struct conn *c, int64_t now)
{
	if (now < c->due)
		return;
	if (c->closing && c->polling) {
		polling_kill(c);
	} else if (c->closing) {
		kill_soon(c);
	} else if (c->paused) {	/* its answer may lie unread */
		c->due = now + engine.timeout_ms;
	} else if (c->pinged) {
		conn_close(c, ENGINE_CLOSE_NORMAL);
	} else {
		c->pinged = true;
		c->due = now + engine.timeout_ms;
		conn_send(c, engine.ping);
	}
}

void engine_tick(int64_t now)
{
	struct conn *c, *next;

	for (c = engine.first; c; c = next) {
		next = c->next;		/* a polling session may be freed by its tick */
		tick(c, now);
	}
}

size_t engine_close_all(void)
{
	for (struct conn *c = engine.first; c; c = c->next)
		conn_close(c, ENGINE_CLOSE_NORMAL);
	return engine.count;
}

void engine_shutdown(void)
{
	while (engine.first)
		conn_free(engine.first);
}

static int flush(struct conn *c)
{
	struct frame *f;

	while ((f = frame_first(&c->out))) {
		bool ok = write_frame(c, f);

		frame_pop(&c->out);
		if (!ok)
			return -1;
		if (lws_partial_buffered(c->wsi))
			return 0;	/* called again when that is out */
	}
	if (!c->closing)
		return 0;
	lws_close_reason(c->wsi, (enum lws_close_status)c->close_code, NULL, 0);
	return -1;
}

/* A message, or a piece of one, has arrived. */
static int receive(struct lws *wsi, struct conn *c, const char *in, size_t len)
{
	size_t left = lws_remaining_packet_payload(wsi);
	bool last = !left && lws_is_final_fragment(wsi);

	if (lws_is_first_fragment(wsi)) {
		buf_reset(&c->in);
		c->binary = lws_frame_is_binary(wsi);
		if (last) {
			conn_packet(c, (struct str){ in, len }, c->binary);
			return 0;
		}
	}
	if (c->closing)
		return 0;
	if (c->in.len + len + left > ENGINE_PAYLOAD_MAX) {
		conn_close(c, ENGINE_CLOSE_TOO_BIG);
		return 0;
	}
	buf_add(&c->in, in, len);
	if (!last)
		return 0;
	conn_packet(c, (struct str){ buf_text(&c->in), c->in.len }, c->binary);
	if (c->in.cap > KEEP_BUFFER)
		buf_free(&c->in);
	return 0;
}

int engine_ws_callback(struct lws *wsi, enum lws_callback_reasons reason, struct conn **slot,
		       void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		*slot = conn_open(wsi, false);
		break;
	case LWS_CALLBACK_RECEIVE:
		return *slot ? receive(wsi, *slot, in, len) : 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return *slot ? flush(*slot) : 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		if (*slot)
			(*slot)->closing = true;
		break;
	case LWS_CALLBACK_CLOSED:
		if (*slot)
			conn_free(*slot);
		*slot = NULL;
		break;
	default:
		break;
	}
	return 0;
}
