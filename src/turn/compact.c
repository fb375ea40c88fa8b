#include "turn/compact.h"

#include "base/log.h"
#include "base/utf8.h"
#include "turn/events.h"
#include "turn/messages.h"
#include "turn/store.h"
#include "turn/task.h"

enum {
	THRESHOLD_DEFAULT = 80000, KEEP_LEAST = 10, KEEP_MOST = 50, KEEP_DEFAULT = 40,
	IMAGE_TOKENS = 1000, MESSAGE_TOKENS = 4, FALLBACK_EACH = 500, FALLBACK_ALL = 4000,
};

static int64_t tokens_of_text(const char *s)
{
	int64_t n = 0;

	if (text_empty(s))
		return 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n < 4 ? 1 : n / 4;
}

static int64_t tokens_of(struct json_object *o)
{
	if (!o || (json_is(o, json_type_array) && !json_len(o)))
		return 0;
	return tokens_of_text(json_str(o) ? json_str(o) : json_print(o));
}

static int64_t tokens_of_message(struct json_object *m)
{
	struct json_object *content = json_get(m, "content");
	int64_t n = MESSAGE_TOKENS;

	if (!json_is(content, json_type_array))
		n += tokens_of(content);
	for (size_t i = 0; i < json_len(content); i++) {
		struct json_object *part = json_item(content, i);

		n += text_starts(json_text(part, "type", NULL), "image") ? IMAGE_TOKENS
		   : tokens_of(json_get(part, "text") ? json_get(part, "text") : part);
	}
	return n + tokens_of(json_get(m, "output")) + tokens_of(json_get(m, "tool_calls"));
}

static int64_t first_count(struct json_object *usage, const char *const *names)
{
	for (; *names; names++)
		if (json_i64(usage, *names, 0) > 0)
			return json_i64(usage, *names, 0);
	return 0;
}

/* What the provider counted for the request that this message answered. */
static int64_t counted(struct json_object *m)
{
	static const char *const in[] = { "prompt_tokens", "prompt_eval_count", "input_tokens", NULL };
	static const char *const out[] = { "completion_tokens", "output_tokens", "eval_count", "predicted_n", NULL };
	struct json_object *usage = json_get(m, "usage") ? json_get(m, "usage") : json_at(m, "info.usage");
	int64_t asked = first_count(usage, in);

	if (!asked)				/* llama.cpp: read now and from its cache */
		asked = json_i64(usage, "prompt_n", 0) + json_i64(usage, "cache_n", 0);
	return asked + first_count(usage, out);
}

/* Tokens of the messages from `from` on: the provider's count of the newest answer that has one, which
 * holds all before it, and an estimate of the rest. */
static int64_t tokens_from(struct json_object *list, size_t from, const char *summary)
{
	int64_t n = 0;

	for (size_t i = json_len(list); i-- > from;) {
		int64_t known = counted(json_item(list, i));

		if (known)
			return known + n;
		n += tokens_of_message(json_item(list, i));
	}
	return n + tokens_of_text(summary) + tokens_of_text(messages_text(messages_system(list)));
}

/* At how many tokens a conversation is made short, where `params` may name a number of their own. */
static int64_t threshold(const struct config *cfg, struct json_object *params)
{
	int64_t all = config_i64(cfg, CK_CHAT_CONTEXT_COMPACTION_TOKEN_THRESHOLD, THRESHOLD_DEFAULT);
	int64_t cap = config_i64(cfg, CK_CHAT_CONTEXT_COMPACTION_TOKEN_CAP, 0);
	int64_t wanted = json_object_get_int64(json_get(params, "compact_token_threshold"));

	all = all > 0 ? all : THRESHOLD_DEFAULT;
	cap = cap > 0 ? cap : all;
	wanted = wanted > 0 ? wanted : all;
	return wanted < cap ? wanted : cap;
}

/* The last message that carries a summary: what stands before it is in there.  0: none does. */
static size_t checkpoint(struct json_object *list, size_t from, const char **summary)
{
	*summary = NULL;
	for (size_t i = json_len(list); i-- > from;) {
		struct json_object *m = json_item(list, i);
		const char *text = json_text(m, "contextSummary", NULL);

		if (text_empty(text))
			text = json_text(m, "context_summary", NULL);
		if (text && str_trim(str_of(text)).n) {
			*summary = text;
			return i;
		}
	}
	return from;
}

/* Where the messages that stay begin: at a later question, so that about the share of the setting stays. */
static size_t boundary(struct turn *t, struct json_object *list, size_t from)
{
	int64_t share = config_i64(t->cfg, CK_CHAT_CONTEXT_COMPACTION_RETENTION_PERCENTAGE, KEEP_DEFAULT);
	size_t n = json_len(list) - from, keep, target, at = from, questions = 0, first = 0;

	share = share < KEEP_LEAST ? KEEP_LEAST : share > KEEP_MOST ? KEEP_MOST : share;
	keep = n * (size_t)share / 100;
	keep = keep < 2 ? 2 : keep;
	target = from + (n > keep + 1 ? n - keep : 1);
	for (size_t i = from; i < json_len(list); i++) {
		if (!text_eq(json_text(json_item(list, i), "role", NULL), "user") || !questions++)
			continue;
		first = first ? first : i;
		if (i <= target || i == first)
			at = i;
	}
	return at;
}

static struct json_object *slice(struct arena *a, struct json_object *list, size_t from, size_t to)
{
	struct json_object *part = json_new_array(a);

	for (size_t i = from; i < to; i++)
		json_object_array_add(part, json_ref(json_item(list, i)));
	return part;
}

/* Where the model gives none: the beginnings of the messages. */
static const char *plain_summary(struct arena *a, const char *before, struct json_object *old)
{
	struct buf *b = buf_in(a, 0);

	buf_adds(b, before ? before : "");
	for (size_t i = 0; i < json_len(old) && b->len < FALLBACK_ALL; i++) {
		const char *text = messages_text(json_item(old, i));

		if (text_empty(text))
			continue;
		buf_printf(b, "%s- %s: ", b->len ? "\n" : "", json_text(json_item(old, i), "role", "unknown"));
		buf_add(b, text, utf8_cut(text, strlen(text), FALLBACK_EACH));
	}
	return buf_text(b);
}

static const char *summarize(struct turn *t, const char *before, struct json_object *old,
			     struct json_object *recent)
{
	struct json_object *all = slice(t->arena, old, 0, json_len(old));
	struct template_input in = { .messages = all, .compacted = old, .recent = recent, .summary = before };
	const char *text;
	struct str s;

	for (size_t i = 0; i < json_len(recent); i++)
		json_object_array_add(all, json_ref(json_item(recent, i)));
	text = task_ask(t, TASK_SUMMARY, &in);
	s = str_trim(str_of(text));
	return s.n ? arena_strndup(t->arena, s.p, s.n) : plain_summary(t->arena, before, old);
}

static void tell(struct turn *t, const char *what, bool done, const char *checkpoint_id, const char *summary)
{
	struct json_object *o = json_new_object(t->arena);

	if (!t->message_id)
		return;
	json_set_text(o, "action", "context_compaction");
	json_set_text(o, "description", what);
	json_set_bool(o, "done", done);
	if (done) {
		json_set_text(o, "checkpoint_message_id", checkpoint_id);
		json_set_text(o, "context_summary", summary);
	}
	turn_emit(t, "context_compaction", json_print(o));
	turn_flush(t);
}

static void keep_summary(struct turn *t, const char *message_id, const char *summary)
{
	struct json_object *fields = json_new_object(t->arena);

	json_set_text(fields, "contextSummary", summary);
	store_fields(t, message_id, fields, false, NULL);
}

static const char *shorten(struct turn *t, struct json_object *list, size_t from, size_t at, const char *before)
{
	struct json_object *old = slice(t->arena, list, from, at);
	struct json_object *recent = slice(t->arena, list, at, json_len(list));
	const char *id = json_text(json_item(recent, 0), "id", NULL), *summary;

	tell(t, "Compacting context", false, NULL, NULL);
	summary = summarize(t, before, old, recent);
	if (t->saved && id)
		keep_summary(t, id, summary);
	tell(t, "Context compacted", true, id, summary);
	log_info("context_compacted", "chat=%s dropped=%zu kept=%zu", t->chat_id, at - from, json_len(recent));
	return summary;
}

bool compact_messages(struct turn *t)
{
	struct json_object *list = json_get(t->form, "messages"), *shorter;
	size_t from, at, head = messages_system(list) && messages_system(list) == json_item(list, 0);
	const char *summary;

	if (text_empty(t->chat_id) || !t->user_message_id ||
	    !config_bool(t->cfg, CK_CHAT_CONTEXT_COMPACTION_ENABLE))
		return true;
	from = checkpoint(list, head, &summary);
	if (tokens_from(list, from, summary) > threshold(t->cfg, json_has(t->model.params, "compact_token_threshold")
							 ? t->model.params : t->params) && (at = boundary(t, list, from)) > from) {
		summary = shorten(t, list, from, at, summary);
		from = at;
	}
	if (from == head)
		return true;
	shorter = slice(t->arena, list, 0, head);
	for (size_t i = from; i < json_len(list); i++)
		json_object_array_add(shorter, json_ref(json_item(list, i)));
	json_set(t->form, "messages", json_ref(shorter));
	messages_add_system(t->arena, shorter, arena_printf(t->arena, "[CONVERSATION SUMMARY]\n%s", summary), true);
	return true;
}

const char *compact_hindrance(const struct config *cfg, struct json_object *branch, bool has_current)
{
	const char *summary;

	if (!config_bool(cfg, CK_CHAT_CONTEXT_COMPACTION_ENABLE))
		return "disabled";
	if (!has_current)
		return "empty";
	return json_len(branch) < checkpoint(branch, 0, &summary) + 2 ? "too_short" : NULL;
}

void compact_branch(struct turn *t, struct json_object *branch, struct compacted *out)
{
	size_t n = json_len(branch), from;
	const char *summary;

	from = checkpoint(branch, 0, &summary);
	summary = summarize(t, summary, slice(t->arena, branch, from, n - 1), slice(t->arena, branch, n - 1, n));
	keep_summary(t, json_text(json_item(branch, n - 1), "id", NULL), summary);
	json_set_text(json_item(branch, n - 1), "contextSummary", summary);
	*out = (struct compacted){ .dropped = n - 1 - from, .kept = 1 };
	for (const char *p = summary; *p; p++)
		out->characters += ((unsigned char)*p & 0xc0) != 0x80;
}

struct json_object *compact_usage(struct arena *a, const struct config *cfg, struct json_object *params,
				  struct json_object *branch)
{
	int64_t most = threshold(cfg, params), n;
	struct json_object *o;
	const char *summary;
	size_t from;

	if (!json_len(branch) || !config_bool(cfg, CK_CHAT_CONTEXT_COMPACTION_ENABLE))
		return NULL;
	from = checkpoint(branch, 0, &summary);
	n = tokens_from(branch, from, summary);
	o = json_new_object(a);
	json_set_i64(o, "tokens", n);
	json_set_i64(o, "estimated_tokens", n);
	json_set_i64(o, "threshold", most);
	json_set_i64(o, "percent", (n * 100 + most / 2) / most);
	json_set_text(o, "source", "estimated");
	return o;
}
