-- The account behind a token: its row and the stamp that the token must carry.
-- name: auth_user(id text) row
SELECT u.id, u.name, u.email, u.role, u.profile_image_url, u.timezone, a.session_stamp,
       u.last_active_at
  FROM "user" u LEFT JOIN auth a ON a.id = u.id
 WHERE u.id = $1;

-- name: auth_touch(id text, now bigint) count
UPDATE "user" SET last_active_at = $2 WHERE id = $1;
