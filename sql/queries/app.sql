-- Answers that belong to no tag.

-- name: app_ping() int
SELECT 1;

-- Who was seen in the last three minutes.
-- name: app_active_users() bigint
SELECT count(*) FROM "user" WHERE last_active_at >= owui.now() - 180;
