#include "executor/answer.h"

#include "base/base64.h"

static const char *mime_type(const struct found_file *f)
{
	static const char *const known[][2] = {
		{ ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
		{ ".gif", "image/gif" }, { ".svg", "image/svg+xml" }, { ".pdf", "application/pdf" },
		{ ".csv", "text/csv" }, { ".txt", "text/plain" }, { ".md", "text/markdown" },
		{ ".json", "application/json" }, { ".html", "text/html" },
		{ ".zip", "application/zip" }, { ".xml", "application/xml" },
		{ ".webp", "image/webp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_ends((struct str){ f->name, f->name_n }, known[i][0]))
			return known[i][1];
	return "application/octet-stream";
}

void answer_file(struct buf *b, const struct found_file *f)
{
	buf_adds(b, "{\"name\":");
	buf_json_n(b, f->name, f->name_n);
	buf_printf(b, ",\"size\":%zu,\"mime_type\":\"%s\",\"content\":\"", f->data_n, mime_type(f));
	base64_encode(b, f->data, f->data_n);
	buf_adds(b, "\"}");
}

static void add_stream(struct buf *b, const struct output *o, bool with_output)
{
	struct str s = str_trim((struct str){ buf_text(&o->text), o->text.len });

	if (with_output)
		buf_json_n(b, s.p, s.n);
	else
		buf_adds(b, "\"\"");
}

static void add_files(struct buf *b, const struct run *r, bool with_output)
{
	buf_adds(b, ",\"files\":[");
	for (size_t i = 0; with_output && i < r->nfiles; i++) {
		if (i)
			buf_addc(b, ',');
		answer_file(b, &r->files[i]);
	}
	buf_printf(b, "],\"files_truncated\":%s", r->files_cut ? "true" : "false");
}

static void add_result(struct buf *b, const struct run *r, bool with_output)
{
	buf_adds(b, ",\"result\":");
	if (r->result.p && with_output)
		buf_json_n(b, r->result.p, r->result.n);
	else
		buf_adds(b, "null");
}

void answer_write(struct buf *b, const struct run *r, bool with_output)
{
	buf_printf(b, "{\"execution_id\":\"%s\",\"status\":\"%s\",\"stdout\":", r->id,
		   run_status_text(r));
	add_stream(b, &r->out, with_output);
	buf_adds(b, ",\"stderr\":");
	add_stream(b, &r->err, with_output);
	add_result(b, r, with_output);
	buf_printf(b, ",\"execution_time_ms\":%d,\"memory_used_mb\":", r->duration_ms);
	if (r->memory_mb >= 0)
		buf_printf(b, "%.2f", r->memory_mb);
	else
		buf_adds(b, "null");
	buf_adds(b, ",\"exit_code\":");
	if (r->has_exit)
		buf_addint(b, r->exit_code);
	else
		buf_adds(b, "null");
	buf_adds(b, ",\"error\":");
	buf_json(b, r->error);
	buf_printf(b, ",\"stdout_truncated\":%s,\"stderr_truncated\":%s",
		   r->out.cut ? "true" : "false", r->err.cut ? "true" : "false");
	if (r->job.return_files)
		add_files(b, r, with_output);
	buf_printf(b, ",\"created_at\":\"%s\",\"completed_at\":\"%s\"}", r->created_at,
		   r->completed_at);
}
