#include "fcgi/request.h"

#include <ctype.h>
#include <sys/socket.h>

#include "access/access.h"
#include "base/env.h"
#include "fcgi/response.h"
#include "http/cookie.h"
#include "http/forwarded.h"

enum { SKIP_MAX = 1 << 20, SKIP_WAIT_S = 2 };

const char *req_param_env(struct req *r, const char *name)
{
	return FCGX_GetParam(name, r->io->fcgi->envp);
}

const char *req_header(struct req *r, const char *name)
{
	char env[128] = "HTTP_";
	size_t n = 5;

	for (; *name && n < sizeof(env) - 1; name++)
		env[n++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	env[n] = '\0';
	if (strcmp(env, "HTTP_CONTENT_TYPE") == 0 || strcmp(env, "HTTP_CONTENT_LENGTH") == 0)
		return req_param_env(r, env + 5);
	return req_param_env(r, env);
}

const char *req_cookie(struct req *r, const char *name)
{
	return cookie_value(r->arena, req_header(r, "Cookie"), name);
}

const char *req_client_ip(struct req *r)
{
	const char *ip = req_param_env(r, "REMOTE_ADDR");

	return ip ? forwarded_client(r->arena, ip, req_header(r, "X-Forwarded-For"),
				     env_str("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")) : "";
}

const char *req_base_url(struct req *r)
{
	const char *proto = req_header(r, "X-Forwarded-Proto");
	const char *scheme = req_param_env(r, "REQUEST_SCHEME");
	const char *host = req_header(r, "Host");

	if (!text_eq(proto, "https") && !text_eq(proto, "http"))
		proto = text_eq(scheme, "https") ? "https" : "http";
	return arena_printf(r->arena, "%s://%s", proto, host ? host : "localhost");
}

const char *req_query(struct req *r, const char *name)
{
	struct json_object *v = json_get(r->query, name);

	if (!v)
		return NULL;
	return json_object_get_string(v);
}

int64_t req_query_i64(struct req *r, const char *name, int64_t def)
{
	return json_i64(r->query, name, def);
}

bool req_query_bool(struct req *r, const char *name, bool def)
{
	return json_flag(r->query, name, def);
}

ssize_t req_body_read(struct req *r, void *buf, size_t n)
{
	int got = FCGX_GetStr(buf, n > INT32_MAX ? INT32_MAX : (int)n, r->io->fcgi->in);

	if (got == 0 && FCGX_GetError(r->io->fcgi->in))
		return -1;
	r->io->taken += got;
	return got;
}

/* Take what nobody has read; false: there is more than that, or it does not come. */
static bool skip(FCGX_Request *fcgi)
{
	char part[16384];
	int got = sizeof(part);

	for (size_t all = 0; got == sizeof(part) && all < SKIP_MAX; all += sizeof(part))
		got = FCGX_GetStr(part, sizeof(part), fcgi->in);
	return got < (int)sizeof(part) && !FCGX_GetError(fcgi->in);
}

void req_body_skip(struct req *r)
{
	FCGX_Request *fcgi = r->io->fcgi;
	struct timeval wait = { .tv_sec = SKIP_WAIT_S }, usual = { 0 };
	socklen_t n = sizeof(usual);
	int64_t size = 0;

	if (r->io->gone || fcgi->in->isClosed)
		return;
	text_to_i64(req_param_env(r, "CONTENT_LENGTH"), 0, INT64_MAX, &size);
	if (r->io->taken >= size) {	/* all but the end, which is there already */
		if (!skip(fcgi))
			fcgi->keepConnection = 0;
		return;
	}
	FCGX_FFlush(fcgi->out);
	getsockopt(fcgi->ipcFd, SOL_SOCKET, SO_RCVTIMEO, &usual, &n);
	setsockopt(fcgi->ipcFd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (!skip(fcgi))
		fcgi->keepConnection = 0;
	setsockopt(fcgi->ipcFd, SOL_SOCKET, SO_RCVTIMEO, &usual, sizeof(usual));
}

const char *req_body_text(struct req *r)
{
	const char *text = json_print(r->body);

	return json_strip_nul(r->arena, text, strlen(text));
}

struct db *req_db(struct req *r)
{
	if (!r->db)
		r->db = db_get();
	return r->db;
}

void req_db_release(struct req *r)
{
	db_put(r->db);
	r->db = NULL;
}

/* Our functions raise "404 The group does not exist.": the status, then what to say; or the name of an
 * error of fcgi/errors.h. */
static int raised(struct req *r, const char *message)
{
	int64_t status = 400;
	enum err known = err_named(message);

	if (known != ERR_COUNT)
		return req_fail(r, known);
	if (strlen(message) > 4 && message[3] == ' ' &&
	    str_to_i64((struct str){ message, 3 }, 400, 599, &status))
		message += 4;
	return req_fail_detail(r, (int)status, "%s", message);
}

int req_failed(struct req *r, const struct db_failure *f)
{
	switch (f->fault) {
	case DB_DOWN:
	case DB_BUSY:
		return req_fail(r, ERR_UNAVAILABLE);
	case DB_UNIQUE:
	case DB_CONFLICT:
		return req_fail(r, ERR_CONFLICT);
	case DB_RAISED:
		return raised(r, f->message);
	case DB_BAD_INPUT:
		return req_fail(r, ERR_DEFAULT);
	default:
		return req_fail(r, ERR_INTERNAL);
	}
}

int req_db_failed(struct req *r)
{
	struct db_failure f = { db_error(req_db(r)), db_message(req_db(r)) };

	return req_failed(r, &f);
}

bool req_db_rows(struct req *r, struct rows **out, enum query q, size_t n, const char *const *params)
{
	if (db_run_v(req_db(r), r->arena, out, q, n, params) >= 0)
		return true;
	req_db_failed(r);
	return false;
}

bool req_db_text_v(struct req *r, const char **out, enum query q, size_t n,
		   const char *const *params)
{
	struct rows *rows;

	if (!req_db_rows(r, &rows, q, n, params))
		return false;
	*out = rows_text(rows, 0, 0);
	return true;
}

bool req_db_bool_v(struct req *r, bool *out, enum query q, size_t n, const char *const *params)
{
	const char *text;

	if (!req_db_text_v(r, &text, q, n, params))
		return false;
	*out = text && *text == 't';
	return true;
}

bool req_db_i64_v(struct req *r, int64_t *out, enum query q, size_t n, const char *const *params)
{
	const char *text;

	if (!req_db_text_v(r, &text, q, n, params))
		return false;
	*out = 0;
	text_to_i64(text, INT64_MIN, INT64_MAX, out);
	return true;
}

int req_send_sql_v(struct req *r, enum query q, size_t n, const char *const *params)
{
	struct rows *rows;

	if (!req_db_rows(r, &rows, q, n, params))
		return 0;
	if (!rows_text(rows, 0, 0))
		return req_fail(r, r->route->none ? r->route->none : ERR_NOT_FOUND);
	return req_send_json(r, 200, rows_text(rows, 0, 0), rows_len(rows, 0, 0));
}

bool req_permitted(struct req *r, const char *permission)
{
	if (r->user.is_admin || access_default(r->cfg, permission))
		return true;
	if (!r->groups && (r->status || !req_db_run(r, &r->groups, Q_ACCESS_GROUPS, r->user.id)))
		return false;
	return access_granted(rows_text(r->groups, 0, 0), permission);
}

const struct part *req_part(struct req *r, const char *name)
{
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].filename && text_eq(r->parts[i].name, name))
			return &r->parts[i];
	return NULL;
}
