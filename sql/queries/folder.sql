-- Folders that the tree would hide, because their parent is missing or they are their own ancestors,
-- become roots; entries of `data.files` that the account cannot read any more are dropped.
-- name: folder_list(user text, admin bool) json
WITH RECURSIVE f AS (
	SELECT * FROM folder WHERE user_id = $1
), tree AS (
	SELECT id FROM f WHERE parent_id IS NULL OR parent_id = ''
	UNION
	SELECT f.id FROM tree JOIN f ON f.parent_id = tree.id
), lost AS (
	SELECT id, parent_id FROM f WHERE id NOT IN (SELECT id FROM tree)
), above AS (
	SELECT id, parent_id AS up FROM lost
	UNION
	SELECT a.id, l.parent_id FROM above a JOIN lost l ON l.id = a.up
), root AS (
	SELECT id FROM lost WHERE parent_id NOT IN (SELECT id FROM f)
	UNION
	SELECT id FROM above GROUP BY id HAVING bool_or(up = id) AND min(up) = id
), files AS (
	SELECT f.id, (SELECT coalesce(json_agg(e), '[]') FROM json_array_elements(
			CASE WHEN json_typeof(f.data->'files') = 'array' THEN f.data->'files' END) e
			WHERE owui.folder_file_readable($1, $2, e)) AS kept
	  FROM f WHERE json_typeof(f.data->'files') IS NOT NULL
		   AND NOT owui.folder_files_readable($1, $2, f.data->'files')
), fixed AS (
	UPDATE folder u SET updated_at = owui.now(),
	       parent_id = CASE WHEN u.id IN (SELECT id FROM root) THEN NULL ELSE u.parent_id END,
	       data = CASE WHEN files.id IS NULL THEN u.data
			   ELSE owui.json_merge(u.data, json_build_object('files', files.kept)) END
	  FROM (SELECT id FROM root UNION SELECT id FROM files) b LEFT JOIN files USING (id)
	 WHERE u.user_id = $1 AND u.id = b.id
	RETURNING u.id, u.parent_id, u.updated_at
)
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT f.id, f.name, CASE WHEN json_typeof(f.meta) = 'object'
			     THEN json_build_object('icon', f.meta->'icon') END AS meta,
	       CASE WHEN fixed.id IS NULL THEN f.parent_id ELSE fixed.parent_id END AS parent_id,
	       f.is_expanded, coalesce(u.unread, 0) AS unread_count, f.created_at,
	       coalesce(fixed.updated_at, f.updated_at) AS updated_at
	  FROM f LEFT JOIN fixed USING (id) LEFT JOIN owui.folder_unread($1) u ON u.folder_id = f.id) x;

-- A new folder, or what hinders it.  Below a folder of somebody else it becomes that account's.
-- name: folder_create(user text, admin bool, body json) row
WITH b AS (
	SELECT * FROM json_to_record($3) AS x(name text, data json, meta json, parent_id text)
), c AS (
	SELECT coalesce(p.user_id, $1) AS owner, CASE
	       WHEN EXISTS (SELECT 1 FROM folder f WHERE f.user_id = $1
			AND f.parent_id IS NOT DISTINCT FROM b.parent_id AND lower(f.name) = lower(b.name))
	       THEN 'exists'
	       WHEN NOT owui.folder_files_readable($1, $2, b.data->'files') THEN 'forbidden'
	       WHEN p.user_id <> $1 AND NOT $2 AND NOT owui.folder_access($1, p.id, 'write')
	       THEN 'forbidden'
	       WHEN p.user_id <> $1 AND NOT owui.folder_files_readable(p.user_id,
			coalesce((SELECT role = 'admin' FROM "user" u WHERE u.id = p.user_id), false),
			b.data->'files')
	       THEN 'forbidden' END AS fault
	  FROM b LEFT JOIN folder p ON p.id = b.parent_id
), n AS (
	INSERT INTO folder AS f (id, parent_id, user_id, name, data, meta, items, is_expanded,
				 created_at, updated_at)
	SELECT gen_random_uuid()::text, b.parent_id, c.owner, b.name, b.data, b.meta, NULL, false,
	       owui.now(), owui.now()
	  FROM b, c WHERE c.fault IS NULL
	RETURNING owui.folder_json(f) AS answer
)
SELECT c.fault, (SELECT answer FROM n) FROM c;

-- name: folder_get(user text, id text, admin bool) json
SELECT owui.json_merge(owui.folder_json(f), json_build_object(
	'access_grants', coalesce((SELECT json_agg(g) FROM (
		SELECT id, resource_type, resource_id, principal_type, principal_id, permission, created_at
		  FROM access_grant a
		 WHERE a.resource_type = 'folder' AND a.resource_id = f.id) g), '[]'),
	'write_access', $3 OR f.user_id = $1 OR owui.folder_access($1, f.id, 'write')))
  FROM folder f
 WHERE f.id = $2 AND (f.user_id = $1 OR $3 OR owui.folder_access($1, f.id, 'read'));

-- Folders shared with or by the account, and those below them.
-- name: folder_shared(user text) json
WITH RECURSIVE mine AS (
	SELECT a.resource_id AS id, bool_or(a.permission = 'write') AS writes FROM access_grant a
	 WHERE a.resource_type = 'folder'
	   AND (a.principal_type = 'user' AND a.principal_id IN ('*', $1)
		OR a.principal_type = 'group' AND a.principal_id IN (SELECT owui.user_groups($1))
		OR a.resource_id IN (SELECT id FROM folder WHERE user_id = $1))
	 GROUP BY a.resource_id
), tree AS (
	SELECT f.id, f.user_id, m.writes OR f.user_id = $1 AS writes, true AS direct
	  FROM mine m JOIN folder f ON f.id = m.id
	UNION
	SELECT f.id, f.user_id, t.writes OR f.user_id = $1, false
	  FROM tree t JOIN folder f ON f.parent_id = t.id AND f.user_id = t.user_id
)
SELECT coalesce(json_agg(owui.json_merge(owui.folder_json(f), json_build_object(
		'owner_name', coalesce(u.name, 'Unknown'),
		'permission', CASE WHEN s.writes THEN 'write' ELSE 'read' END))
		ORDER BY s.direct DESC, f.updated_at DESC), '[]')
  FROM (SELECT id, bool_or(writes) AS writes, bool_or(direct) AS direct FROM tree GROUP BY id) s
       JOIN folder f ON f.id = s.id LEFT JOIN "user" u ON u.id = f.user_id;

-- Change name, data, meta.  What hinders it, and the folder.
-- name: folder_update(user text, id text, admin bool, body json) row
WITH b AS (
	SELECT $4->>'name' AS name, $4->'data' AS data, $4->'meta' AS meta
), c AS (
	SELECT f.id, f.user_id, CASE
	       WHEN f.user_id <> $1 AND NOT $3 AND NOT owui.folder_access($1, f.id, 'write') THEN 'none'
	       WHEN f.user_id <> $1 AND NOT $3 AND b.data->'share_mode' IS NOT NULL
		    AND b.data->>'share_mode' IS DISTINCT FROM f.data->>'share_mode' THEN 'forbidden'
	       WHEN b.name IS NOT NULL AND EXISTS (SELECT 1 FROM folder o WHERE o.user_id = f.user_id
			AND o.parent_id IS NOT DISTINCT FROM f.parent_id
			AND lower(o.name) = lower(b.name) AND o.id <> f.id) THEN 'exists'
	       WHEN NOT owui.folder_files_readable(f.user_id, coalesce((SELECT role = 'admin'
			FROM "user" u WHERE u.id = f.user_id), false), b.data->'files') THEN 'forbidden'
	       WHEN f.user_id <> $1 AND NOT $3 AND EXISTS (SELECT 1
			FROM json_array_elements(b.data->'files') e
			WHERE e::text NOT IN (SELECT o::text FROM json_array_elements(
				CASE WHEN json_typeof(f.data->'files') = 'array' THEN f.data->'files' END) o)
			  AND NOT owui.folder_file_readable($1, false, e)) THEN 'forbidden'
	       WHEN 'null' IN (json_typeof($4->'name'), json_typeof(b.data), json_typeof(b.meta))
	       THEN 'bad' END AS fault
	  FROM folder f, b WHERE f.id = $2
), u AS (
	UPDATE folder f SET name = coalesce(b.name, f.name), updated_at = owui.now(),
	       data = CASE WHEN b.data IS NULL THEN f.data ELSE owui.json_merge(f.data, b.data) END,
	       meta = CASE WHEN b.meta IS NULL THEN f.meta ELSE owui.json_merge(f.meta, b.meta) END
	  FROM b, c WHERE f.id = c.id AND c.fault IS NULL
	RETURNING owui.folder_json(f) AS answer
)
SELECT c.fault, (SELECT answer FROM u) FROM c;

-- name: folder_move(user text, id text, parent text) row
WITH c AS (
	SELECT f.id, CASE
	       WHEN EXISTS (SELECT 1 FROM folder o WHERE o.user_id = $1 AND o.id <> f.id
			AND o.parent_id IS NOT DISTINCT FROM $3 AND lower(o.name) = lower(f.name)) THEN 'exists'
	       WHEN $3 IN (SELECT owui.folder_subtree($1, f.id)) THEN 'loop' END AS fault
	  FROM folder f WHERE f.id = $2 AND f.user_id = $1
), u AS (
	UPDATE folder f SET parent_id = $3, updated_at = owui.now()
	  FROM c WHERE f.id = c.id AND f.user_id = $1 AND c.fault IS NULL
	RETURNING owui.folder_json(f) AS answer
)
SELECT c.fault, (SELECT answer FROM u) FROM c;

-- Only the owner's own view is stored; a reader gets the folder as it is, others null.
-- name: folder_expand(user text, id text, admin bool, body json) json
WITH u AS (
	UPDATE folder f SET is_expanded = ($4->>'is_expanded')::boolean, updated_at = owui.now()
	 WHERE f.id = $2 AND f.user_id = $1 RETURNING owui.folder_json(f) AS answer
)
SELECT coalesce((SELECT answer FROM u), CASE WHEN f.user_id <> $1
		AND ($3 OR owui.folder_access($1, f.id, 'read')) THEN owui.folder_json(f) END, 'null')
  FROM folder f WHERE f.id = $2;

-- name: folder_read(user text, id text, admin bool) row
WITH c AS (
	SELECT f.id, CASE WHEN f.user_id = $1 OR $3
			  THEN ARRAY(SELECT owui.folder_subtree(f.user_id, f.id))
			  ELSE ARRAY[f.id] END AS ids,
	       f.user_id = $1 OR $3 OR owui.folder_access($1, f.id, 'read') AS allowed
	  FROM folder f WHERE f.id = $2
)
SELECT CASE WHEN NOT allowed THEN 'forbidden' END,
       CASE WHEN allowed THEN json_build_object('folder_id', id, 'folder_ids', ids,
		'updated_count', owui.chats_read($1, ids),
		'folder_unread_counts', owui.folder_unread_json($1)) END FROM c;

-- Whose folder is it, and does its tree hold chats of that account?
-- name: folder_owner(id text) row
SELECT f.user_id, EXISTS (SELECT 1 FROM chat c WHERE c.user_id = f.user_id
	AND NOT owui.chat_internal(c.meta)
	AND c.folder_id IN (SELECT owui.folder_subtree(f.user_id, f.id)))
  FROM folder f WHERE f.id = $1;

-- Delete a folder and those below it; the ids of the deleted chats.
-- name: folder_delete(owner text, id text, contents bool) json
SELECT owui.folder_delete($1, $2, $3);

-- name: folder_share(id text, grants json, form json) json
SELECT owui.folder_share($1, $2, $3);

-- What the account may do in a folder ('write', 'read' or NULL), its chats of all owners, how many.
-- name: folder_shared_chats(user text, id text, admin bool, skip bigint, max bigint, by text, dir text) row
WITH f AS (
	SELECT f.id, CASE WHEN f.user_id = $1 OR $3 OR owui.folder_access($1, f.id, 'write') THEN 'write'
			  WHEN owui.folder_access($1, f.id, 'read') THEN 'read' END AS access
	  FROM folder f WHERE f.id = $2
), c AS (
	SELECT c.id, c.title, c.user_id, c.updated_at, c.created_at, c.last_read_at, c.chat
	  FROM f JOIN chat c ON c.folder_id = f.id
	 WHERE f.access IS NOT NULL AND c.archived = false AND c.pinned IS NOT TRUE
	   AND NOT owui.chat_internal(c.meta)
), page AS (
	SELECT c.id, c.title, c.user_id, c.updated_at, c.created_at,
	       CASE WHEN c.user_id = $1 THEN c.last_read_at ELSE c.updated_at END AS last_read_at,
	       coalesce(u.name, 'Unknown') AS owner_name,
	       owui.chat_participants(c.user_id, c.chat) AS participants,
	       false AS active, c.user_id <> $1 AS readonly
	  FROM c LEFT JOIN "user" u ON u.id = c.user_id
	 ORDER BY CASE WHEN $6 = 'unread_updated_at' AND c.user_id = $1
			AND c.updated_at > coalesce(c.last_read_at, 0)
			AND NOT EXISTS (SELECT 1 FROM chat_message m WHERE m.chat_id = c.id
					   AND m.role = 'assistant' AND m.done = false)
		       THEN 0 ELSE 1 END,
	       CASE WHEN $6 = 'title' AND $7 = 'asc' THEN c.title END,
	       CASE WHEN $6 = 'title' AND $7 <> 'asc' THEN c.title END DESC,
	       CASE WHEN $6 NOT IN ('title', 'unread_updated_at') AND $7 = 'asc' THEN c.updated_at END,
	       c.updated_at DESC, c.id OFFSET $4 LIMIT $5
)
SELECT f.access, (SELECT coalesce(json_agg(page), '[]') FROM page), (SELECT count(*) FROM c) FROM f;
