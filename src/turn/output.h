#ifndef OW_TURN_OUTPUT_H
#define OW_TURN_OUTPUT_H

/*
 * output - the ordered list of items that an answer is made of (message, reasoning, function_call …)
 * while it grows.
 *
 * Text arrives as pieces; output_text() and output_reasoning() append them and open or close items as
 * needed.  The JSON of the list is made when somebody wants it: the end of the turn, a snapshot.
 * Source: contract/chat-completions.md, section 5.
 */

#include "base/buf.h"
#include "json/json.h"

enum { OUTPUT_MAX_ITEMS = 512, OUTPUT_MAX_TEXT = 4 * 1024 * 1024 };

enum item_kind { ITEM_MESSAGE, ITEM_REASONING, ITEM_FUNCTION_CALL, ITEM_CODE, ITEM_OTHER };

struct item {
	enum item_kind kind;
	char id[64];
	struct buf text;		/* of the message's newest part, or the reasoning; the call's arguments;
				 * the program */
	struct json_object *parts;	/* earlier parts of a message that is continued; else NULL */
	struct json_object *whole;	/* ITEM_OTHER: as it was read; ITEM_CODE: what it printed, or NULL */
	struct json_object *attributes;	/* ITEM_CODE: of its tag */
	const char *start_tag, *end_tag;	/* of reasoning, of a program */
	bool by_tag;			/* the tags stood in the text */
	const char *name;		/* of the function */
	const char *call_id;		/* the provider's id of the call; NULL: `id` */
	const char *status;		/* "in_progress", "completed" … */
	double started, ended;		/* seconds */
};

struct output {
	struct arena *arena;
	struct item *items[OUTPUT_MAX_ITEMS];
	size_t count;
	size_t text_bytes;
	bool full;			/* a limit was reached; nothing more is taken */
};

void output_init(struct output *o, struct arena *a);
void output_free(struct output *o);		/* the buffers' memory */

/* Load a stored list, to continue an answer: the last message gets a new part. */
void output_load(struct output *o, struct json_object *list);

/* The item that is being written, or NULL. */
struct item *output_last(struct output *o);
struct item *output_add(struct output *o, enum item_kind kind);	/* NULL: full */

/* Put a new item before the one at `index` / take the last one away. */
struct item *output_insert(struct output *o, size_t index, enum item_kind kind);
void output_drop_last(struct output *o);
size_t output_index(const struct output *o, const struct item *it);

/* Append text to the item; false when the limit is reached. */
bool output_append(struct output *o, struct item *it, struct str text);

/* Close a reasoning item: status, end time. */
void output_close(struct item *it);

/* Strip white space around the last message's text; an empty one is taken away. */
void output_strip(struct output *o);

/* The same, and set what is still running to `status`. */
void output_finish(struct output *o, const char *status);

/* JSON of one item / of the whole list.  live: parts of running messages have the type "text". */
void output_item_json(struct buf *b, const struct item *it, bool live);
void output_json(struct buf *b, const struct output *o, bool live);

/* The text of all message items. */
void output_content(struct buf *b, const struct output *o);

#endif
