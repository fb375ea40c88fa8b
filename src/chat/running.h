#ifndef OW_CHAT_RUNNING_H
#define OW_CHAT_RUNNING_H

/*
 * running - the text of an answer that is being written, as it stands in Redis: a line
 * {chat_id, message_id, output}, then a line for each delta since.
 */

#include "json/json.h"

/* The first line with the deltas laid over its output; NULL when it is not readable. */
struct json_object *running_read(struct arena *a, const char *value);

#endif
