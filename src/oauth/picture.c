#include "oauth/picture.h"

#include "base/base64.h"
#include "base/log.h"
#include "http/client.h"
#include "http/public.h"
#include "http/target.h"
#include "user/account.h"

static const char none[] = "/user.png";

const char *oauth_picture(struct arena *a, const char *url, const char *access_token)
{
	const char *headers[] = { "Accept: image/*", NULL, NULL };
	struct http_request req = { .method = "GET", .url = url, .headers = headers, .cancel_fd = -1,
				    .timeout_ms = PICTURE_TIMEOUT_MS, .max_body = PICTURE_MAX_BYTES,
				    .public_only = !local_fetch_allowed() };
	struct http_answer ans;
	struct str type;
	struct buf *b;

	if (!target_allowed(url))
		return none;
	if (access_token)
		headers[1] = arena_printf(a, "Authorization: Bearer %s", access_token);
	if (!http_run(a, &req, &ans) || ans.status / 100 != 2) {
		log_warn("oauth_picture", "status=%d error=\"%s\"", ans.status, ans.error ? ans.error : "");
		return none;
	}
	type = str_of(ans.type);
	type = str_trim(str_split(&type, ';'));
	b = buf_in(a, 0);
	buf_adds(b, "data:");
	for (size_t i = 0; i < type.n; i++)
		buf_addc(b, type.p[i] >= 'A' && type.p[i] <= 'Z' ? (char)(type.p[i] | 0x20) : type.p[i]);
	buf_adds(b, ";base64,");
	base64_encode(b, ans.body->data, ans.body->len);
	return image_url_valid(buf_text(b)) ? b->data : none;
}
