-- Folders: the tree of one account, and who may open it.  Applied by `owuictl migrate`; safe to run again.

-- May the account use the folder, by owning it or by a grant on it or on a folder above it?
CREATE OR REPLACE FUNCTION owui.folder_access(uid text, folder text, permission text)
RETURNS boolean LANGUAGE sql STABLE AS $$
	WITH RECURSIVE up AS (
		SELECT f.id, f.parent_id, f.user_id FROM folder f WHERE f.id = $2
		UNION
		SELECT f.id, f.parent_id, f.user_id FROM up JOIN folder f ON f.id = up.parent_id
	)
	SELECT EXISTS (SELECT 1 FROM up
	                WHERE up.user_id = $1 OR owui.has_access($1, 'folder', up.id, $3))
$$;

-- The folder and all folders of the same owner below it.
CREATE OR REPLACE FUNCTION owui.folder_subtree(owner text, folder text)
RETURNS SETOF text LANGUAGE sql STABLE AS $$
	WITH RECURSIVE down AS (
		SELECT f.id FROM folder f WHERE f.id = $2 AND f.user_id = $1
		UNION
		SELECT f.id FROM down JOIN folder f ON f.parent_id = down.id AND f.user_id = $1
	)
	SELECT id FROM down
$$;

-- Where a move within shared folders must stay: the topmost folder with grants on the way to the
-- root, else the root; NULL when a folder of the way is missing or belongs to somebody else.
CREATE OR REPLACE FUNCTION owui.folder_move_root(owner text, folder text)
RETURNS text LANGUAGE sql STABLE AS $$
	WITH RECURSIVE up AS (
		SELECT f.id, f.parent_id, 1 AS level FROM folder f WHERE f.id = $2 AND f.user_id = $1
		UNION ALL
		SELECT f.id, f.parent_id, up.level + 1 FROM up JOIN folder f ON f.id = up.parent_id
		 WHERE f.user_id = $1 AND up.level < 1000
	)
	SELECT coalesce(
		(SELECT up.id FROM up WHERE EXISTS (SELECT 1 FROM access_grant a
			WHERE a.resource_type = 'folder' AND a.resource_id = up.id)
		  ORDER BY up.level DESC LIMIT 1), top.id)
	  FROM up top WHERE top.parent_id IS NULL
$$;

CREATE OR REPLACE FUNCTION owui.folder_json(f folder)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', f.id, 'parent_id', f.parent_id, 'user_id', f.user_id,
		'name', f.name, 'items', f.items, 'meta', f.meta, 'data', f.data,
		'is_expanded', f.is_expanded, 'created_at', f.created_at, 'updated_at', f.updated_at)
$$;

-- The members of `a` with those of `b` put over them, in the order of their first appearance.
-- Anything but an object counts as {}.
CREATE OR REPLACE FUNCTION owui.json_merge(a json, b json)
RETURNS json LANGUAGE sql IMMUTABLE AS $$
	WITH both_sides AS (
		SELECT e.key, e.value, e.n, 1 AS side
		  FROM json_each(CASE WHEN json_typeof($1) = 'object' THEN $1 END)
		       WITH ORDINALITY AS e(key, value, n)
		UNION ALL
		SELECT e.key, e.value, e.n, 2
		  FROM json_each(CASE WHEN json_typeof($2) = 'object' THEN $2 END)
		       WITH ORDINALITY AS e(key, value, n)
	), one AS (
		SELECT DISTINCT ON (key) key, value,
		       first_value(side) OVER w AS s, first_value(n) OVER w AS n
		  FROM both_sides
		WINDOW w AS (PARTITION BY key ORDER BY side, n)
		 ORDER BY key, side DESC, both_sides.n DESC
	)
	SELECT coalesce(json_object_agg(key, value ORDER BY s, n), '{}') FROM one
$$;

-- May the account read what an entry of a folder's `data.files` names?
CREATE OR REPLACE FUNCTION owui.folder_file_readable(uid text, admin boolean, entry json)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
	what text;
	which text;
BEGIN
	IF json_typeof(entry) IS DISTINCT FROM 'object' THEN
		RETURN false;
	END IF;
	what := entry->>'type';
	which := entry->>'id';
	IF what IS NULL OR what NOT IN ('file', 'collection', 'note') OR coalesce(which, '') = '' THEN
		RETURN false;
	ELSIF admin THEN
		RETURN true;
	ELSIF what = 'note' THEN
		RETURN EXISTS (SELECT 1 FROM note n WHERE n.id = which
			AND (n.user_id = uid OR owui.has_access(uid, 'note', n.id, 'read')));
	ELSIF what = 'collection' THEN
		RETURN EXISTS (SELECT 1 FROM knowledge k WHERE k.id = which
			AND (k.user_id = uid OR owui.has_access(uid, 'knowledge', k.id, 'read')));
	END IF;
	RETURN EXISTS (SELECT 1 FROM file f WHERE f.id = which AND f.user_id = uid)
	    OR EXISTS (SELECT 1 FROM knowledge_file kf JOIN knowledge k ON k.id = kf.knowledge_id
		        WHERE kf.file_id = which
		          AND (k.user_id = uid OR owui.has_access(uid, 'knowledge', k.id, 'read')))
	    OR EXISTS (SELECT 1 FROM chat_file cf WHERE cf.file_id = which
		          AND owui.has_access(uid, 'shared_chat', cf.chat_id, 'read'));
END
$$;

-- Are all entries of a `data.files` readable?  Absent and null are fine.
CREATE OR REPLACE FUNCTION owui.folder_files_readable(uid text, admin boolean, files json)
RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT CASE coalesce(json_typeof($3), 'null')
	       WHEN 'null' THEN true
	       WHEN 'array' THEN NOT EXISTS (SELECT 1 FROM json_array_elements($3) e
	                                      WHERE NOT owui.folder_file_readable($1, $2, e))
	       ELSE false END
$$;

-- Unread chats per folder of the account, those of sub-folders included.
CREATE OR REPLACE FUNCTION owui.folder_unread(uid text)
RETURNS TABLE (folder_id text, unread bigint) LANGUAGE sql STABLE AS $$
	WITH RECURSIVE direct AS (
		SELECT c.folder_id, count(*) AS n FROM chat c
		 WHERE c.user_id = $1 AND c.folder_id IS NOT NULL AND c.archived = false
		   AND c.updated_at > coalesce(c.last_read_at, 0)
		   AND NOT EXISTS (SELECT 1 FROM chat_message m WHERE m.chat_id = c.id
		                      AND m.role = 'assistant' AND m.done = false)
		 GROUP BY c.folder_id
	), up AS (
		SELECT d.folder_id AS source, f.id AS folder, f.parent_id
		  FROM direct d JOIN folder f ON f.id = d.folder_id AND f.user_id = $1
		UNION
		SELECT up.source, f.id, f.parent_id
		  FROM up JOIN folder f ON f.id = up.parent_id AND f.user_id = $1
	)
	SELECT up.folder, sum(d.n)::bigint
	  FROM up JOIN direct d ON d.folder_id = up.source GROUP BY up.folder
$$;

-- { folder id: unread chats } with every folder of the account.  VOLATILE, so that it sees what the
-- same statement has just marked as read.
CREATE OR REPLACE FUNCTION owui.folder_unread_json(uid text)
RETURNS json LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(json_object_agg(f.id, coalesce(u.unread, 0)), '{}')
	  FROM folder f LEFT JOIN owui.folder_unread($1) u ON u.folder_id = f.id
	 WHERE f.user_id = $1
$$;

-- Delete a folder with those below it.  Chats of the owner in them go too (`contents`) or become free,
-- as do those of others.  The ids of the deleted chats.
CREATE OR REPLACE FUNCTION owui.folder_delete(owner text, folder_id text, contents boolean)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	ids text[] := ARRAY(SELECT owui.folder_subtree($1, $2));
	chats text[] := '{}';
BEGIN
	IF contents THEN
		chats := ARRAY(SELECT c.id FROM chat c WHERE c.user_id = $1 AND c.folder_id = ANY (ids));
		PERFORM owui.chats_delete(chats);
	END IF;
	UPDATE chat c SET folder_id = NULL WHERE c.folder_id = ANY (ids);
	UPDATE automation a SET folder_id = NULL WHERE a.user_id = $1 AND a.folder_id = ANY (ids);
	DELETE FROM access_grant g WHERE g.resource_type = 'folder' AND g.resource_id = ANY (ids);
	DELETE FROM folder f WHERE f.user_id = $1 AND f.id = ANY (ids);
	RETURN to_json(chats);
END
$$;

-- Set the grants of a folder and, when `form` holds one, its share mode.
CREATE OR REPLACE FUNCTION owui.folder_share(folder_id text, grants json, form json)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	f folder;
BEGIN
	PERFORM owui.grants_set('folder', $1, grants);
	IF form->'share_mode' IS NOT NULL THEN
		UPDATE folder t SET updated_at = owui.now(),
		       data = owui.json_merge(t.data, json_build_object('share_mode', form->'share_mode'))
		 WHERE t.id = $1;
	END IF;
	SELECT * INTO f FROM folder t WHERE t.id = $1;
	RETURN owui.json_merge(owui.folder_json(f),
		json_build_object('access_grants', owui.grants_json('folder', $1)));
END
$$;
