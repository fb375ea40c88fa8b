/*
 * executor_request - libFuzzer target: what a client of the executor can send.
 *
 * The first byte chooses: an HTTP head and a query, the JSON body of a request, or the bytes of a
 * program's output, in two pieces.
 */

#include "executor/http.h"
#include "executor/output.h"
#include "executor/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_head(struct arena *a, const char *p, size_t n)
{
	struct http_request q;
	size_t length;

	if (http_parse_head(a, p, n, &q, &length) == 0)
		http_param(a, q.query, "token");
}

static void try_body(struct arena *a, const char *p, size_t n)
{
	static const struct settings conf = { .max_time = 60, .max_memory_mb = 512 };
	struct refusal why;
	struct json_object *o;
	struct job job;

	for (size_t i = 0; i < languages_count; i++)
		languages[i].enabled = languages[i].works = true;
	o = request_read(a, p, n, &why);
	if (o && request_check(a, &conf, o, &job, &why))
		language_command(a, job.language, job.capture_result, job.args, job.nargs);
}

static void try_output(const char *p, size_t n)
{
	struct output o = { .max = 1000 }, whole = { .max = 1000 };

	output_add(&o, p, n / 3);
	output_add(&o, p + n / 3, n - n / 3);
	output_end(&o);
	output_add(&whole, p, n);
	output_end(&whole);
	if (o.text.len != whole.text.len && !o.cut && !whole.cut)
		abort();
	buf_free(&o.text);
	buf_free(&whole.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *copy;

	if (size) {
		copy = arena_strndup(a, (const char *)data + 1, size - 1);
		if (data[0] % 3 == 0)
			try_head(a, copy, size - 1);
		else if (data[0] % 3 == 1)
			try_body(a, copy, size - 1);
		else
			try_output(copy, size - 1);
	}
	arena_free(a);
	return 0;
}
