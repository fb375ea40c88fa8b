-- Lists of what accounts make and share.

-- name: function_list() json
SELECT coalesce(json_agg(owui.function_json(f) ORDER BY f.created_at, f.id), '[]') FROM function f;

-- name: function_list_users() json
SELECT coalesce(json_agg(owui.function_json(f)::jsonb
	|| jsonb_build_object('user', owui.user_brief(f.user_id)) ORDER BY f.updated_at DESC, f.id), '[]')
  FROM function f;

-- name: tool_list(user_id text, all_ bool, query text) json
SELECT coalesce(json_agg(owui.tool_json(t) || jsonb_build_object('has_user_valves',
	owui.tool_json(t)->'meta'->'has_user_valves') ORDER BY t.updated_at DESC, t.id), '[]')
  FROM tool t WHERE owui.may('tool', t.id, t.user_id, $1, $2, 'read')
   AND ($3 IS NULL OR t.name ILIKE '%' || $3 || '%');

-- name: tool_list_access(user_id text, all_ bool) json
SELECT coalesce(json_agg(owui.tool_json(t) || jsonb_build_object('write_access',
	owui.may('tool', t.id, t.user_id, $1, $2, 'write')) ORDER BY t.updated_at DESC, t.id), '[]')
  FROM tool t WHERE owui.may('tool', t.id, t.user_id, $1, $2, 'read');

-- name: skill_list(user_id text, all_ bool, query text) json
SELECT coalesce(json_agg(owui.skill_json(s) ORDER BY s.updated_at DESC, s.id), '[]')
  FROM skill s WHERE owui.may('skill', s.id, s.user_id, $1, $2, 'read')
   AND ($3 IS NULL OR s.name ILIKE '%' || $3 || '%');

-- name: skill_page(user_id text, all_ bool, query text, view text, order_by text, direction text, page bigint) json
WITH hit AS (
	SELECT s, s.name, owui.sort_number($5, $6, s.created_at, s.updated_at) AS n
	  FROM skill s LEFT JOIN "user" u ON u.id = s.user_id
	 WHERE owui.may('skill', s.id, s.user_id, $1, $2, 'read') AND owui.in_view($4, s.user_id, $1)
	   AND owui.any_like($3, s.name, s.description, s.id, u.name, u.email, s.meta::text)
), page AS (
	SELECT *, row_number() OVER (ORDER BY CASE WHEN $5 = 'name' AND $6 = 'asc' THEN name END,
		CASE WHEN $5 = 'name' THEN name END DESC, n, (s).id) AS place
	  FROM hit ORDER BY place LIMIT 30 OFFSET (greatest(coalesce($7, 1), 1) - 1) * 30
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.skill_json(s)
	|| jsonb_build_object('write_access', owui.may('skill', (s).id, (s).user_id, $1, $2, 'write'))
	ORDER BY place) FROM page), '[]'), 'total', (SELECT count(*) FROM hit));

-- name: prompt_list(user_id text, all_ bool) json
SELECT coalesce(json_agg(owui.prompt_json(p) ORDER BY p.updated_at DESC, p.id), '[]')
  FROM prompt p WHERE p.is_active AND owui.may('prompt', p.id, p.user_id, $1, $2, 'read');

-- name: prompt_tags(user_id text, all_ bool) json
SELECT coalesce(json_agg(t ORDER BY t COLLATE "C"), '[]') FROM (
	SELECT DISTINCT t FROM prompt p, json_array_elements_text(
		CASE WHEN json_typeof(p.tags) = 'array' THEN p.tags ELSE '[]' END) t
	 WHERE p.is_active AND owui.may('prompt', p.id, p.user_id, $1, $2, 'read')) AS x;

-- name: prompt_page(user_id text, all_ bool, query text, view text, tag text, order_by text, direction text, page bigint) json
WITH hit AS (
	SELECT p, p.name, owui.sort_number($6, $7, p.created_at, p.updated_at) AS n
	  FROM prompt p LEFT JOIN "user" u ON u.id = p.user_id
	 WHERE owui.may('prompt', p.id, p.user_id, $1, $2, 'read') AND owui.in_view($4, p.user_id, $1)
	   AND owui.any_like($3, p.name, p.command, p.content, u.name, u.email)
	   AND ($5 IS NULL OR $5 = '' OR EXISTS (SELECT FROM json_array_elements_text(
		CASE WHEN json_typeof(p.tags) = 'array' THEN p.tags ELSE '[]' END) t WHERE lower(t) = lower($5)))
), page AS (
	SELECT *, row_number() OVER (ORDER BY CASE WHEN $6 = 'name' AND $7 = 'asc' THEN name END,
		CASE WHEN $6 = 'name' THEN name END DESC, n, (p).id) AS place
	  FROM hit ORDER BY place LIMIT 30 OFFSET (greatest(coalesce($8, 1), 1) - 1) * 30
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.prompt_json(p)
	|| jsonb_build_object('user', owui.user_brief((p).user_id), 'write_access',
		owui.may('prompt', (p).id, (p).user_id, $1, $2, 'write'))
	ORDER BY place) FROM page), '[]'), 'total', (SELECT count(*) FROM hit));

-- Terminal servers of the settings that the account may use.
-- name: terminal_list(user_id text, admin bool, all_ bool, connections json) json
SELECT coalesce(json_agg(json_build_object('id', coalesce(c->>'id', ''), 'url', coalesce(c->>'url', ''),
	'name', coalesce(c->>'name', ''), 'contexts', owui.terminal_contexts(c), 'config', json_build_object('chat_uploads',
		CASE WHEN c #>> '{config,chat_uploads}' IN ('default', 'always', 'never')
		     THEN c #>> '{config,chat_uploads}' ELSE 'default' END)) ORDER BY n), '[]')
  FROM json_array_elements(CASE WHEN json_typeof($4) = 'array' THEN $4 ELSE '[]' END)
       WITH ORDINALITY AS e(c, n)
 WHERE coalesce(c->>'enabled', 'true') = 'true'
   AND ($3 OR CASE WHEN json_typeof(c #> '{config,access_grants}') = 'array'
		    AND json_array_length(c #> '{config,access_grants}') > 0
		   THEN EXISTS (SELECT FROM json_to_recordset(c #> '{config,access_grants}')
				AS g(principal_type text, principal_id text, permission text)
			WHERE g.permission = 'read' AND (g.principal_type = 'user' AND g.principal_id IN ('*', $1)
			  OR g.principal_type = 'group' AND g.principal_id IN (SELECT owui.user_groups($1))))
		   ELSE $2 END);

-- name: knowledge_page(user_id text, all_ bool, query text, view text, source text, order_by text, direction text, page bigint) json
WITH hit AS (
	SELECT k, k.name, owui.sort_number($6, $7, k.created_at, k.updated_at) AS n
	  FROM knowledge k LEFT JOIN "user" u ON u.id = k.user_id
	 WHERE owui.may('knowledge', k.id, k.user_id, $1, $2, 'read') AND owui.in_view($4, k.user_id, $1)
	   AND owui.any_like($3, k.name, k.description, u.name, u.email, u.username)
	   AND ($5 IS NULL OR $5 NOT IN ('local', 'external')
		OR (k.meta->>'source' IS NOT DISTINCT FROM 'external') = ($5 = 'external'))
), page AS (
	SELECT *, row_number() OVER (ORDER BY CASE WHEN $6 = 'name' AND $7 = 'asc' THEN name END,
		CASE WHEN $6 = 'name' THEN name END DESC, n, (k).id) AS place
	  FROM hit ORDER BY place LIMIT 30 OFFSET (greatest(coalesce($8, 1), 1) - 1) * 30
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.knowledge_json(k)
	|| jsonb_build_object('files', NULL, 'file_count', (SELECT count(*) FROM knowledge_file f
			WHERE f.knowledge_id = (k).id),
		'write_access', owui.may('knowledge', (k).id, (k).user_id, $1, $2, 'write'))
	ORDER BY place) FROM page), '[]'), 'total', (SELECT count(*) FROM hit));

-- Files of the collections that an account may read, 30 to a page; `deep`: those too whose text has the words.
-- name: knowledge_files(user_id text, query text, deep bool, page bigint) json
WITH hit AS (
	SELECT f.id, f.updated_at, kf.user_id, k
	  FROM knowledge k JOIN knowledge_file kf ON kf.knowledge_id = k.id JOIN file f ON f.id = kf.file_id
	 WHERE owui.may('knowledge', k.id, k.user_id, $1, false, 'read')
	   AND (coalesce($2, '') = '' OR f.filename ILIKE '%' || $2 || '%'
		OR $3 AND f.data->>'content' ILIKE '%' || $2 || '%')
), page AS (
	SELECT * FROM hit ORDER BY updated_at DESC, id LIMIT 30 OFFSET (greatest($4, 1) - 1) * 30
)
SELECT json_build_object('items', (SELECT coalesce(json_agg(json_build_object('id', f.id, 'user_id', f.user_id,
		'hash', f.hash, 'filename', f.filename, 'data', NULL, 'meta', f.meta, 'created_at', f.created_at,
		'updated_at', f.updated_at, 'directory_id', NULL, 'directory_path', '', 'has_original', true,
		'collection', owui.knowledge_json(p.k) - 'user', 'user', owui.user_brief(p.user_id))
		ORDER BY p.updated_at DESC, p.id), '[]')
	  FROM page p JOIN file f ON f.id = p.id),
	'directories', json_build_array(), 'breadcrumbs', json_build_array(), 'total', (SELECT count(*) FROM hit));
