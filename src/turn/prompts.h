#ifndef OW_TURN_PROMPTS_H
#define OW_TURN_PROMPTS_H

/*
 * prompts - the built-in texts that are sent to models, used where a setting is empty: the templates of
 * the small jobs around a chat (turn/template.h), and what features add to a chat's messages.
 */

extern const char prompt_title[], prompt_tags[], prompt_follow_ups[], prompt_queries[], prompt_image[],
	prompt_autocomplete[], prompt_emoji[], prompt_merge[], prompt_voice[], prompt_code_interpreter[],
	prompt_code_browser[], prompt_summary[], prompt_sources[], prompt_tools[];

#endif
