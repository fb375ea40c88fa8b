#ifndef OW_TURN_TOOL_RESOLVE_H
#define OW_TURN_TOOL_RESOLVE_H

/*
 * tool_resolve - the user's word on a call that waits: an answer, leave, or refusal.
 * Source: contract/chat-completions.md, section 6; the reference's resolve route.
 */

#include "auth/session.h"
#include "config/config.h"
#include "json/json.h"

struct db;

enum tool_resume { RESUME_NOTHING, RESUME_TOOLS, RESUME_MODEL };

struct tool_resolve {
	const char *chat_id, *message_id;
	struct json_object *form;	/* { call_id, action: approve | reject | answer, answers?, timed_out? } */
	enum tool_resume resume;	/* out: how the turn goes on */
	int status;			/* out: when refused */
	const char *detail;
	struct json_object *request;	/* out: the completion request that goes on, unless RESUME_NOTHING */
};

/* Store it and tell the account's browsers: 1 done, 0 refused, -1 the database failed. */
int tool_resolve(struct arena *a, struct db *db, const struct config *c, const struct user *u,
		 struct tool_resolve *r);

#endif
