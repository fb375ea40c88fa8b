#include "executor/pool.h"

#include <sys/socket.h>
#include <sys/sysinfo.h>

#include "base/clock.h"
#include "base/log.h"
#include "executor/blob.h"
#include "executor/link.h"
#include "executor/rights.h"

enum { MEMBERS_MAX = 64, RETRY_MS = 1000, RETRY_MAX_MS = 300000, WARM_UP_MS = 60000 };

struct member {
	struct run *run;		/* NULL: missing */
	int job;			/* the socket that its reaper listens to */
	bool ready;
	int64_t since_ms;
};

static const struct settings *conf;
static struct member members[MEMBERS_MAX];
static int processors;
static int64_t retry_ms, not_before_ms;
static int64_t wanted_until_ms;		/* there was a run not long ago */

void pool_setup(const struct settings *s)
{
	conf = s;
	processors = get_nprocs();
	retry_ms = RETRY_MS;
}

static struct member *member_of(const struct run *r)
{
	for (int i = 0; i < conf->pool_size; i++)
		if (members[i].run == r)
			return &members[i];
	return NULL;
}

static void forget(struct member *m)
{
	close(m->job);
	*m = (struct member){ .job = -1 };
}

static void start_member(struct member *m)
{
	struct job job = { .language = &languages[0], .memory_mb = conf->max_memory_mb };
	int slot = run_free_slot(), pair[2], fds[WFD_COUNT] = { -1, -1, -1, -1, -1 };
	struct run *r;

	if (slot < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	r = run_new(arena_new(), &job, "");
	r->ahead = true;
	*m = (struct member){ .run = r, .job = pair[0], .since_ms = mono_ms() };
	fds[WFD_BLOB] = blob_file_ahead(r, conf->pool_preload);
	fds[WFD_STDIN] = pair[1];
	if (!run_launch(r, (uint32_t)slot, fds))
		run_give_up(r);
}

/* Is it read when the interpreter starts, before we could set it? */
static bool read_at_start(const char *variable)
{
	static const char *const prefixes[] = { "PYTHON", "LD_", "LC_", "LANG", "MALLOC_", "GLIBC_",
						"OMP_", "OPENBLAS_", "MKL_", "MPL" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (text_starts(variable, prefixes[i]))
			return true;
	return false;
}

static bool fits(const struct job *j)
{
	if (j->language != &languages[0] || j->has_input || j->memory_mb != conf->max_memory_mb)
		return false;
	for (size_t i = 0; i < j->nenv; i++)
		if (read_at_start(j->env[i].key))
			return false;
	for (size_t i = 0; i < j->nfiles; i++)
		if (str_ends(str_of(j->files[i].name), ".py") || strchr(j->files[i].name, '/'))
			return false;
	return true;
}

bool pool_take(struct run *r)
{
	struct member *m = NULL;
	struct run *from;
	bool sent;
	int fd;

	if (r->probe || !fits(&r->job))
		return false;
	wanted_until_ms = mono_ms() + conf->pool_age * 1000;
	for (int i = 0; i < conf->pool_size; i++)
		if (members[i].ready && (!m || members[i].since_ms < m->since_ms))
			m = &members[i];
	if (!m)
		return false;
	fd = blob_file(r, conf);
	from = m->run;
	run_discard_output(from);	/* what importing printed is not the program's */
	sent = fd >= 0 && rights_send_one(m->job, fd, MSG_DONTWAIT);
	if (fd >= 0)
		close(fd);
	if (!sent)
		return false;
	forget(m);
	run_adopt(r, from);
	return true;
}

int64_t pool_round(int64_t now, int busy)
{
	int64_t next = INT64_MAX;
	struct member *missing = NULL;
	bool warming = false;

	if (!languages[0].works)
		return next;
	for (int i = 0; i < conf->pool_size; i++) {
		struct member *m = &members[i];
		int64_t until = m->since_ms + (m->ready ? conf->pool_age * 1000 : WARM_UP_MS);

		if (!m->run) {
			missing = m;
		} else if (!m->run->kill_sent && now >= until) {
			m->ready = false;
			run_kill_ahead(m->run);
		} else if (!m->run->kill_sent && until < next) {
			next = until;
		}
		warming |= m->run && !m->ready;
	}
	if (!link_up() || !missing || warming || busy >= processors || now >= wanted_until_ms)
		return next;
	if (now < not_before_ms)
		return not_before_ms < next ? not_before_ms : next;
	start_member(missing);
	return next;
}

void pool_said(struct run *r)
{
	struct member *m = member_of(r);
	struct record_head head;

	if (!m || m->ready || r->kill_sent || r->status.len < sizeof(head))
		return;
	memcpy(&head, r->status.data, sizeof(head));
	if (head.type != STATUS_READY)
		return;
	m->ready = true;
	m->since_ms = mono_ms();
	retry_ms = RETRY_MS;
}

/* One that never became ready: try again later, and later still. */
void pool_lost(struct run *r)
{
	struct member *m = member_of(r);

	if (!m)
		return;
	if (!m->ready && !r->kill_sent) {
		not_before_ms = mono_ms() + retry_ms;
		log_warn("pool_lost", "again_in_ms=%" PRId64 " why=\"%.200s\"", retry_ms,
			 buf_text(&r->err.text));
		retry_ms = retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2 : RETRY_MAX_MS;
	}
	forget(m);
}

int pool_ready(void)
{
	int n = 0;

	for (int i = 0; i < conf->pool_size; i++)
		n += members[i].ready;
	return n;
}
