#include "turn/accept.h"

#include "base/rand.h"
#include "cache/redis.h"
#include "db/db.h"
#include "turn/browser.h"
#include "turn/events.h"
#include "turn/jobs.h"
#include "turn/messages.h"
#include "turn/place.h"
#include "turn/prepare.h"

static const char *new_id(struct arena *a)
{
	char id[UUID_SIZE];

	uuid4(id);
	return arena_strdup(a, id);
}

static void add_answer(struct json_object *list, const char *model, const char *message,
		       struct json_object *index)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "model_id", model);
	json_set_text(o, "message_id", message);
	if (index)
		json_set(o, "modelIdx", json_ref(index));
	json_object_array_add(list, o);
}

/* message_ids as a list, as an object { model: id }, or the one `id`. */
static struct json_object *read_answers(struct arena *a, struct json_object *form, const char *model)
{
	struct json_object *given = json_get(form, "message_ids"), *list = json_new_array(a);

	if (json_is(given, json_type_array)) {
		for (size_t i = 0; i < json_len(given) && i < TURN_ANSWERS_MAX; i++) {
			struct json_object *o = json_item(given, i);

			add_answer(list, json_text(o, "model_id", model), json_text(o, "message_id", NULL),
				   json_get(o, "modelIdx"));
		}
	} else if (json_is(given, json_type_object)) {
		json_object_object_foreach(given, key, id) {
			if (json_len(list) < TURN_ANSWERS_MAX)
				add_answer(list, key, json_str(id), NULL);
		}
	}
	if (!json_len(list))
		add_answer(list, model, json_text(form, "id", NULL), NULL);
	return list;
}

static struct json_object *user_object(const struct user *u)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "id", u->id);
	json_set_text(o, "name", u->name);
	json_set_text(o, "email", u->email);
	json_set_text(o, "role", u->role);
	return o;
}

/* The provider's part of the request; what we need of the rest goes into the spec. */
static struct json_object *form_for_turn(struct json_object *form, struct json_object *spec)
{
	struct json_object *o = json_object_new_object();

	json_object_object_foreach(form, key, v) {
		json_set(o, key, json_ref(v));
	}
	turn_take_fields(o, spec);
	return o;
}

static struct json_object *tasks_for(struct arena *a, struct json_object *tasks, bool chat_level,
				     bool title)
{
	struct json_object *o = json_new_object(a);

	if (!json_is(tasks, json_type_object))
		return o;
	json_object_object_foreach(tasks, key, v) {
		bool of_chat = strcmp(key, "title_generation") == 0 || strcmp(key, "tags_generation") == 0;

		if ((of_chat && !chat_level) || (!title && strcmp(key, "title_generation") == 0))
			continue;
		json_set(o, key, json_ref(v));
	}
	return o;
}

/* Variables of the chat: of the request, else as stored; a guest has none. */
static struct json_object *variables_for(struct arena *a, struct placing *p)
{
	if (p->owner && !text_eq(p->owner, p->user->id))
		return json_new_object(a);
	if (json_has(p->form, "chat_variables"))
		return json_get(p->form, "chat_variables");
	return json_parse_text(a, p->variables);
}

static struct json_object *make_spec(struct arena *a, struct placing *p, struct turn_accept *out,
				     struct json_object *answer)
{
	struct json_object *s = json_new_object(a);

	json_set(s, "task_id", json_ref(json_get(answer, "task_id")));
	json_set_text(s, "chat_id", out->chat_id);
	json_set(s, "message_id", json_ref(json_get(answer, "message_id")));
	json_set_text(s, "user_message_id", p->parent_of_answer ? p->parent_of_answer
		      : out->user_message_id);
	json_set_text(s, "assistant_message_id", p->answer_id);
	json_set_text(s, "regeneration_message_id", json_text(p->form, "regeneration_message_id", NULL));
	json_set_text(s, "session_id", json_text(p->form, "session_id", NULL));
	json_set_text(s, "folder_id", out->folder_id);
	json_set(s, "user", user_object(p->user));
	json_set_text(s, "owner", p->owner ? p->owner : p->user->id);
	json_set(s, "model", json_ref(json_get(answer, "model_id")));
	if (json_flag(json_get(p->form, "model_item"), "direct", false))
		json_set(s, "model_item", json_ref(json_get(p->form, "model_item")));
	json_set(s, "chat_variables", json_ref(variables_for(a, p)));
	return s;
}

static void make_specs(struct arena *a, struct placing *p, struct turn_accept *out, bool is_new)
{
	struct json_object *tasks = json_get(p->form, "background_tasks");

	out->specs = json_new_array(a);
	for (size_t i = 0; i < json_len(p->answers); i++) {
		struct json_object *answer = json_item(p->answers, i), *s;

		if (out->queued && !json_text(answer, "message_id", NULL))
			continue;
		s = make_spec(a, p, out, answer);
		json_set(s, "form", form_for_turn(p->form, s));
		json_set(s, "tasks", json_ref(tasks_for(a, tasks, i == 0 && !p->drop_chat_tasks, !is_new)));
		json_object_array_add(out->specs, json_ref(s));
		if (!out->queued)
			break;
	}
	if (is_new && json_flag(tasks, "title_generation", false) && out->first_message_id) {
		out->title_spec = make_spec(a, p, out, json_item(p->answers, 0));
		json_del(out->title_spec, "task_id");
	}
}

/* Where no model is asked for a title, the question names the chat. */
static const char *plain_title(struct placing *p)
{
	struct json_object *tasks = json_get(p->form, "background_tasks");

	if (json_len(p->answers) != 1 || !json_has(tasks, "title_generation") ||
	    json_flag(tasks, "title_generation", false))
		return NULL;
	return messages_text(p->user_message);
}

static int place(struct placing *p, struct db *db, struct turn_accept *out, bool is_new)
{
	if (is_new)
		return place_new_chat(p, db, out);
	if (text_starts(out->chat_id, "channel:"))
		return place_refuse(out, 404, "We could not find what you're looking for :/");
	return turn_is_saved(out->chat_id) ? place_in_chat(p, db, out) : 1;
}

/* A model of ours, or one that the request brings along and the user's browser asks. */
static int find_model(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		      struct json_object *form, const char *id, struct model *out)
{
	struct json_object *item = json_get(form, "model_item");

	if (json_flag(item, "direct", false))
		return browser_model(a, item, id, out);
	return model_resolve(a, db, c, u, id, out);
}

static bool texts_only(struct json_object *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (!json_str(json_item(list, i)))
			return false;
	return true;
}

/* The first part of the form that is not what it must be; NULL: all can be worked with. */
static const char *odd_part(struct json_object *form)
{
	struct json_object *params = json_get(form, "params"), *said = json_get(form, "user_message");
	struct json_object *chat = json_get(form, "chat_id"), *system = json_get(params, "system");

	if (json_has(form, "messages") && !messages_fit(json_get(form, "messages")))
		return "messages";
	if ((json_has(form, "params") && !json_is(params, json_type_object)) || (system && !json_str(system)))
		return "params";
	if (said && !json_is(said, json_type_object))
		return "user_message";
	if (chat && !json_str(chat))
		return "chat_id";
	if (!texts_only(json_get(form, "tool_ids")) || !texts_only(json_get(form, "skill_ids")))
		return "ids";
	return NULL;
}

int turn_accept(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		struct json_object *form, struct turn_accept *out)
{
	const char *model = json_text(form, "model", NULL), *chat = json_text(form, "chat_id", "");
	struct placing p = { .arena = a, .user = u, .form = form };
	bool is_new = json_has(form, "parent_id") && !json_get(form, "parent_id") && !*chat;
	int rc = model ? find_model(a, db, c, u, form, model, &out->model) : 0;
	const char *odd = odd_part(form);

	if (rc <= 0)
		return rc < 0 ? -1 : place_refuse(out, 400, "Model not found");
	if (odd)
		return place_refuse(out, 400, arena_printf(a, "The %s of the request cannot be read.", odd));
	out->is_new = is_new;
	out->chat_id = is_new ? new_id(a) : chat;
	out->direct = !*out->chat_id;
	out->queued = !out->direct && !text_empty(json_text(form, "session_id", NULL));
	if (out->model.direct && !out->queued)
		return place_refuse(out, 400, "A direct connection needs the browser that it belongs to: "
			      "there is no session.");
	if (out->direct)
		return 1;
	p.answers = read_answers(a, form, model);
	if (out->queued)
		for (size_t i = 0; i < json_len(p.answers); i++)
			json_set_text(json_item(p.answers, i), "task_id", new_id(a));
	p.user_message = json_get(form, "user_message");
	if (!p.user_message)
		p.user_message = json_get(form, "parent_message");
	if (!json_is(p.user_message, json_type_object) || !json_object_object_length(p.user_message))
		p.user_message = NULL;
	p.folder_id = json_text(form, "folder_id", NULL);
	p.chat_id = out->chat_id;
	p.answer_id = json_text(form, "assistant_message_id", NULL);
	out->title = is_new ? plain_title(&p) : NULL;
	out->user_message_id = json_text(p.user_message, "id", NULL);
	out->first_message_id = json_text(json_item(p.answers, 0), "message_id", NULL);
	rc = place(&p, db, out, is_new);
	if (!out->queued && !out->first_message_id)
		out->direct = true;	/* no message to write to */
	if (rc > 0)
		make_specs(a, &p, out, is_new);
	return rc;
}

static const char *list_data(struct arena *a, const struct turn_accept *t)
{
	struct json_object *o = json_new_object(a);

	json_set_text(o, "chat_id", t->chat_id);
	json_set_text(o, "folder_id", t->folder_id);
	return json_print(o);
}

bool turn_enqueue(struct arena *a, struct turn_accept *accepted)
{
	struct json_object *specs = accepted->specs, *active = json_new_object(a);
	struct turn t;
	bool ok;

	if (!json_len(specs))
		return true;
	turn_init(&t, a, json_item(specs, 0));
	if (accepted->shown)
		turn_emit_messages(&t, accepted->shown);
	if (t.saved && !t.continued)
		turn_emit_for(&t, accepted->user_message_id, "chat:list", list_data(a, accepted));
	for (size_t i = 0; i < json_len(specs); i++)
		jobs_register(t.batch, a, json_item(specs, i));
	json_set_bool(active, "active", true);
	json_set_text(active, "folder_id", accepted->folder_id);
	turn_emit(&t, "chat:active", json_print(active));
	if (accepted->title)
		turn_emit(&t, "chat:title", json_print(json_own(a, json_object_new_string(accepted->title))));
	if (accepted->title_spec)
		jobs_queue(t.batch, a, "title", accepted->title_spec);
	for (size_t i = 0; i < json_len(specs); i++)
		jobs_queue(t.batch, a, "turn", json_item(specs, i));
	ok = turn_flush(&t);
	turn_free(&t);
	for (size_t i = 0; !ok && i < json_len(specs); i++)
		turn_abandon(a, json_item(specs, i), "The server is busy. Please try again in a moment.");
	return ok;
}
