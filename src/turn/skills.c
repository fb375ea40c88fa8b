#include "turn/skills.h"

#include "db/db.h"
#include "turn/messages.h"
#include "turn/prepare.h"

enum { CONTENT_MAX = 20000, PREVIEW_MAX = 5000, WHOLE_MAX = 100000, ID_MAX = 256 };

/* A mention inside a text. */
struct mention {
	const char *from, *to;		/* "<" and behind ">" */
	struct str id, label;
};

/* How long the id at p is: small letters, digits, - and _; those of a terminal may hold more. */
static size_t id_length(const char *p)
{
	return text_starts(p, "terminal:") ? strcspn(p, "|> \t\r\n")
					   : strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-_");
}

/* The next mention: <$id>, <$id|label> or </id|label>. */
static bool find_mention(const char *text, struct mention *m)
{
	for (const char *p = text; (p = strchr(p, '<')); p++) {
		size_t n = p[1] == '$' || p[1] == '/' ? id_length(p + 2) : 0;
		const char *end = p + 2 + n;

		if (!n || n > ID_MAX || (*end != '|' && (*end != '>' || p[1] == '/')))
			continue;
		m->label = (struct str){ "", 0 };
		if (*end == '|') {
			m->label = (struct str){ end + 1, strcspn(end + 1, ">") };
			end += 1 + m->label.n;
		}
		if (*end != '>')
			continue;
		m->from = p;
		m->to = end + 1;
		m->id = (struct str){ p + 2, n };
		return true;
	}
	return false;
}

/* Replace the mentions of the ids that are keys of `known` (NULL: of all) by their labels. */
static const char *replace(struct arena *a, const char *text, struct json_object *known)
{
	struct buf *b = NULL;
	struct mention m;

	while (text && find_mention(text, &m)) {
		bool ours = !known ? m.label.n > 0 : json_has(known, arena_strndup(a, m.id.p, m.id.n));

		if (!b)
			b = buf_in(a, 0);
		buf_add(b, text, (size_t)((ours ? m.from : m.to) - text));
		if (ours)
			buf_addstr(b, m.label);
		text = m.to;
	}
	if (!b)
		return text;
	buf_adds(b, text);
	return buf_text(b);
}

const char *skills_plain(struct arena *a, const char *text)
{
	return replace(a, text, NULL);
}

/* Each text of a message, handed to fn. */
static void each_text(struct json_object *m, void (*fn)(void *ctx, struct json_object *o, const char *key),
		      void *ctx)
{
	struct json_object *content = json_get(m, "content");

	if (json_str(content))
		fn(ctx, m, "content");
	for (size_t i = 0; i < json_len(content); i++)
		if (text_eq(json_text(json_item(content, i), "type", NULL), "text"))
			fn(ctx, json_item(content, i), "text");
}

struct work {
	struct turn *t;
	struct json_object *ids;	/* keys: mentioned, or those that were found */
};

static void note_mentions(void *ctx, struct json_object *o, const char *key)
{
	struct work *w = ctx;
	const char *text = json_text(o, key, "");
	struct mention m;

	for (; find_mention(text, &m); text = m.to)
		json_set_bool(w->ids, arena_strndup(w->t->arena, m.id.p, m.id.n), true);
}

static void strip_mentions(void *ctx, struct json_object *o, const char *key)
{
	struct work *w = ctx;
	const char *text = json_text(o, key, ""), *plain;

	if (strchr(text, '<') && (plain = replace(w->t->arena, text, w->ids)) != text)
		json_set_text(o, key, plain);
}

static void each_message(struct work *w, void (*fn)(void *ctx, struct json_object *o, const char *key))
{
	struct json_object *list = json_get(w->t->form, "messages");

	for (size_t i = 0; i < json_len(list); i++)
		each_text(json_item(list, i), fn, w);
}

static void add_ids(struct json_object *to, struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (json_str(json_item(list, i)))
			json_set_bool(to, json_str(json_item(list, i)), true);
}

static struct json_object *keys_of(struct arena *a, struct json_object *o)
{
	struct json_object *list = json_new_array(a);

	json_object_object_foreach(o, key, v) {
		(void)v;
		json_object_array_add(list, json_object_new_string(key));
	}
	return list;
}

/* The skills that concern the turn: [{ id, name, description, content, cut, files }]; with the skill tools
 * all of the account's, and of a long one its beginning: the model can read on. */
static struct json_object *load(struct turn *t, struct json_object *ids, bool tools)
{
	int64_t most = tools ? config_i64(t->cfg, CK_SKILLS_CONTENT_MAX_CHARS, CONTENT_MAX) : WHOLE_MAX;
	int64_t preview = tools ? config_i64(t->cfg, CK_SKILLS_PREVIEW_MAX_CHARS, PREVIEW_MAX) : WHOLE_MAX;
	struct db *db = db_get();
	struct rows *rows;
	int rc = db_run(db, t->arena, &rows, Q_TURN_SKILLS, t->user.id, json_print(keys_of(t->arena, ids)),
			tools ? "t" : "f", arena_i64(t->arena, most > 0 ? most : CONTENT_MAX),
			arena_i64(t->arena, preview > 0 ? preview : PREVIEW_MAX));

	db_put(db);
	return rc > 0 ? json_parse_text(t->arena, rows_text(rows, 0, 0)) : NULL;
}

static void add_whole(struct turn *t, struct json_object *skill, bool tools)
{
	struct json_object *files = json_get(skill, "files");
	struct buf *b = buf_in(t->arena, 0);

	buf_printf(b, "<skill id=\"%s\" name=\"%s\">\n%s", json_text(skill, "id", ""), json_text(skill, "name", ""),
		   json_text(skill, "content", ""));
	if (json_flag(skill, "cut", false))
		buf_adds(b, "\nThe rest of these instructions was left out.");
	if (json_len(files) && tools) {
		buf_adds(b, "\nSupporting files:");
		for (size_t i = 0; i < json_len(files); i++)
			buf_printf(b, "\n%s", json_str(json_item(files, i)));
	} else if (json_len(files)) {
		buf_adds(b, "\nIts supporting files need a model with skill tools.");
	}
	buf_adds(b, "\n</skill>");
	messages_add_system(t->arena, json_get(t->form, "messages"), buf_text(b), true);
}

static void add_manifest(struct buf *b, struct json_object *skill)
{
	buf_printf(b, "<skill>\n<id>%s</id>\n<name>%s</name>\n<description>%s</description>\n</skill>\n",
		   json_text(skill, "id", ""), json_text(skill, "name", ""), json_text(skill, "description", ""));
}

/* A question that was nothing but a mention says the skills' names: providers refuse empty texts. */
static void fill_question(struct turn *t, struct json_object *skills)
{
	struct json_object *m = messages_last(json_get(t->form, "messages"), "user");
	const char *text = messages_text(m);
	struct buf *names;

	if (!m || !json_len(skills) || !text || str_trim(str_of(text)).n)
		return;
	names = buf_in(t->arena, 0);
	for (size_t i = 0; i < json_len(skills); i++)
		buf_printf(names, "%s%s", i ? ", " : "", json_text(json_item(skills, i), "name", ""));
	messages_set_text(m, buf_text(names));
}

bool skills_add(struct turn *t)
{
	struct work mentioned = { t, json_new_object(t->arena) }, found = { t, json_new_object(t->arena) };
	struct json_object *selected = json_new_object(t->arena), *wanted, *skills;
	bool tools = turn_builtin_tools(t) &&
		     json_flag(json_get(t->model.meta, "builtinTools"), "skills", true);
	struct buf *manifest = buf_in(t->arena, 0);

	each_message(&mentioned, note_mentions);
	if (t->given_tools || !config_bool(t->cfg, CK_SKILLS_LAZY_LOADING_ENABLE))
		add_ids(selected, json_get(t->spec, "skill_ids"));
	add_ids(selected, keys_of(t->arena, mentioned.ids));
	wanted = json_copy(t->arena, selected);
	add_ids(wanted, json_get(t->spec, "skill_ids"));
	add_ids(wanted, json_get(t->model.meta, "skillIds"));
	if (!json_object_object_length(wanted) && !tools)
		return true;
	skills = load(t, wanted, tools);
	for (size_t i = 0; i < json_len(skills); i++) {
		struct json_object *skill = json_item(skills, i);
		const char *id = json_text(skill, "id", "");

		json_set_bool(found.ids, id, true);
		if (!tools || json_has(selected, id))
			add_whole(t, skill, tools);
		else
			add_manifest(manifest, skill);
	}
	if (manifest->len)
		messages_add_system(t->arena, json_get(t->form, "messages"),
				    arena_printf(t->arena, "<available_skills>\n%s</available_skills>",
						 buf_text(manifest)), true);
	if (!json_object_object_length(mentioned.ids))
		return true;
	each_message(&found, strip_mentions);
	fill_question(t, skills);
	return true;
}
