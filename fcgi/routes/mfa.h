#ifndef OW_ROUTES_MFA_H
#define OW_ROUTES_MFA_H

/* mfa - what other ways to sign in need of the second factor's routes. */

#include "fcgi/request.h"

/* Leave the challenge with the browser, which a provider sends back without an answer to read: the page
 * fetches it with POST /api/v1/auths/mfa/challenge. */
void mfa_set_cookie(struct req *r, const char *challenge_token);

#endif
