#ifndef OW_TURN_PREPARE_H
#define OW_TURN_PREPARE_H

/*
 * prepare - from what a client asked to what the provider gets, step by step.
 *
 * Source: contract/chat-completions.md, section 11.  The steps stand in that order in prepare.c; each
 * changes t->form, the provider's request in the making (model, messages, parameters), and leaves
 * notes in the turn for those that follow.  A step that does not concern the turn returns true at
 * once.  What the client sent for us and not for the provider lies in t->spec (turn_take_fields()).
 */

#include "turn/turn.h"

/* Run all steps.  False: the turn cannot go on, t->failure says why. */
bool turn_prepare(struct turn *t);

/* The steps of a small job (turn/task.h): pipelines, parameters, the model's prompt. */
bool turn_prepare_task(struct turn *t);

/* For a step: note why the turn ends (status is for a caller that waits), and return false. */
bool turn_refuse(struct turn *t, int status, const char *why);

/* Move the web UI's fields of a request (files, features, tool_ids, params …) out of `form`, into
 * `spec` where a step reads them. */
void turn_take_fields(struct json_object *form, struct json_object *spec);

/* Does the turn get the server's own tools (a session, a model that calls tools and may have them)? */
bool turn_builtin_tools(const struct turn *t);

/* Does a switch of the model's metadata hold ("file_context")?  Capabilities are on unless told. */
bool turn_capability(const struct turn *t, const char *name);

#endif
