#include "fcgi/spool.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "base/env.h"

struct mapping {
	void *p;
	size_t n;
};

static void close_fd(void *p)
{
	close((int)(intptr_t)p);
}

static void unmap(void *p)
{
	struct mapping *m = p;

	munmap(m->p, m->n);
}

bool spool_open(struct arena *a, struct spool *s)
{
	const char *folder = env_str("TMPDIR", "/tmp");

	s->len = 0;
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0) {	/* not every file system has files without names */
		char *name = arena_printf(a, "%s/owui-spool-XXXXXX", folder);

		s->fd = mkostemp(name, O_CLOEXEC);
		if (s->fd >= 0)
			unlink(name);
	}
	if (s->fd >= 0)
		arena_defer(a, close_fd, (void *)(intptr_t)s->fd);
	return s->fd >= 0;
}

bool spool_write(struct spool *s, const void *data, size_t n)
{
	const char *p = data;

	if (s->len + (int64_t)n > SPOOL_MAX)
		return false;
	while (n) {
		ssize_t done = write(s->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
		s->len += done;
	}
	return true;
}

struct str spool_map(struct arena *a, const struct spool *s)
{
	struct mapping *m = arena_alloc(a, sizeof(*m));

	m->n = (size_t)s->len;
	m->p = m->n ? mmap(NULL, m->n, PROT_READ, MAP_SHARED, s->fd, 0) : MAP_FAILED;
	if (m->p == MAP_FAILED)
		return (struct str){ NULL, 0 };
	arena_defer(a, unmap, m);
	return (struct str){ m->p, m->n };
}

bool spool_body(struct req *r, struct spool *s)
{
	char part[65536];
	ssize_t n;

	if (!spool_open(r->arena, s)) {
		req_fail_detail(r, 507, "There is no room for the upload.");
		return false;
	}
	while ((n = req_body_read(r, part, sizeof(part))) > 0)
		if (!spool_write(s, part, (size_t)n)) {
			req_fail_detail(r, 507, "There is no room for the upload.");
			return false;
		}
	if (n < 0)
		req_fail(r, ERR_UNAVAILABLE);	/* nobody is there to read it */
	return n == 0;
}
