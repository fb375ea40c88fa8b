#include "wsd/state.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "cache/redis.h"
#include "json/scan.h"
#include "note/document.h"
#include "wsd/identity.h"

enum { LOCK_S = 60, SCAN_COUNT = 200, CHATS_MAX = 256 };

/*
 * KEYS: viewers of the chat, session pool.  ARGV: what to do, sid, account id, { id, name }, the
 * chats that the socket has open now, the room's channel, start and end of the event, oldest
 * heartbeat that counts.  The entry of a session ends with last_seen_at and chat_ids.
 */
static const char view_script[] =
	"local tail = '\"last_seen_at\":(%d+),\"chat_ids\":%[[^%]]*%]}$'\n"
	"if ARGV[1] == 'leave' or ARGV[1] == 'join' then\n"
	"  local entry = redis.call('HGET', KEYS[2], ARGV[2])\n"
	"  local at, _, seen = string.find(entry or '', tail)\n"
	"  if at then redis.call('HSET', KEYS[2], ARGV[2], string.sub(entry, 1, at - 1) ..\n"
	"    '\"last_seen_at\":' .. seen .. ',\"chat_ids\":' .. ARGV[5] .. '}') end\n"
	"  if ARGV[1] == 'join' and not at then return 0 end\n"
	"end\n"
	"if ARGV[1] == 'join' then\n"
	"  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3] .. '\\n' .. ARGV[4])\n"
	"  redis.call('EXPIRE', KEYS[1], 86400)\n"
	"elseif ARGV[1] == 'leave' then redis.call('HDEL', KEYS[1], ARGV[2]) end\n"
	"local all, ids, people = redis.call('HGETALL', KEYS[1]), {}, {}\n"
	"for i = 1, #all, 2 do\n"
	"  local entry = redis.call('HGET', KEYS[2], all[i])\n"
	"  local seen = entry and string.match(entry, tail)\n"
	"  local id, person = string.match(all[i + 1], '^([^\\n]*)\\n(.*)$')\n"
	"  if not entry then redis.call('HDEL', KEYS[1], all[i])\n"
	"  elseif seen and tonumber(seen) >= tonumber(ARGV[9]) and id and not people[id] then\n"
	"    people[id] = person\n"
	"    ids[#ids + 1] = id\n"
	"  end\n"
	"end\n"
	"table.sort(ids)\n"
	"for i = 1, #ids do ids[i] = people[ids[i]] end\n"
	"redis.call('PUBLISH', ARGV[6], ARGV[7] .. table.concat(ids, ',') .. ARGV[8])\n"
	"return 1\n";

/* KEYS: usage pool.  ARGV: model, sid, now. */
static const char usage_script[] =
	"local old = redis.call('HGET', KEYS[1], ARGV[1])\n"
	"local t = old and cjson.decode(old) or {}\n"
	"t[ARGV[2]] = { updated_at = tonumber(ARGV[3]) }\n"
	"redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(t))\n";

/* KEYS: usage pool.  ARGV: a sid that is gone or '', the oldest time that counts. */
static const char usage_drop_script[] =
	"local all = redis.call('HGETALL', KEYS[1])\n"
	"for i = 1, #all, 2 do\n"
	"  local t, kept, changed = cjson.decode(all[i + 1]), 0, false\n"
	"  for sid, use in pairs(t) do\n"
	"    if sid == ARGV[1] or use.updated_at < tonumber(ARGV[2]) then\n"
	"      t[sid] = nil\n"
	"      changed = true\n"
	"    else kept = kept + 1 end\n"
	"  end\n"
	"  if kept == 0 then redis.call('HDEL', KEYS[1], all[i])\n"
	"  elseif changed then redis.call('HSET', KEYS[1], all[i], cjson.encode(t)) end\n"
	"end\n";

int64_t state_session_timeout_s(void)
{
	int64_t heartbeat = env_int("WEBSOCKET_HEARTBEAT_INTERVAL", 30, 1, 3600);

	return heartbeat * 4 > 120 ? heartbeat * 4 : 120;
}

bool state_session_put(struct arena *a, const char *sid, const char *account, const char *chat_ids)
{
	struct buf *b = buf_in(a, 0);
	size_t n = strlen(account);

	if (n < 2 || account[n - 1] != '}')
		return false;
	buf_add(b, account, n - 1);
	buf_printf(b, ",\"last_seen_at\":%" PRId64 ",\"chat_ids\":%s}", time_s(), chat_ids);
	return redis_run(a, NULL, "HSET", redis_key(a, "session_pool"), sid, buf_text(b)) >= 0;
}

static int view(struct arena *a, const char *what, const char *sid, const struct identity *who,
		const char *chat_id, const char *chat_ids)
{
	struct buf *person = buf_in(a, 0), *head = buf_in(a, 0);
	struct redis_reply *r = NULL;

	buf_adds(person, "{\"id\":");
	buf_json(person, who ? who->user_id : "");
	buf_adds(person, ",\"name\":");
	buf_json(person, who ? who->name : "");
	buf_adds(person, "}");
	buf_adds(head, "E - events\n{\"chat_id\":");
	buf_json(head, chat_id);
	buf_adds(head, ",\"shared\":true,\"data\":{\"type\":\"chat:presence\",\"data\":{\"users\":[");
	if (redis_run(a, &r, "EVAL", view_script, "2", redis_key(a, "chat:%s:viewers", chat_id),
		      redis_key(a, "session_pool"), what, sid, who ? who->user_id : "",
		      buf_text(person), chat_ids, redis_key(a, "room:chat:%s", chat_id),
		      buf_text(head), "]}}}", arena_i64(a, time_s() - state_session_timeout_s())) < 0)
		return -1;
	return reply_int(r, 0) == 1;
}

int state_chat_view(struct arena *a, const char *sid, const struct identity *who,
		    const char *chat_id, bool open, const char *chat_ids)
{
	return view(a, open ? "join" : "leave", sid, who, chat_id, chat_ids);
}

void state_usage_put(struct arena *a, const char *sid, const char *model)
{
	redis_run(a, NULL, "EVAL", usage_script, "1", redis_key(a, "usage_pool"), model, sid,
		  arena_i64(a, time_s()));
}

static void usage_drop(struct arena *a, const char *sid)
{
	redis_run(a, NULL, "EVAL", usage_drop_script, "1", redis_key(a, "usage_pool"), sid,
		  arena_i64(a, time_s() - STATE_USAGE_S));
}

void state_usage_sweep(struct arena *a)
{
	usage_drop(a, "");
}

void state_session_gone(struct arena *a, const struct state_gone *g)
{
	if (g->pooled)
		redis_run(a, NULL, "HDEL", redis_key(a, "session_pool"), g->sid);
	for (size_t i = 0; i < g->chat_count; i++)
		view(a, "leave", g->sid, NULL, g->chats[i], "[]");
	if (g->used_model)
		usage_drop(a, g->sid);
	if (g->pooled)
		document_leave_all(a, g->sid);
}

/* Is the entry dead?  Then it goes, and the rooms of its chats are told. */
static bool reap(struct arena *a, const char *sid, struct str entry, int64_t oldest)
{
	struct str seen, chats, id;
	const char *at = NULL;
	int64_t t;
	int n = 0;

	if (!json_find(entry, "last_seen_at", &seen) || !str_to_i64(seen, 0, INT64_MAX, &t))
		t = 0;
	if (t >= oldest)
		return false;
	redis_run(a, NULL, "HDEL", redis_key(a, "session_pool"), sid);
	if (json_find(entry, "chat_ids", &chats))
		while (n++ < CHATS_MAX && json_each_item(chats, &at, &id))
			if (json_raw_is_string(id))
				view(a, "leave", sid, NULL, json_raw_text(a, id), "[]");
	document_leave_all(a, sid);
	return true;
}

static size_t reap_page(struct arena *a, const struct redis_reply *page, int64_t oldest)
{
	size_t dead = 0;

	for (size_t i = 0; i + 1 < reply_len(page); i += 2) {
		const struct redis_reply *v = reply_item(page, i + 1);

		dead += reap(a, reply_text(reply_item(page, i)),
			     (struct str){ reply_text(v), reply_len(v) }, oldest);
	}
	return dead;
}

void state_session_sweep(struct arena *a)
{
	int64_t oldest = time_s() - state_session_timeout_s();
	const char *lock = redis_key(a, "session_cleanup_lock"), *cursor = "0";
	size_t dead = 0;

	if (redis_run(a, NULL, "SET", lock, "1", "NX", "EX", arena_i64(a, LOCK_S)) <= 0)
		return;
	do {
		struct arena *page = arena_new();
		struct redis_reply *r = NULL;

		if (redis_run(page, &r, "HSCAN", redis_key(page, "session_pool"), cursor, "COUNT",
			      arena_i64(page, SCAN_COUNT)) <= 0) {
			arena_free(page);
			return;
		}
		dead += reap_page(page, reply_item(r, 1), oldest);
		cursor = arena_strdup(a, reply_text(reply_item(r, 0)));
		arena_free(page);
	} while (!text_eq(cursor, "0"));
	redis_run(a, NULL, "DEL", lock);
	if (dead)
		log_info("sessions_reaped", "count=%zu", dead);
}
