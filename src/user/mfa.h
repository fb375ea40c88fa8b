#ifndef OW_USER_MFA_H
#define OW_USER_MFA_H

/*
 * mfa - the second factor of an account: codes of an authenticator app (auth/totp.h), and ten recovery
 * codes for the day when the app is gone.
 *
 * A sign-in that needs one ends with a challenge instead of a session: a token "<account>.<random>" of
 * 300 seconds and five attempts.  It leads to a first enrolment, to a check of a code, or, after an operator
 * has reset the account (`owuictl mfa reset`), to a new enrolment by the operator's ticket.  A signed-in
 * account gets a challenge to replace its authenticator.
 *
 * All of it is kept in auth.mfa as the reference keeps it, so that either can go on with what the other
 * wrote; a state is only ever put in the place of the one that was read (revision, password and session
 * stamp must be what they were).  Enrolment, replacement and new recovery codes end all sessions.
 *
 * Limits for an account: 10 tries of a password and 10 of a code in 900 seconds.
 * Source: contract/notes-identity.md, "MFA".
 */

#include "auth/token.h"
#include "config/config.h"
#include "user/account.h"

struct db;

enum { MFA_CHALLENGE_S = 300, MFA_LIMIT_S = 900, MFA_TICKET_S = 1800 };

/* Why not: what the client is told.  status 0: all is well. */
struct mfa_fault {
	int status;
	const char *text;
	int64_t retry_after;		/* seconds; 0: nothing is said */
};

struct mfa_challenge {
	const char *next_step;		/* "enroll", "verify", "recover" */
	const char *token;
	int64_t expires_in;		/* seconds */
};

/* How somebody came as far as the second factor. */
struct mfa_way {
	const char *method;		/* auth_method of the token to be */
	const char *oauth_session_id, *provider;	/* NULL: not by a provider */
};

/* A step that was tried: filled as far as it went, also when it failed. */
struct mfa_step {
	struct account who;		/* who.id NULL: the challenge was not good */
	bool wrong_code;
	bool replaced;			/* an authenticator took the place of another */
	bool throttled;
	const char *method;		/* of the sign-in that is now complete */
	int64_t auth_time;
	const char *oauth_session_id;
	const char *codes;		/* new recovery codes, a JSON array; NULL: none */
	struct mfa_challenge next;	/* next.token NULL: none */
	const char *key;		/* of the authenticator to be set up, in base32 */
};

/* Count one try of the account's password. */
struct mfa_fault mfa_count_password(struct arena *a, struct db *db, const char *user_id);

/* The first factor was right (`who` as it was then): what comes next. */
struct mfa_fault mfa_begin(struct arena *a, struct db *db, const struct account *who,
			   const struct mfa_way *way, struct mfa_challenge *out);

/* What the challenge asks for, without an attempt. */
struct mfa_fault mfa_look(struct arena *a, struct db *db, const struct config *c, const char *token,
			  struct mfa_challenge *out);

/* The key of the authenticator to be enrolled: the same at each call with one challenge. */
struct mfa_fault mfa_enroll_start(struct arena *a, struct db *db, const struct config *c, const char *token,
				  struct mfa_step *out);
/* The first code of the new authenticator: enrolled, with new recovery codes. */
struct mfa_fault mfa_enroll_confirm(struct arena *a, struct db *db, const struct config *c, const char *token,
				    const char *code, struct mfa_step *out);

/* The code of a sign-in, or one of the recovery codes, which is used up. */
struct mfa_fault mfa_verify(struct arena *a, struct db *db, const struct config *c, const char *token,
			    const char *code, bool recovery, struct mfa_step *out);

/* A signed-in account, whose sign-in is at most 300 seconds old, proves itself again: for a challenge to
 * replace its authenticator (out->next), or for new recovery codes (out->codes). */
struct mfa_fault mfa_replace(struct arena *a, struct db *db, const struct config *c, const struct token *session,
			     const char *code, bool recovery, struct mfa_step *out);
struct mfa_fault mfa_new_codes(struct arena *a, struct db *db, const struct config *c,
			       const struct token *session, const char *code, bool recovery,
			       struct mfa_step *out);

/* The operator's ticket: out->next leads to a new enrolment. */
struct mfa_fault mfa_recover(struct arena *a, struct db *db, const struct config *c, const char *token,
			     const char *ticket, struct mfa_step *out);

/* For the operator: take the authenticator and all sessions away; *ticket lets the person enrol anew. */
struct mfa_fault mfa_reset(struct arena *a, struct db *db, const char *user_id, const char **ticket);

/* Can the policy be switched on, or stay on?  NULL: yes.  Else why not: no key, or stored authenticators
 * that were sealed with another one. */
const char *mfa_unfit(struct arena *a, struct db *db);

#endif
