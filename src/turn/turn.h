#ifndef OW_TURN_H
#define OW_TURN_H

/*
 * turn - one answer of one model: prepare the provider's request, stream it, store and announce it.
 *
 * A turn is described by a JSON object, its spec, so that a request can hand it to a runner through
 * Redis.  turn_accept() makes specs of a request; turn_run() runs one, blocking its thread.
 * Source: contract/chat-completions.md.
 *
 * Spec: { task_id, chat_id, message_id, user_message_id, assistant_message_id, session_id, folder_id,
 *	user: {id, name, email, role}, owner (of the chat), model, form: {the provider's fields, messages,
 *	stream}, tasks: {follow_up_generation …}, and what turn_take_fields() keeps of the request:
 *	params, variables, files, features, tool_ids … }
 */

#include "auth/session.h"
#include "config/config.h"
#include "json/json.h"
#include "model/model.h"
#include "turn/output.h"

struct redis_batch;
struct prompt_values;
struct toolbox;

struct turn {
	struct arena *arena;
	const struct config *cfg;
	struct json_object *spec;
	struct user user;
	const char *task_id, *chat_id, *message_id, *user_message_id, *session_id;
	const char *user_room, *chat_room, *running_key;	/* made once: used for every delta */
	bool saved;			/* the chat is in the database (not temporary) */
	bool own_chat;			/* the account owns the chat */
	bool continued;			/* the message exists and gets more */
	struct model model;
	struct json_object *form;	/* the provider's request while it is made */
	struct json_object *params;	/* of the request over the model's: set by the preparation */
	const struct prompt_values *values;	/* of placeholders, once they were asked for */
	bool given_tools;		/* the caller brought its own tools: ours stay away */
	bool native_tools;		/* the model calls tools itself (else "legacy": we ask it) */
	struct json_object *sources;	/* of attached files, for the model and the browser; NULL: none */
	struct json_object *first_event;	/* { sources } to be told before the answer, or NULL */
	struct json_object *kept;	/* lists of the message that events add to: turn/tell.h */
	const char *failure;		/* why the preparation ended the turn */
	int failure_status;		/* for a caller that waits */
	struct toolbox *tools;		/* what the model may call; NULL: nothing */
	int tool_rounds;		/* rounds of calls so far */
	struct json_object *new_sources;	/* citations of results that were not told yet, or NULL */
	struct output out;
	size_t round_start;		/* where the items of this call of the provider begin */
	struct json_object *usage;	/* of the provider, over all its calls; NULL: none was told */
	struct json_object *error;	/* an error object inside the stream */
	bool detect_tags;
	bool detect_code;		/* programs between tags are run: turn/code.h */
	int code_rounds;		/* how many were */
	struct json_object *base_messages;	/* what was asked before the first of them */
	const char *tag_start, *tag_end;	/* the only pair, when the request names one */
	bool streamed;			/* a delta has gone out */
	bool posted;			/* some events are on their way: turn_post() */
	int cancel_fd;			/* eventfd: readable when the turn is to stop */
	bool has_viewers;		/* somebody else has the chat open: shared copies are sent */
	int64_t shared_at, viewers_at;	/* mono_ms() of the last snapshot / look */
	struct redis_batch *batch;	/* events not sent yet */
	struct buf running;		/* lines for the running text not sent yet */
	struct arena *scratch;		/* of one look or flush */
	int chunk_size;			/* provider chunks in one delta event */
};

/* Set up from a spec, which must outlive it; everything lives in the arena. */
void turn_init(struct turn *t, struct arena *a, struct json_object *spec);
void turn_free(struct turn *t);

/* Run the whole turn.  Never fails: what goes wrong is told to the chat and stored.  False: ended by a
 * stop.  `answer` (may be NULL) gets the provider's refusal, for a caller that waits. */
struct http_answer;
bool turn_run(struct turn *t, struct http_answer *refusal);

/* A turn whose runner died: keep what was streamed and say that it was cut off.  False: nothing had
 * been streamed, it can be run again. */
bool turn_recover(struct turn *t);

/* A turn that was stopped before anybody ran it. */
void turn_stopped_early(struct turn *t);

/* A turn that nobody can run: its message is marked as failed, with the reason. */
void turn_abandon(struct arena *a, struct json_object *spec, const char *why);

/* Is that id one of a chat in the database? */
bool turn_is_saved(const char *chat_id);

#endif
