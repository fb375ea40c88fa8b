/* ollama - /ollama: the connected Ollama servers. */

#include "fcgi/relay.h"
#include "provider/ollama.h"

static const struct field version_query[] = {
	{ "url_idx", T_INT | T_NULL },
	SCHEMA_END
};

static int version_get(struct req *r)
{
	struct caller who = relay_caller(r);
	const char *version;
	struct buf *b;

	if (!config_bool(r->cfg, CK_OLLAMA_ENABLE))
		return req_send_text(r, "{\"version\":false}");
	req_db_release(r);
	version = ollama_version(r->arena, r->cfg, &who);
	if (!version)
		return req_fail_detail(r, 500, "Ollama: no server could be reached.");
	b = buf_in(r->arena, 0);
	buf_adds(b, "{\"version\":");
	buf_json(b, version);
	buf_addc(b, '}');
	return req_send_json(r, 200, b->data, b->len);
}

const struct route ollama_routes[] = {
	{ "GET", "/ollama/api/version", USER, version_get, .query = version_query, .flags = R_STREAM },
	ROUTES_END
};
