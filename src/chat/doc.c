/* doc - the members of a chat's document, see tree.h. */

#include "chat/tree.h"

static void read_history(struct chat_doc *d)
{
	const char *at = NULL;
	struct str key, value;

	while (json_each(d->history, &at, &key, &value)) {
		if (json_raw_eq(key, "messages"))
			d->messages = value;
		else if (json_raw_eq(key, "currentId"))
			d->current = value;
	}
}

bool chat_doc_read(struct chat_doc *d, struct str text)
{
	const char *at = NULL;
	struct str key, value;

	memset(d, 0, sizeof(*d));
	d->text = text;
	if (!text.n || text.p[0] != '{')
		return false;
	while (json_each(text, &at, &key, &value)) {
		if (json_raw_eq(key, "history"))
			d->history = value;
		else if (json_raw_eq(key, "messages"))
			d->legacy = value;
		else if (json_raw_eq(key, "title"))
			d->title = value;
		else if (json_raw_eq(key, "currentId"))
			d->current_id = value;
		else if (json_raw_eq(key, "branchPointMessageId"))
			d->branch_point = value;
		else if (json_raw_eq(key, "share_mode"))
			d->has_share_mode = true;
	}
	if (d->history.n && d->history.p[0] == '{')
		read_history(d);
	return true;
}

struct str chat_doc_current(struct arena *a, const struct chat_doc *d, struct str current)
{
	struct str last = { NULL, 0 }, item, id;
	const char *at = NULL;

	if (chat_raw_true(current))
		return chat_raw_text(a, current);
	if (chat_raw_true(d->current_id))
		return chat_raw_text(a, d->current_id);
	if (chat_raw_true(d->branch_point))
		return chat_raw_text(a, d->branch_point);
	while (d->legacy.n && d->legacy.p[0] == '[' && json_each_item(d->legacy, &at, &item))
		if (json_find(item, "id", &id) && chat_raw_true(id))
			last = id;
	return chat_raw_text(a, last);
}
