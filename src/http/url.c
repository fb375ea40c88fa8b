#include "http/url.h"

#include <curl/curl.h>

static const char *part_as(struct arena *a, CURLU *u, CURLUPart what, unsigned flags)
{
	const char *out;
	char *text;

	if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
		return NULL;
	out = arena_strdup(a, text);
	curl_free(text);
	return out;
}

static const char *part(struct arena *a, CURLU *u, CURLUPart what)
{
	return part_as(a, u, what, 0);
}

bool url_parse(struct arena *a, const char *text, struct url *out)
{
	CURLU *u = curl_url();
	bool ok = u && curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK;

	if (ok) {
		*out = (struct url){ .scheme = part(a, u, CURLUPART_SCHEME), .host = part(a, u, CURLUPART_HOST),
				     .path = part(a, u, CURLUPART_PATH),
				     .port = part_as(a, u, CURLUPART_PORT, CURLU_DEFAULT_PORT) };
		out->named = part(a, u, CURLUPART_USER) || part(a, u, CURLUPART_PASSWORD);
		out->query = part(a, u, CURLUPART_QUERY) != NULL;
		out->fragment = part(a, u, CURLUPART_FRAGMENT) != NULL;
		ok = out->scheme && out->host && out->path;
	}
	curl_url_cleanup(u);
	return ok;
}

const char *url_join(struct arena *a, const char *base, const char *reference)
{
	CURLU *u = curl_url();
	const char *out = NULL;

	if (u && base && reference && curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_URL, reference, 0) == CURLUE_OK)
		out = part(a, u, CURLUPART_URL);
	curl_url_cleanup(u);
	return out;
}

const char *url_decode(struct arena *a, struct str s)
{
	int n = 0;
	char *text = s.n ? curl_easy_unescape(NULL, s.p, (int)s.n, &n) : NULL;
	const char *out = text && !memchr(text, '\0', (size_t)n) ? arena_strndup(a, text, (size_t)n) : "";

	curl_free(text);
	return out;
}
