#include "fcgi/handle.h"

#include "access/access.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/rand.h"
#include "fcgi/audited.h"
#include "fcgi/events.h"
#include "fcgi/fallback.h"
#include "fcgi/guard.h"
#include "fcgi/response.h"
#include "json/plain.h"

enum { MAX_ARGS = 15, TOUCH_AFTER_S = 60, PATH_MAX_BYTES = 8192 };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decode (RFC 3986); NUL ends the request as bad. */
static bool uri_decode(char *out, const char *s, size_t n, bool plus)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && i + 2 < n && hex_value(s[i + 1]) >= 0 && hex_value(s[i + 2]) >= 0) {
			*out = (char)(hex_value(s[i + 1]) << 4 | hex_value(s[i + 2]));
			if (*out)
				out++;
			else if (!plus)
				return false;
			i += 2;
		} else {
			*out++ = plus && s[i] == '+' ? ' ' : s[i];
		}
	}
	*out = '\0';
	return true;
}

static bool read_target(struct req *r)
{
	const char *uri = req_param_env(r, "REQUEST_URI");
	const char *mark;
	char *path;
	size_t n;

	if (!uri || *uri != '/')
		return false;
	mark = strchr(uri, '?');
	n = mark ? (size_t)(mark - uri) : strlen(uri);
	if (n > PATH_MAX_BYTES)
		return false;
	path = arena_alloc(r->arena, n + 1);
	r->query_string = mark ? mark + 1 : "";
	r->path = path;
	return uri_decode(path, uri, n, false);
}

/* name=value&… as an object of texts; a name that comes again wins, or joins a list that the
 * schema asks for. */
static struct json_object *parse_query(struct req *r, const struct field *table)
{
	struct json_object *o = json_new_object(r->arena);
	struct str rest = str_of(r->query_string);

	while (rest.n) {
		struct str value = str_split(&rest, '&'), name = str_split(&value, '=');
		char *key = arena_alloc(r->arena, name.n + 1);
		char *text = arena_alloc(r->arena, value.n + 1);
		const struct field *f = table;

		if (!uri_decode(key, name.p ? name.p : "", name.n, true) ||
		    !uri_decode(text, value.p ? value.p : "", value.n, true))
			continue;
		while (f && f->name && strcmp(f->name, key) != 0)
			f++;
		if (!f || !f->name)
			continue;
		if (!(f->type & T_LIST)) {
			json_set_text(o, key, text);
			continue;
		}
		if (!json_get(o, key))
			json_set(o, key, json_object_new_array());
		json_object_array_add(json_get(o, key), json_object_new_string(text));
	}
	return o;
}

static char *read_body(struct req *r, size_t *len)
{
	const char *declared = req_param_env(r, "CONTENT_LENGTH");
	int64_t n = 0;
	size_t got = 0;
	char *body;

	if (!text_empty(declared) && !text_to_i64(declared, 0, REQ_MAX_BODY, &n)) {
		req_fail(r, ERR_TOO_LARGE);
		return NULL;
	}
	body = arena_alloc(r->arena, (size_t)n + 1);
	while (got < (size_t)n) {
		ssize_t part = req_body_read(r, body + got, (size_t)n - got);

		if (part <= 0)
			break;
		got += (size_t)part;
	}
	if (got < (size_t)n) {
		req_fail_detail(r, 400, "The request body was cut off.");
		return NULL;
	}
	*len = got;
	audited_request(r, body, got);
	return body;
}

static bool is_json_type(const char *type)
{
	struct str rest = str_of(type), media = str_trim(str_split(&rest, ';'));

	return str_eq(media, "application/json") ||
	       (str_starts(media, "application/") && str_ends(media, "+json"));
}

static void invalid_json(struct req *r, const char *why, size_t at)
{
	struct json_object *faults = json_new_array(r->arena), *loc = json_object_new_array();
	struct json_object *f = json_object_new_object(), *ctx = json_object_new_object();

	json_object_array_add(loc, json_object_new_string("body"));
	json_object_array_add(loc, json_object_new_int64((int64_t)at));
	json_set_text(f, "type", "json_invalid");
	json_set(f, "loc", loc);
	json_set_text(f, "msg", "JSON decode error");
	json_set(f, "input", json_object_new_object());
	json_set_text(ctx, "error", why);
	json_set(f, "ctx", ctx);
	json_object_array_add(faults, f);
	req_fail_422(r, faults);
}

/* A form's fields as texts, its files as objects { filename, content_type }. */
static void take_form(struct req *r, char *body, size_t len)
{
	struct part *parts;

	r->part_count = multipart_read(r->arena, req_param_env(r, "CONTENT_TYPE"), (struct str){ body, len }, &parts);
	r->parts = parts;
	r->body = json_new_object(r->arena);
	for (size_t i = 0; i < r->part_count; i++) {
		struct json_object *v;

		if (parts[i].filename) {
			v = json_object_new_object();
			json_set_text(v, "filename", parts[i].filename);
			json_set_text(v, "content_type", parts[i].type);
		} else {
			v = json_object_new_string_len(parts[i].data.p, (int)parts[i].data.n);
		}
		json_set(r->body, parts[i].name, v);
	}
}

/* Read and parse the body.  False: answered.  *given tells an absent body from `null`; a body that
 * is not declared as JSON stays text, which no schema but a text's takes. */
static bool take_body(struct req *r, bool *given)
{
	const char *why = NULL;
	size_t len = 0, at = 0;
	char *body;

	*given = false;
	if (!r->route->body || (r->route->flags & R_RAW_BODY))
		return true;
	body = read_body(r, &len);
	if (!body)
		return false;
	if (r->route->flags & R_FORM) {
		take_form(r, body, len);
		*given = true;
		return true;
	}
	if (!len)
		return true;
	*given = true;
	if (!is_json_type(req_param_env(r, "CONTENT_TYPE"))) {
		r->body = json_own(r->arena, json_object_new_string_len(body, (int)len));
		return true;
	}
	if ((r->route->flags & R_BIG_BODY) && json_plain(body, len)) {
		r->body = json_shallow(r->arena, (struct str){ body, len });
		r->body_text = json_strip_nul(r->arena, body, len);
		r->body_len = r->body_text == body ? len : strlen(r->body_text);
		r->big_body = true;
		return true;
	}
	r->body = json_parse_at(r->arena, body, len, &why, &at);
	if (why) {
		invalid_json(r, why, at);
		return false;
	}
	r->body_text = body;
	r->body_len = len;
	r->half_text = json_has_half(body, len);
	return true;
}

static void check_body(struct req *r, bool given, struct json_object *faults)
{
	const struct field *table = r->route->body;

	if (!table || (r->route->flags & R_RAW_BODY))
		return;
	if (!given || (!r->body && ((table->name && *table->name) || !(table->type & T_NULL)))) {
		if (!(r->route->flags & R_BODY_OPTIONAL))
			schema_fault(faults, "missing", "body", NULL, "Field required", NULL);
		return;
	}
	if (schema_check(table, r->body, "body", faults) && !r->big_body) {
		r->body_text = json_print(r->body);
		r->body_text = json_strip_nul(r->arena, r->body_text, strlen(r->body_text));
		r->body_len = strlen(r->body_text);
	}
}

const char *req_path_value(struct req *r, const char *name)
{
	struct str rest = str_of(r->route->path);
	int index = 0;

	while (rest.p) {
		struct str seg = str_split(&rest, '/');

		if (seg.n < 2 || seg.p[0] != '{')
			continue;
		if (str_eq(seg, name))
			return r->params[index];
		index++;
	}
	return NULL;
}

/* A field of the query's table that the path holds in its place ("/models/{url_idx}") is read from
 * there, and found among the query's values. */
static void take_path_values(struct req *r, struct json_object *faults)
{
	for (const struct field *f = r->route->query; f && f->name; f++) {
		const struct field one[] = { *f, SCHEMA_END };
		const char *name = arena_printf(r->arena, "{%s}", f->name);
		const char *value = req_path_value(r, name);
		struct json_object *o;

		if (!value)
			continue;
		o = json_new_object(r->arena);
		json_set_text(o, f->name, value);
		json_set(r->query, f->name, schema_check(one, o, "path", faults)
			 ? json_ref(json_get(o, f->name)) : NULL);
	}
}

static const char *one_arg(struct req *r, struct str word, const char *user_id)
{
	if (str_eq(word, "user"))
		return user_id;
	if (str_eq(word, "role"))
		return r->user.role;
	if (str_eq(word, "admin"))
		return r->user.is_admin ? "t" : "f";
	if (str_eq(word, "admin_all"))
		return r->user.is_admin && env_bool("BYPASS_ADMIN_ACCESS_CONTROL", true) ? "t" : "f";
	if (str_eq(word, "body"))
		return r->body_text;
	if (str_eq(word, "now"))
		return arena_i64(r->arena, time_s());
	if (str_eq(word, "now_ns"))
		return arena_i64(r->arena, time_ns());
	if (word.n && word.p[0] == '{')
		return req_path_value(r, arena_strndup(r->arena, word.p, word.n));
	if (word.n && word.p[0] == '.')
		return json_text(r->body, arena_strndup(r->arena, word.p + 1, word.n - 1), NULL);
	if (word.n && word.p[0] == '?')
		return req_query(r, arena_strndup(r->arena, word.p + 1, word.n - 1));
	if (word.n >= 2 && word.p[0] == '\'')
		return arena_strndup(r->arena, word.p + 1, word.n - 2);
	return NULL;
}

static size_t make_args(struct req *r, const char *user_id, const char **out)
{
	struct str rest = str_of(r->route->args ? r->route->args : "");
	size_t n = 0;

	while (rest.n && n < MAX_ARGS) {
		struct str word = str_split(&rest, ' ');

		if (word.n)
			out[n++] = one_arg(r, word, user_id);
	}
	return n;
}

/* May the route's statement go along with the guard's?  It must change nothing, and its parameters
 * must not come from the account's row. */
static bool can_go_early(const struct req *r)
{
	const struct route *route = r->route;

	return route->sql && (strcmp(route->method, "GET") == 0 || (route->flags & R_READS_FIRST)) &&
	       route->guard >= ANY_ROLE && !(route->flags & R_PERMISSIONS) &&
	       (!route->permission || access_default(r->cfg, route->permission)) && !(route->args && (strstr(route->args, "admin") ||
						       strstr(route->args, "role")));
}

static void answer_rows(struct req *r, const struct rows *rows)
{
	if (!rows_text(rows, 0, 0))
		req_fail(r, r->route->none ? r->route->none : ERR_NOT_FOUND);
	else
		req_send_json(r, 200, rows_text(rows, 0, 0), rows_len(rows, 0, 0));
}

static void run_route(struct req *r)
{
	struct json_object *faults = json_new_array(r->arena);
	const char *args[MAX_ARGS] = { NULL };
	struct rows *early = NULL;
	bool given, fits, go_early = false;
	struct token t;

	if (guard_too_often(r) || !take_body(r, &given))
		return;
	r->query = parse_query(r, r->route->query);
	take_path_values(r, faults);
	if (r->route->query)
		schema_check(r->route->query, r->query, "query", faults);
	check_body(r, given, faults);
	fits = json_len(faults) == 0;
	if (fits && can_go_early(r)) {
		const char *id = guard_claimed_id(r, guard_credential(r), &t);

		go_early = id && make_args(r, id, args) == query_params(r->route->sql);
	}
	if (!guard_check(r, go_early ? args : NULL, &early))
		return;
	if (!fits) {
		req_fail_422(r, faults);
		return;
	}
	if (!guard_allow(r))
		return;
	r->rows = early;
	if (r->route->sql && !early) {
		size_t n = make_args(r, r->user.id, args);

		if (!req_db_rows(r, &r->rows, r->route->sql, n, args))
			return;
	}
	if (r->route->handler)
		r->route->handler(r);
	else
		answer_rows(r, r->rows);
}

static void dispatch(struct req *r)
{
	bool other = false;

	if (!read_target(r)) {
		req_fail_detail(r, 400, "The request target is not valid.");
		return;
	}
	if (response_preflight(r))
		return;
	r->route = router_find(r->arena, r->method, r->path, r->params, &other);
	if (r->route)
		run_route(r);
	else
		fallback_answer(r);
}

/* Presence: the account's last_active_at, at most once a minute, after the answer has gone out. */
static void touch_user(struct req *r)
{
	int64_t now = time_s();

	if (!r->has_user || now - r->user.last_active_at < TOUCH_AFTER_S)
		return;
	db_run(req_db(r), r->arena, NULL, Q_AUTH_TOUCH, r->user.id,
	       arena_i64(r->arena, now));
}

static void log_access(const struct req *r)
{
	log_debug("request", "method=%s path=%s status=%d us=%" PRId64 " trips=%" PRIu64 " user=%s",
		  r->method, r->path ? r->path : "-", r->status, mono_us() - r->started_us,
		  db_round_trips() - r->trips, r->has_user ? r->user.id : "-");
}

void handle_request(FCGX_Request *fcgi, struct arena *a)
{
	struct req *r = arena_alloc(a, sizeof(*r));
	struct audit_entry *entry;
	const char *id;

	r->arena = a;
	r->audit_level = -1;
	r->started_us = mono_us();
	r->trips = db_round_trips();
	r->io = arena_alloc(a, sizeof(*r->io));
	r->io->fcgi = fcgi;
	r->query_string = "";
	r->method = arena_strdup(a, req_param_env(r, "REQUEST_METHOD"));	/* outlives FCGX_Finish_r() */
	if (!r->method)
		r->method = "GET";
	id = req_param_env(r, "REQUEST_ID");
	if (text_empty(id))
		rand_hex(r->id, 8);
	else
		snprintf(r->id, sizeof(r->id), "%s", id);
	log_id(r->id);
	r->cfg = config_get_in(a);
	dispatch(r);
	if (!r->status)
		req_fail(r, ERR_INTERNAL);
	entry = audited_take(r);
	req_body_skip(r);
	FCGX_Finish_r(fcgi);
	if (entry)
		audit_write(a, entry);
	events_flush(r);
	touch_user(r);
	log_access(r);
	log_id("");
	db_put(r->db);
	arena_reset(a);
}
