#include "executor/blob.h"

#include <fcntl.h>
#include <sys/mman.h>

static void blob_add(struct buf *b, enum blob_type type, const void *p, size_t n)
{
	static const char pad[8];
	struct record_head head = { (uint32_t)type, (uint32_t)n };

	buf_add(b, &head, sizeof(head));
	buf_add(b, p, n);
	buf_add(b, pad, ((n + 8) & ~(size_t)7) - n);
}

static void blob_text(struct buf *b, enum blob_type type, const char *s)
{
	blob_add(b, type, s, strlen(s));
}

static void blob_words(struct buf *b, const char *const *words)
{
	for (; *words; words++)
		blob_text(b, BLOB_ARG, *words);
}

static void blob_env(struct buf *b, struct arena *a, const struct job *job)
{
	static const char *const base[][2] = {
		{ "PATH", SANDBOX_PATH }, { "HOME", "/workspace" }, { "LANG", "C.UTF-8" },
		{ "TMPDIR", "/tmp" }, { "PYTHONUNBUFFERED", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(base); i++) {
		bool replaced = false;

		for (size_t k = 0; k < job->nenv; k++)
			replaced |= text_eq(job->env[k].key, base[i][0]);
		if (!replaced)
			blob_text(b, BLOB_ENV, arena_printf(a, "%s=%s", base[i][0], base[i][1]));
	}
	for (size_t i = 0; i < job->nenv; i++)
		blob_text(b, BLOB_ENV, arena_printf(a, "%s=%s", job->env[i].key, job->env[i].value));
}

static void blob_job(struct buf *b, struct run *r, const struct settings *conf)
{
	const struct job *j = &r->job;
	const char *const probe[] = { "/bin/sh", "-c", j->code.p, NULL };

	if (r->probe) {
		blob_words(b, probe);
	} else {
		blob_words(b, language_command(r->arena, j->language, j->capture_result, j->args,
					       j->nargs));
		blob_text(b, BLOB_NAME, j->language->script);
		blob_add(b, BLOB_DATA, j->code.p, j->code.n);
	}
	blob_env(b, r->arena, j);
	for (size_t i = 0; i < j->nfiles; i++) {
		blob_text(b, BLOB_NAME, j->files[i].name);
		blob_add(b, BLOB_DATA, j->files[i].content.p, j->files[i].content.n);
	}
	if (j->return_files) {
		struct blob_return back = { (uint32_t)conf->max_return_files,
					    (uint32_t)conf->max_return_bytes };

		blob_add(b, BLOB_RETURN, &back, sizeof(back));
	}
	if (j->capture_result)
		blob_text(b, BLOB_RESULT, "");
}

int sealed_file(const void *p, size_t n)
{
	int fd = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING), ro = -1;
	char path[40];

	if (fd < 0)
		return -1;
	if (write(fd, p, n) == (ssize_t)n &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ro = open(path, O_RDONLY | O_CLOEXEC);
	}
	close(fd);
	return ro;
}

int blob_file(struct run *r, const struct settings *conf)
{
	struct buf b = { .max = BLOB_MAX };
	int fd;

	blob_job(&b, r, conf);
	fd = b.full ? -1 : sealed_file(b.data, b.len);
	buf_free(&b);
	return fd;
}

int blob_file_ahead(struct run *r, const char *modules)
{
	struct buf b = { .max = BLOB_MAX };
	int fd;

	blob_words(&b, language_command_ahead(r->arena, modules));
	blob_env(&b, r->arena, &r->job);
	blob_text(&b, BLOB_AHEAD, "");
	fd = sealed_file(b.data, b.len);
	buf_free(&b);
	return fd;
}
