#include "fcgi/settings.h"

#include "base/log.h"
#include "realtime/publish.h"
#include "user/mfa.h"


void settings_show(struct req *r, struct buf *b, const struct field *view)
{
	bool get = strcmp(r->method, "GET") == 0;
	const char *sep = "";

	buf_addc(b, '{');
	for (const struct field *f = view; f->name; f++) {
		const char *v = f->config ? config_row(r->cfg, f->config) : f->def;

		if (!get && (f->flags & F_GET_ONLY))
			continue;
		buf_printf(b, "%s\"%s\":", sep, f->name);
		sep = ",";
		if (f->sub)
			settings_show(r, b, f->sub);
		else
			buf_adds(b, v ? v : "null");
	}
	buf_addc(b, '}');
}

static void collect(const struct field *view, struct json_object *body, struct json_object *out)
{
	for (const struct field *f = view; f->name; f++) {
		struct json_object *v;

		if (!json_object_object_get_ex(body, f->name, &v))
			continue;
		if (f->sub)
			collect(f->sub, v, out);
		else if (f->config && (v || !(f->flags & F_KEEP_NULL)))
			json_set(out, f->config, json_ref(v));
	}
}

struct json_object *settings_changes(struct req *r, const struct field *view,
				     struct json_object *body)
{
	struct json_object *out = json_new_object(r->arena);

	collect(view, body, out);
	return out;
}

void settings_tell(struct req *r, const char *event, const char *subject, struct json_object *changes)
{
	struct json_object *data = json_new_object(r->arena), *names = json_object_new_array();

	json_object_object_foreach(changes, name, value) {
		(void)value;
		json_object_array_add(names, json_object_new_string(name));
	}
	json_set(data, "keys", names);
	req_event(r, event, subject, data);
}

/* What the page of settings is called: "retrieval" of "/api/v1/retrieval/config/update". */
static const char *page_name(const struct req *r)
{
	struct str rest = str_of(r->path), word, last = { "config", 6 };

	while (rest.p) {
		word = str_split(&rest, '/');
		if (word.n && !str_eq(word, "config") && !str_eq(word, "update"))
			last = word;
	}
	return arena_strndup(r->arena, last.p, last.n);
}

bool settings_store(struct req *r, struct json_object *changes)
{
	if (config_store(req_db(r), r->arena, changes) < 0) {
		req_db_failed(r);
		return false;
	}
	r->cfg = config_get_in(r->arena);
	if (!r->events && !r->route->event)
		settings_tell(r, "config.updated", page_name(r), changes);
	return true;
}

static const enum config_key policy[] = { CK_AUTH_MFA_ENABLE, CK_AUTH_MFA_ALLOW_OAUTH_BYPASS,
					 CK_AUTH_MFA_ALLOW_TRUSTED_HEADER_BYPASS };

/* Are all values of the policy switches, and can it be what it then is?  False: answered. */
static bool policy_fits(struct req *r, struct json_object *changes)
{
	bool enable = json_flag(changes, "auth.mfa.enable", config_bool(r->cfg, CK_AUTH_MFA_ENABLE));
	const char *why = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(policy); i++) {
		const char *key = config_defs[policy[i]].key;

		if (json_has(changes, key) && !json_is(json_get(changes, key), json_type_boolean))
			why = "a switch is true or false";
	}
	if (enable && !why)
		why = mfa_unfit(r->arena, req_db(r));
	if (!why)
		return true;
	log_warn("mfa_policy", "refused=\"%s\"", why);
	req_fail_detail(r, 409, "The policy of second factors cannot be changed: %s.", why);
	return false;
}

static bool touches_policy(struct json_object *changes)
{
	for (size_t i = 0; i < ARRAY_SIZE(policy); i++)
		if (json_has(changes, config_defs[policy[i]].key))
			return true;
	return false;
}

bool settings_store_policy(struct req *r, struct json_object *changes, bool *changed)
{
	struct rows *ended;

	*changed = false;
	if (!touches_policy(changes))
		return settings_store(r, changes);
	if (r->user.by_api_key) {
		req_fail_detail(r, 403, "Second factors are set by a signed-in administrator only.");
		return false;
	}
	if (!policy_fits(r, changes))
		return false;
	if (!config_persistent())
		return settings_store(r, changes);
	if (config_store_policy(req_db(r), r->arena, changes, &ended) < 0) {
		req_db_failed(r);
		return false;
	}
	r->cfg = config_get_in(r->arena);
	if (!r->events && !r->route->event)
		settings_tell(r, "config.updated", page_name(r), changes);
	*changed = rows_count(ended) > 0;
	if (*changed)
		req_event(r, "auth.mfa.policy_changed", r->user.id, NULL);
	for (size_t i = 0; i < rows_count(ended); i++)
		publish_disconnect(r->arena, arena_printf(r->arena, "user:%s", rows_text(ended, i, 0)));
	return true;
}

int settings_get(struct req *r)
{
	struct buf *b = buf_in(r->arena, 0);

	settings_show(r, b, r->route->view ? r->route->view : r->route->body);
	return req_send_json(r, 200, b->data, b->len);
}

int settings_set(struct req *r)
{
	if (!settings_store(r, settings_changes(r, r->route->body, r->body)))
		return 0;
	return settings_get(r);
}
