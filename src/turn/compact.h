#ifndef OW_TURN_COMPACT_H
#define OW_TURN_COMPACT_H

/*
 * compact - a long conversation made short: what is old becomes a summary, which is kept in the message
 * where it ends (contextSummary) and stands in the system message from then on.
 *
 * Settings chat.context_compaction.*: on or off, token_threshold and token_cap (estimated: a token is four
 * characters, unless a provider told a count), retention_percentage of the messages that stay, model,
 * prompt_template ({{PREVIOUS_SUMMARY}}, {{COMPACTED_MESSAGES}}, {{RECENT_MESSAGES}} beside those of
 * turn/template.h).
 * Source: the reference's settings page; contract/chat-completions.md, section 11.
 */

#include "turn/turn.h"

/* A step of the preparation: shortens t->form's messages when they are too long.  A summary that cannot be
 * made leaves them as they are. */
bool compact_messages(struct turn *t);

/* Why a conversation that is asked to be compacted now is not: "disabled", "empty" (it stands nowhere),
 * "too_short"; NULL: it can be. */
const char *compact_hindrance(const struct config *cfg, struct json_object *branch, bool has_current);

struct compacted {
	size_t dropped, kept, characters;	/* messages, messages, of the summary */
};

/* Compact all but the last message of a branch that nothing hinders (t->model is the model to ask) and store
 * the summary in that one, here too. */
void compact_branch(struct turn *t, struct json_object *branch, struct compacted *out);

/* How full a conversation is: { tokens, estimated_tokens, threshold, percent, source }; NULL: compaction is
 * switched off, or there are no messages.  `params`: of the chat. */
struct json_object *compact_usage(struct arena *a, const struct config *cfg, struct json_object *params,
				  struct json_object *branch);

#endif
