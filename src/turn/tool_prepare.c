#include "turn/tool_prepare.h"

#include "access/access.h"
#include "db/db.h"
#include "tool/browser.h"
#include "tool/builtin.h"
#include "tool/server.h"
#include "turn/messages.h"
#include "turn/prepare.h"
#include "turn/tell.h"
#include "turn/tool_legacy.h"

/* Events of tools go out at once: they may run for long. */
static void emit(void *ctx, const char *type, const char *data)
{
	struct turn *t = ctx;

	turn_tell(t, type, json_parse_text(t->arena, data));
}

static struct toolbox *new_box(struct turn *t)
{
	struct toolbox *b = arena_alloc(t->arena, sizeof(*b));

	b->arena = t->arena;
	b->cfg = t->cfg;
	b->user = &t->user;
	b->chat_id = t->chat_id;
	b->message_id = t->message_id;
	b->user_message_id = t->user_message_id;
	b->session_id = t->session_id;
	b->model_id = t->model.id;
	b->model_meta = t->model.meta;
	b->model_params = t->model.params;
	b->features = json_get(t->spec, "features");
	b->files = json_get(t->spec, "files");
	b->saved = t->saved;
	b->cancel_fd = t->cancel_fd;
	b->emit = emit;
	b->emit_ctx = t;
	return b;
}

/* May the account bring tools that its browser runs? */
static bool browser_tools_allowed(struct turn *t)
{
	struct db *db;
	bool yes;

	if (!json_len(json_get(t->spec, "tool_servers")) || !config_bool(t->cfg, CK_DIRECT_INTEGRATIONS_ENABLE))
		return false;
	if (t->user.is_admin)
		return true;
	db = db_get();
	yes = access_permitted(t->arena, db, t->cfg, &t->user, "features.direct_tool_servers") > 0;
	db_put(db);
	return yes;
}

static bool is_note_chat(struct turn *t)
{
	struct db *db;
	struct rows *rows;
	bool yes;

	if (!t->saved)
		return false;
	db = db_get();
	yes = db_run(db, t->arena, &rows, Q_TOOL_NOTE_CHAT, t->chat_id) > 0 && rows_bool(rows, 0, 0);
	db_put(db);
	return yes;
}

static void fill(struct turn *t, struct toolbox *b)
{
	bool note_chat;

	toolbox_add_servers(b, json_get(t->spec, "tool_ids"));
	if (browser_tools_allowed(t))
		toolbox_add_browser(b, json_get(t->spec, "tool_servers"));
	if (text_empty(t->session_id))
		return;
	note_chat = is_note_chat(t);
	if (note_chat || (t->native_tools && turn_capability(t, "builtin_tools")))
		toolbox_add_builtin(b, note_chat);
}

bool tool_prepare(struct turn *t)
{
	struct toolbox *b;

	if (t->given_tools)
		return true;
	b = new_box(t);
	fill(t, b);
	if (b->instructions)
		messages_add_system(t->arena, json_get(t->form, "messages"), buf_text(b->instructions), true);
	t->tools = b;
	if (b->count && t->native_tools)
		json_set(t->form, "tools", json_ref(toolbox_specs(b)));
	else if (b->count)
		tool_legacy(t);
	return true;
}

void tool_release(struct turn *t)
{
	if (t->tools)
		toolbox_close(t->tools);
}

struct toolbox *tool_box(struct turn *t)
{
	return t->tools ? t->tools : new_box(t);
}
