#ifndef OW_USER_MFA_STATE_H
#define OW_USER_MFA_STATE_H

/* mfa_state - auth.mfa of one account: read, changed, and put in the place of what was read. */

#include "user/mfa.h"

struct mfa_state {
	struct account who;
	const char *password;		/* its hash */
	const char *revision;		/* of what was read; NULL: there was none */
	struct json_object *data;	/* all members, in the reference's order */
};

extern const struct mfa_fault mfa_fine, mfa_expired, mfa_busy;

/* 401 when there is no such account, or it may not sign in. */
struct mfa_fault mfa_load(struct arena *a, struct db *db, const char *user_id, struct mfa_state *out);

/* 409 when something changed since it was read; `revoke` ends all sessions. */
struct mfa_fault mfa_save(struct arena *a, struct db *db, struct mfa_state *m, bool revoke);

/* Count one try of the kind ("password", "factor"), without saving; 429 when there were ten. */
struct mfa_fault mfa_count(struct mfa_state *m, const char *kind);

/* Open challenges and the operator's ticket are taken away. */
void mfa_close_challenges(struct mfa_state *m);

/* The authenticator's key, sealed and opened; NULL: cannot be. */
char *mfa_seal(struct arena *a, const char *key);
char *mfa_open(struct arena *a, const char *sealed);

#endif
