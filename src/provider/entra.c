#include "provider/entra.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "http/client.h"
#include "http/form.h"
#include "json/json.h"

#define RESOURCE "https://cognitiveservices.azure.com"

enum { ASK_MS = 10000, MACHINE_MS = 3000, EARLY_S = 300, REST_MS = 30000, FILE_MAX = 64 * 1024 };

static struct {
	pthread_mutex_t lock;
	char *token;
	int64_t ends;			/* time_s() */
	int64_t failed;			/* mono_ms(), 0: not */
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *file_text(struct arena *a, const char *path)
{
	char *text = arena_alloc(a, FILE_MAX + 1);
	FILE *f = fopen(path, "re");
	struct str s;

	if (!f)
		return NULL;
	s = str_trim((struct str){ text, fread(text, 1, FILE_MAX, f) });
	fclose(f);
	return s.n ? arena_strndup(a, s.p, s.n) : NULL;
}

/* The tenant's token endpoint: with a secret, or with a token that another issuer has signed. */
static bool ask_tenant(struct arena *a, struct http_request *req)
{
	static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded", NULL };
	const char *tenant = env_str("AZURE_TENANT_ID", ""), *client = env_str("AZURE_CLIENT_ID", "");
	const char *secret = env_str("AZURE_CLIENT_SECRET", ""), *file = env_str("AZURE_FEDERATED_TOKEN_FILE", "");
	const char *host = env_str("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com");
	struct buf *form = buf_in(a, 0), *url = buf_in(a, 0);
	size_t n = strlen(host);

	if (!*tenant || !*client || (!*secret && !*file))
		return false;
	form_add(form, "grant_type", "client_credentials");
	form_add(form, "client_id", client);
	form_add(form, "scope", RESOURCE "/.default");
	if (*secret) {
		form_add(form, "client_secret", secret);
	} else {
		form_add(form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
		form_add(form, "client_assertion", file_text(a, file));
	}
	buf_add(url, host, host[n - 1] == '/' ? n - 1 : n);
	buf_addc(url, '/');
	buf_uri(url, tenant);
	buf_adds(url, "/oauth2/v2.0/token");
	*req = (struct http_request){ .method = "POST", .url = buf_text(url), .headers = headers, .cancel_fd = -1,
				      .body = buf_text(form), .body_len = form->len, .timeout_ms = ASK_MS };
	return true;
}

/* The identity that the platform gives to what runs on it. */
static void ask_platform(struct arena *a, struct http_request *req)
{
	const char *endpoint = env_str("IDENTITY_ENDPOINT", ""), *client = env_str("AZURE_CLIENT_ID", "");
	const char *host = env_str("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254");
	const char **headers = arena_calloc(a, 2, sizeof(*headers));
	struct buf *form = buf_in(a, 0);

	form_add(form, "api-version", *endpoint ? "2019-08-01" : "2018-02-01");
	form_add(form, "resource", RESOURCE);
	form_add(form, "client_id", *client ? client : NULL);
	headers[0] = *endpoint ? arena_printf(a, "X-IDENTITY-HEADER: %s", env_str("IDENTITY_HEADER", "")) : "Metadata: true";
	if (!*endpoint)
		endpoint = arena_printf(a, "%s/metadata/identity/oauth2/token", host);
	*req = (struct http_request){ .method = "GET", .url = url_with_query(a, endpoint, form), .headers = headers,
				      .cancel_fd = -1, .timeout_ms = MACHINE_MS };
}

/* Numbers come as numbers or as texts. */
static int64_t seconds(struct json_object *o, const char *key)
{
	struct json_object *v = json_get(o, key);

	return v ? json_object_get_int64(v) : 0;
}

/* Ask and keep; under the lock. */
static void renew(struct arena *a)
{
	struct http_request req;
	struct http_answer answer;
	struct json_object *o;
	const char *token;

	if (!ask_tenant(a, &req))
		ask_platform(a, &req);
	o = http_run(a, &req, &answer) && answer.status == 200
	    ? json_parse(a, buf_text(answer.body), answer.body->len, NULL) : NULL;
	token = json_text(o, "access_token", NULL);
	if (text_empty(token)) {
		kept.failed = mono_ms();
		log_error("entra_token", "status=%d why=\"%s\"", answer.status, answer.error ? answer.error : "no token");
		return;
	}
	free(kept.token);
	kept.token = xstrdup(token);
	kept.ends = seconds(o, "expires_on") ? seconds(o, "expires_on") : time_s() + seconds(o, "expires_in");
	kept.failed = 0;
}

const char *entra_token(struct arena *a)
{
	const char *token = NULL;

	pthread_mutex_lock(&kept.lock);
	if ((!kept.token || kept.ends - EARLY_S <= time_s()) && (!kept.failed || mono_ms() - kept.failed > REST_MS))
		renew(a);
	if (kept.token && kept.ends > time_s())
		token = arena_strdup(a, kept.token);
	pthread_mutex_unlock(&kept.lock);
	return token;
}
