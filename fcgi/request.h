#ifndef OW_REQUEST_H
#define OW_REQUEST_H

/*
 * request - one HTTP request as a handler sees it, and the ways to answer it.
 *
 * Everything that answers a request lives in r->arena; handlers free nothing.  The helpers
 * below answer the client themselves when they fail and then return 0 or NULL, so that a handler
 * reads
 *
 *	if (!req_db_bool(r, &taken, Q_FOLDER_NAME_TAKEN, r->user.id, r->body_text))
 *		return 0;
 *
 * A handler's return value is ignored but for the reader: it returns what its last call returned.
 * Exactly one answer is sent; a second one is dropped and logged.
 */

#include "auth/session.h"
#include "config/config.h"
#include "db/db.h"
#include "fcgi/errors.h"
#include "fcgi/multipart.h"
#include "fcgi/router.h"
#include "json/json.h"

enum { REQ_MAX_PARAMS = 6, REQ_MAX_BODY = 64 * 1024 * 1024 };

struct event;
struct transport;	/* libfcgi's request; only request.c and response.c look inside */

struct req {
	struct arena *arena;
	const struct route *route;
	const char *method;
	const char *path;		/* decoded, without the query string */
	const char *query_string;	/* as sent, never NULL */
	const char *params[REQ_MAX_PARAMS];	/* the {…} of the route's path, in their order */
	struct user user;		/* valid behind a guard above ANON; for OPTIONAL see has_user */
	bool has_user;
	const struct rows *account;	/* of the route's `account` statement, when has_user */
	struct rows *rows;		/* of the route's `sql`, where it has a handler too */
	struct rows *groups;		/* what the account's groups allow, once somebody asked */
	const struct config *cfg;
	struct json_object *body;	/* checked and coerced; NULL when the route takes none */
	const char *body_text;		/* the same as JSON text without NULs, for $n::json */
	size_t body_len;
	bool half_text;			/* an escape in the body is half a character */
	bool big_body;			/* R_BIG_BODY: body holds the top level only */
	const struct part *parts;	/* R_FORM: what the form holds; for files use req_part() */
	size_t part_count;
	struct json_object *query;	/* checked query parameters, by name */
	char id[40];			/* request id */
	int audit_level;		/* fcgi/audited.h; -1: not asked yet */
	struct buf *audit_request, *audit_response;
	int64_t started_us;		/* mono_us() */
	uint64_t trips;			/* db_round_trips() at the start */
	struct db *db;			/* borrowed at its first use: req_db() */
	int status;			/* of the answer; 0: none yet */
	struct event_note *events;	/* req_event(): told when the answer has gone out */
	struct transport *io;
};

/* Request data.  NULL when absent; names of headers as in HTTP, any case. */
const char *req_header(struct req *r, const char *name);
const char *req_cookie(struct req *r, const char *name);
const char *req_param_env(struct req *r, const char *name);	/* a FastCGI parameter */
const char *req_query(struct req *r, const char *name);		/* as text, after the check */
int64_t req_query_i64(struct req *r, const char *name, int64_t def);
bool req_query_bool(struct req *r, const char *name, bool def);
const char *req_path_value(struct req *r, const char *name);	/* "{id}" as the route's path has it */
const char *req_client_ip(struct req *r);
const char *req_base_url(struct req *r);			/* scheme://host, no slash behind */

/* The body's present tree as JSON text without NULs: for $n::json after a handler changed it. */
const char *req_body_text(struct req *r);

/* The request's database connection; borrowed once, given back at its end (or by
 * req_db_release(), which a stream calls before it starts). */
struct db *req_db(struct req *r);
void req_db_release(struct req *r);

/* Run a statement; false when it failed (503 or 500 has been answered). *found: any row? */
bool req_db_rows(struct req *r, struct rows **out, enum query q, size_t n, const char *const *params);
#define REQ_PARAMS(...) \
	sizeof((const char *[]){ NULL, ##__VA_ARGS__ }) / sizeof(char *) - 1, (const char *[]){ NULL, ##__VA_ARGS__ } + 1
#define req_db_run(r, out, q, ...) req_db_rows(r, out, q, REQ_PARAMS(__VA_ARGS__))
/* The first column of the first row: false when failed; *out NULL when there is no row. */
bool req_db_text_v(struct req *r, const char **out, enum query q, size_t n, const char *const *params);
#define req_db_text(r, out, q, ...) req_db_text_v(r, out, q, REQ_PARAMS(__VA_ARGS__))
bool req_db_bool_v(struct req *r, bool *out, enum query q, size_t n, const char *const *params);
#define req_db_bool(r, out, q, ...) req_db_bool_v(r, out, q, REQ_PARAMS(__VA_ARGS__))
bool req_db_i64_v(struct req *r, int64_t *out, enum query q, size_t n, const char *const *params);
#define req_db_i64(r, out, q, ...) req_db_i64_v(r, out, q, REQ_PARAMS(__VA_ARGS__))
/* Answer according to the connection's last fault: 503, 409, 500; what a function of ours raised
 * ("404 The group does not exist.") with its status and text. */
int req_db_failed(struct req *r);
/* The same for a failure of another connection. */
int req_failed(struct req *r, const struct db_failure *f);

/* Answers. */
int req_send_json(struct req *r, int status, const char *json, size_t len);
int req_send_text(struct req *r, const char *json);			/* 200, JSON text */
int req_send_obj(struct req *r, struct json_object *o);			/* 200 */
int req_send_true(struct req *r);					/* 200, `true` */
int req_send_null(struct req *r);					/* 200, `null` */
int req_send_bytes(struct req *r, int status, const char *type, const void *data, size_t len);
int req_send_redirect(struct req *r, int status, const char *location);
/* The first column of the statement's first row as the answer; the route's `none` error (404 by
 * default) when there is no row or it is NULL. */
int req_send_sql_v(struct req *r, enum query q, size_t n, const char *const *params);
#define req_send_sql(r, q, ...) req_send_sql_v(r, q, REQ_PARAMS(__VA_ARGS__))

/* {"detail": …} with the error's status. */
int req_fail(struct req *r, enum err e);
int req_fail_detail(struct req *r, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
int req_fail_422(struct req *r, struct json_object *faults);

/* Headers of the answer: before it is sent. */
void req_add_header(struct req *r, const char *name, const char *value);
void req_set_cookie(struct req *r, const char *cookie);			/* a whole Set-Cookie value */

/* A stream: headers first, then pieces; false when the client has gone. */
bool req_stream_start(struct req *r, int status, const char *content_type);
bool req_stream_write(struct req *r, const void *data, size_t len);	/* flushed at once */
/* The same without blocking, for a callback on the shared thread (http/loop.h): what the web server does
 * not take at once is kept.  req_stream_drain() sends of it what it takes now, or with `wait` all of it: how
 * many bytes are left, -1 when the client has gone. */
bool req_stream_offer(struct req *r, const void *data, size_t len);
ssize_t req_stream_drain(struct req *r, bool wait);
bool req_stream_open(struct req *r);		/* the client is still there? cheap */
int req_client_fd(struct req *r);		/* becomes readable when the web server hangs up */

/* A file of the form (R_FORM), or NULL. */
const struct part *req_part(struct req *r, const char *name);

/* Raw body for uploads: reads up to n bytes; 0 at the end, -1 when the client has gone. */
ssize_t req_body_read(struct req *r, void *buf, size_t n);

/* Take the rest of the body that nobody read, up to 1 MiB, from the kept connection: the web server may send its
 * next request before it sees that a connection with such a rest is closed.  Where there is more, or it does not
 * come within 2 s, the connection ends with this request. */
void req_body_skip(struct req *r);

/* Something happened that webhooks may want to hear of (event/event.h): told after the answer, and only
 * when that is no error.  The actor is the account of the request.  `subject`: an id, or NULL;
 * `data`: an object of the request's arena, or NULL.  What is unusual about it (actor, source, the
 * subject's type) is set in what comes back.  For most operations the row says it all: struct route. */
struct event *req_event(struct req *r, const char *name, const char *subject, struct json_object *data);

/* May the user do this ("chat.delete", "features.notes")?  Administrators: always.  Answers from the
 * groups' and default permissions with one query at most in a request; with R_PERMISSIONS it came along
 * with the guard's. */
bool req_permitted(struct req *r, const char *permission);

#endif
