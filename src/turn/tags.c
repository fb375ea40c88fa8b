#include "turn/tags.h"

enum { TAG_MAX = 64, CODE_TAG_MAX = 300 };

static const char code_tag[] = "<code_interpreter";

static const char *const default_tags[][2] = {
	{ "<think>", "</think>" },
	{ "<thinking>", "</thinking>" },
	{ "<reason>", "</reason>" },
	{ "<reasoning>", "</reasoning>" },
	{ "<thought>", "</thought>" },
	{ "<Thought>", "</Thought>" },
	{ "<|begin_of_thought|>", "<|end_of_thought|>" },
	{ "◁think▷", "◁/think▷" },
};

static const char *const solution_tags[] = { "<|begin_of_solution|>", "<|end_of_solution|>" };

static struct item *last_of(const struct turn *t)
{
	return t->out.count ? t->out.items[t->out.count - 1] : NULL;
}

bool tags_inside(const struct turn *t)
{
	const struct item *it = last_of(t);

	return it && (it->kind == ITEM_REASONING || it->kind == ITEM_CODE) && it->by_tag && it->ended <= 0;
}

bool tags_code_ends(const struct turn *t)
{
	const struct item *it = last_of(t);

	return it && it->kind == ITEM_CODE && it->ended > 0;
}

/* Where the tag stands in the part of the text that is new, or reaches into it. */
static char *find_tag(struct buf *text, size_t added, const char *tag)
{
	size_t n = strlen(tag), back = added + n - 1, from;

	if (n > TAG_MAX || text->len < n)
		return NULL;
	from = text->len > back ? text->len - back : 0;
	return memmem(text->data + from, text->len - from, tag, n);
}

static void cut(struct buf *text, size_t at)
{
	text->len = at;
	text->data[at] = '\0';
}

static void trim(struct buf *text)
{
	struct str s = str_trim((struct str){ buf_text(text), text->len });

	if (!text->data)
		return;
	memmove(text->data, s.p, s.n);
	cut(text, s.n);
}

/* The text before `at` stays what it was, what comes from `after` on is in a new item. */
static struct item *split_at(struct turn *t, struct item *it, size_t at, size_t after, enum item_kind kind)
{
	struct item *inner = output_add(&t->out, kind);

	if (!inner)
		return NULL;
	inner->by_tag = true;
	buf_add(&inner->text, it->text.data + after, it->text.len - after);
	cut(&it->text, at);
	trim(&it->text);
	if (it->text.len || it->parts) {
		it->status = "completed";
		return inner;
	}
	t->out.items[t->out.count - 2] = inner;
	t->out.items[t->out.count - 1] = it;
	output_drop_last(&t->out);
	return inner;
}

static bool open_at(struct turn *t, struct item *it, char *found, const char *const pair[2])
{
	size_t at = (size_t)(found - it->text.data);
	struct item *reasoning = split_at(t, it, at, at + strlen(pair[0]), ITEM_REASONING);

	if (!reasoning)
		return false;
	reasoning->start_tag = pair[0];
	reasoning->end_tag = pair[1];
	return true;
}

/* name="value" pairs. */
static struct json_object *read_attributes(struct arena *a, struct str text)
{
	struct json_object *o = json_new_object(a);

	while (text.p) {
		struct str name = str_trim(str_split(&text, '=')), skipped, value;

		if (!text.p)
			break;
		skipped = str_split(&text, '"');
		value = str_split(&text, '"');
		if (name.n && !str_trim(skipped).n && value.n)
			json_set(o, arena_strndup(a, name.p, name.n), json_object_new_string_len(value.p, (int)value.n));
	}
	return o;
}

/* <code_interpreter type="code" lang="python">, however it is cut. */
static bool open_code(struct turn *t, struct item *it, size_t added)
{
	size_t from = it->text.len > added + CODE_TAG_MAX ? it->text.len - added - CODE_TAG_MAX : 0;
	char *found = memmem(it->text.data + from, it->text.len - from, code_tag, sizeof(code_tag) - 1), *end;
	char *head = found ? found + sizeof(code_tag) - 1 : NULL;
	struct json_object *attributes;
	struct item *code;
	size_t at;

	end = head ? memchr(head, '>', it->text.len - (size_t)(head - it->text.data)) : NULL;
	if (!end || (*head != '>' && *head != ' ' && *head != '\n' && *head != '\t'))
		return false;
	at = (size_t)(found - it->text.data);
	attributes = read_attributes(t->arena, (struct str){ head, (size_t)(end - head) });
	code = split_at(t, it, at, (size_t)(end + 1 - it->text.data), ITEM_CODE);
	if (!code)
		return false;
	code->attributes = attributes;
	code->start_tag = "<code_interpreter>";
	code->end_tag = "</code_interpreter>";
	return true;
}

static bool open_tag(struct turn *t, struct item *it, size_t added)
{
	const char *own[2] = { t->tag_start, t->tag_end };
	char *found;

	if (t->tag_start) {
		found = find_tag(&it->text, added, own[0]);
		return found && open_at(t, it, found, own);
	}
	for (size_t i = 0; i < ARRAY_SIZE(default_tags); i++) {
		found = find_tag(&it->text, added, default_tags[i][0]);
		if (found)
			return open_at(t, it, found, default_tags[i]);
	}
	return false;
}

static bool close_tag(struct turn *t, struct item *it, size_t added)
{
	char *found = find_tag(&it->text, added, it->end_tag);
	struct item *message;
	size_t at, after;

	if (!found)
		return false;
	at = (size_t)(found - it->text.data);
	after = at + strlen(it->end_tag);
	if (it->kind == ITEM_CODE) {	/* what the model guessed behind it is not wanted */
		cut(&it->text, at);
		trim(&it->text);
		it->ended = it->started > 0 ? it->started : 1;
		return true;
	}
	message = output_add(&t->out, ITEM_MESSAGE);
	if (message)
		buf_add(&message->text, it->text.data + after, it->text.len - after);
	cut(&it->text, at);
	trim(&it->text);
	output_close(it);
	return true;
}

static bool remove_solution_tags(struct item *it, size_t added)
{
	bool removed = false;

	for (size_t i = 0; i < ARRAY_SIZE(solution_tags); i++) {
		char *found = find_tag(&it->text, added, solution_tags[i]);
		size_t n = strlen(solution_tags[i]), at;

		if (!found)
			continue;
		at = (size_t)(found - it->text.data);
		memmove(found, found + n, it->text.len - at - n);
		cut(&it->text, it->text.len - n);
		removed = true;
	}
	return removed;
}

static bool has_provider_reasoning(const struct turn *t)
{
	for (size_t i = 0; i < t->out.count; i++)
		if (t->out.items[i]->kind == ITEM_REASONING && !t->out.items[i]->by_tag)
			return true;
	return false;
}

bool tags_apply(struct turn *t, size_t added)
{
	struct item *it = last_of(t);
	bool changed = false;

	if (!(t->detect_tags || t->detect_code) || !it || !it->text.data)
		return false;
	if (it->kind == ITEM_MESSAGE) {
		bool opened = false;

		if (t->detect_tags) {
			changed = remove_solution_tags(it, added);
			opened = !has_provider_reasoning(t) && open_tag(t, it, added);
		}
		if (!opened && t->detect_code)
			opened = open_code(t, it, added);
		if (!opened)
			return changed;
		changed = true;
		it = last_of(t);
		added = it->text.len;
	}
	return (tags_inside(t) && it->text.data && close_tag(t, it, added)) || changed;
}
