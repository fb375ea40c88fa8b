/* pipelines - /api/v1/pipelines: the programs of a connected pipelines server. */

#include "base/rand.h"
#include "fcgi/request.h"
#include "provider/pipelines.h"

static const struct field add_form[] = {
	{ "url", T_STR, F_REQUIRED },
	{ "urlIdx", T_INT, F_REQUIRED },
	SCHEMA_END
};

static const struct field delete_form[] = {
	{ "id", T_STR, F_REQUIRED },
	{ "urlIdx", T_INT, F_REQUIRED },
	SCHEMA_END
};

static const struct field upload_form[] = {
	{ "urlIdx", T_INT, F_REQUIRED },
	{ "file", T_FILE, F_REQUIRED },
	SCHEMA_END
};

static const struct field any_object[] = { { "", T_DICT }, SCHEMA_END };

static const struct field maybe_index[] = { { "urlIdx", T_INT | T_NULL }, SCHEMA_END };
static const struct field index_query[] = { { "urlIdx", T_INT | T_NULL, F_REQUIRED }, SCHEMA_END };

/* Ask the server and pass on what it says. */
static int pass(struct req *r, int64_t index, const char *method, const char *path, const char *type,
		struct str body)
{
	struct pipelines_reply reply;

	req_db_release(r);
	if (!pipelines_call(r->arena, r->cfg, index, method, path, type, body, &reply))
		return req_fail_detail(r, reply.status, "%s", reply.detail);
	return req_send_text(r, reply.json);
}

static int pass_json(struct req *r, int64_t index, const char *method, const char *path,
		     struct json_object *body)
{
	return pass(r, index, method, path, body ? "application/json" : NULL,
		    body ? str_of(json_print(body)) : (struct str){ NULL, 0 });
}

static int server_list(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);

	req_db_release(r);
	json_set(o, "data", json_ref(pipelines_servers(r->arena, r->cfg)));
	return req_send_obj(r, o);
}

static int list(struct req *r)
{
	return pass_json(r, req_query_i64(r, "urlIdx", -1), "GET", "/pipelines", NULL);
}

static int add(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);

	json_set(o, "url", json_ref(json_get(r->body, "url")));
	return pass_json(r, json_i64(r->body, "urlIdx", -1), "POST", "/pipelines/add", o);
}

static int delete(struct req *r)
{
	struct json_object *o = json_new_object(r->arena);

	json_set(o, "id", json_ref(json_get(r->body, "id")));
	return pass_json(r, json_i64(r->body, "urlIdx", -1), "DELETE", "/pipelines/delete", o);
}

/* The last part of a path, as a file's name. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int upload(struct req *r)
{
	const struct part *file = req_part(r, "file");
	const char *name = base_name(file->filename);
	struct buf *b = buf_in(r->arena, REQ_MAX_BODY + 1024);
	size_t n = strlen(name);
	char boundary[33];

	if (n < 4 || strcmp(name + n - 3, ".py") != 0 || strpbrk(name, "\"\r\n"))
		return req_fail_detail(r, 400, "Only Python (.py) files are allowed.");
	rand_hex(boundary, 16);
	buf_printf(b, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
		   "Content-Type: application/octet-stream\r\n\r\n", boundary, name);
	buf_addstr(b, file->data);
	buf_printf(b, "\r\n--%s--\r\n", boundary);
	return pass(r, json_i64(r->body, "urlIdx", -1), "POST", "/pipelines/upload",
		    arena_printf(r->arena, "multipart/form-data; boundary=%s", boundary),
		    (struct str){ b->data, b->len });
}

static const char *pipeline_path(struct req *r, const char *what)
{
	struct buf *b = buf_in(r->arena, 0);

	buf_addc(b, '/');
	buf_uri(b, r->params[0]);
	buf_adds(b, what);
	return buf_text(b);
}

static int valves(struct req *r)
{
	return pass_json(r, req_query_i64(r, "urlIdx", -1), "GET", pipeline_path(r, "/valves"), NULL);
}

static int valves_spec(struct req *r)
{
	return pass_json(r, req_query_i64(r, "urlIdx", -1), "GET", pipeline_path(r, "/valves/spec"), NULL);
}

static int valves_update(struct req *r)
{
	return pass_json(r, req_query_i64(r, "urlIdx", -1), "POST", pipeline_path(r, "/valves/update"), r->body);
}

const struct route pipeline_routes[] = {
	{ "GET", "/api/v1/pipelines/list", ADMIN, server_list, .flags = R_STREAM },
	{ "GET", "/api/v1/pipelines/", ADMIN, list, NULL, maybe_index, .flags = R_STREAM },
	{ "POST", "/api/v1/pipelines/add", ADMIN, add, add_form, .flags = R_STREAM,
	  .event = "pipeline.added @id url_idx=.urlIdx url=.url" },
	{ "DELETE", "/api/v1/pipelines/delete", ADMIN, delete, delete_form, .flags = R_STREAM,
	  .event = "pipeline.deleted .id url_idx=.urlIdx" },
	{ "POST", "/api/v1/pipelines/upload", ADMIN, upload, upload_form, .flags = R_STREAM | R_FORM,
	  .event = "pipeline.uploaded @id url_idx=.urlIdx" },
	{ "GET", "/api/v1/pipelines/{pipeline_id}/valves", ADMIN, valves, NULL, index_query, .flags = R_STREAM },
	{ "GET", "/api/v1/pipelines/{pipeline_id}/valves/spec", ADMIN, valves_spec, NULL, index_query,
	  .flags = R_STREAM },
	{ "POST", "/api/v1/pipelines/{pipeline_id}/valves/update", ADMIN, valves_update, any_object, index_query,
	  .flags = R_STREAM, .event = "pipeline.valves_updated {pipeline_id} url_idx=?urlIdx" },
	ROUTES_END
};
