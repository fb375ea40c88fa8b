#include "provider/connection.h"

#include <openssl/evp.h>

bool connections_on(const struct config *c, enum connection_kind kind)
{
	return config_bool(c, kind == CONNECTION_OPENAI ? CK_OPENAI_ENABLE : CK_OLLAMA_ENABLE);
}

static const char *without_slash(struct arena *a, const char *url)
{
	size_t n = strlen(url);

	while (n && url[n - 1] == '/')
		n--;
	return arena_strndup(a, url, n);
}

/* By its place; old settings are by address. */
static struct json_object *settings_of(struct json_object *configs, size_t index, const char *url)
{
	char place[24];
	struct json_object *found;

	snprintf(place, sizeof(place), "%zu", index);
	found = json_get(configs, place);
	return found ? found : json_get(configs, url);
}

size_t connections_list(struct arena *a, const struct config *c, enum connection_kind kind,
			struct connection **out)
{
	bool openai = kind == CONNECTION_OPENAI;
	struct json_object *urls = config_tree(a, c, openai ? CK_OPENAI_API_BASE_URLS : CK_OLLAMA_BASE_URLS);
	struct json_object *configs = config_tree(a, c, openai ? CK_OPENAI_API_CONFIGS
							       : CK_OLLAMA_API_CONFIGS);
	struct json_object *keys = openai ? config_tree(a, c, CK_OPENAI_API_KEYS) : NULL;
	struct connection *list = arena_calloc(a, json_len(urls) + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < json_len(urls) && n < CONNECTIONS_MAX; i++) {
		const char *url = json_str(json_item(urls, i)), *key;
		struct json_object *settings;

		if (text_empty(url))
			continue;
		settings = settings_of(configs, i, url);
		key = openai ? json_str(json_item(keys, i)) : json_text(settings, "key", NULL);
		list[n++] = (struct connection){ kind, i, without_slash(a, url), key ? key : "", settings };
	}
	*out = list;
	return n;
}

bool connection_at(struct arena *a, const struct config *c, enum connection_kind kind, int64_t index,
		   struct connection *out)
{
	struct connection *list;
	size_t n = connections_list(a, c, kind, &list);

	for (size_t i = 0; i < n; i++)
		if (index >= 0 && list[i].index == (size_t)index) {
			*out = list[i];
			return true;
		}
	return false;
}

bool connection_enabled(const struct connection *k)
{
	return json_flag(k->settings, "enable", true);
}

const char *connection_setting(const struct connection *k, const char *name, const char *def)
{
	return json_text(k->settings, name, def);
}

const char *connection_strip(const struct connection *k, const char *id)
{
	const char *prefix = connection_setting(k, "prefix_id", "");
	size_t n = strlen(prefix);

	return n && strncmp(id, prefix, n) == 0 && id[n] == '.' ? id + n + 1 : id;
}

bool connection_is_anthropic(const struct connection *k)
{
	return strstr(k->url, "api.anthropic.com") != NULL;
}

bool connection_is_azure(const struct connection *k)
{
	return json_flag(k->settings, "azure", false) ||
	       strcmp(connection_setting(k, "provider", ""), "azure") == 0;
}

bool connection_is_responses(const struct connection *k)
{
	return k->kind == CONNECTION_OPENAI &&
	       strcmp(connection_setting(k, "api_type", ""), "responses") == 0;
}

bool connection_is_azure_v1(const struct connection *k)
{
	const char *at = strstr(k->url, "/openai/v1");

	return at && (!at[10] || at[10] == '/');
}

const char *connection_azure_version(const struct connection *k)
{
	return connection_setting(k, "api_version", "2023-03-15-preview");
}

const char *connection_url(struct arena *a, const struct connection *k, const char *operation,
			   const char *model)
{
	struct buf *b;

	if (!connection_is_azure(k) || connection_is_azure_v1(k))
		return arena_printf(a, "%s/%s", k->url, operation);
	if (text_empty(model) || strstr(model, "..") || strpbrk(model, "/\\"))
		return NULL;
	b = buf_in(a, 0);
	buf_printf(b, "%s/openai/deployments/", k->url);
	buf_uri(b, model);
	buf_printf(b, "/%s?api-version=%s", operation,
		   connection_azure_version(k));
	return buf_text(b);
}

const char *connections_digest(struct arena *a, const struct config *c)
{
	static const enum config_key keys[] = {
		CK_OPENAI_ENABLE, CK_OPENAI_API_BASE_URLS, CK_OPENAI_API_KEYS, CK_OPENAI_API_CONFIGS,
		CK_OLLAMA_ENABLE, CK_OLLAMA_BASE_URLS, CK_OLLAMA_API_CONFIGS,
	};
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf *b = buf_in(a, 0);
	unsigned n = 0;
	char *hex;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		buf_adds(b, config_json(c, keys[i]));
		buf_addc(b, '\n');
	}
	EVP_Digest(buf_text(b), b->len, sum, &n, EVP_sha256(), NULL);
	hex = arena_alloc(a, 2 * n + 1);
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return hex;
}
