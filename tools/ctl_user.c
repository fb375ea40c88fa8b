/* owuictl user - accounts, for those who sit at the server. */

#include <termios.h>

#include "auth/password.h"
#include "realtime/publish.h"
#include "tools/ctl.h"
#include "user/mfa.h"

struct found {
	const char *id, *email, *role;
};

static bool find(struct ctl *c, const char *who, struct found *out)
{
	struct rows *rows;

	if (db_run(c->db, c->arena, &rows, Q_CTL_USER_FIND, who) <= 0) {
		ctl_fail("there is no account \"%s\"", who);
		return false;
	}
	*out = (struct found){ rows_text(rows, 0, 0), rows_text(rows, 0, 1), rows_text(rows, 0, 2) };
	return true;
}

/* Somebody's authenticator is lost, and the recovery codes with it: a ticket to enrol again. */
static int reset_factor(struct ctl *c, const char *who, const char *reason)
{
	const char *ticket;
	struct mfa_fault f;
	struct found u;

	if (!*reason)
		return ctl_fail("say why: the reason goes into the log");
	if (!find(c, who, &u))
		return CTL_FAILED;
	fprintf(stderr, "owuictl: event=auth.mfa.reset_requested user=%s reason=\"%s\"\n", u.id, reason);
	f = mfa_reset(c->arena, c->db, u.id, &ticket);
	if (f.status)
		return ctl_fail("%s", f.text);
	publish_disconnect(c->arena, arena_printf(c->arena, "user:%s", u.id));
	fprintf(stderr, "owuictl: event=auth.mfa.reset_completed user=%s\n", u.id);
	printf("Recovery token of %s, good for %d minutes; hand it over to nobody else:\n%s\n", u.email,
	       MFA_TICKET_S / 60, ticket);
	return CTL_OK;
}

int ctl_mfa(struct ctl *c, int argc, char **argv)
{
	int rc;

	if (argc != 4 || strcmp(argv[0], "reset") != 0 || strcmp(argv[2], "--reason") != 0)
		return CTL_USAGE;
	rc = ctl_need_database(c);
	return rc == CTL_OK ? reset_factor(c, argv[1], argv[3]) : rc;
}

/* One line from standard input; at a terminal it is asked for and not shown. */
static const char *read_password(struct ctl *c)
{
	struct termios was, hidden;
	bool terminal = tcgetattr(STDIN_FILENO, &was) == 0;
	char line[512];
	char *got;

	if (terminal) {
		hidden = was;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		fputs("Password: ", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	got = fgets(line, sizeof(line), stdin);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		fputc('\n', stderr);
	}
	if (!got)
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return arena_strdup(c->arena, line);
}

static const char *new_password(struct ctl *c)
{
	const char *password = read_password(c);

	if (!*password)
		ctl_fail("no password was given (it is read from standard input)");
	else if (password_check(password) == PASSWORD_TOO_LONG)
		ctl_fail("the password is longer than %d bytes", PASSWORD_MAX);
	else if (password_check(password) == PASSWORD_TOO_WEAK)
		ctl_fail("the password does not fit PASSWORD_VALIDATION_REGEX_PATTERN");
	else
		return password;
	return NULL;
}

static int list(struct ctl *c)
{
	struct rows *rows;

	if (db_run(c->db, c->arena, &rows, Q_CTL_USER_LIST) < 0)
		return ctl_fail("PostgreSQL: %s", db_message(c->db));
	for (size_t i = 0; i < rows_count(rows); i++)
		printf("%s  %-8s  %-32s  %s  (last seen %s)\n", rows_text(rows, i, 0),
		       rows_text(rows, i, 2), rows_text(rows, i, 1), rows_text(rows, i, 3),
		       rows_text(rows, i, 4));
	return CTL_OK;
}

static bool role_fits(const char *role)
{
	return strcmp(role, "admin") == 0 || strcmp(role, "user") == 0 || strcmp(role, "pending") == 0;
}

static int add(struct ctl *c, const char *email, const char *name, const char *role)
{
	struct account_form form = { .name = name, .email = email, .role = role, .group = "" };
	struct account made;
	int rc;

	if (!email_valid(email))
		return ctl_fail("\"%s\" is no e-mail address", email);
	if (!role_fits(role))
		return ctl_fail("a role is admin, user or pending");
	form.password = new_password(c);
	if (!form.password)
		return CTL_FAILED;
	rc = account_create(c->arena, c->db, &form, &made);
	if (rc < 0)
		return ctl_fail("PostgreSQL: %s", db_message(c->db));
	if (!rc)
		return ctl_fail("%s has an account already", email);
	printf("%s  %s%s\n", made.id, made.role,
	       made.first ? "  (the first account is always an administrator)" : "");
	return CTL_OK;
}

static int set_password(struct ctl *c, const char *who)
{
	const char *password;
	struct found u;

	if (!find(c, who, &u))
		return CTL_FAILED;
	password = new_password(c);
	if (!password)
		return CTL_FAILED;
	if (db_run(c->db, c->arena, NULL, Q_USER_UPDATE, NULL, u.id, "{}",
		   password_hash(c->arena, password)) < 0)
		return ctl_fail("PostgreSQL: %s", db_message(c->db));
	publish_disconnect(c->arena, arena_printf(c->arena, "user:%s", u.id));
	printf("%s has a new password; all its sessions have ended\n", u.email);
	return CTL_OK;
}

static int set_role(struct ctl *c, const char *who, const char *role)
{
	struct found u;

	if (!role_fits(role))
		return ctl_fail("a role is admin, user or pending");
	if (!find(c, who, &u))
		return CTL_FAILED;
	if (db_run(c->db, c->arena, NULL, Q_USER_ROLE_SET, u.id, role) < 0)
		return ctl_fail("PostgreSQL: %s", db_message(c->db));
	publish_disconnect(c->arena, arena_printf(c->arena, "user:%s", u.id));
	printf("%s was %s and is %s\n", u.email, u.role, role);
	return CTL_OK;
}

int ctl_user(struct ctl *c, int argc, char **argv)
{
	int rc = argc ? ctl_need_database(c) : CTL_USAGE;

	if (rc != CTL_OK)
		return rc;
	if (strcmp(argv[0], "list") == 0 && argc == 1)
		return list(c);
	if (strcmp(argv[0], "add") == 0 && argc >= 2 && argc <= 4)
		return add(c, argv[1], argc > 2 ? argv[2] : argv[1], argc > 3 ? argv[3] : "user");
	if (strcmp(argv[0], "passwd") == 0 && argc == 2)
		return set_password(c, argv[1]);
	if (strcmp(argv[0], "role") == 0 && argc == 3)
		return set_role(c, argv[1], argv[2]);
	return CTL_USAGE;
}
