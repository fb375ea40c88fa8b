#include "fcgi/router.h"

#include "base/arena.h"
#include "base/env.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/request.h"

enum { METHODS = 8 };

struct node {
	const char *segment;		/* literal text; NULL for {name} */
	size_t len;
	struct node *next;		/* sibling */
	struct node *child;		/* literal children first, then {name} */
	const struct route *routes[METHODS];
	bool rest;			/* {name:path} */
};

static struct node root;

static const char *const methods[METHODS] = { "GET",   "POST", "PUT",	  "DELETE",
					      "PATCH", "HEAD", "OPTIONS", NULL };

static int method_index(const char *method)
{
	for (int i = 0; methods[i]; i++)
		if (strcmp(method, methods[i]) == 0)
			return i;
	return -1;
}

static bool is_param(struct str seg)
{
	return seg.n > 2 && seg.p[0] == '{' && seg.p[seg.n - 1] == '}';
}

static struct node *child_for(struct node *parent, struct str seg)
{
	bool param = is_param(seg), rest = param && str_ends(seg, ":path}");
	struct node **at = &parent->child, *n;

	for (n = parent->child; n; n = n->next) {
		if (param ? !n->segment && n->rest == rest
			  : n->segment && n->len == seg.n && memcmp(n->segment, seg.p, seg.n) == 0)
			return n;
	}
	/* Order: literals, {name}, {name:path}. */
	while (*at && ((*at)->segment || (param && !(*at)->rest)))
		at = &(*at)->next;
	n = xcalloc(1, sizeof(*n));
	n->segment = param ? NULL : seg.p;
	n->len = seg.n;
	n->rest = rest;
	n->next = *at;
	*at = n;
	return n;
}

void router_add(const struct route *r)
{
	struct str rest = str_of(r->path);
	struct node *n = &root;
	int m = method_index(r->method);

	str_split(&rest, '/');
	while (rest.p)
		n = child_for(n, str_split(&rest, '/'));
	if (m < 0 || n->routes[m])
		die("route_twice", "method=%s path=%s", r->method, r->path);
	n->routes[m] = r;
}

void router_setup(void)
{
	for (size_t i = 0; route_tables[i]; i++)
		for (const struct route *r = route_tables[i]; r->method; r++)
			if (!r->only_with || env_bool(r->only_with, false))
				router_add(r);
}

struct search {
	struct arena *arena;
	int method;
	const char **params;
	bool other_method;
};

static const struct route *at_end(struct search *s, const struct node *n)
{
	for (int i = 0; i < METHODS; i++)
		s->other_method |= n->routes[i] && i != s->method;
	return s->method >= 0 ? n->routes[s->method] : NULL;
}

static const struct route *walk(struct search *s, const struct node *n, struct str rest, int depth);

/* {name:path}: all that is left, or as much of it as leaves something that fits behind. */
static const struct route *walk_rest(struct search *s, const struct node *n, struct str rest, int depth)
{
	const struct route *found = walk(s, n, (struct str){ NULL, 0 }, depth + 1);
	size_t len = rest.n;

	while (!found && n->child && len) {
		if (rest.p[--len] == '/')
			found = walk(s, n, (struct str){ rest.p + len + 1, rest.n - len - 1 }, depth + 1);
	}
	if (found)
		s->params[depth] = arena_strndup(s->arena, rest.p, len);
	return found;
}

static const struct route *walk(struct search *s, const struct node *n, struct str rest, int depth)
{
	const struct route *found = NULL;
	struct str seg, tail = rest;

	if (!rest.p)
		return at_end(s, n);
	seg = str_split(&tail, '/');
	for (n = n->child; n && !found; n = n->next) {
		if (n->segment) {
			if (n->len == seg.n && memcmp(n->segment, seg.p, seg.n) == 0)
				found = walk(s, n, tail, depth);
			continue;
		}
		if (depth >= REQ_MAX_PARAMS)
			continue;
		if (n->rest) {
			found = walk_rest(s, n, rest, depth);
			continue;
		}
		found = seg.n ? walk(s, n, tail, depth + 1) : NULL;
		if (found)
			s->params[depth] = arena_strndup(s->arena, seg.p, seg.n);
	}
	return found;
}

const struct route *router_find(struct arena *a, const char *method, const char *path,
				const char **params, bool *other_method)
{
	struct search s = { a, method_index(method), params, false };
	struct str rest = str_of(path);
	const struct route *r;

	str_split(&rest, '/');
	r = walk(&s, &root, rest, 0);
	*other_method = s.other_method;
	return r;
}
