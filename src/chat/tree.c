#include "chat/tree.h"

#include "base/rand.h"

static struct str no_text(void)
{
	return (struct str){ NULL, 0 };
}

struct str chat_raw_text(struct arena *a, struct str raw)
{
	if (!json_raw_is_string(raw))
		return no_text();
	if (!memchr(raw.p, '\\', raw.n))
		return (struct str){ raw.p + 1, raw.n - 2 };
	return str_of(json_raw_text(a, raw));
}

bool chat_raw_true(struct str raw)
{
	const char *at = NULL;
	struct str k, v;

	if (!raw.n)
		return false;
	switch (raw.p[0]) {
	case '"':
		return raw.n > 2;
	case '{':
		return json_each(raw, &at, &k, &v);
	case '[':
		return json_each_item(raw, &at, &v);
	case 't':
		return true;
	case 'n':
	case 'f':
		return false;
	default:
		/* A number is 0 when no digit before its exponent is another. */
		for (size_t i = 0; i < raw.n && raw.p[i] != 'e' && raw.p[i] != 'E'; i++)
			if (raw.p[i] >= '1' && raw.p[i] <= '9')
				return true;
		return false;
	}
}

/*
 * The table of ids.  Ids come from clients, so the hash is keyed: with a known one a document
 * could be made whose ids all fall on one place.
 */
static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t hash(uint64_t seed, struct str s)
{
	uint64_t h = seed ^ s.n, w;

	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		memcpy(&w, s.p, 8);
		h = mix(h ^ w, seed | 0x9e3779b97f4a7c15);
	}
	w = 0;
	memcpy(&w, s.p, s.n);
	return mix(h ^ w, ~seed | 0xd6e8feb86659fd93);
}

static size_t slot(const struct chat_tree *t, struct str id)
{
	size_t mask = t->table_size - 1, i = hash(t->seed, id) & mask;

	while (t->table[i] && !chat_same(t->msg[t->table[i] - 1].id, id))
		i = (i + 1) & mask;
	return i;
}

int chat_tree_find(const struct chat_tree *t, struct str id)
{
	int i;

	if (!id.p || !t->count)
		return -1;
	i = t->table[slot(t, id)] - 1;
	return i >= 0 && t->msg[i].dead ? -1 : i;
}

int chat_tree_find_raw(const struct chat_tree *t, struct str raw)
{
	return chat_tree_find(t, chat_raw_text(t->arena, raw));
}

/* Where a member is kept; NULL: nobody asks for it.  The lengths tell nearly all names apart. */
static struct str *place_of(struct chat_msg *m, struct str key)
{
	const char *name;
	struct str *to;

	switch (key.n) {
	case 4: name = "\"id\""; to = &m->own_id; break;
	case 6:
		to = key.p[1] == 'r' ? &m->role : key.p[1] == 'u' ? &m->user : &m->meta;
		name = to == &m->role ? "\"role\"" : to == &m->user ? "\"user\"" : "\"meta\"";
		break;
	case 8: name = "\"output\""; to = &m->output; break;
	case 9: name = "\"user_id\""; to = &m->user_id; break;
	case 10: name = "\"parentId\""; to = &m->parent_id; break;
	case 11: name = "\"timestamp\""; to = &m->timestamp; break;
	case 13: name = "\"childrenIds\""; to = &m->children; break;
	default: return NULL;
	}
	return memcmp(key.p, name, key.n) == 0 ? to : NULL;
}

void chat_msg_field(struct chat_msg *m, struct str key, struct str value)
{
	struct str *to = place_of(m, key);

	if (to) {
		m->doubled = m->doubled || to->p;
		*to = value;
	} else if (str_eq(key, "\"done\"")) {
		m->has_done = true;
		m->done_false = str_eq(value, "false");
	}
	m->children_at = m->children;
}

void chat_msg_read(struct chat_msg *m, struct str raw)
{
	const char *at = NULL;
	struct str key, value;

	m->raw = raw;
	m->parent = m->first_added = m->last_added = m->next_added = -1;
	m->is_object = raw.n && raw.p[0] == '{';
	while (m->is_object && json_each(raw, &at, &key, &value))
		chat_msg_field(m, key, value);
}

void chat_tree_begin(struct chat_tree *t, struct arena *a)
{
	memset(t, 0, sizeof(*t));
	t->arena = a;
}

struct chat_msg *chat_tree_add(struct chat_tree *t, struct str key)
{
	struct chat_msg *m;

	if (t->count == t->room) {
		int room = t->room ? t->room * 2 : 16;

		if (t->count >= CHAT_MESSAGES_MAX)
			return NULL;
		m = arena_calloc(t->arena, (size_t)room, sizeof(*m));
		if (t->count)
			memcpy(m, t->msg, (size_t)t->count * sizeof(*m));
		t->msg = m;
		t->room = room;
	}
	m = &t->msg[t->count++];
	*m = (struct chat_msg){ .key = key, .id = chat_raw_text(t->arena, key), .parent = -1,
				.first_added = -1, .last_added = -1, .next_added = -1 };
	if (!m->id.p)		/* an escape that stands for nothing: no id finds it */
		m->id = key;
	return m;
}

void chat_tree_finish(struct chat_tree *t)
{
	if (!t->count)
		return;
	rand_bytes(&t->seed, sizeof(t->seed));
	for (t->table_size = 16; t->table_size < (size_t)t->count * 2; t->table_size *= 2)
		;
	t->table = arena_calloc(t->arena, t->table_size, sizeof(*t->table));
	for (int i = 0; i < t->count; i++) {
		size_t place = slot(t, t->msg[i].id);

		if (t->table[place])		/* of two with one name the last one counts */
			t->msg[t->table[place] - 1].dead = true;
		t->table[place] = i + 1;
	}
	for (int i = 0; i < t->count; i++) {
		struct chat_msg *m = &t->msg[i];

		if (m->is_object)
			m->parent = chat_tree_find_raw(t, m->parent_id);
		if (m->children.n && m->children.p[0] != '[')
			m->children = no_text();
	}
}

bool chat_tree_read(struct chat_tree *t, struct arena *a, struct str messages)
{
	const char *at = NULL;
	struct str key, value;

	chat_tree_begin(t, a);
	while (messages.n && messages.p[0] == '{' && json_each(messages, &at, &key, &value)) {
		struct chat_msg *m = chat_tree_add(t, key);

		if (!m)
			return false;
		chat_msg_read(m, value);
	}
	chat_tree_finish(t);
	return true;
}

static void mark_linked(struct chat_tree *t)
{
	if (t->linked_known)
		return;
	t->linked_known = true;
	for (int p = 0; p < t->count; p++) {
		const char *at = NULL;
		struct str id;

		if (t->msg[p].dead || !t->msg[p].is_object)
			continue;
		while (t->msg[p].children.p && json_each_item(t->msg[p].children, &at, &id)) {
			int c = chat_tree_find_raw(t, id);

			if (c >= 0 && t->msg[c].parent == p)
				t->msg[c].linked = true;
		}
	}
}

static bool queue_children(struct chat_tree *t)
{
	bool changed = false;

	mark_linked(t);
	for (int i = 0; i < t->count; i++) {
		struct chat_msg *m = &t->msg[i], *parent;

		if (m->dead || !m->is_object || m->linked || m->parent < 0)
			continue;
		parent = &t->msg[m->parent];
		if (!parent->is_object)
			continue;
		if (parent->last_added >= 0)
			t->msg[parent->last_added].next_added = i;
		else
			parent->first_added = i;
		parent->last_added = i;
		m->linked = true;
		changed = true;
	}
	return changed;
}

void chat_tree_children(const struct chat_tree *t, int i, struct buf *out)
{
	const struct chat_msg *m = &t->msg[i];
	const char *at = NULL;
	struct str id;
	bool first = true;

	buf_addc(out, '[');
	while (m->children.p && json_each_item(m->children, &at, &id)) {
		if (!first)
			buf_addc(out, ',');
		buf_addstr(out, id);
		first = false;
	}
	for (int c = m->first_added; c >= 0; c = t->msg[c].next_added) {
		if (!first)
			buf_addc(out, ',');
		buf_addstr(out, t->msg[c].key);
		first = false;
	}
	buf_addc(out, ']');
}

/* May the way down to the newest message go on at c, a child that p lists? */
static bool good_child(const struct chat_tree *t, int p, int c)
{
	const struct chat_msg *m;

	if (c < 0)
		return false;
	m = &t->msg[c];
	return m->is_object && m->parent == p && chat_raw_true(m->role) &&
	       chat_tree_find_raw(t, m->own_id) == c;
}

static int last_child(const struct chat_tree *t, int p, const bool *seen)
{
	const char *at = NULL;
	struct str id;
	int found = -1;

	while (t->msg[p].children.p && json_each_item(t->msg[p].children, &at, &id)) {
		int c = chat_tree_find_raw(t, id);

		if (good_child(t, p, c) && !seen[c])
			found = c;
	}
	for (int c = t->msg[p].first_added; c >= 0; c = t->msg[c].next_added)
		if (good_child(t, p, c) && !seen[c])
			found = c;
	return found;
}

static int last_descendant(const struct chat_tree *t, int i)
{
	bool *seen = arena_calloc(t->arena, (size_t)t->count, sizeof(*seen));

	for (;;) {
		int next;

		seen[i] = true;
		next = last_child(t, i, seen);
		if (next < 0)
			return i;
		i = next;
	}
}

static double number(struct arena *a, struct str raw)
{
	double v;

	if (!raw.n || raw.n > 40 || (raw.p[0] != '-' && (raw.p[0] < '0' || raw.p[0] > '9')))
		return 0;
	return text_to_double(arena_strndup(a, raw.p, raw.n), &v) ? v : 0;
}

static int newest_leaf(const struct chat_tree *t)
{
	double latest = -1;
	int leaf = -1;

	for (int i = 0; i < t->count; i++) {
		const struct chat_msg *m = &t->msg[i];
		const char *at = NULL;
		struct str child;
		double time;

		if (m->dead || !chat_raw_true(m->role) || m->first_added >= 0)
			continue;
		if (m->children.p && json_each_item(m->children, &at, &child))
			continue;
		time = number(t->arena, m->timestamp);
		if (time > latest) {
			latest = time;
			leaf = i;
		}
	}
	return leaf;
}

/* The role that the first output item with a role names. */
static bool output_is_assistant(struct str output)
{
	const char *at = NULL;
	struct str item, role;

	while (output.n && output.p[0] == '[' && json_each_item(output, &at, &item))
		if (json_find(item, "role", &role) && chat_raw_true(role))
			return json_raw_eq(role, "assistant");
	return false;
}

static int live_count(const struct chat_tree *t)
{
	int n = 0;

	for (int i = 0; i < t->count && n < 2; i++)
		n += !t->msg[i].dead;
	return n;
}

static bool good_current(const struct chat_tree *t, int i)
{
	const struct chat_msg *m;

	if (i < 0)
		return false;
	m = &t->msg[i];
	if (!m->is_object || !chat_raw_true(m->own_id) || !chat_raw_true(m->role))
		return false;
	/* An answer that lost its parent and was never started is no place to stand at. */
	return !(output_is_assistant(m->output) && (!m->parent_id.p || json_raw_is_null(m->parent_id)) &&
		 !chat_raw_true(m->timestamp) && live_count(t) > 1);
}

bool chat_tree_repair(struct chat_tree *t, struct str *current)
{
	bool changed = queue_children(t);
	int i = chat_tree_find_raw(t, *current), to;

	if (good_current(t, i)) {
		to = last_descendant(t, i);
		if (to == i)
			return changed;
	} else {
		to = newest_leaf(t);
		if (to < 0 || to == i)
			return changed;
	}
	*current = t->msg[to].key;
	return true;
}
