#include "chat/stats.h"

/* Sums over the messages of a history. */
struct sums {
	struct json_object *models;		/* model: number of answers */
	int64_t messages, questions, answers;
	double question_chars, answer_chars, seconds;
	int64_t times;
};

static int64_t chars(const char *s)
{
	int64_t n = 0;

	for (; s && *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static int64_t content_length(struct json_object *message)
{
	struct json_object *content = json_get(message, "content");
	int64_t n = 0;

	if (json_str(content))
		return chars(json_str(content));
	for (size_t i = 0; i < json_len(content); i++)
		if (text_eq(json_text(json_item(content, i), "type", ""), "text"))
			n += chars(json_text(json_item(content, i), "text", ""));
	return n;
}

static void count_model(struct json_object *models, struct json_object *message)
{
	const char *model = json_text(message, "model", NULL);

	if (!text_empty(model))
		json_set_i64(models, model, json_i64(models, model, 0) + 1);
}

static void add_time(struct sums *s, struct json_object *messages, struct json_object *answer, bool both)
{
	const char *parent = json_text(answer, "parentId", NULL);
	struct json_object *question = parent ? json_get(messages, parent) : NULL;
	int64_t from = json_i64(question, "timestamp", 0), to = json_i64(answer, "timestamp", 0);

	if (!question || (both && (!from || !to)))
		return;
	s->seconds += (double)(to - from);
	s->times++;
}

/* `strict`: only messages with an id and a role count, and only times that are known on both sides. */
static void add_up(struct arena *a, struct sums *s, struct json_object *messages, bool strict)
{
	memset(s, 0, sizeof(*s));
	s->models = json_new_object(a);
	if (!json_is(messages, json_type_object))
		return;
	s->messages = json_object_object_length(messages);
	json_object_object_foreach(messages, key, m) {
		const char *role = json_text(m, "role", "");

		(void)key;
		if (strict && (!json_text(m, "id", NULL) || !json_text(m, "role", NULL)))
			continue;
		if (text_eq(role, "user")) {
			s->questions++;
			s->question_chars += (double)content_length(m);
		} else if (text_eq(role, "assistant")) {
			s->answers++;
			s->answer_chars += (double)content_length(m);
			count_model(s->models, m);
			add_time(s, messages, m, strict);
		}
	}
}

static void set_average(struct json_object *o, const char *key, double sum, int64_t n)
{
	json_set(o, key, json_object_new_double(n ? sum / (double)n : 0));
}

static void set_sums(struct json_object *o, const struct sums *s)
{
	json_set(o, "history_models", json_ref(s->models));
	json_set_i64(o, "history_message_count", s->messages);
	json_set_i64(o, "history_user_message_count", s->questions);
	json_set_i64(o, "history_assistant_message_count", s->answers);
	set_average(o, "average_response_time", s->seconds, s->times);
	set_average(o, "average_user_message_content_length", s->question_chars, s->questions);
	set_average(o, "average_assistant_message_content_length", s->answer_chars, s->answers);
}

/* Count the branch that ends at `last` into `o`; how many messages it has. */
static int64_t set_branch(struct json_object *o, struct json_object *messages, const char *last, int64_t most)
{
	struct json_object *models = json_object_new_object(), *m;
	int64_t n = 0;

	/* A chain longer than there are messages runs in a circle. */
	for (const char *id = last; id && n < most && (m = json_get(messages, id)); n++) {
		if (text_eq(json_text(m, "role", ""), "assistant"))
			count_model(models, m);
		id = json_text(m, "parentId", NULL);
	}
	json_set(o, "models", models);
	json_set_i64(o, "message_count", n);
	return n;
}

static struct json_object *tags_of(const struct chat_facts *c)
{
	return json_is(c->tags, json_type_array) ? json_ref(c->tags) : json_object_new_array();
}

struct json_object *chat_stats_usage(struct arena *a, const struct chat_facts *c)
{
	struct json_object *messages = json_at(c->doc, "history.messages"), *o, *last;
	const char *current = json_str(json_at(c->doc, "history.currentId"));
	struct sums s;

	if (text_empty(current) || !json_is(messages, json_type_object))
		return NULL;
	o = json_new_object(a);
	add_up(a, &s, messages, false);
	json_set_text(o, "id", c->id);
	set_sums(o, &s);
	if (!set_branch(o, messages, current, s.messages))
		return NULL;
	last = json_get(json_get(messages, current), "timestamp");
	if (!last)
		return NULL;
	json_set(o, "last_message_at", json_ref(last));
	json_set(o, "tags", tags_of(c));
	json_set_i64(o, "updated_at", c->updated_at);
	json_set_i64(o, "created_at", c->created_at);
	return o;
}

static void copy_member(struct json_object *to, const char *key, struct json_object *value, enum json_type type)
{
	json_set(to, key, json_is(value, type) ? json_ref(value) : NULL);
}

static struct json_object *message_stats(struct json_object *messages)
{
	struct json_object *out = json_object_new_object();

	if (!json_is(messages, json_type_object))
		return out;
	json_object_object_foreach(messages, key, m) {
		struct json_object *o, *note = json_get(m, "annotation");

		if (!json_text(m, "id", NULL) || !json_text(m, "role", NULL))
			continue;
		o = json_object_new_object();
		copy_member(o, "id", json_get(m, "id"), json_type_string);
		copy_member(o, "role", json_get(m, "role"), json_type_string);
		copy_member(o, "model", json_get(m, "model"), json_type_string);
		json_set_i64(o, "content_length", content_length(m));
		json_set(o, "token_count", NULL);
		copy_member(o, "timestamp", json_get(m, "timestamp"), json_type_int);
		copy_member(o, "rating", json_get(note, "rating"), json_type_int);
		copy_member(o, "tags", json_get(note, "tags"), json_type_array);
		json_set(out, key, o);
	}
	return out;
}

struct json_object *chat_stats_export(struct arena *a, const struct chat_facts *c)
{
	struct json_object *messages = json_at(c->doc, "history.messages");
	struct json_object *o = json_new_object(a), *stats = json_object_new_object();
	struct json_object *chat = json_object_new_object(), *history = json_object_new_object();
	const char *current = json_str(json_at(c->doc, "history.currentId"));
	struct sums s;

	add_up(a, &s, messages, true);
	set_sums(stats, &s);
	set_branch(stats, messages, current, s.messages);
	json_set(history, "messages", message_stats(messages));
	json_set_text(history, "currentId", current);
	json_set(chat, "history", history);
	json_set_text(o, "id", c->id);
	json_set_text(o, "user_id", c->user_id);
	json_set_i64(o, "created_at", c->created_at);
	json_set_i64(o, "updated_at", c->updated_at);
	json_set(o, "tags", tags_of(c));
	json_set(o, "stats", stats);
	json_set(o, "chat", chat);
	return o;
}
