#ifndef OW_TURN_TEMPLATE_H
#define OW_TURN_TEMPLATE_H

/*
 * template - the prompts of small jobs, with their placeholders filled in one pass: what is put in is
 * never read as a placeholder itself.
 *
 *	{{MESSAGES}}  {{MESSAGES:START:n}}  {{MESSAGES:END:n}}  {{MESSAGES:MIDDLETRUNCATE:n}}
 *		lines "USER: …"; with a filter "|start:n", "|end:n" or "|middletruncate:n" each
 *		message is cut to n characters
 *	{{prompt}}  {{prompt:start:n}}  {{prompt:end:n}}  {{prompt:middletruncate:n}}  in any case
 *	{{COMPACTED_MESSAGES}}  {{RECENT_MESSAGES}}  likewise, with all of what stands behind MESSAGES
 *	{{TYPE}}  {{responses}}  {{PREVIOUS_SUMMARY}}  and those of turn/prompt.h that the server knows
 *
 * Unknown ones stay.  Source: the reference's settings page of these prompts.
 */

#include "turn/prompt.h"

struct template_input {
	struct json_object *messages;	/* NULL: none */
	const char *prompt;		/* NULL: the last question of the messages */
	const char *type;
	struct json_object *responses;	/* texts */
	struct json_object *compacted, *recent;	/* messages that a summary is made of, and those that stay */
	const char *summary;		/* an earlier one */
	const char *tools;		/* specs of tools, JSON */
	const char *question;		/* the template is the system message then, and this is asked */
};

const char *template_fill(struct arena *a, const char *text, const struct template_input *in,
			  const struct prompt_values *v);

#endif
