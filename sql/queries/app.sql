-- Application-wide answers.
-- name: app_ping() int
SELECT 1;
