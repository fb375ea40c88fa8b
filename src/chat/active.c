#include "chat/active.h"

#include "cache/redis.h"
#include "chat/running.h"

enum { MAX_TASKS = 64, MAX_LISTED = 10000 };

static const char **list_ids(struct arena *a, struct str list, size_t *n)
{
	const char *at = NULL, **ids;
	struct str item, id;

	*n = 0;
	while (json_each_item(list, &at, &item))
		++*n;
	ids = arena_calloc(a, *n + 1, sizeof(*ids));
	*n = 0;
	for (at = NULL; *n < MAX_LISTED && json_each_item(list, &at, &item);)
		if (json_find(item, "id", &id) && (ids[*n] = json_raw_text(a, id)))
			++*n;
	return ids;
}

/* Does any of the sets exist?  One command for all; true also when Redis cannot say. */
static bool any_exists(struct arena *a, const char **keys, size_t n)
{
	const char **argv = arena_calloc(a, n + 1, sizeof(*argv));
	struct redis_reply *reply;

	argv[0] = "EXISTS";
	memcpy(argv + 1, keys, n * sizeof(*keys));
	return redis_run_argv(a, &reply, (int)n + 1, argv, NULL) > 0 && reply_int(reply, 0) > 0;
}

/* The tasks of a set that are alive; how many. */
static size_t live_tasks(struct arena *a, const char *chat_id, const char **tasks)
{
	struct redis_reply *reply, **alive;
	struct redis_batch *b;
	size_t n, live = 0;

	if (redis_run(a, &reply, "SMEMBERS", redis_key(a, "tasks:item:%s", chat_id)) <= 0)
		return 0;
	n = reply_len(reply) < MAX_TASKS ? reply_len(reply) : MAX_TASKS;
	if (!n)
		return 0;
	b = redis_batch_new(a);
	for (size_t i = 0; i < n; i++)
		redis_batch_add(b, "EXISTS", redis_key(a, "tasks:%s", reply_text(reply_item(reply, i))));
	if (redis_batch_run(b, a, &alive) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (reply_int(alive[i], 0))
			tasks[live++] = reply_text(reply_item(reply, i));
	return live;
}

bool chat_is_active(struct arena *a, const char *chat_id)
{
	const char *tasks[MAX_TASKS];

	return redis_configured() && live_tasks(a, chat_id, tasks) > 0;
}

const char *chat_active_ids(struct arena *a, struct str list)
{
	const char **ids, **keys;
	struct buf *out;
	size_t n;

	if (!redis_configured())
		return NULL;
	ids = list_ids(a, list, &n);
	if (!n)
		return NULL;
	keys = arena_calloc(a, n, sizeof(*keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = redis_key(a, "tasks:item:%s", ids[i]);
	if (!any_exists(a, keys, n))
		return NULL;
	out = buf_in(a, 0);
	for (size_t i = 0; i < n; i++) {
		if (!any_exists(a, &keys[i], 1) || !chat_is_active(a, ids[i]))
			continue;
		buf_addc(out, out->len ? ',' : '[');
		buf_json(out, ids[i]);
	}
	if (!out->len)
		return NULL;
	buf_addc(out, ']');
	return buf_text(out);
}

static bool is_blank(const struct buf *b, size_t from)
{
	while (from < b->len && strchr(" \t\r\n\f\v", b->data[from]))
		from++;
	return from >= b->len;
}

/* The text of the message items of an output, lines between them: a raw JSON string. */
static struct str output_text(struct arena *a, struct str output)
{
	struct buf text = BUF_INIT, *out = buf_in(a, 0);
	const char *at = NULL, *in;
	struct str item, v, part, piece;

	while (json_each_item(output, &at, &item)) {
		size_t before = text.len, start;

		if (!json_find(item, "type", &v) || !json_raw_eq(v, "message") ||
		    !json_find(item, "content", &v))
			continue;
		if (before)
			buf_addc(&text, '\n');
		start = text.len;
		for (in = NULL; json_each_item(v, &in, &part);)
			if (json_find(part, "text", &piece))
				json_raw_unescape(&text, piece);
		if (is_blank(&text, start))
			text.len = before;
	}
	buf_json_n(out, buf_text(&text), text.len);
	buf_free(&text);
	return (struct str){ buf_text(out), out->len };
}

static bool read_stream(struct arena *a, const char *value, const char *chat_id,
			struct chat_stream *s)
{
	struct json_object *o = running_read(a, value);

	if (!text_eq(json_text(o, "chat_id", NULL), chat_id) || !json_text(o, "message_id", NULL))
		return false;
	s->message_id = str_of(json_text(o, "message_id", ""));
	s->output = str_of(json_print(json_get(o, "output")));
	s->content = output_text(a, s->output);
	return true;
}

size_t chat_streams(struct arena *a, const char *chat_id, struct chat_stream **out)
{
	const char *tasks[MAX_TASKS];
	struct redis_reply **replies;
	struct redis_batch *b;
	size_t n, found = 0;

	if (!redis_configured())
		return 0;
	n = live_tasks(a, chat_id, tasks);
	if (!n)
		return 0;
	b = redis_batch_new(a);
	for (size_t i = 0; i < n; i++)
		redis_batch_add(b, "GET", redis_key(a, "tasks:response_streams:%s", tasks[i]));
	if (redis_batch_run(b, a, &replies) < 0)
		return 0;
	*out = arena_calloc(a, n, sizeof(**out));
	for (size_t i = 0; i < n; i++) {
		const char *value = reply_text(replies[i]);

		if (value && read_stream(a, value, chat_id, &(*out)[found]))
			found++;
	}
	return found;
}

void chat_stop(struct arena *a, const char *chat_id)
{
	const char *tasks[MAX_TASKS], *item = redis_key(a, "tasks:item:%s", chat_id);
	struct redis_batch *b;
	size_t n;

	if (!redis_configured())
		return;
	n = live_tasks(a, chat_id, tasks);
	if (!n)
		return;
	b = redis_batch_new(a);
	for (size_t i = 0; i < n; i++) {
		struct buf *command = buf_in(a, 0);

		buf_adds(command, "{\"action\":\"stop\",\"task_id\":");
		buf_json(command, tasks[i]);
		buf_addc(command, '}');
		redis_batch_add(b, "PUBLISH", redis_key(a, "tasks:commands"), buf_text(command));
		redis_batch_add(b, "DEL", redis_key(a, "tasks:%s", tasks[i]),
				redis_key(a, "tasks:response_streams:%s", tasks[i]));
		redis_batch_add(b, "HDEL", redis_key(a, "tasks"), tasks[i]);
		redis_batch_add(b, "SREM", item, tasks[i]);
	}
	redis_batch_run(b, a, NULL);
}
