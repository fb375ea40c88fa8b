#include "fcgi/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/env.h"

enum { PIECE = 64 * 1024 };

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" }, { ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" }, { ".mjs", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" }, { ".txt", "text/plain; charset=utf-8" },
	{ ".md", "text/markdown; charset=utf-8" }, { ".csv", "text/csv; charset=utf-8" },
	{ ".xml", "text/xml; charset=utf-8" }, { ".png", "image/png" }, { ".jpg", "image/jpeg" },
	{ ".jpeg", "image/jpeg" }, { ".gif", "image/gif" }, { ".webp", "image/webp" },
	{ ".svg", "image/svg+xml" }, { ".ico", "image/vnd.microsoft.icon" }, { ".avif", "image/avif" },
	{ ".wasm", "application/wasm" }, { ".woff2", "font/woff2" }, { ".woff", "font/woff" },
	{ ".ttf", "font/ttf" }, { ".mp3", "audio/mpeg" }, { ".wav", "audio/x-wav" },
	{ ".ogg", "audio/ogg" }, { ".m4a", "audio/mp4" }, { ".flac", "audio/flac" },
	{ ".mp4", "video/mp4" }, { ".webm", "video/webm" }, { ".pdf", "application/pdf" },
	{ ".webmanifest", "application/manifest+json" }, { ".zip", "application/zip" },
	{ ".py", "text/x-python" }, { ".sh", "application/x-sh" }, { ".c", "text/plain" }, { ".h", "text/plain" },
};

const char *file_type(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t k = strlen(types[i].suffix);

		if (n > k && strcasecmp(name + n - k, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

const char *file_web_dir(void)
{
	return env_str("OWUI_WEB_DIR", "");
}

static int open_beneath(const char *root, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int dir, fd;

	while (*path == '/')
		path++;
	if (!*root || !*path)
		return -1;
	dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
	close(dir);
	return fd;
}

static char *read_all(struct arena *a, int fd, size_t size)
{
	char *data = arena_alloc(a, size + 1);
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, data + got, size - got);

		if (n <= 0)
			return NULL;
		got += (size_t)n;
	}
	return data;
}

static void send_pieces(struct req *r, int fd, const char *type)
{
	char *piece = arena_alloc(r->arena, PIECE);
	ssize_t n;

	if (!req_stream_start(r, 200, type))
		return;
	while ((n = read(fd, piece, PIECE)) > 0)
		if (!req_stream_write(r, piece, (size_t)n))
			return;
}

static bool is_media(const char *type)
{
	return text_starts(type, "image/") || text_starts(type, "audio/") ||
	       text_starts(type, "video/");
}

static void send_fd(struct req *r, int fd, size_t size, const char *root, const char *path)
{
	const char *type = file_type(path), *prefix = env_str("OWUI_ACCEL_PREFIX", "");
	char *data;

	if (*prefix) {
		struct buf *b = buf_in(r->arena, 0);
		struct str rest = str_of(path);

		buf_printf(b, "%s%s", prefix, root);
		while (rest.p) {
			struct str seg = str_split(&rest, '/');

			if (!seg.n)
				continue;
			buf_addc(b, '/');
			buf_uri(b, arena_strndup(r->arena, seg.p, seg.n));
		}
		req_add_header(r, "X-Accel-Redirect", b->data);
		req_send_bytes(r, 200, type, "", 0);
	} else if (size > PIECE && strcmp(r->method, "HEAD") != 0) {
		send_pieces(r, fd, type);
	} else {
		data = read_all(r->arena, fd, size);
		if (data)
			req_send_bytes(r, 200, type, data, size);
		else
			req_fail(r, ERR_INTERNAL);
	}
}

bool file_send(struct req *r, const char *root, const char *path, unsigned flags)
{
	const char *slash = strrchr(path, '/');
	int fd = open_beneath(root, path);
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return false;
	}
	if (flags & FILE_ATTACH) {
		req_add_header(r, "X-Content-Type-Options", "nosniff");
		if (!is_media(file_type(path)))
			req_add_header(r, "Content-Disposition",
				       arena_printf(r->arena, "attachment; filename=\"%s\"",
						    slash ? slash + 1 : path));
	}
	if (flags & FILE_NO_CACHE)
		req_add_header(r, "Cache-Control", "no-cache");
	send_fd(r, fd, (size_t)st.st_size, root, path);
	close(fd);
	return true;
}
