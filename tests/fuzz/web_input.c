/*
 * web_input - libFuzzer target: what a client of the REST interface can send.
 *
 * FUZZ_KIND chooses: "scim" (a filter or a body), "json" (a body and its schema), "form" (one with files),
 * "cookie" (the header), "audit" (what the audit log keeps).
 */

#include "audit/redact.h"
#include "fcgi/multipart.h"
#include "fcgi/schema.h"
#include "http/cookie.h"
#include "json/plain.h"
#include "scim/change.h"
#include "scim/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field part_form[] = {
	{ "n", T_INT, F_REQUIRED, .min = "0", .max = "9" }, { "f", T_FLOAT | T_NULL }, SCHEMA_END
};
static const struct field part_item = { "", T_MODEL, .sub = part_form };
static const struct field form[] = {
	{ "name", T_STR, F_REQUIRED, .min = "1", .max = "5" }, { "on", T_BOOL, .def = "true" },
	{ "kind", T_STR, .choices = "a|b", .def = "\"a\"" }, { "list", T_LIST | T_NULL, .item = &text_item },
	{ "parts", T_LIST, .item = &part_item }, { "any", T_ANY }, { "o", T_DICT | T_NULL }, SCHEMA_END
};

static void try_scim(struct arena *a, const char *p, size_t n)
{
	static const char *const attrs[] = { "userName", "externalId", "displayName", "value", NULL };
	struct json_object *body = json_parse(a, p, n, NULL);
	const char *attr = NULL, *value = NULL;
	struct scim_fault why;

	if (scim_filter(a, p, attrs, &attr, &value) > 0 && (!attr || !value || json_has_nul(value, strlen(value))))
		abort();
	if (!json_is(body, json_type_object))
		return;
	scim_user_new(a, body);
	scim_user_put(a, body);
	scim_user_patch(a, body, &why);
	scim_group_put(a, body, &why);
	scim_group_patch(a, body, &why);
}

/* A text that passes the fast check must be one that the parser takes, and come out clean. */
static void try_json(struct arena *a, const char *p, size_t n)
{
	const char *why = NULL, *text;
	size_t at = 0;
	struct json_object *body = json_parse_at(a, p, n, &why, &at);

	if (why && at > n)
		abort();
	if (json_plain(p, n)) {
		if (why)
			abort();
		json_shallow(a, (struct str){ p, n });
	}
	if (why)
		return;
	schema_check(form, body, "body", json_new_array(a));
	text = json_print(body);
	text = json_strip_nul(a, text, strlen(text));
	if (json_has_nul(text, strlen(text)))
		abort();
}

static void try_form(struct arena *a, const char *p, size_t n)
{
	struct part *parts;
	size_t count = multipart_read(a, "multipart/form-data; boundary=x", (struct str){ p, n }, &parts);

	for (size_t i = 0; i < count; i++)
		if (!parts[i].name || !parts[i].type || parts[i].data.n > n)
			abort();
}

static void try_audit(struct arena *a, const char *p, size_t n)
{
	struct buf *b = buf_in(a, 0);

	redact_json(b, (struct str){ p, n });
	redact_url(b, p);
}

static void try_cookie(struct arena *a, const char *p, size_t n UNUSED)
{
	cookie_value(a, p, "token");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *name;
		void (*run)(struct arena *a, const char *p, size_t n);
	} kinds[] = {
		{ "scim", try_scim }, { "json", try_json }, { "form", try_form }, { "cookie", try_cookie },
		{ "audit", try_audit },
	};
	const char *kind = getenv("FUZZ_KIND");
	struct arena *a = arena_new();
	size_t i = 0;

	while (i < ARRAY_SIZE(kinds) && !text_eq(kind, kinds[i].name))
		i++;
	if (i == ARRAY_SIZE(kinds))
		abort();
	kinds[i].run(a, arena_strndup(a, (const char *)data, size), size);
	arena_free(a);
	return 0;
}
