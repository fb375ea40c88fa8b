#include "turn/jobs.h"

#include "base/clock.h"
#include "cache/redis.h"

enum { MAX_LISTED = 10000, TRIES = 120, PAUSE_MS = 500 };

void jobs_queue(struct redis_batch *b, struct arena *a, const char *type, struct json_object *spec)
{
	redis_batch_add(b, "XADD", redis_key(a, JOBS_STREAM), "*", "type", type, "user",
			json_text(json_get(spec, "user"), "id", ""), "task", json_text(spec, "task_id", ""),
			"spec", json_print(spec));
}

void jobs_register(struct redis_batch *b, struct arena *a, struct json_object *spec)
{
	const char *task = json_text(spec, "task_id", ""), *chat = json_text(spec, "chat_id", "");
	const char *ttl = arena_printf(a, "%d", TASK_TTL_S);

	redis_batch_add(b, "SET", redis_key(a, "tasks:%s", task), "1", "EX", ttl);
	redis_batch_add(b, "HSET", redis_key(a, "tasks"), task, chat);
	redis_batch_add(b, "SADD", redis_key(a, "tasks:item:%s", chat), task);
	redis_batch_add(b, "SET", redis_key(a, "owui:active:%s", chat), "1", "EX", "86400");
}

bool jobs_is_gone(struct arena *a, const char *task_id)
{
	struct redis_reply *r;

	return redis_run(a, &r, "EXISTS", redis_key(a, "tasks:%s", task_id)) > 0 && reply_int(r, 1) == 0;
}

/* The value of the liveness key says how far the turn is; readers only ask whether it exists. */
void jobs_answered(struct redis_batch *b, struct arena *a, const char *task_id)
{
	if (task_id)
		redis_batch_add(b, "SET", redis_key(a, "tasks:%s", task_id), "2", "XX", "EX",
				arena_printf(a, "%d", TASK_TTL_S));
}

bool jobs_is_answered(struct arena *a, const char *task_id)
{
	struct redis_reply *r;

	return redis_run(a, &r, "GET", redis_key(a, "tasks:%s", task_id)) > 0 &&
	       text_eq(reply_text(r), "2");
}

bool jobs_unregister(struct arena *a, const char *task_id, const char *chat_id)
{
	static const char script[] =
		"redis.call('DEL', KEYS[1], KEYS[2]) redis.call('HDEL', KEYS[3], ARGV[1]) "
		"redis.call('SREM', KEYS[4], ARGV[1]) "
		"if redis.call('SCARD', KEYS[4]) == 0 then return redis.call('DEL', KEYS[5]) end return 0";
	struct redis_reply *r;

	for (int i = 0; i < TRIES; i++) {
		if (redis_run(a, &r, "EVAL", script, "5", redis_key(a, "tasks:%s", task_id),
			      redis_key(a, "tasks:response_streams:%s", task_id), redis_key(a, "tasks"),
			      redis_key(a, "tasks:item:%s", chat_id),
			      redis_key(a, "owui:active:%s", chat_id), task_id) > 0)
			return reply_int(r, 0) == 1;
		sleep_ms(PAUSE_MS);
	}
	return false;
}

static void drop_dead(struct arena *a, const char *task, const char *chat_id)
{
	struct redis_batch *b = redis_batch_new(a);

	redis_batch_add(b, "HDEL", redis_key(a, "tasks"), task);
	if (chat_id)
		redis_batch_add(b, "SREM", redis_key(a, "tasks:item:%s", chat_id), task);
	redis_batch_run(b, a, NULL);
}

struct json_object *jobs_list(struct arena *a, const char *chat_id)
{
	struct json_object *list = json_new_array(a);
	struct redis_batch *b = redis_batch_new(a);
	struct redis_reply *r, **alive;
	size_t n;
	int rc = chat_id ? redis_run(a, &r, "SMEMBERS", redis_key(a, "tasks:item:%s", chat_id))
			 : redis_run(a, &r, "HKEYS", redis_key(a, "tasks"));

	n = rc > 0 ? reply_len(r) : 0;
	n = n < MAX_LISTED ? n : MAX_LISTED;
	for (size_t i = 0; i < n; i++)
		redis_batch_add(b, "EXISTS", redis_key(a, "tasks:%s", reply_text(reply_item(r, i))));
	if (!n || redis_batch_run(b, a, &alive) < 0)
		return list;
	for (size_t i = 0; i < n; i++) {
		const char *task = reply_text(reply_item(r, i));

		if (reply_int(alive[i], 0))
			json_object_array_add(list, json_object_new_string(task));
		else
			drop_dead(a, task, chat_id);
	}
	return list;
}

bool jobs_stop(struct arena *a, const char *task_id)
{
	struct redis_batch *b = redis_batch_new(a);
	struct buf *command = buf_in(a, 0);
	struct redis_reply *r;
	const char *chat;

	chat = redis_run(a, &r, "HGET", redis_key(a, "tasks"), task_id) > 0 ? reply_text(r) : NULL;
	buf_adds(command, "{\"action\":\"stop\",\"task_id\":");
	buf_json(command, task_id);
	buf_addc(command, '}');
	redis_batch_add(b, "DEL", redis_key(a, "tasks:%s", task_id),
			redis_key(a, "tasks:response_streams:%s", task_id));
	redis_batch_add(b, "HDEL", redis_key(a, "tasks"), task_id);
	if (!text_empty(chat))
		redis_batch_add(b, "SREM", redis_key(a, "tasks:item:%s", chat), task_id);
	redis_batch_add(b, "PUBLISH", redis_key(a, "tasks:commands"), buf_text(command));
	return redis_batch_run(b, a, NULL) > 0;
}
