#include "fcgi/fallback.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/env.h"

enum { PAGE_MAX = 4 * 1024 * 1024 };

static const char *read_file(struct arena *a, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data = NULL;
	size_t got = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= PAGE_MAX) {
		data = arena_alloc(a, (size_t)st.st_size + 1);
		while (got < (size_t)st.st_size) {
			ssize_t n = read(fd, data + got, (size_t)st.st_size - got);

			if (n <= 0)
				break;
			got += (size_t)n;
		}
	}
	close(fd);
	*len = got;
	return data;
}

int fallback_answer(struct req *r)
{
	const char *dir = env_str("OWUI_WEB_DIR", "");
	const char *page;
	size_t len = 0;

	if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0) {
		req_add_header(r, "Allow", "GET, HEAD");
		return req_fail(r, ERR_METHOD_NOT_ALLOWED);
	}
	if (str_ends(str_of(r->path), ".js"))
		return req_fail_detail(r, 404, "Not Found");
	page = *dir ? read_file(r->arena, arena_printf(r->arena, "%s/index.html", dir), &len) : NULL;
	if (!page)
		return req_fail_detail(r, 404, "Not Found");
	req_add_header(r, "Cache-Control", "no-cache");
	return req_send_bytes(r, 200, "text/html; charset=utf-8", page, len);
}
