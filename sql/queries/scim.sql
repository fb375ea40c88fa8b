-- SCIM 2.0.  `attr`: userName or externalId where a filter names one, else NULL.

-- name: scim_users(base text, provider text, attr text, value text, start bigint, count bigint) json
WITH hit AS MATERIALIZED (
	SELECT u.id, u.created_at FROM "user" u
	 WHERE CASE $3 WHEN 'userName' THEN lower(u.email) = lower($4) AND owui.scim_visible(u)
		       WHEN 'externalId' THEN u.id = owui.scim_find($2, $4)
		       ELSE owui.scim_visible(u) END
), page AS (
	SELECT id, row_number() OVER () AS n FROM (
		SELECT id FROM hit ORDER BY created_at DESC, id
		OFFSET CASE WHEN $3 IS NULL THEN $5 - 1 ELSE 0 END
		LIMIT CASE WHEN $3 IS NULL THEN $6 ELSE 1 END) cut
)
SELECT owui.scim_list((SELECT json_agg(owui.scim_user(u, $1) ORDER BY n) FROM page JOIN "user" u USING (id)),
	(SELECT count(*) FROM hit), $5);

-- name: scim_user(id text, base text) json
SELECT owui.scim_user(u, $2) FROM "user" u WHERE u.id = $1 AND owui.scim_visible(u);

-- name: scim_user_create(form json, hash text, provider text, base text) json
SELECT owui.scim_user_create($1, $2, $3, $4);

-- name: scim_user_change(id text, form json, provider text, base text) row
SELECT answer, changed, new_role FROM owui.scim_user_change($1, $2, $3, $4);

-- name: scim_user_delete(id text) text
SELECT owui.scim_user_delete($1);

-- name: scim_groups(base text, value text, start bigint, count bigint) json
WITH hit AS MATERIALIZED (
	SELECT id, updated_at, row_number() OVER (ORDER BY updated_at DESC, id) AS n FROM "group"
	 WHERE $2 IS NULL OR name = $2
)
SELECT owui.scim_list((SELECT json_agg(owui.scim_group(g, $1) ORDER BY hit.n) FROM hit JOIN "group" g USING (id)
	 WHERE hit.n >= $3 AND hit.n < $3 + $4), (SELECT count(*) FROM hit), $3);

-- name: scim_group(id text, base text) json
SELECT owui.scim_group(g, $2) FROM "group" g WHERE g.id = $1;

-- name: scim_group_create(name text, members json, share json, base text) row
SELECT answer, id, affected FROM owui.scim_group_create($1, $2, $3, $4);

-- name: scim_group_change(id text, ops json, base text) row
SELECT answer, added, removed FROM owui.scim_group_change($1, $2, $3);
