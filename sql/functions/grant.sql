-- Grants: who else may use a resource.

CREATE OR REPLACE FUNCTION owui.grants(kind text, resource text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', a.id, 'resource_type', a.resource_type,
		'resource_id', a.resource_id, 'principal_type', a.principal_type,
		'principal_id', a.principal_id, 'permission', a.permission, 'created_at', a.created_at)
		ORDER BY a.created_at, a.id), '[]')
	  FROM access_grant a WHERE a.resource_type = $1 AND a.resource_id = $2
$$;

-- Put the grants [{principal_type, principal_id, permission}, …] in the place of those that are there.
-- What is no valid grant is left out, what stands twice is stored once.
CREATE OR REPLACE FUNCTION owui.grants_set(kind text, resource text, grants json) RETURNS void
LANGUAGE sql VOLATILE AS $$
	DELETE FROM access_grant WHERE resource_type = kind AND resource_id = resource;
	INSERT INTO access_grant (id, resource_type, resource_id, principal_type, principal_id, permission,
		created_at)
	SELECT DISTINCT ON (g.principal_type, g.principal_id, g.permission)
	       gen_random_uuid()::text, kind, resource, g.principal_type, g.principal_id, g.permission, owui.now()
	  FROM json_array_elements(CASE WHEN json_typeof(grants) = 'array' THEN grants ELSE '[]' END) e,
	       json_to_record(CASE WHEN json_typeof(e) = 'object' THEN e ELSE '{}' END)
	       AS g(principal_type text, principal_id text, permission text)
	 WHERE g.principal_type IN ('user', 'group', 'anyone') AND g.permission IN ('read', 'write')
	   AND g.principal_id <> ''
	   AND (g.principal_type <> 'anyone' OR g.principal_id = '*' AND g.permission = 'read');
$$;

-- The short form of an account in lists.
CREATE OR REPLACE FUNCTION owui.user_brief(uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', u.id, 'name', u.name, 'email', u.email, 'role', u.role)
	  FROM "user" u WHERE u.id = uid
$$;
