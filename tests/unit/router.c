#include "unit.h"
#include "fcgi/request.h"

static const struct route rows[] = {
	{ "GET", "/api/chats/", USER },
	{ "POST", "/api/chats/new", USER },
	{ "GET", "/api/chats/{id}", USER },
	{ "GET", "/api/chats/{id}/messages/{message_id}", USER },
	{ "GET", "/api/chats/all", USER },
	{ "GET", "/cache/{path:path}", USER },
	{ "GET", "/board/{id:path}/history", USER },
	ROUTES_END
};

const struct route *const route_tables[] = { rows, NULL };

static const struct route *find(struct arena *a, const char *method, const char *path,
				const char **params, bool *other)
{
	for (int i = 0; i < REQ_MAX_PARAMS; i++)
		params[i] = NULL;
	*other = false;
	return router_find(a, method, path, params, other);
}

START_TEST(literals_beat_parameters)
{
	const char *p[REQ_MAX_PARAMS];
	struct arena *a = arena_new();
	bool other;

	router_setup();
	ck_assert_ptr_eq(find(a, "GET", "/api/chats/", p, &other), &rows[0]);
	ck_assert_ptr_eq(find(a, "GET", "/api/chats/all", p, &other), &rows[4]);
	ck_assert_ptr_eq(find(a, "GET", "/api/chats/x-1", p, &other), &rows[2]);
	ck_assert_str_eq(p[0], "x-1");
	ck_assert_ptr_eq(find(a, "GET", "/api/chats/new", p, &other), &rows[2]);
	ck_assert_ptr_eq(find(a, "GET", "/api/chats/c/messages/m", p, &other), &rows[3]);
	ck_assert_str_eq(p[0], "c");
	ck_assert_str_eq(p[1], "m");
	ck_assert_ptr_eq(find(a, "GET", "/cache/a/b/../c", p, &other), &rows[5]);
	ck_assert_str_eq(p[0], "a/b/../c");
	ck_assert_ptr_eq(find(a, "GET", "/board/a/history/b/history", p, &other), &rows[6]);
	ck_assert_str_eq(p[0], "a/history/b");
	ck_assert_ptr_null(find(a, "GET", "/board/a/history/b", p, &other));
	ck_assert_ptr_null(find(a, "GET", "/board/history", p, &other));
	ck_assert_ptr_null(find(a, "GET", "/api/chats", p, &other));
	ck_assert(!other);
	ck_assert_ptr_null(find(a, "DELETE", "/api/chats/x", p, &other));
	ck_assert(other);
	ck_assert_ptr_null(find(a, "GET", "/", p, &other));
	ck_assert_ptr_null(find(a, "BREW", "/api/chats/", p, &other));
	arena_free(a);
}
END_TEST

UNIT_MAIN("router", literals_beat_parameters)
