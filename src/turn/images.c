#include "turn/images.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/env.h"
#include "db/db.h"
#include "http/client.h"
#include "http/public.h"

enum { FETCH_MS = 20000 };

static const char *data_url(struct arena *a, const char *type, const char *bytes, size_t n)
{
	size_t head = strlen(type) + sizeof("data:;base64,");
	char *out = arena_alloc(a, head + 4 * ((n + 2) / 3) + 1);
	int at = snprintf(out, head, "data:%s;base64,", type);

	EVP_EncodeBlock((unsigned char *)out + at, (const unsigned char *)bytes, (int)n);
	return out;
}

static size_t size_limit(const struct config *c)
{
	int64_t mib = config_i64(c, CK_RAG_FILE_MAX_SIZE, 0);

	return mib > 0 && mib < IMAGE_MAX / 1048576 ? (size_t)mib * 1048576 : IMAGE_MAX;
}

/* A media type of letters and a few signs: it becomes part of an address. */
static bool is_type(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/+.-")] == '\0';
}

static const char *fetched(struct arena *a, const struct config *c, const char *url)
{
	static const char *const headers[] = { "Accept-Encoding: identity", NULL };
	struct http_request req = {
		.method = "GET", .url = url, .headers = headers, .cancel_fd = -1, .timeout_ms = FETCH_MS,
		.max_body = size_limit(c), .public_only = !local_fetch_allowed(),
	};
	struct http_answer answer;
	struct str type, rest;

	if (!http_run(a, &req, &answer) || answer.status != 200 || !answer.body->len)
		return NULL;
	rest = str_of(answer.type);
	type = str_trim(str_split(&rest, ';'));
	url = type.n ? arena_strndup(a, type.p, type.n) : "image/png";
	return is_type(url) ? data_url(a, url, answer.body->data, answer.body->len) : NULL;
}

/* The bytes of a stored file, by the last part of its path. */
static char *read_upload(struct arena *a, const char *path, size_t most, size_t *n)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct stat st;
	char *bytes = NULL;
	ssize_t got;
	int fd;

	if (!*name || strcmp(name, "..") == 0)
		return NULL;
	fd = open(arena_printf(a, "%s/uploads/%s", env_str("DATA_DIR", "/var/lib/owui"), name),
		  O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= most) {
		bytes = arena_alloc(a, (size_t)st.st_size);
		for (*n = 0; *n < (size_t)st.st_size; *n += (size_t)got) {
			got = read(fd, bytes + *n, (size_t)st.st_size - *n);
			if (got <= 0) {
				bytes = NULL;
				break;
			}
		}
	}
	close(fd);
	return bytes;
}

static const char *type_by_name(const char *name)
{
	static const char *const types[][2] = {
		{ ".png", "image/png" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
		{ ".gif", "image/gif" }, { ".webp", "image/webp" }, { ".bmp", "image/bmp" },
		{ ".avif", "image/avif" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcasecmp(dot, types[i][0]) == 0)
			return types[i][1];
	return NULL;
}

enum { C_PATH, C_TYPE, C_NAME };

static const char *stored(struct arena *a, const struct config *c, const struct user *u, const char *id)
{
	struct db *db = db_get();
	const char *type, *path;
	struct rows *rows;
	size_t n = 0;
	char *bytes;
	int rc = db_run(db, a, &rows, Q_TURN_FILE, id, u->id, u->is_admin ? "t" : "f");

	db_put(db);
	if (rc <= 0)
		return NULL;
	path = rows_text(rows, 0, C_PATH);
	type = rows_text(rows, 0, C_TYPE);
	if (!text_starts(type, "image/"))
		type = type_by_name(rows_text(rows, 0, C_NAME) ? rows_text(rows, 0, C_NAME) : "");
	if (!path || !type || !is_type(type))
		return NULL;
	bytes = read_upload(a, path, size_limit(c), &n);
	return bytes ? data_url(a, type, bytes, n) : NULL;
}

const char *image_data_url(struct arena *a, const struct config *c, const struct user *u, const char *url)
{
	static const char files[] = "/api/v1/files/";
	const char *end;

	if (text_empty(url) || text_starts(url, "data:"))
		return NULL;
	if (text_starts(url, "http://") || text_starts(url, "https://"))
		return fetched(a, c, url);
	if (!text_starts(url, files))
		return strchr(url, '/') ? NULL : stored(a, c, u, url);
	url += sizeof(files) - 1;
	end = strstr(url, "/content");
	return end && end > url ? stored(a, c, u, arena_strndup(a, url, (size_t)(end - url))) : NULL;
}

/* { type: image_url, image_url: { url } } or { type: input_image, image_url: url } */
static bool inline_part(struct turn *t, struct json_object *part)
{
	struct json_object *image = json_get(part, "image_url");
	const char *type = json_text(part, "type", ""), *url;

	if (strcmp(type, "image_url") != 0 && strcmp(type, "input_image") != 0)
		return false;
	url = image_data_url(t->arena, t->cfg, &t->user, json_str(image) ? json_str(image)
								       : json_text(image, "url", NULL));
	if (url && json_str(image))
		json_set_text(part, "image_url", url);
	else if (url)
		json_set_text(image, "url", url);
	return true;
}

bool images_inline(struct turn *t)
{
	struct json_object *messages = json_get(t->form, "messages");
	size_t seen = 0;

	for (size_t i = json_len(messages); i-- > 0;) {
		struct json_object *content = json_get(json_item(messages, i), "content");

		for (size_t k = 0; k < json_len(content) && seen < IMAGES_MAX; k++)
			seen += inline_part(t, json_item(content, k));
	}
	return true;
}
