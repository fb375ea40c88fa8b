#include "note/document.h"

#include "base/log.h"
#include "cache/redis.h"
#include "json/scan.h"
#include "note/yjs.h"

static const char *key_of(struct arena *a, const char *doc, const char *what)
{
	return redis_key(a, "ydoc:documents:%s:%s", doc, what);
}

const char *document_id(struct arena *a, const char *given)
{
	if (text_empty(given) || strlen(given) > DOCUMENT_ID_MAX || strpbrk(given, " \r\n\t"))
		return NULL;
	return text_starts(given, "note_") ? arena_printf(a, "note:%s", given + 5) : given;
}

const char *document_note(const char *id)
{
	return text_starts(id, "note:") ? id + 5 : NULL;
}

/* [1,2,…] as bytes; false: not a list of bytes. */
static bool read_bytes(struct buf *b, struct str json)
{
	const char *at = NULL;
	struct str item;
	int64_t v;

	while (json_each_item(json, &at, &item)) {
		if (!str_to_i64(item, 0, 255, &v))
			return false;
		buf_addc(b, (char)v);
	}
	return b->len && !b->full;
}

static const char *print_bytes(struct arena *a, const struct buf *bytes)
{
	struct buf *b = buf_in(a, 0);

	buf_addc(b, '[');
	for (size_t i = 0; i < bytes->len; i++) {
		if (i)
			buf_addc(b, ',');
		buf_addint(b, (uint8_t)bytes->data[i]);
	}
	buf_addc(b, ']');
	return buf_text(b);
}

int document_join(struct arena *a, const char *doc, const char *sid)
{
	static const char script[] =
		"if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 and redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[3]) "
		"then return 0 end "
		"redis.call('SADD', KEYS[1], ARGV[2]) redis.call('SADD', KEYS[2], ARGV[1]) return 1";
	struct redis_reply *r;
	int rc = redis_run(a, &r, "EVAL", script, "2", key_of(a, doc, "users"),
			   redis_key(a, "ydoc:documents:session:%s:documents", sid), doc, sid,
			   arena_printf(a, "%d", DOCUMENTS_OPEN_MAX));

	return rc > 0 ? (int)reply_int(r, 0) : -1;
}

void document_leave(struct arena *a, const char *doc, const char *sid)
{
	static const char script[] =
		"redis.call('SREM', KEYS[1], ARGV[2]) redis.call('SREM', KEYS[2], ARGV[1]) "
		"if redis.call('SCARD', KEYS[1]) == 0 then redis.call('DEL', KEYS[1], KEYS[3], KEYS[4]) end return 1";
	struct redis_reply *r;

	redis_run(a, &r, "EVAL", script, "4", key_of(a, doc, "users"),
		  redis_key(a, "ydoc:documents:session:%s:documents", sid), key_of(a, doc, "updates"),
		  key_of(a, doc, "size"), doc, sid);
}

void document_leave_all(struct arena *a, const char *sid)
{
	struct redis_reply *r;

	if (redis_run(a, &r, "SMEMBERS", redis_key(a, "ydoc:documents:session:%s:documents", sid)) <= 0)
		return;
	for (size_t i = 0; i < reply_len(r); i++)
		document_leave(a, reply_text(reply_item(r, i)), sid);
}

/* All updates as one.  false: Redis, or one of them cannot be read. */
static bool merge_all(struct arena *a, const char *doc, struct buf *out, size_t *count)
{
	struct redis_reply *r;
	struct str *updates;

	*count = 0;
	if (redis_run(a, &r, "LRANGE", key_of(a, doc, "updates"), "0", "-1") < 0)
		return false;
	*count = reply_len(r);
	updates = arena_calloc(a, *count + 1, sizeof(*updates));
	for (size_t i = 0; i < *count; i++) {
		struct buf *bytes = buf_in(a, DOCUMENT_BYTES_MAX);

		if (!read_bytes(bytes, str_of(reply_text(reply_item(r, i)))))
			return false;
		updates[i] = (struct str){ bytes->data, bytes->len };
	}
	return yjs_merge(a, updates, *count, out);
}

const char *document_state(struct arena *a, const char *doc, bool *any)
{
	struct buf *out = buf_in(a, 2 * DOCUMENT_BYTES_MAX);
	size_t count;

	if (!merge_all(a, doc, out, &count))
		return NULL;
	*any = count > 0;
	return print_bytes(a, out);
}

const char *document_sessions(struct arena *a, const char *doc)
{
	struct buf *b = buf_in(a, 0);
	struct redis_reply *r;
	size_t n = redis_run(a, &r, "SMEMBERS", key_of(a, doc, "users")) > 0 ? reply_len(r) : 0;

	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_addc(b, ',');
		buf_json(b, reply_text(reply_item(r, i)));
	}
	buf_addc(b, ']');
	return buf_text(b);
}

/* Put the first `count` updates together; those that came meanwhile stay behind them. */
static void squash(struct arena *a, const char *doc)
{
	static const char script[] =
		"if redis.call('LLEN', KEYS[1]) < tonumber(ARGV[2]) then return 0 end "
		"redis.call('LTRIM', KEYS[1], ARGV[2], -1) redis.call('LPUSH', KEYS[1], ARGV[1]) return 1";
	struct buf *out = buf_in(a, 2 * DOCUMENT_BYTES_MAX);
	struct redis_reply *r;
	size_t count;

	if (merge_all(a, doc, out, &count) && count)
		redis_run(a, &r, "EVAL", script, "1", key_of(a, doc, "updates"), print_bytes(a, out),
			  arena_printf(a, "%zu", count));
}

int document_add(struct arena *a, const char *doc, struct str update, bool first)
{
	static const char script[] =
		"if ARGV[2] == '1' and redis.call('LLEN', KEYS[1]) > 0 then return 0 end "
		"if tonumber(redis.call('GET', KEYS[2]) or '0') + tonumber(ARGV[3]) > tonumber(ARGV[4]) then return 0 end "
		"redis.call('INCRBY', KEYS[2], ARGV[3]) return redis.call('RPUSH', KEYS[1], ARGV[1])";
	struct buf *bytes = buf_in(a, DOCUMENT_BYTES_MAX);
	struct redis_reply *r;
	int rc;

	if (!read_bytes(bytes, update) || !yjs_valid(a, (struct str){ bytes->data, bytes->len }))
		return 0;
	rc = redis_run(a, &r, "EVAL", script, "2", key_of(a, doc, "updates"), key_of(a, doc, "size"),
		       print_bytes(a, bytes), first ? "1" : "0", arena_printf(a, "%zu", bytes->len),
		       arena_printf(a, "%d", DOCUMENT_BYTES_MAX));
	if (rc <= 0)
		return -1;
	if (reply_int(r, 0) > DOCUMENT_UPDATES_MAX)
		squash(a, doc);
	return reply_int(r, 0) > 0;
}
