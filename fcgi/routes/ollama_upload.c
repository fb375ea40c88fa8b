/* ollama_upload - a model file becomes a model of an Ollama server: uploaded, or fetched from where models
 * are published.  The client hears of the progress as events. */

#include <openssl/evp.h>

#include "base/clock.h"
#include "fcgi/multipart.h"
#include "fcgi/routes/ollama.h"
#include "fcgi/spool.h"
#include "provider/ollama.h"

enum { STEP_BYTES = 1024 * 1024, STEPS_MAX = 100, TELL_MS = 500, REDIRECTS_MAX = 5, IDLE_MS = 60000 };

static const struct field url_form[] = { { "url", T_STR, F_REQUIRED }, SCHEMA_END };

static void tell(struct req *r, struct json_object *o)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "data: ");
	json_write(&b, o);
	buf_adds(&b, "\n\n");
	req_stream_write(r, b.data, b.len);
	buf_free(&b);
}

static void tell_progress(struct req *r, int64_t done, int64_t total)
{
	int64_t of = total > 0 ? total : done;
	char text[160];
	int n = snprintf(text, sizeof(text), "data: {\"progress\":%.2f,\"completed\":%" PRId64 ",\"total\":%" PRId64
			 "}\n\n", of ? (double)done / (double)of * 100 : 100.0, done, total);

	req_stream_write(r, text, (size_t)n);
}

static void tell_error(struct req *r, const char *why)
{
	struct json_object *o = json_new_object(r->arena);

	json_set_text(o, "error", why);
	tell(r, o);
}

/* "sha256:" and the digest; progress is told on the way when it is wanted. */
static const char *digest_of(struct req *r, struct str data, bool progress)
{
	size_t step = data.n / STEPS_MAX > STEP_BYTES ? data.n / STEPS_MAX : STEP_BYTES;
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;
	char *text = arena_strdup(r->arena, "sha256:0000000000000000000000000000000000000000000000000000000000000000");

	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	for (size_t at = 0; at < data.n; at += step) {
		size_t n = data.n - at < step ? data.n - at : step;

		EVP_DigestUpdate(ctx, data.p + at, n);
		if (progress)
			tell_progress(r, (int64_t)(at + n), (int64_t)data.n);
	}
	EVP_DigestFinal_ex(ctx, sum, &len);
	EVP_MD_CTX_free(ctx);
	for (unsigned i = 0; i < len; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", sum[i]);
	return text;
}

/* Without folders; without its ending it is the model's name. */
static const char *base_name(struct arena *a, const char *name)
{
	const char *slash = strrchr(name, '/');

	return arena_strdup(a, slash ? slash + 1 : name);
}

static const char *model_name(struct arena *a, const char *file)
{
	const char *dot = strrchr(file, '.');

	return dot && dot != file ? arena_strndup(a, file, (size_t)(dot - file)) : file;
}

/* From the bytes of a file to a model. */
static void make_model(struct req *r, const struct connection *k, const char *file, struct str data,
		       bool progress)
{
	const char *model = model_name(r->arena, file), *digest = digest_of(r, data, progress), *error;
	struct json_object *o = json_new_object(r->arena);
	struct caller who = relay_caller(r);

	error = ollama_make_model(r->arena, k, &who, &(struct ollama_file){ model, file, digest, data },
				  req_client_fd(r));
	if (error) {
		tell_error(r, error);
		return;
	}
	catalog_outdated();
	json_set_bool(o, "done", true);
	json_set_text(o, "blob", digest);
	json_set_text(o, "name", file);
	json_set_text(o, "model_created", model);
	tell(r, o);
}

static bool find_server(struct req *r, struct connection *k)
{
	if (connection_at(r->arena, r->cfg, CONNECTION_OLLAMA, req_query_i64(r, "url_idx", 0), k))
		return true;
	req_fail_detail(r, 404, "Connection not found");
	return false;
}

static int missing_file(struct req *r)
{
	struct json_object *faults = json_new_array(r->arena);

	schema_fault(faults, "missing", "body", "file", "Field required", NULL);
	return req_fail_422(r, faults);
}

static int upload(struct req *r)
{
	struct part *parts, *file = NULL;
	struct connection k;
	struct spool s;
	size_t n;

	if (!spool_body(r, &s))
		return 0;
	n = multipart_read(r->arena, req_param_env(r, "CONTENT_TYPE"), spool_map(r->arena, &s), &parts);
	for (size_t i = 0; i < n && !file; i++)
		if (text_eq(parts[i].name, "file") && parts[i].filename)
			file = &parts[i];
	if (!file)
		return missing_file(r);
	if (!find_server(r, &k))
		return 0;
	req_db_release(r);
	if (req_stream_start(r, 200, "text/event-stream"))
		make_model(r, &k, base_name(r->arena, file->filename), file->data, true);
	return 0;
}

/* ---- from elsewhere ---- */

struct fetching {
	struct req *r;
	struct spool spool;
	struct http_answer answer;
	int64_t told_at;
};

static bool fetch_start(void *ctx, int status, const char *type, struct str first)
{
	(void)ctx;
	(void)type;
	(void)first;
	return status == 200;
}

static bool fetch_data(void *ctx, const char *data, size_t len)
{
	struct fetching *f = ctx;

	if (!spool_write(&f->spool, data, len))
		return false;
	if (mono_ms() - f->told_at < TELL_MS && f->spool.len != f->answer.length)
		return true;
	f->told_at = mono_ms();
	tell_progress(f->r, f->spool.len, f->answer.length);
	return true;
}

/* Redirects lead from the page of a model to where its bytes lie; never to an unprotected address. */
static const char *fetch(struct fetching *f, const char *url)
{
	struct http_request req = {
		.method = "GET", .public_only = true, .idle_ms = IDLE_MS, .cancel_fd = req_client_fd(f->r), .on_start = fetch_start,
		.on_data = fetch_data, .ctx = f,
	};
	const struct http_answer *a = &f->answer;

	for (int hops = 0; hops < REDIRECTS_MAX; hops++) {
		req.url = url;
		if (!http_run(f->r->arena, &req, &f->answer))
			return a->error ? a->error : "The file cannot be fetched.";
		if (a->status == 200)
			return NULL;
		if (a->status / 100 != 3 || !text_starts(a->location, "https://"))
			return arena_printf(f->r->arena, "The file cannot be fetched: HTTP %d", a->status);
		url = a->location;
	}
	return "The file cannot be fetched: too many redirects.";
}

static int download(struct req *r)
{
	const char *url = json_text(r->body, "url", ""), *name, *error;
	struct fetching f = { .r = r };
	struct connection k;

	if (!text_starts(url, "https://huggingface.co/") && !text_starts(url, "https://github.com/"))
		return req_fail_detail(r, 400, "Invalid file_url. Only URLs from allowed hosts are permitted.");
	if (!find_server(r, &k))
		return 0;
	name = base_name(r->arena, arena_strndup(r->arena, url, strcspn(url, "?#")));
	if (!*name)
		return req_send_null(r);
	if (!spool_open(r->arena, &f.spool))
		return req_fail_detail(r, 507, "There is no room for the file.");
	req_db_release(r);
	if (!req_stream_start(r, 200, "text/event-stream"))
		return 0;
	error = fetch(&f, url);
	if (error)
		tell_error(r, error);
	else
		make_model(r, &k, name, spool_map(r->arena, &f.spool), false);
	return 0;
}

const struct route ollama_upload_routes[] = {
	{ "POST", "/ollama/models/upload", ADMIN, upload, .query = place_query, .flags = R_STREAM | R_RAW_BODY },
	{ "POST", "/ollama/models/upload/{url_idx}", ADMIN, upload, .query = place_query,
	  .flags = R_STREAM | R_RAW_BODY },
	{ "POST", "/ollama/models/download", ADMIN, download, url_form, place_query, R_STREAM },
	{ "POST", "/ollama/models/download/{url_idx}", ADMIN, download, url_form, place_query, R_STREAM },
	ROUTES_END
};
