#include "oauth/toolclient.h"

#include "auth/fernet.h"
#include "base/env.h"
#include "base/log.h"
#include "db/db.h"
#include "http/client.h"
#include "oauth/discovery.h"
#include "oauth/provider.h"

enum { REASON_MAX = 300 };

static bool client_key(struct fernet *f)
{
	return fernet_key(f, env_str("OAUTH_CLIENT_INFO_ENCRYPTION_KEY", env_str("WEBUI_SECRET_KEY", "")));
}

const char *tool_client_seal(struct arena *a, struct json_object *info)
{
	const char *text = json_print(info);
	struct fernet f;

	return client_key(&f) ? fernet_seal(a, &f, text, strlen(text)) : NULL;
}

static struct json_object *open_info(struct arena *a, const char *sealed)
{
	struct fernet f;
	size_t n = 0;
	char *text = client_key(&f) ? fernet_open(a, &f, sealed, &n) : NULL;
	struct json_object *o = text ? json_parse(a, text, n, NULL) : NULL;

	return json_is(o, json_type_object) ? o : NULL;
}

/* "a, b c" as "a b c"; NULL for nothing. */
static const char *scope_words(struct arena *a, const char *scope)
{
	struct buf *b = buf_in(a, 0);

	for (const char *p = scope ? scope : ""; *p;) {
		size_t n = strcspn(p, ", \t\r\n");

		if (n && b->len)
			buf_addc(b, ' ');
		buf_add(b, p, n);
		p += n + (p[n] != '\0');
	}
	return b->len ? b->data : NULL;
}

static const char *scope_list(struct arena *a, struct json_object *list)
{
	struct buf *b = buf_in(a, 0);

	for (size_t i = 0; i < json_len(list); i++)
		buf_printf(b, "%s%s", b->len ? " " : "", json_str(json_item(list, i)) ? json_str(json_item(list, i)) : "");
	return b->len ? b->data : NULL;
}

static bool lists(struct json_object *list, const char *word)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (text_eq(json_str(json_item(list, i)), word))
			return true;
	return false;
}

/* How we prove who we are: the secret in the body, if the server lets us. */
static const char *auth_method(struct json_object *server, bool has_secret)
{
	struct json_object *list = json_get(server, "token_endpoint_auth_methods_supported");

	if (!json_len(list) || lists(list, "client_secret_post"))
		return "client_secret_post";
	/* The list has no order: rather one that sends the secret. */
	if (has_secret && lists(list, "client_secret_basic"))
		return "client_secret_basic";
	return json_str(json_item(list, 0));
}

static struct json_object *list_of(const char *one, const char *two)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(one));
	if (two)
		json_object_array_add(list, json_object_new_string(two));
	return list;
}

/* What we say of ourselves. */
static struct json_object *own_metadata(struct arena *a, const struct tool_client_form *form,
					const char *scope, const char *method)
{
	struct json_object *o = json_new_object(a);

	json_set(o, "redirect_uris", list_of(arena_printf(a, "%s/oauth/clients/%s/callback", form->webui_url,
							  form->id), NULL));
	json_set_text(o, "token_endpoint_auth_method", method);
	json_set(o, "grant_types", list_of("authorization_code", "refresh_token"));
	json_set(o, "response_types", list_of("code", NULL));
	if (scope)
		json_set_text(o, "scope", scope);
	json_set_text(o, "client_name", "Open WebUI");
	json_set_text(o, "application_type", "native");
	return o;
}

/* The server's record of us: what it left out or emptied is as we asked for. */
static struct json_object *take_record(struct arena *a, struct json_object *asked, struct json_object *got)
{
	static const char *const kept[] = { "client_id", "client_secret", "client_id_issued_at",
					    "client_secret_expires_at", "token_endpoint_auth_method", "scope",
					    "redirect_uris", "grant_types", "response_types" };
	static const char *const methods[] = { "none", "client_secret_post", "client_secret_basic" };
	struct json_object *o = json_copy(a, asked);
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		struct json_object *v = json_get(got, kept[i]);

		if (v && !(json_str(v) && !*json_str(v)) && !(json_is(v, json_type_array) && !json_len(v)))
			json_set(o, kept[i], json_ref(v));
	}
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		known = known || text_eq(json_text(o, "token_endpoint_auth_method", NULL), methods[i]);
	if (!known)
		json_set_text(o, "token_endpoint_auth_method", "client_secret_post");
	return text_empty(json_text(o, "client_id", NULL)) ? NULL : o;
}

static struct json_object *post_registration(struct arena *a, const char *url, struct json_object *asked,
					     int64_t timeout_ms, const char **why)
{
	static const char *const headers[] = { "Content-Type: application/json", "Accept: application/json", NULL };
	struct http_request req = { .method = "POST", .url = url, .headers = headers, .cancel_fd = -1,
				    .timeout_ms = timeout_ms, .max_body = DOCUMENT_MAX_BYTES };
	struct json_object *got, *record;
	struct http_answer ans;

	req.body = json_print(asked);
	req.body_len = strlen(req.body);
	if (!http_run(a, &req, &ans)) {
		*why = ans.error ? ans.error : "the answer to the registration is too large";
		return NULL;
	}
	got = ans.status / 100 == 2 ? json_parse(a, buf_text(ans.body), ans.body->len, NULL) : NULL;
	record = got ? take_record(a, asked, got) : NULL;
	if (!record)
		*why = arena_printf(a, "Dynamic client registration failed: %.*s", REASON_MAX, buf_text(ans.body));
	return record;
}

struct json_object *tool_client_register(struct arena *a, const struct config *c,
					 const struct tool_client_form *form, const char **why)
{
	int64_t timeout = oauth_timeout_ms(c, CK_OAUTH_CLIENT_TIMEOUT);
	bool fixed = !text_empty(form->client_secret);
	const char *scope = scope_words(a, form->scope), *from;
	struct json_object *server, *asked, *info;
	struct resource r;

	resource_discover(a, form->url, timeout, &r);
	server = resource_server(a, &r, timeout, &from, why);
	if (!server)
		return NULL;
	if (!scope)
		scope = scope_list(a, r.scopes);
	/* All that a server knows of is for one that registers what it asks for, not for a given client. */
	if (!scope && !fixed)
		scope = scope_list(a, json_get(server, "scopes_supported"));
	asked = own_metadata(a, form, scope, auth_method(server, fixed));
	if (fixed) {
		info = asked;
		json_set_text(info, "client_id", form->client_id);
		json_set_text(info, "client_secret", form->client_secret);
	} else {
		info = post_registration(a, json_text(server, "registration_endpoint",
						      arena_printf(a, "%s/register", json_text(server, "issuer", ""))),
					 asked, timeout, why);
	}
	if (!info)
		return NULL;
	json_set_text(info, "issuer", from);
	json_set_text(info, "resource", r.indicator);
	json_set(info, "server_metadata", json_ref(server));
	return info;
}

/* What the connection says goes before what was registered; what is lacking is asked of the resource. */
static void complete(struct arena *a, const struct config *c, struct tool_client *t)
{
	struct json_object *own = json_get(t->connection, "info"), *conf = json_get(t->connection, "config");
	const char *scope = scope_words(a, json_text(own, "oauth_scope", json_text(conf, "oauth_scope", NULL)));
	const char *mode = json_text(own, "oauth_resource_parameter", json_text(conf, "oauth_resource_parameter", "auto"));
	const char *url = json_text(t->connection, "url", "");
	struct resource r;

	if (*url && (!json_text(t->info, "scope", NULL) || !json_text(t->info, "resource", NULL))) {
		resource_discover(a, url, oauth_timeout_ms(c, CK_OAUTH_CLIENT_TIMEOUT), &r);
		if (!json_text(t->info, "scope", NULL) && r.scopes)
			json_set_text(t->info, "scope", scope_list(a, r.scopes));
		if (!json_text(t->info, "resource", NULL) && r.indicator)
			json_set_text(t->info, "resource", r.indicator);
	}
	json_set_text(t->info, "oauth_resource_parameter", mode);
	if (scope)
		json_set_text(t->info, "scope", scope);
}

static bool is_client(struct json_object *connection, const char *id)
{
	const char *server = json_text(json_get(connection, "info"), "id", ""), *auth = json_text(connection, "auth_type", "");

	return *server && text_eq(json_text(connection, "type", NULL), "mcp") && text_starts(id, "mcp:") &&
	       strcmp(id + 4, server) == 0 && (text_eq(auth, "oauth_2.1") || text_eq(auth, "oauth_2.1_static"));
}

int tool_client_get(struct arena *a, const struct config *c, const char *id, struct tool_client *out)
{
	struct json_object *all = config_tree(a, c, CK_TOOL_SERVER_CONNECTIONS), *own;
	struct tool_client t = { .id = id };

	for (t.index = 0; t.index < json_len(all) && !t.info; t.index++) {
		t.connection = json_item(all, t.index);
		own = json_get(t.connection, "info");
		if (!is_client(t.connection, id))
			continue;
		t.info = open_info(a, json_text(own, "oauth_client_info", ""));
		if (!t.info)
			log_warn("tool_client", "id=%s why=\"its record cannot be opened: connect the server anew\"", id);
	}
	if (!t.info)
		return 0;
	t.index--;
	own = json_get(t.connection, "info");
	if (text_eq(json_text(t.connection, "auth_type", NULL), "oauth_2.1_static") &&
	    !text_empty(json_text(own, "oauth_client_id", NULL)) &&
	    !text_empty(json_text(own, "oauth_client_secret", NULL))) {
		json_set_text(t.info, "client_id", json_text(own, "oauth_client_id", NULL));
		json_set_text(t.info, "client_secret", json_text(own, "oauth_client_secret", NULL));
	}
	complete(a, c, &t);
	*out = t;
	return 1;
}

int tool_client_renew(struct arena *a, const struct config *c, struct tool_client *t,
		      const char *webui_url)
{
	struct json_object *own = json_get(t->connection, "info"), *conf = json_get(t->connection, "config");
	struct json_object *all = config_tree(a, c, CK_TOOL_SERVER_CONNECTIONS), *info;
	bool fixed = text_eq(json_text(t->connection, "auth_type", NULL), "oauth_2.1_static");
	struct tool_client_form form = {
		.id = t->id, .url = json_text(t->connection, "url", ""), .webui_url = webui_url,
		.client_id = json_text(t->info, "client_id", NULL),
		.client_secret = fixed ? json_text(t->info, "client_secret", NULL) : NULL,
		.scope = json_text(own, "oauth_scope", json_text(conf, "oauth_scope", NULL)),
	};
	const char *why = "";
	struct db *db;
	int rc;

	info = tool_client_register(a, c, &form, &why);
	if (!info) {
		log_warn("tool_client", "id=%s why=\"%s\"", t->id, why);
		return 0;
	}
	json_set_text(json_get(json_item(all, t->index), "info"), "oauth_client_info", tool_client_seal(a, info));
	db = db_get();
	rc = config_store_one(db, a, CK_TOOL_SERVER_CONNECTIONS, all);
	db_put(db);
	if (rc < 0)
		return -1;
	t->info = info;
	complete(a, c, t);
	return 1;
}
