-- Sign-in with identity providers, and the tokens that they gave.

-- Who would that be?
-- name: oauth_find(provider text, sub text, email text, merge bool) row
SELECT u.id, u.profile_image_url FROM "user" u WHERE u.id = owui.oauth_account($1, $2, $3, $4);

-- name: oauth_sign_in(form json) row
SELECT id, name, email, role, image, stamp, hash, groups, events FROM owui.oauth_sign_in($1);

-- name: oauth_session_get(id text, user_id text) row
SELECT id, user_id, provider, token, expires_at FROM oauth_session
 WHERE id = $1 AND ($2 IS NULL OR user_id = $2);

-- The one that was used last; tool servers' tokens are no sign-ins.
-- name: oauth_session_latest(user_id text) row
SELECT id, user_id, provider, token, expires_at FROM oauth_session
 WHERE user_id = $1 AND provider NOT LIKE 'mcp:%' ORDER BY updated_at DESC, id LIMIT 1;

-- name: oauth_session_of(user_id text, provider text) row
SELECT id, user_id, provider, token, expires_at FROM oauth_session
 WHERE user_id = $1 AND provider = $2 ORDER BY created_at DESC, id LIMIT 1;

-- name: oauth_session_set(id text, token text, expires_at bigint) count
UPDATE oauth_session SET token = $2, expires_at = $3, updated_at = owui.now() WHERE id = $1;

-- name: oauth_session_delete(id text) count
DELETE FROM oauth_session WHERE id = $1;

-- name: oauth_session_disconnect(user_id text, provider text) count
DELETE FROM oauth_session WHERE user_id = $1 AND provider = $2;

-- One session for an account and a tool server.
-- name: oauth_session_replace(user_id text, provider text, session json) count
WITH gone AS (DELETE FROM oauth_session WHERE user_id = $1 AND provider = $2)
INSERT INTO oauth_session (id, user_id, provider, token, expires_at, created_at, updated_at)
VALUES ($3 ->> 'id', $1, $2, $3 ->> 'token', ($3 ->> 'expires_at')::bigint, owui.now(), owui.now());

-- name: oauth_logout(provider text, sub text) rows
SELECT owui.oauth_logout($1, $2);

-- name: oauth_user_verified(id text) bool
SELECT EXISTS (SELECT FROM "user" WHERE id = $1 AND role IN ('user', 'admin'));
