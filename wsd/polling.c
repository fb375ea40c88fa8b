#include "wsd/polling.h"

#include "base/map.h"

enum { SEPARATOR = 0x1e, PACKETS_MAX = 1024 };

static struct map *sessions;

void polling_setup(void)
{
	sessions = map_new();
}

struct conn *polling_open(struct lws *wsi)
{
	struct conn *c = conn_open(wsi, true);

	map_set(sessions, c->sid, c);
	return c;
}

struct conn *polling_find(const char *sid)
{
	return map_get(sessions, sid);
}

bool polling_wait(struct conn *c, struct lws *wsi)
{
	if (c->wsi) {
		conn_close(c, ENGINE_CLOSE_PROTOCOL);
		return false;
	}
	c->wsi = wsi;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	if (c->out.count)
		lws_callback_on_writable(wsi);
	return true;
}

void polling_unwait(struct conn *c, struct lws *wsi)
{
	if (c->wsi == wsi)
		c->wsi = NULL;
}

bool polling_take(struct conn *c, struct str body)
{
	int n = 0;

	if (!body.n)
		return false;
	while (body.p) {
		struct str packet = str_split(&body, SEPARATOR);

		if (!packet.n || *packet.p < '0' || *packet.p > '9' || n++ >= PACKETS_MAX)
			return false;
		conn_packet(c, packet, false);
	}
	return true;
}

void polling_fill(struct conn *c, struct buf *out)
{
	struct frame *f;

	while ((f = frame_first(&c->out))) {
		if (out->len)
			buf_addc(out, SEPARATOR);
		buf_add(out, f->text, f->len);
		frame_pop(&c->out);
	}
}

void polling_kill(struct conn *c)
{
	struct lws *wsi = c->wsi;

	map_del(sessions, c->sid);
	if (wsi)	/* its request ends with it; nothing may point here any more */
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	conn_free(c);
}
