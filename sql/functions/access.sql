-- Who belongs to what, and who may use what.

-- The groups of an account: those it is a member of and all their ancestors.
CREATE OR REPLACE FUNCTION owui.user_groups(uid text) RETURNS SETOF text
LANGUAGE sql STABLE ROWS 4 AS $$
	WITH RECURSIVE mine AS (
		SELECT m.group_id FROM group_member m WHERE m.user_id = uid
		UNION
		SELECT g.parent_group_id FROM mine JOIN "group" g ON g.id = mine.group_id
		 WHERE g.parent_group_id IS NOT NULL
	)
	SELECT group_id FROM mine
$$;

-- The permission trees of those groups as one JSON array; NULL for an account without groups.
CREATE OR REPLACE FUNCTION owui.group_permissions(uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_agg(g.permissions) FROM "group" g
	 WHERE g.permissions IS NOT NULL AND g.id IN (SELECT owui.user_groups(uid))
$$;

-- Does a grant allow the account `permission` ("read", "write") on this resource?  Ownership and the
-- administrator's rights are the caller's business.
CREATE OR REPLACE FUNCTION owui.has_access(uid text, type text, resource text, permission text)
RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (
		SELECT 1 FROM access_grant a
		 WHERE a.resource_type = $2 AND a.resource_id = $3 AND a.permission = $4
		   AND (a.principal_type = 'user' AND a.principal_id IN ('*', $1) OR
		        a.principal_type = 'group' AND a.principal_id IN (SELECT owui.user_groups($1))))
$$;

-- The resources of a type that a grant opens to the account.
CREATE OR REPLACE FUNCTION owui.accessible(uid text, type text, permission text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	SELECT DISTINCT a.resource_id FROM access_grant a
	 WHERE a.resource_type = $2 AND a.permission = $3
	   AND (a.principal_type = 'user' AND a.principal_id IN ('*', $1) OR
	        a.principal_type = 'group' AND a.principal_id IN (SELECT owui.user_groups($1)))
$$;

-- The default models of an account's groups: the deepest group that names some wins, then the
-- oldest, then the smallest id.  A JSON array of ids, or NULL.
CREATE OR REPLACE FUNCTION owui.group_default_models(uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE mine AS MATERIALIZED (
		SELECT g.* FROM "group" g WHERE g.id IN (SELECT owui.user_groups(uid))
	), tree AS (
		SELECT id, 0 AS depth FROM mine WHERE parent_group_id IS NULL
		UNION ALL
		SELECT m.id, t.depth + 1 FROM mine m JOIN tree t ON m.parent_group_id = t.id
		 WHERE t.depth < 100
	)
	SELECT m.data #> '{config,default_models}'
	  FROM mine m JOIN tree t USING (id)
	 WHERE json_typeof(m.data #> '{config,default_models}') = 'array'
	   AND json_array_length(m.data #> '{config,default_models}') > 0
	 ORDER BY t.depth DESC, m.created_at, m.id LIMIT 1
$$;

-- Replace the grants of a resource: [{ principal_type, principal_id, permission }].
CREATE OR REPLACE FUNCTION owui.grants_set(type text, resource text, grants json) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	DELETE FROM access_grant a WHERE a.resource_type = type AND a.resource_id = resource;
	INSERT INTO access_grant (id, resource_type, resource_id, principal_type, principal_id, permission,
				  created_at)
	SELECT gen_random_uuid()::text, type, resource, g.principal_type, g.principal_id, g.permission,
	       owui.now()
	  FROM json_to_recordset(grants) AS g(principal_type text, principal_id text, permission text)
	    ON CONFLICT DO NOTHING;
END
$$;

-- The grants of a resource as clients get them.
CREATE OR REPLACE FUNCTION owui.grants_json(type text, resource text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(g), '[]') FROM (
		SELECT id, resource_type, resource_id, principal_type, principal_id, permission, created_at
		  FROM access_grant a WHERE a.resource_type = $1 AND a.resource_id = $2) g
$$;

-- The accounts that grants open a resource to, those in groups below a granted one included.
CREATE OR REPLACE FUNCTION owui.granted_users(type text, resource text, permission text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE g AS (
		SELECT a.principal_type, a.principal_id FROM access_grant a
		 WHERE a.resource_type = $1 AND a.resource_id = $2 AND a.permission = $3
	), below AS (
		SELECT principal_id AS id FROM g WHERE principal_type = 'group'
		UNION
		SELECT c.id FROM below b JOIN "group" c ON c.parent_group_id = b.id
	)
	SELECT u.id FROM "user" u
	 WHERE EXISTS (SELECT FROM g WHERE principal_type = 'user' AND principal_id IN (u.id, '*'))
	    OR EXISTS (SELECT FROM group_member m JOIN below b ON b.id = m.group_id WHERE m.user_id = u.id)
$$;
