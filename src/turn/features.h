#ifndef OW_TURN_FEATURES_H
#define OW_TURN_FEATURES_H

/*
 * features - what the switches below the message field add to a request (spec.features): words for a
 * voice, memories, the code interpreter, and where the turn's folder speaks.
 *
 * A feature is a row of a table in features.c: its name, the permission that it needs, and a function; a
 * new one (web search, image generation) is a row more.
 * Source: contract/chat-completions.md, section 11.
 */

#include "turn/turn.h"

/* Steps of the preparation. */
bool features_add_folder(struct turn *t);
bool features_add(struct turn *t);

/* Is the feature asked for by the request? */
bool feature_wanted(const struct turn *t, const char *name);

/* Does the code interpreter run in the user's browser? */
bool feature_code_in_browser(const struct turn *t);

#endif
