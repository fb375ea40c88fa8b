#include "turn/code.h"

#include "access/access.h"
#include "db/db.h"
#include "tool/code.h"
#include "turn/events.h"
#include "turn/features.h"
#include "turn/prepare.h"
#include "turn/tool_messages.h"
#include "turn/tool_prepare.h"

bool code_detected(struct turn *t)
{
	struct db *db;
	bool yes;

	if (t->native_tools || !feature_wanted(t, "code_interpreter") ||
	    !config_bool(t->cfg, CK_CODE_INTERPRETER_ENABLE) || !turn_capability(t, "code_interpreter") ||
	    !json_flag(json_get(t->model.meta, "builtinTools"), "code_interpreter", true))
		return false;
	if (t->user.is_admin)
		return true;
	db = db_get();
	yes = access_permitted(t->arena, db, t->cfg, &t->user, "features.code_interpreter") > 0;
	db_put(db);
	return yes;
}

/* Run it: { stdout, stderr, result }. */
static struct json_object *run(struct turn *t, const char *code)
{
	struct json_object *args = json_new_object(t->arena), *out = json_new_object(t->arena);
	static const char *const names[] = { "stdout", "stderr", "result" };
	struct tool_value value = { 0 };

	json_set_text(args, "code", code);
	code_run(tool_box(t), args, &value);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (json_get(value.json, names[i]))
			json_set(out, names[i], json_ref(json_get(value.json, names[i])));
	if (json_get(value.json, "error"))
		json_set(out, "stderr", json_ref(json_get(value.json, "error")));
	return out;
}

/* The answer so far, with its programs and what they printed, behind what was asked. */
static void next_request(struct turn *t)
{
	struct json_object *list = json_new_array(t->arena);
	struct buf b = BUF_INIT;

	if (!t->base_messages)
		t->base_messages = json_get(t->form, "messages");
	for (size_t i = 0; i < json_len(t->base_messages); i++)
		json_object_array_add(list, json_ref(json_item(t->base_messages, i)));
	output_json(&b, &t->out, false);
	tool_messages_add(list, json_parse(t->arena, buf_text(&b), b.len, NULL), 0);
	buf_free(&b);
	json_set(t->form, "messages", json_ref(list));
}

bool code_after_round(struct turn *t)
{
	struct item *it = output_last(&t->out);

	if (!it || it->kind != ITEM_CODE || t->code_rounds >= CODE_ROUNDS_MAX)
		return false;
	t->code_rounds++;
	turn_emit_snapshot(t);
	turn_flush(t);
	it->whole = text_eq(json_text(it->attributes, "type", NULL), "code")
			    ? run(t, buf_text(&it->text)) : json_own(t->arena, json_object_new_string(""));
	output_close(it);
	output_add(&t->out, ITEM_MESSAGE);
	turn_emit_snapshot(t);
	turn_flush(t);
	next_request(t);
	return true;
}
