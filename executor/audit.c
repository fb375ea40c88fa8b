#include "executor/audit.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "executor/run.h"

static const struct settings *conf;
static int file = -1;

static int open_file(void)
{
	return open(conf->audit_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
}

void audit_setup(const struct settings *s, uid_t uid)
{
	char dir[PATH_MAX], *slash;

	conf = s;
	if (!s->audit)
		return;
	snprintf(dir, sizeof(dir), "%s", s->audit_path);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = '\0';
		if (mkdir(dir, 0750) == 0 && uid && chown(dir, uid, (gid_t)-1) < 0)
			log_warn("audit_owner", "folder=%s error=%s", dir, strerror(errno));
	}
	file = open_file();
	if (file < 0)
		log_warn("audit_off", "file=%s error=%s", s->audit_path, strerror(errno));
	else if (uid && fchown(file, uid, (gid_t)-1) < 0)
		log_warn("audit_owner", "file=%s error=%s", s->audit_path, strerror(errno));
}

void audit_reopen(void)
{
	int fd = conf->audit ? open_file() : -1;

	if (fd < 0)
		return;
	if (file >= 0)
		close(file);
	file = fd;
}

static void add_hash(struct buf *b, struct bytes code)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	EVP_Digest(code.p, code.n, sum, &n, EVP_sha256(), NULL);
	buf_addc(b, '"');
	for (unsigned int i = 0; i < n; i++)
		buf_printf(b, "%02x", sum[i]);
	buf_addc(b, '"');
}

static void add_outcome(struct buf *b, const struct run *r)
{
	bool over = r->state == RUN_ENDED;

	buf_adds(b, ",\"status\":");
	buf_json(b, over ? run_status_text(r) : "running");
	if (!over)
		return;
	buf_printf(b, ",\"execution_time_ms\":%d,\"exit_code\":", r->duration_ms);
	if (r->has_exit)
		buf_addint(b, r->exit_code);
	else
		buf_adds(b, "null");
	buf_printf(b, ",\"success\":%s,\"memory_used_mb\":",
		   r->outcome == OUTCOME_SUCCESS ? "true" : "false");
	if (r->memory_mb >= 0)
		buf_printf(b, "%.1f", r->memory_mb);
	else
		buf_adds(b, "null");
	buf_adds(b, ",\"error\":");
	buf_json(b, *r->broken ? r->broken : r->error);
}

void audit_event(const struct run *r, const char *event)
{
	struct buf b = BUF_INIT;
	char now[40];

	if (file < 0)
		return;
	time_iso_ms(now, sizeof(now));
	buf_printf(&b, "{\"timestamp\":\"%s\",\"execution_id\":\"%s\",\"event_type\":\"%s\",\"user_id\":",
		   now, r->id, event);
	buf_json(&b, r->job.user_id);
	buf_adds(&b, ",\"request_id\":");
	buf_json(&b, r->job.request_id);
	buf_adds(&b, ",\"peer\":");
	buf_json(&b, r->peer);
	buf_printf(&b, ",\"language\":\"%s\",\"code_length\":%zu,\"code_sha256\":",
		   r->job.language->name, r->job.code.n);
	add_hash(&b, r->job.code);
	if (conf->audit_code) {
		buf_adds(&b, ",\"code\":");
		buf_json_n(&b, r->job.code.p, r->job.code.n);
	}
	add_outcome(&b, r);
	buf_adds(&b, "}\n");
	if (write(file, b.data, b.len) != (ssize_t)b.len)
		log_warn("audit_lost", "run=%s error=%s", r->id, strerror(errno));
	buf_free(&b);
}
