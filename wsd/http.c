#include "wsd/http.h"

#include "base/env.h"
#include "base/log.h"
#include "wsd/polling.h"

#define PREFIX "/ws/socket.io"

enum { VALUE_MAX = 256, HEADERS_MAX = 1024 };

static struct {
	bool websocket;
	bool any_origin;
	const char *origins;	/* separated by ';' */
} http;

void http_setup(void)
{
	http.websocket = env_bool("ENABLE_WEBSOCKET_SUPPORT", true);
	http.origins = env_str("CORS_ALLOW_ORIGIN", "*");
	http.any_origin = text_eq(http.origins, "*");
	polling_setup();
}

/* A query longer than any of ours would hide parameters from us. */
static bool query_fits(struct lws *wsi)
{
	return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) < VALUE_MAX;
}

/* A parameter of the query; "" when absent. */
static const char *query(struct lws *wsi, const char *name, char *buf)
{
	const char *v = lws_get_urlarg_by_name(wsi, name, buf, VALUE_MAX);

	return v ? v : "";
}

static bool origin_allowed(struct lws *wsi, char *origin)
{
	struct str list = str_of(http.origins);

	*origin = '\0';
	if (lws_hdr_copy(wsi, origin, VALUE_MAX, WSI_TOKEN_ORIGIN) <= 0)
		return true;
	if (http.any_origin)
		return true;
	while (list.p)
		if (str_eq(str_trim(str_split(&list, ';')), origin))
			return true;
	return false;
}

static bool add(struct lws *wsi, const char *name, const char *value, unsigned char **p,
		unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
					   (const unsigned char *)value, (int)strlen(value), p,
					   end) == 0;
}

/* Answer and end the transaction; the value is that for the callback. */
static int answer(struct lws *wsi, unsigned status, const char *type, struct str body)
{
	unsigned char head[LWS_PRE + HEADERS_MAX], *start = head + LWS_PRE, *p = start;
	unsigned char *end = head + sizeof(head) - 1, *copy;
	char origin[VALUE_MAX];
	int rc;

	if (lws_add_http_header_status(wsi, status, &p, end) ||
	    !add(wsi, "content-type:", type, &p, end) ||
	    lws_add_http_header_content_length(wsi, body.n, &p, end))
		return -1;
	if (origin_allowed(wsi, origin) && *origin &&
	    (!add(wsi, "access-control-allow-origin:", origin, &p, end) ||
	     !add(wsi, "access-control-allow-credentials:", "true", &p, end)))
		return -1;
	if (lws_finalize_write_http_header(wsi, start, &p, end))
		return -1;
	copy = xmalloc(LWS_PRE + body.n + 1);
	memcpy(copy + LWS_PRE, body.p, body.n);
	rc = lws_write(wsi, copy + LWS_PRE, body.n, LWS_WRITE_HTTP_FINAL);
	free(copy);
	return rc < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int refuse(struct lws *wsi, unsigned status, const char *type, const char *body)
{
	return answer(wsi, status, type, str_of(body));
}

static int bad_request(struct lws *wsi, const char *json)
{
	return refuse(wsi, 400, "text/plain", json);
}

static bool is_engine_path(const char *path, size_t len)
{
	return len >= strlen(PREFIX) && strncmp(path, PREFIX, strlen(PREFIX)) == 0 &&
	       (len == strlen(PREFIX) || path[strlen(PREFIX)] == '/');
}

/* May this request become a WebSocket?  Otherwise it was answered. */
static int confirm_upgrade(struct lws *wsi)
{
	char path[VALUE_MAX], a[VALUE_MAX], b[VALUE_MAX], c[VALUE_MAX];
	int n = lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI);
	int rc;

	if (n > 0 && is_engine_path(path, (size_t)n) && http.websocket && query_fits(wsi) &&
	    text_eq(query(wsi, "EIO=", a), "4") && text_eq(query(wsi, "transport=", b), "websocket") &&
	    !*query(wsi, "sid=", c) && origin_allowed(wsi, a))
		return 0;
	rc = refuse(wsi, 403, "text/plain", "");
	return rc < 0 ? -1 : 1;
}

static int session_unknown(struct lws *wsi)
{
	return bad_request(wsi, "\"Invalid session\"");
}

static int answer_waiting(struct lws *wsi, struct conn *c)
{
	struct buf body = BUF_INIT;
	int rc;

	c->wsi = NULL;
	polling_fill(c, &body);
	rc = answer(wsi, 200, "text/plain; charset=UTF-8", (struct str){ buf_text(&body), body.len });
	buf_free(&body);
	if (c->closing)
		polling_kill(c);
	return rc;
}

static int poll_get(struct lws *wsi, struct peer *peer, const char *sid)
{
	struct conn *c;

	if (!*sid) {
		c = polling_open(wsi);
		return answer_waiting(wsi, c);
	}
	c = polling_find(sid);
	if (!c)
		return session_unknown(wsi);
	if (!polling_wait(c, wsi))
		return bad_request(wsi, "\"Invalid session\"");
	peer->waits = true;
	snprintf(peer->sid, sizeof(peer->sid), "%s", sid);
	return 0;
}

static int poll_request(struct lws *wsi, struct peer *peer)
{
	char a[VALUE_MAX], b[VALUE_MAX];
	const char *sid = query(wsi, "sid=", b);

	if (!text_eq(query(wsi, "EIO=", a), "4"))
		return bad_request(wsi, "\"The client is using an unsupported version of the "
					"Socket.IO or Engine.IO protocols\"");
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return poll_get(wsi, peer, sid);
	if (lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI))
		return refuse(wsi, 200, "text/plain", "OK");
	if (!lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI))
		return refuse(wsi, 405, "text/plain", "Method Not Allowed");
	if (!polling_find(sid))
		return session_unknown(wsi);
	peer->posts = true;
	peer->body.max = ENGINE_PAYLOAD_MAX;
	snprintf(peer->sid, sizeof(peer->sid), "%s", sid);
	return 0;
}

static int request(struct lws *wsi, struct peer *peer, const char *path, size_t len)
{
	char a[VALUE_MAX], origin[VALUE_MAX];
	const char *transport;

	if (!is_engine_path(path, len))
		return refuse(wsi, 404, "text/plain; charset=utf-8", "Not Found");
	if (!query_fits(wsi))
		return bad_request(wsi, "\"Invalid transport\"");
	transport = query(wsi, "transport=", a);
	if (text_eq(transport, "websocket") && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return refuse(wsi, 400, "application/json",
			      "{\"detail\":\"Invalid WebSocket upgrade request\"}");
	if (http.websocket || (*transport && !text_eq(transport, "polling")))
		return bad_request(wsi, "\"Invalid transport\"");
	if (!origin_allowed(wsi, origin))
		return bad_request(wsi, "\"Not an accepted origin.\"");
	return poll_request(wsi, peer);
}

static int body_piece(struct peer *peer, const char *in, size_t len)
{
	if (!peer->posts)
		return 0;
	buf_add(&peer->body, in, len);
	if (!peer->body.full)
		return 0;
	peer->posts = false;
	buf_free(&peer->body);
	return -1;
}

static int body_complete(struct lws *wsi, struct peer *peer)
{
	struct conn *c = peer->posts ? polling_find(peer->sid) : NULL;
	bool ok;

	if (!peer->posts)
		return 0;
	peer->posts = false;
	ok = c && polling_take(c, (struct str){ buf_text(&peer->body), peer->body.len });
	buf_free(&peer->body);
	if (!c)
		return session_unknown(wsi);
	return ok ? refuse(wsi, 200, "text/plain; charset=UTF-8", "OK")
		  : bad_request(wsi, "\"Invalid payload\"");
}

static int writeable(struct lws *wsi, struct peer *peer)
{
	struct conn *c = peer->waits ? polling_find(peer->sid) : NULL;

	if (!c || c->wsi != wsi || !c->out.count)
		return 0;
	peer->waits = false;
	return answer_waiting(wsi, c);
}

static void closed(struct lws *wsi, struct peer *peer)
{
	struct conn *c = peer->waits ? polling_find(peer->sid) : NULL;

	if (c)
		polling_unwait(c, wsi);
	buf_free(&peer->body);
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, struct peer *peer, void *in,
		  size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(wsi);
	case LWS_CALLBACK_HTTP:
		return request(wsi, peer, in, len);
	case LWS_CALLBACK_HTTP_BODY:
		return body_piece(peer, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return body_complete(wsi, peer);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return writeable(wsi, peer);
	case LWS_CALLBACK_CLOSED_HTTP:
		if (peer)
			closed(wsi, peer);
		break;
	default:
		break;
	}
	return 0;
}
