#ifndef OW_TURN_STORE_H
#define OW_TURN_STORE_H

/*
 * store - write a turn's message into the chat's document and its row, in one transaction.
 *
 * PostgreSQL may be away for a while: the calls try again for STORE_RETRY_MS before they give up.
 */

#include "db/db.h"
#include "turn/turn.h"

enum { STORE_RETRY_MS = 120000 };

/* Lay `fields` over the turn's message; *title (may be NULL) is that of the chat.  False: the chat is
 * gone, or could not be written in all that time. */
bool store_message(struct turn *t, struct json_object *fields, bool touch, const char **title);

/* The same for another message of the chat. */
bool store_fields(struct turn *t, const char *id, struct json_object *fields, bool touch, const char **title);

/* One statement on the chat, tried again while PostgreSQL is away; as db_run(). */
int store_run(struct turn *t, struct rows **out, enum query q, const char *p1, const char *p2);

/* The stored message, or NULL. */
struct json_object *store_read(struct turn *t, const char *message_id);

#endif
