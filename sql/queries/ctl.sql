-- What owuictl asks.

-- name: ctl_user_list() rows
SELECT u.id, u.email, u.role, u.name,
       coalesce(to_char(to_timestamp(u.last_active_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'never')
  FROM "user" u ORDER BY u.created_at, u.id;

-- By address or id.
-- name: ctl_user_find(who text) row
SELECT id, email, role FROM "user" WHERE id = $1 OR lower(email) = lower($1);
