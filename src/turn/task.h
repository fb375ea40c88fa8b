#ifndef OW_TURN_TASK_H
#define OW_TURN_TASK_H

/*
 * task - one small job for a model: a title, tags, queries …, from the template of its setting.
 *
 * The job goes to the task model of the settings (for local or for other models), else to the model of
 * the chat; a merge of answers always goes to the latter.  Source: contract/chat-completions.md,
 * sections 9 and 15.
 */

#include "turn/template.h"

enum task_kind {
	TASK_TITLE, TASK_FOLLOW_UPS, TASK_TAGS, TASK_IMAGE_PROMPT, TASK_QUERIES, TASK_AUTOCOMPLETE, TASK_EMOJI,
	TASK_MERGE, TASK_SUMMARY, TASK_TOOLS,
};

/* Make t->form and t->model for a task of the model `id`; the provider's request follows with
 * payload_request().  False: t->failure. */
bool task_prepare(struct turn *t, enum task_kind kind, const char *id, const struct template_input *in,
		  bool stream);

/* Ask within a turn, for its own model, and wait: the text of the answer, NULL when there is none. */
const char *task_ask(struct turn *t, enum task_kind kind, const struct template_input *in);

/* The object between the first { and the last } of an answer, or NULL. */
struct json_object *task_object(struct arena *a, const char *answer);

#endif
