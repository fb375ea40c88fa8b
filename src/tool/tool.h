#ifndef OW_TOOL_TOOL_H
#define OW_TOOL_TOOL_H

/*
 * tool - what a model may call during one turn, whoever runs it.
 *
 * A toolbox is filled for a turn by the kinds of tools (server.h: OpenAPI and MCP servers, builtin.h,
 * browser.h), its specs are offered to the model, and toolbox_call() runs one by its name:
 *
 *	struct toolbox box = { .arena = a, .cfg = cfg, .user = &user, … };
 *	toolbox_add(&box, "echo", spec, &my_ops, self);
 *	toolbox_call(&box, "echo", "{\"text\":\"hi\"}", &result);
 *
 * A call never fails as such: what goes wrong is the tool's answer, so that the model can react.
 * Threads: a toolbox belongs to its turn's thread.
 * Source: contract/chat-completions.md, section 6.
 */

#include "auth/session.h"
#include "config/config.h"
#include "json/json.h"

struct toolbox;
struct tool;

enum {
	TOOLS_MAX = 512,			/* in one box; more are left out */
	TOOL_NAME_MAX = 64,			/* characters that providers take */
	TOOL_INSTRUCTIONS_MAX = 64 * 1024,	/* bytes of servers' own words in the prompt */
	TOOL_BODY_MAX = 16 * 1024 * 1024,	/* bytes that a server may answer */
	TOOL_TEXT_MAX = 2 * 1024 * 1024,	/* bytes of an answer that the model gets; the rest is cut */
};

/* What a tool said, before it is put in words for the model. */
struct tool_value {
	struct json_object *json;	/* NULL: null */
	const char *type, *disposition, *location;	/* headers of an HTTP answer, or NULL */
};

struct tool_ops {
	const char *kind;		/* "builtin", "openapi", "mcp", "browser" */
	bool any_arguments;		/* checks its arguments itself: unknown ones reach it too */
	/* Run; errors are a value { "error": … } too. */
	void (*call)(struct toolbox *b, struct tool *t, struct json_object *args, struct tool_value *out);
};

struct tool {
	const char *name;		/* as the model calls it */
	const char *id;			/* where it comes from: "builtin:…", "server:…" */
	const char *spec;		/* { name, description, parameters } as JSON text */
	const struct tool_ops *ops;
	void *self;			/* of its kind */
};

struct toolbox {
	struct arena *arena;
	const struct config *cfg;
	const struct user *user;
	const char *chat_id, *message_id, *user_message_id, *session_id;	/* "" or NULL: none */
	const char *model_id;
	struct json_object *model_meta;	/* of the model; may be NULL */
	struct json_object *model_params;
	struct json_object *features;	/* of the request: { "memory": true … }; may be NULL */
	struct json_object *files;	/* attached to the request; may be NULL */
	bool saved;			/* the chat is in the database */
	int cancel_fd;			/* readable when the turn is to stop; -1: none */
	/* Send an event of the message to the account's browsers; may be NULL. */
	void (*emit)(void *ctx, const char *type, const char *data);
	void *emit_ctx;

	struct tool *tools[TOOLS_MAX];
	size_t count;
	struct buf *instructions;	/* of servers, for the system prompt; NULL: none */
	struct tool_end *ends;
};

/* What the model, the chat and the browser get of a call. */
struct tool_result {
	const char *text;		/* never NULL */
	bool failed;
	struct json_object *arguments;	/* as they were understood; NULL: they were not */
	struct json_object *files;	/* [{ type, url | content }] or NULL */
	struct json_object *embeds;	/* [HTML or address] or NULL */
	struct json_object *sources;	/* citations, or NULL */
};

/* Add a tool.  A name that is taken gets `prefix` and "_" before it; `name` is cut to TOOL_NAME_MAX. */
struct tool *toolbox_add(struct toolbox *b, const char *prefix, const char *name,
			 struct json_object *spec, const struct tool_ops *ops, void *self);
/* The same with the specification as text that has the name in it; a name that is taken is refused. */
struct tool *toolbox_add_text(struct toolbox *b, const char *name, const char *spec, const struct tool_ops *ops,
			      void *self);
struct tool *toolbox_find(struct toolbox *b, const char *name);

/* [{ "type": "function", "function": spec }] for the provider, as a raw value (json/json.h). */
struct json_object *toolbox_specs(struct toolbox *b);
/* [spec] as text. */
const char *toolbox_spec_list(struct toolbox *b);

/* Run a tool by name with arguments as JSON text. */
void toolbox_call(struct toolbox *b, const char *name, const char *arguments, struct tool_result *out);

/* What a server wants the model to know, for the system prompt; NULL or "" is nothing. */
void toolbox_instruct(struct toolbox *b, const char *title, const char *text);

/* Call fn(ptr) when the box is closed: sessions with servers end there. */
void toolbox_at_end(struct toolbox *b, void (*fn)(void *ptr), void *ptr);
void toolbox_close(struct toolbox *b);

/* Is the turn to stop? */
bool toolbox_cancelled(const struct toolbox *b);

/* A server's text, good UTF-8 and without NULs, whatever was sent. */
struct str tool_clean(struct arena *a, struct str text);

/* A value that says what went wrong: { "error": text }. */
void tool_fail(struct toolbox *b, struct tool_value *out, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
