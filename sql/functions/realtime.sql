-- Chats and folders as the sockets see them.

-- Is the folder, or one above it, the account's own or opened to it?
CREATE OR REPLACE FUNCTION owui.folder_open_to(folder_id text, uid text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE up AS (
		SELECT id, parent_id, user_id FROM folder WHERE id = $1
		UNION
		SELECT f.id, f.parent_id, f.user_id FROM up JOIN folder f ON f.id = up.parent_id
	)
	SELECT EXISTS (SELECT FROM up
			WHERE up.user_id = $2 OR owui.has_access($2, 'folder', up.id, 'read'))
$$;

-- May the account read (write: continue) the chat?
CREATE OR REPLACE FUNCTION owui.chat_open_to(chat_id text, uid text, permission text,
					     admin_reads boolean)
RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (
		SELECT FROM chat c JOIN "user" u ON u.id = $2 AND u.role IN ('user', 'admin')
		 WHERE c.id = $1 AND CASE
			WHEN c.user_id = u.id THEN true
			WHEN $3 = 'read' AND u.role = 'admin' AND
			     ($4 OR c.meta::jsonb -> 'internal' = 'true') THEN true
			WHEN (SELECT s.chat ->> 'share_mode' FROM shared_chat s
			       WHERE s.chat_id = c.id ORDER BY s.updated_at DESC LIMIT 1) = 'continue'
			     AND owui.has_access(u.id, 'shared_chat', c.id, 'read') THEN true
			WHEN c.folder_id IS NULL THEN false
			ELSE ($3 = 'read' OR EXISTS (SELECT FROM folder f WHERE f.id = c.folder_id
							AND f.data ->> 'share_mode' = 'continue'))
			     AND owui.folder_open_to(c.folder_id, u.id)
		 END)
$$;

-- { folder: number of unread chats in it and below } of all folders of the account; the chat that
-- is being read just now counts as read.
CREATE OR REPLACE FUNCTION owui.folder_unread(uid text, reading text) RETURNS json
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE mine AS (
		SELECT id, parent_id FROM folder WHERE user_id = $1
	), direct AS (
		SELECT c.folder_id AS id, count(*) AS n FROM chat c
		 WHERE c.user_id = $1 AND c.folder_id IN (SELECT id FROM mine) AND NOT c.archived
		   AND c.id <> $2 AND c.updated_at > coalesce(c.last_read_at, 0)
		   AND NOT EXISTS (SELECT FROM chat_message m WHERE m.chat_id = c.id
				      AND m.role = 'assistant' AND m.done = false)
		 GROUP BY c.folder_id
	), spread AS (
		SELECT id AS origin, id, parent_id FROM mine WHERE id IN (SELECT id FROM direct)
		UNION
		SELECT s.origin, m.id, m.parent_id FROM spread s JOIN mine m ON m.id = s.parent_id
	)
	SELECT coalesce(json_object_agg(mine.id, coalesce(t.n, 0)), '{}')
	  FROM mine LEFT JOIN (SELECT s.id, sum(d.n) AS n FROM spread s JOIN direct d ON d.id = s.origin
				GROUP BY s.id) t ON t.id = mine.id
$$;
