/*
 * owui-executor - runs untrusted programs for whoever may ask over HTTP.
 *
 * This process parses what comes from outside and therefore has no privileges: it starts the
 * launcher (owui-sandbox), then gives up root.  Settings: executor/settings.c.
 */

#include "base/base.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include "base/env.h"
#include "base/log.h"
#include "executor/api.h"
#include "executor/audit.h"
#include "executor/jupyter.h"
#include "executor/languages.h"
#include "executor/link.h"
#include "executor/run.h"

static struct source signals;

static void signal_ready(struct source *s, uint32_t events UNUSED)
{
	struct signalfd_siginfo info;

	while (read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			audit_reopen();
			continue;
		}
		log_info("stopping", "signal=%u", info.ssi_signo);
		loop_stop();
	}
}

static void watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = (struct source){ signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), signal_ready };
	loop_add(&signals, EPOLLIN);
}

/* The account to become, 0 when we are not root. */
static uid_t account(const struct settings *s, gid_t *gid)
{
	struct passwd *p;

	if (geteuid() != 0)
		return 0;
	p = getpwnam(s->user);
	if (!p || !p->pw_uid)
		die("no_account", "user=%s", s->user);
	*gid = p->pw_gid;
	return p->pw_uid;
}

static void give_up_root(uid_t uid, gid_t gid)
{
	if (uid && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
		    setresuid(uid, uid, uid) < 0))
		die("give_up_root", "error=%s", strerror(errno));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int main(void)
{
	static struct settings s;
	gid_t gid = 0;
	uid_t uid;

	env_load();
	log_set_level_text(env_str("GLOBAL_LOG_LEVEL", "INFO"));
	signal(SIGPIPE, SIG_IGN);
	settings_read(&s);
	languages_setup();
	uid = account(&s, &gid);
	link_start(&s);
	audit_setup(&s, uid);
	give_up_root(uid, gid);
	loop_setup();
	runs_setup(&s);
	if (link_usable())
		runs_probe_languages();
	else
		log_error("no_sandbox", "why=\"%s\"", link_name());
	watch_signals();
	api_setup(&s);
	jupyter_setup(&s);
	http_setup(&s, api_handle);
	log_info("ready", "host=%s port=%d isolation=%u", s.host, s.port, link_isolation());
	loop_run();
	return 0;
}
