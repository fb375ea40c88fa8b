#ifndef OW_ROUTER_H
#define OW_ROUTER_H

/*
 * router - the table of operations.
 *
 * A row says everything about an operation: method, path, who may call it, what it takes and how it
 * is answered.  Rows stand in fcgi/routes/<tag>.c beside their handlers:
 *
 *	const struct route folder_routes[] = {
 *		{ "GET",  "/api/v1/folders/", USER, .sql = Q_FOLDER_LIST, .args = "user" },
 *		{ "POST", "/api/v1/folders/", USER, folder_create, folder_form },
 *		ROUTES_END
 *	};
 *
 * and are listed in fcgi/routes/tables.h.  router_setup() builds a trie; literal segments beat {name};
 * {name:path} takes the rest, or as much of it as it can when more of the row's path follows.  Two rows
 * for the same method and path abort the start.  Operations of the contract without a row answer 501
 * (behind their guard) and stand in docs/coverage.md.
 */

#include "config/keys.h"
#include "db/queries.h"
#include "fcgi/errors.h"
#include "fcgi/schema.h"

struct req;

enum guard {
	ANON,		/* everybody; no token is looked at */
	OPTIONAL,	/* everybody; r->has_user when a good token came along */
	SCIM,		/* an identity provider with SCIM_TOKEN */
	ANY_ROLE,	/* a signed-in account, pending ones too */
	USER,		/* role user or admin */
	ADMIN,
};

enum route_flag {
	R_STREAM = 1 << 0,	/* needs the stream pool: nginx sends it to the second socket */
	R_RAW_BODY = 1 << 1,	/* the handler reads the body itself */
	R_FORM = 1 << 2,	/* the body is form-encoded or multipart: fields in r->body */
	R_NO_STORE = 1 << 3,	/* Cache-Control: no-store, and 422 with a text: /api/v1/auths */
	R_BODY_OPTIONAL = 1 << 4,	/* an absent body is not a fault */
	R_BIG_BODY = 1 << 6,	/* r->body holds the top level only, nested objects and lists are empty
				 * there: the handler takes them from r->body_text as they were sent */
	R_NO_API_KEY = 1 << 5,	/* API keys are refused */
	R_READS_FIRST = 1 << 7,	/* `sql` changes nothing, the handler does: it goes along with the guard's */
	R_PERMISSIONS = 1 << 8,	/* the handler asks req_permitted(): the groups come with the account */
};

struct route {
	const char *method;
	const char *path;
	enum guard guard;
	int (*handler)(struct req *r);		/* or `sql`; both: the handler finds r->rows */
	const struct field *body;		/* NULL: takes no body */
	const struct field *query;		/* NULL: takes no query parameters; one that the path
						 * has as {name} is taken from there */
	unsigned flags;				/* enum route_flag */

	/* One-query routes: the first column of the first row is the answer. */
	enum query sql;
	/* Its parameters, separated by blanks: user (id), role, admin (t/f), admin_all (t/f: one who sees
	 * what belongs to others), body, .name of the body (a text), {name} of the path, ?name of the
	 * query string, now, now_ns, 'text'. */
	const char *args;
	enum err none;				/* when there is no row; 0: ERR_NOT_FOUND (404) */

	/* The guard's statement where it is not Q_AUTH_USER: the same first columns for the same
	 * parameter; the handler reads the others from r->account.  Saves a round trip. */
	enum query account;

	const struct field *view;		/* the settings that it shows: fcgi/settings.h */

	/* Told when the operation is done, to those who listen: the event's name (event/catalog.h), what it is
	 * about, and its data, separated by blanks:
	 *
	 *	"chat.tag_added {id} tag=.name"
	 *	"note.pinned|note.unpinned@is_pinned {id}"	by a flag of the answer
	 *	"feedback.deleted_all user:user"		with a type that is not the event's own
	 *
	 * Values are @name of the answer (a dotted path; @ alone: all of it), .name of the body, ?name of the
	 * query, {name} of the path, $1 a further column of `sql`, user (the account's id), 'text', [a,b] (a list
	 * of texts), true.  `*` in a path stands for each item: @*.id.  With # in front the number of items, with
	 * /300 behind the first 300 characters.  About: one of them, with
	 * a type in front ("chat.import:" has no id), or - for nothing; when it is absent the first {…} of the
	 * path, else the account itself.  More than that: req_event(). */
	const char *event;

	/* An environment variable: unless it is true the row does not exist, and its path neither. */
	const char *only_with;

	/* Checked after the guard and the form of the request, before the handler. */
	const char *feature;			/* config key that must be true ("folders.enable") … */
	enum err feature_err;			/* … else this error; 0: ERR_FORBIDDEN */
	const char *permission;			/* "features.folders"; administrators always pass */
	enum err permission_err;		/* 0: ERR_UNAUTHORIZED (401) */
};

#define ROUTES_END { NULL, NULL, ANON }

/* All tables, ended by NULL: fcgi/routes/routes.c. */
extern const struct route *const route_tables[];

void router_setup(void);

/* One more row, which must stay: before the first request. */
void router_add(const struct route *r);

/* Find the row; fills the {…} values as slices of `path` copied to the arena.  NULL: no such path; when
 * the path exists with other methods, *other_method is set. */
struct arena;
const struct route *router_find(struct arena *a, const char *method, const char *path,
				const char **params, bool *other_method);

#endif
