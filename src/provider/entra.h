#ifndef OW_PROVIDER_ENTRA_H
#define OW_PROVIDER_ENTRA_H

/*
 * entra - this server's own access token of Microsoft Entra ID, for connections to Azure that are set up with
 * auth_type "microsoft_entra_id" (or "azure_ad", its older name).
 *
 * The first of these that the environment describes is asked: a client secret (AZURE_TENANT_ID, AZURE_CLIENT_ID,
 * AZURE_CLIENT_SECRET), a federated token (AZURE_FEDERATED_TOKEN_FILE), the identity of an App Service
 * (IDENTITY_ENDPOINT, IDENTITY_HEADER), the identity of the machine (metadata service; AZURE_CLIENT_ID names one of
 * several).  Certificates and command line tools are not looked at.
 *
 * A token is kept by the process until five minutes before its end; after a failure nothing is asked for half a
 * minute.  Threads: any.
 * Source: Microsoft identity platform, "OAuth 2.0 client credentials flow", "managed identities, REST".
 */

#include "base/arena.h"

/* The token, of the arena; NULL: there is none (the reason is logged). */
const char *entra_token(struct arena *a);

#endif
