#include "json/splice.h"

void json_member(struct buf *out, const char *key)
{
	if (out->len && out->data[out->len - 1] != '{')
		buf_addc(out, ',');
	buf_json(out, key);
	buf_addc(out, ':');
}

static struct json_change *find_change(struct json_change *changes, size_t n, struct str key)
{
	for (size_t i = 0; i < n; i++)
		if (json_raw_eq(key, changes[i].key))
			return &changes[i];
	return NULL;
}

void json_splice(struct buf *out, struct str object, struct json_change *changes, size_t n)
{
	const char *at = NULL;
	struct str key, value;

	for (size_t i = 0; i < n; i++)
		changes[i].done = false;
	buf_addc(out, '{');
	while (json_each(object, &at, &key, &value)) {
		struct json_change *c = find_change(changes, n, key);

		if (c && (c->done || !c->value.p)) {
			c->done = true;
			continue;
		}
		if (out->data && out->data[out->len - 1] != '{')
			buf_addc(out, ',');
		buf_addstr(out, key);
		buf_addc(out, ':');
		buf_addstr(out, c ? c->value : value);
		if (c)
			c->done = true;
	}
	for (size_t i = 0; i < n; i++) {
		if (changes[i].done || changes[i].only_present || !changes[i].value.p)
			continue;
		json_member(out, changes[i].key);
		buf_addstr(out, changes[i].value);
	}
	buf_addc(out, '}');
}
