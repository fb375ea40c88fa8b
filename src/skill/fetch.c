#include "skill/fetch.h"

#include "http/client.h"
#include "http/public.h"
#include "http/url.h"

enum { REDIRECTS_MAX = 5, FETCH_MS = 60000 };

static const char *fault(const char **err, const char *why)
{
	*err = why;
	return NULL;
}

static bool is_name(struct str s)
{
	if (!s.n || str_eq(s, ".") || str_eq(s, ".."))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", s.p[i]))
			return false;
	return true;
}

/* /owner/repository[/tree/REF/FOLDER… | /blob/REF/FOLDER…/SKILL.md] */
static const char *github(struct arena *a, const char *path, const char *url, const char **folder,
			  const char **err)
{
	struct str rest = str_of(path + strspn(path, "/")), owner = str_split(&rest, '/'),
		   repo = str_split(&rest, '/'), kind, ref = STR("HEAD");
	struct buf *out = buf_in(a, 0);
	const char *dir = "";

	if (str_ends(repo, ".git"))
		repo.n -= 4;
	if (!is_name(owner) || !is_name(repo))
		return fault(err, "Invalid GitHub repository URL");
	kind = rest.n ? str_split(&rest, '/') : (struct str){ NULL, 0 };
	if (str_eq(kind, "archive") || str_eq(kind, "releases") || str_eq(kind, "raw")) {
		*folder = NULL;
		return url;
	}
	if (kind.n) {
		if ((!str_eq(kind, "tree") && !str_eq(kind, "blob")) || !rest.n)
			return fault(err, "Use a GitHub repository, folder, or SKILL.md URL");
		ref = str_split(&rest, '/');
		while (rest.n && rest.p[rest.n - 1] == '/')
			rest.n--;
		dir = url_decode(a, rest);
		if (str_eq(kind, "blob")) {
			size_t n = strlen(dir);

			if (!str_eq(str_of(dir), "SKILL.md") && !str_ends(str_of(dir), "/SKILL.md"))
				return fault(err, "Select a SKILL.md file or a skill folder");
			dir = arena_strndup(a, dir, n > 9 ? n - 9 : 0);
		}
		if (*dir && !skill_path_fits(dir))
			return fault(err, "Invalid file path");
	}
	*folder = *dir ? arena_printf(a, "%s/", dir) : "";
	buf_printf(out, "https://codeload.github.com/%.*s/%.*s/zip/", (int)owner.n, owner.p, (int)repo.n, repo.p);
	buf_uri(out, url_decode(a, ref));
	return out->data;
}

const char *skill_source(struct arena *a, const char *url, const char **folder, const char **err)
{
	struct url u;

	*folder = NULL;
	if (!url_parse(a, url, &u) || u.named || (!text_eq(u.scheme, "http") && !text_eq(u.scheme, "https")))
		return fault(err, "Use an HTTP(S) URL without embedded credentials");
	return strcasecmp(u.host, "github.com") == 0 ? github(a, u.path, url, folder, err) : url;
}

/* What kind of file came: by its first bytes, its type, else by the address. */
static const char *file_name(struct arena *a, const struct http_answer *answer, const char *url)
{
	struct str path = str_of(url);
	const char *end = strpbrk(url, "?#"), *slash;

	if (answer->body->len > 2 && memcmp(answer->body->data, "PK", 2) == 0)
		return "skills.zip";
	if (strncasecmp(answer->type, "application/json", 16) == 0)
		return "skills.json";
	if (strncasecmp(answer->type, "text/markdown", 13) == 0)
		return "SKILL.md";
	path.n = end ? (size_t)(end - url) : path.n;
	url = arena_strndup(a, path.p, path.n);
	slash = strrchr(url, '/');
	return slash ? slash + 1 : url;
}

static struct json_object *import(struct arena *a, const struct http_answer *answer, const char *url,
				  const char *folder, const char **err)
{
	struct skill_import i;
	struct json_object *packages;

	skill_import_start(&i, a);
	i.discover = true;
	i.directory = folder;
	packages = skill_import_add(&i, file_name(a, answer, url), (struct str){ buf_text(answer->body), answer->body->len })
			   ? skill_import_end(&i) : NULL;
	*err = i.err;
	return packages;
}

struct json_object *skill_fetch(struct arena *a, const char *url, const char **err)
{
	const char *folder, *ignored;

	url = skill_source(a, url, &folder, err);
	for (int i = 0; url && i <= REDIRECTS_MAX; i++) {
		struct http_request req = { .method = "GET", .url = url, .timeout_ms = FETCH_MS, .cancel_fd = -1,
					    .max_body = SKILL_IMPORT_MAX, .keep_head = true,
					    .public_only = !local_fetch_allowed() };
		struct http_answer answer;

		if (!http_run(a, &req, &answer)) {
			*err = answer.end == HTTP_TOO_LARGE ? "Import exceeds 200 MiB" : "Could not download the skill. Please try again.";
			return NULL;
		}
		if (answer.status == 200 && strncasecmp(answer.type, "text/html", 9) == 0) {
			*err = "The address leads to a web page. Use that of a skill file or of a ZIP or .skill archive.";
			return NULL;
		}
		if (answer.status == 200)
			return import(a, &answer, url, folder, err);
		if (answer.status < 301 || answer.status > 308 || answer.status == 304) {
			*err = "Could not download the skill. Check that the URL is accessible.";
			return NULL;
		}
		url = url_join(a, url, http_header(a, &answer, "Location"));
		if (url && !skill_source(a, url, &ignored, err))
			return NULL;
	}
	if (url || !*err)
		*err = "Too many redirects while downloading the skill";
	return NULL;
}
