-- The account behind a token: its row, the stamp that the token must carry, and whether it has a second
-- factor (null: it may not sign in).  Statements that stand in for this one (struct route, account)
-- begin with the same columns.
-- name: auth_user(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- The same with what the session answer shows.
-- name: auth_session(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END,
       u.bio, u.gender, u.date_of_birth, u.status_emoji, u.status_message, u.status_expires_at,
       CASE WHEN EXISTS (SELECT FROM group_member m WHERE m.user_id = u.id)
            THEN owui.group_permissions(u.id) END
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- The same with the default models of the account's groups, for /api/config.
-- name: auth_config(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at, CASE WHEN a.active THEN owui.mfa_ready(a.mfa) END,
       CASE WHEN EXISTS (SELECT FROM group_member m WHERE m.user_id = u.id)
            THEN owui.group_default_models(u.id) END
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- name: auth_touch(id text, now bigint) count
UPDATE "user" SET last_active_at = $2 WHERE id = $1;

-- What a token of the account must carry.
-- name: auth_stamp(id text) row
SELECT a.session_stamp FROM auth a WHERE a.id = $1;

-- What a sign-in needs to know of an address.
-- name: auth_by_email(email text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, a.session_stamp,
       CASE WHEN a.active THEN a.password END,
       CASE WHEN EXISTS (SELECT FROM group_member m WHERE m.user_id = u.id)
            THEN owui.group_permissions(u.id) END
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE lower(u.email) = lower($1);

-- name: auth_create(name text, email text, hash text, image text, role text, default_group text) row
SELECT * FROM owui.account_create($1, $2, $3, $4, $5, $6);

-- name: auth_email_taken(email text) bool
SELECT EXISTS (SELECT FROM "user" WHERE lower(email) = lower($1));

-- name: auth_any() bool
SELECT EXISTS (SELECT FROM "user");

-- name: auth_hash(id text) text
SELECT password FROM auth WHERE id = $1 AND active;

-- A new password ends all sessions; only when the old one is still that which was checked.
-- name: auth_password_set(id text, hash text, old_hash text) count
UPDATE auth SET password = $2, session_stamp = gen_random_uuid()::text, mfa = owui.mfa_clear(mfa)
 WHERE id = $1 AND password = $3;

-- name: auth_admin_details(email text) json
SELECT CASE WHEN $1 IS NOT NULL THEN json_build_object('name',
		(SELECT name FROM "user" WHERE lower(email) = lower($1)), 'email', $1)
	ELSE (SELECT json_build_object('name', name, 'email', email) FROM "user"
	       WHERE id = owui.primary_admin()) END;

-- The account of an API key, columns as in auth_user.
-- name: auth_api_key(key text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, NULL, u.last_active_at,
       NULL
  FROM api_key k JOIN "user" u ON u.id = k.user_id
 WHERE k.key = $1;

-- name: auth_key_get(user_id text) json
SELECT json_build_object('api_key', key) FROM api_key WHERE user_id = $1;

-- One key per account: a new one takes the place of the old.
-- name: auth_key_set(user_id text, key text) json
INSERT INTO api_key (id, user_id, key, created_at, updated_at)
VALUES ('key_' || $1, $1, $2, owui.now(), owui.now())
ON CONFLICT (id) DO UPDATE SET key = excluded.key, created_at = excluded.created_at,
	updated_at = excluded.updated_at
RETURNING json_build_object('api_key', key);

-- name: auth_key_delete(user_id text) count
DELETE FROM api_key WHERE user_id = $1;

-- name: auth_mfa(id text) json
SELECT coalesce(mfa, 'null') FROM auth WHERE id = $1;

-- The account (columns as in auth_by_email) and the state of its second factor.
-- name: auth_mfa_load(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, a.session_stamp, a.password,
       CASE WHEN EXISTS (SELECT FROM group_member m WHERE m.user_id = u.id)
            THEN owui.group_permissions(u.id) END,
       a.mfa
  FROM auth a JOIN "user" u ON u.id = a.id
 WHERE a.id = $1 AND a.active;

-- Put a new state in the place of the one that was read; with a new stamp all sessions end.  No row:
-- password, sessions or state have changed since.
-- name: auth_mfa_save(id text, password text, stamp text, revision text, mfa json, new_stamp text) count
UPDATE auth SET mfa = $5, session_stamp = coalesce($6, session_stamp)
 WHERE id = $1 AND active AND password = $2 AND session_stamp IS NOT DISTINCT FROM $3
   AND mfa ->> 'revision' IS NOT DISTINCT FROM $4;

-- The sealed keys of all authenticators.
-- name: auth_mfa_keys() rows
SELECT mfa ->> 'secret' FROM auth WHERE mfa ->> 'secret' IS NOT NULL;
