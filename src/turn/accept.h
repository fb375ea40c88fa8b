#ifndef OW_TURN_ACCEPT_H
#define OW_TURN_ACCEPT_H

/*
 * accept - take a completion request: check it, store its messages, make the specs of its turns.
 *
 * A request with a chat (or that starts one) has one turn for each answer; with a session_id they are
 * to be queued (turn_enqueue), without it the caller runs them itself.  A request without a chat is
 * direct: nothing is stored.
 */

#include "turn/turn.h"

struct db;

enum { TURN_ANSWERS_MAX = 32 };

struct turn_accept {
	bool direct;
	bool is_new;			/* the chat is made for it */
	bool queued;			/* has a session: a runner does it */
	const char *chat_id;
	const char *folder_id;
	const char *user_message_id;
	const char *first_message_id;	/* of the answers */
	const char *shown;		/* data of chat:messages for viewers, NULL: none */
	const char *title;		/* of a new chat that no model is asked to name, or NULL */
	struct json_object *specs;	/* a list, one for each answer */
	struct json_object *title_spec;	/* a title to be made meanwhile, or NULL */
	struct model model;
	int status;			/* when refused */
	const char *detail;
};

/* 1 accepted, 0 refused (status, detail), -1 the database failed. The form is changed. */
int turn_accept(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		struct json_object *form, struct turn_accept *out);

/* Announce the turns and queue them; false: Redis cannot be reached, the answers are marked as failed. */
bool turn_enqueue(struct arena *a, struct turn_accept *accepted);

#endif
