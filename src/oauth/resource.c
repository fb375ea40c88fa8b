#include "oauth/resource.h"

#include "http/client.h"
#include "oauth/discovery.h"

/* Scheme and host, the path without slashes at its end. */
struct place {
	const char *base, *path;
};

static struct place place_of(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");
	size_t n = host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : strcspn(url, "/?#");
	size_t len = strcspn(url + n, "?#");

	while (len && url[n + len - 1] == '/')
		len--;
	return (struct place){ arena_strndup(a, url, n), arena_strndup(a, url + n, len) };
}

/* resource_metadata="…" of a WWW-Authenticate header (RFC 9728, section 5.1). */
static const char *named_in(struct arena *a, const char *header)
{
	static const char name[] = "resource_metadata=";
	const char *at = header ? strstr(header, name) : NULL;

	if (!at)
		return NULL;
	at += sizeof(name) - 1;
	return *at == '"' ? arena_strndup(a, at + 1, strcspn(at + 1, "\"")) :
			    arena_strndup(a, at, strcspn(at, " \t,"));
}

/* What an unauthorised request is told; NULL: nothing. */
static const char *ask(struct arena *a, const char *url, int64_t timeout_ms)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"method\":\"initialize\",\"params\":{},\"id\":1}";
	static const char *const headers[] = { "Content-Type: application/json",
					       "Accept: application/json, text/event-stream", NULL };
	struct http_request req = { .method = "POST", .url = url, .headers = headers, .body = body,
				    .body_len = sizeof(body) - 1, .timeout_ms = timeout_ms, .cancel_fd = -1,
				    .max_body = DOCUMENT_MAX_BYTES, .keep_head = true };
	struct http_answer ans;

	if (!http_run(a, &req, &ans) && ans.end != HTTP_TOO_LARGE)
		return NULL;
	return named_in(a, http_header(a, &ans, "WWW-Authenticate"));
}

static struct json_object *fetch(struct arena *a, const char *url, int64_t timeout_ms)
{
	struct place p = place_of(a, url);
	const char *named = ask(a, url, timeout_ms), *candidates[3] = { named, NULL, NULL };
	struct json_object *found = NULL;

	if (!named) {
		candidates[0] = arena_printf(a, "%s/.well-known/oauth-protected-resource%s", p.base, p.path);
		if (*p.path)
			candidates[1] = arena_printf(a, "%s/.well-known/oauth-protected-resource", p.base);
	}
	for (size_t i = 0; candidates[i]; i++) {
		struct json_object *doc = discovery_fetch(a, candidates[i], timeout_ms);

		if (doc)
			found = doc;
		if (json_len(json_get(doc, "authorization_servers")))
			break;
	}
	return found ? found : json_new_object(a);
}

void resource_discover(struct arena *a, const char *url, int64_t timeout_ms, struct resource *out)
{
	const char *key = arena_printf(a, "resource %s", url);
	struct json_object *doc = discovery_recall(a, key, RESOURCE_AGE_MS), *list;

	if (!doc) {
		doc = fetch(a, url, timeout_ms);
		if (json_object_object_length(doc))
			discovery_keep(key, json_print(doc));
	}
	*out = (struct resource){ .url = url, .indicator = json_text(doc, "resource", NULL) };
	list = json_get(doc, "authorization_servers");
	out->servers = json_is(list, json_type_array) ? list : NULL;
	list = json_get(doc, "scopes_supported");
	out->scopes = json_is(list, json_type_array) && json_len(list) ? list : NULL;
	if (text_empty(out->indicator))
		out->indicator = NULL;
}

static size_t add_well_known(struct arena *a, const char *url, const char **urls, size_t n)
{
	struct place p = place_of(a, url);

	if (n + 5 > RESOURCE_URLS_MAX)
		return n;
	if (*p.path) {
		urls[n++] = arena_printf(a, "%s/.well-known/oauth-authorization-server%s", p.base, p.path);
		urls[n++] = arena_printf(a, "%s/.well-known/openid-configuration%s", p.base, p.path);
		urls[n++] = arena_printf(a, "%s%s/.well-known/openid-configuration", p.base, p.path);
	}
	urls[n++] = arena_printf(a, "%s/.well-known/oauth-authorization-server", p.base);
	urls[n++] = arena_printf(a, "%s/.well-known/openid-configuration", p.base);
	return n;
}

static size_t resource_documents(struct arena *a, const struct resource *r, const char *urls[RESOURCE_URLS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < json_len(r->servers) && i < RESOURCE_SERVERS_MAX; i++)
		if (json_str(json_item(r->servers, i)))
			n = add_well_known(a, json_str(json_item(r->servers, i)), urls, n);
	return add_well_known(a, r->url, urls, n);
}

enum kind { URL, LIST, FLAG };

static const struct member {
	const char *name;
	enum kind kind;
	bool required;
} members[] = {
	{ "issuer", URL, true }, { "authorization_endpoint", URL, true }, { "token_endpoint", URL, true },
	{ "registration_endpoint", URL, false }, { "scopes_supported", LIST, false },
	{ "response_types_supported", LIST, false }, { "response_modes_supported", LIST, false },
	{ "grant_types_supported", LIST, false }, { "token_endpoint_auth_methods_supported", LIST, false },
	{ "token_endpoint_auth_signing_alg_values_supported", LIST, false },
	{ "service_documentation", URL, false }, { "ui_locales_supported", LIST, false },
	{ "op_policy_uri", URL, false }, { "op_tos_uri", URL, false }, { "revocation_endpoint", URL, false },
	{ "revocation_endpoint_auth_methods_supported", LIST, false },
	{ "revocation_endpoint_auth_signing_alg_values_supported", LIST, false },
	{ "introspection_endpoint", URL, false },
	{ "introspection_endpoint_auth_methods_supported", LIST, false },
	{ "introspection_endpoint_auth_signing_alg_values_supported", LIST, false },
	{ "code_challenge_methods_supported", LIST, false },
	{ "client_id_metadata_document_supported", FLAG, false },
	{ "authorization_response_iss_parameter_supported", FLAG, false },
	{ "authorization_grant_profiles_supported", LIST, false },
};

static bool is_url(struct json_object *v)
{
	const char *s = json_str(v);

	return s && (strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "http://", 7) == 0) &&
	       !strpbrk(s, " \t\r\n\"<>\\");
}

static bool is_text_list(struct json_object *v)
{
	if (!json_is(v, json_type_array))
		return false;
	for (size_t i = 0; i < json_len(v); i++)
		if (!json_str(json_item(v, i)))
			return false;
	return true;
}

static bool member_fits(const struct member *m, struct json_object *v)
{
	if (!v)
		return !m->required;
	return m->kind == URL ? is_url(v) : m->kind == LIST ? is_text_list(v) : json_is(v, json_type_boolean);
}

struct json_object *server_document(struct arena *a, struct json_object *doc, const char **why)
{
	struct json_object *o = json_new_object(a), *code = json_object_new_array();

	json_object_array_add(code, json_object_new_string("code"));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct json_object *v = json_get(doc, members[i].name);

		if (!member_fits(&members[i], v)) {
			*why = arena_printf(a, "\"%s\" is missing or of the wrong type", members[i].name);
			json_object_put(code);
			return NULL;
		}
		json_set(o, members[i].name, v ? json_ref(v) : NULL);
	}
	if (!json_get(o, "response_types_supported"))
		json_set(o, "response_types_supported", code);
	else
		json_object_put(code);
	return o;
}

/* What MCP 2025-03-26 takes for granted of a server that publishes nothing. */
static struct json_object *default_document(struct arena *a, const char *url)
{
	struct place p = place_of(a, url);
	struct json_object *o = json_new_object(a);

	json_set_text(o, "issuer", p.base);
	json_set_text(o, "authorization_endpoint", arena_printf(a, "%s/authorize", p.base));
	json_set_text(o, "token_endpoint", arena_printf(a, "%s/token", p.base));
	json_set_text(o, "registration_endpoint", arena_printf(a, "%s/register", p.base));
	return o;
}

struct json_object *resource_published(struct arena *a, const struct resource *r, int64_t timeout_ms,
				       const char **from, const char **why)
{
	const char *urls[RESOURCE_URLS_MAX];
	size_t n = resource_documents(a, r, urls);

	*why = "its authorization server publishes no metadata";
	for (size_t i = 0; i < n; i++) {
		struct json_object *doc = discovery_fetch(a, urls[i], timeout_ms);
		struct json_object *o = doc ? server_document(a, doc, why) : NULL;

		*from = urls[i];
		if (o)
			return o;
	}
	*from = NULL;
	return NULL;
}

struct json_object *resource_server(struct arena *a, const struct resource *r, int64_t timeout_ms,
				    const char **from, const char **why)
{
	struct json_object *o = resource_published(a, r, timeout_ms, from, why);

	return o || json_len(r->servers) ? o : server_document(a, default_document(a, r->url), why);
}
