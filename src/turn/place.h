#ifndef OW_TURN_PLACE_H
#define OW_TURN_PLACE_H

/*
 * place - put the messages of a new turn into the database: a chat made for them, or a chat that exists.
 *
 * Source: contract/chat-completions.md, sections 3 and 4.
 */

#include "turn/accept.h"

/* What a request wants to store. */
struct placing {
	struct arena *arena;
	const struct user *user;
	struct json_object *form;
	struct json_object *user_message;	/* NULL: none */
	struct json_object *answers;		/* [{ model_id, message_id, modelIdx?, task_id }] */
	const char *folder_id, *chat_id, *answer_id;	/* answer_id: an answer to be continued */
	bool drop_chat_tasks;			/* out: not the owner's turn: no title, no tags */
	const char *owner;			/* out: of the chat; NULL: the user */
	const char *variables;			/* out: of the chat, JSON text, where the request brings none */
	const char *parent_of_answer;		/* out: of a continued answer */
};

/* What a request for a turn is answered with; returns 0. */
int place_refuse(struct turn_accept *out, int status, const char *detail);

/* As turn_accept(). */
int place_new_chat(struct placing *p, struct db *db, struct turn_accept *out);
int place_in_chat(struct placing *p, struct db *db, struct turn_accept *out);

#endif
