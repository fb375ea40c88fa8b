-- The side bar: newest first.
-- name: chat_list(user text, folders bool, pinned bool, skip bigint, max bigint) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, title, updated_at, created_at, last_read_at, NULL::text AS snippet,
	       false AS active, false AS archived
	  FROM chat
	 WHERE user_id = $1 AND archived = false AND ($2 OR folder_id IS NULL)
	   AND ($3 OR pinned IS NOT TRUE) AND NOT owui.chat_internal(meta)
	 ORDER BY updated_at DESC, id OFFSET $4 LIMIT $5) x;

-- The same in any other order: title, updated_at or unread_updated_at; asc or desc.
-- name: chat_list_sorted(user text, folders bool, pinned bool, skip bigint, max bigint, by text, dir text) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, title, updated_at, created_at, last_read_at, NULL::text AS snippet,
	       false AS active, false AS archived
	  FROM chat c
	 WHERE user_id = $1 AND archived = false AND ($2 OR folder_id IS NULL)
	   AND ($3 OR pinned IS NOT TRUE) AND NOT owui.chat_internal(meta)
	 ORDER BY CASE WHEN $6 = 'unread_updated_at' AND updated_at > coalesce(last_read_at, 0)
			AND NOT EXISTS (SELECT 1 FROM chat_message m WHERE m.chat_id = c.id
					   AND m.role = 'assistant' AND m.done = false)
		       THEN 0 ELSE 1 END,
	       CASE WHEN $6 = 'title' AND $7 = 'asc' THEN title END,
	       CASE WHEN $6 = 'title' AND $7 <> 'asc' THEN title END DESC,
	       CASE WHEN $6 NOT IN ('title', 'unread_updated_at') AND $7 = 'asc' THEN updated_at END,
	       updated_at DESC, id OFFSET $4 LIMIT $5) x;

-- The chats of one folder of the account.
-- name: chat_list_folder(user text, folder text, skip bigint, max bigint, by text, dir text) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, title, updated_at, created_at, last_read_at, NULL::text AS snippet,
	       false AS active, false AS archived
	  FROM chat c
	 WHERE user_id = $1 AND folder_id = $2 AND archived = false
	   AND pinned IS NOT TRUE AND NOT owui.chat_internal(meta)
	 ORDER BY CASE WHEN $5 = 'unread_updated_at' AND updated_at > coalesce(last_read_at, 0)
			AND NOT EXISTS (SELECT 1 FROM chat_message m WHERE m.chat_id = c.id
					   AND m.role = 'assistant' AND m.done = false)
		       THEN 0 ELSE 1 END,
	       CASE WHEN $5 = 'title' AND $6 = 'asc' THEN title END,
	       CASE WHEN $5 = 'title' AND $6 <> 'asc' THEN title END DESC,
	       CASE WHEN $5 NOT IN ('title', 'unread_updated_at') AND $6 = 'asc' THEN updated_at END,
	       updated_at DESC, id OFFSET $3 LIMIT $4) x;

-- name: chat_list_pinned(user text) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, title, updated_at, created_at, last_read_at, NULL::text AS snippet,
	       false AS active, false AS archived
	  FROM chat
	 WHERE user_id = $1 AND pinned AND archived = false AND NOT owui.chat_internal(meta)
	 ORDER BY updated_at DESC, id) x;

-- An account's archived chats (one = true), or all of them; `by` is one of the columns named here.
-- name: chat_list_archive(user text, one bool, search text, by text, dir text, skip bigint) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, title, updated_at, created_at,
	       CASE WHEN $2 THEN NULL ELSE last_read_at END AS last_read_at, NULL::text AS snippet,
	       false AS active, false AS archived
	  FROM chat
	 WHERE user_id = $1 AND (NOT $2 OR archived) AND NOT owui.chat_internal(meta)
	   AND ($3 IS NULL OR title ILIKE '%' || $3 || '%')
	 ORDER BY CASE WHEN $5 = 'asc' THEN CASE $4 WHEN 'created_at' THEN created_at
				WHEN 'last_read_at' THEN chat.last_read_at
				WHEN 'updated_at' THEN updated_at END END,
	       CASE WHEN $5 = 'asc' AND $4 = 'title' THEN title END,
	       CASE WHEN $5 = 'desc' AND $4 = 'title' THEN title END DESC,
	       CASE WHEN $5 = 'desc' THEN CASE $4 WHEN 'created_at' THEN created_at
				WHEN 'last_read_at' THEN chat.last_read_at END END DESC,
	       updated_at DESC, id OFFSET $6 LIMIT 60) x;

-- name: chat_list_tag(user text, name text, skip bigint, max bigint) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT id, title, updated_at, created_at, last_read_at, NULL::text AS snippet,
	       false AS active, false AS archived
	  FROM chat
	 WHERE user_id = $1 AND NOT owui.chat_internal(meta)
	   AND owui.tag_id($2) = ANY (owui.chat_tags(meta))
	 ORDER BY updated_at DESC, id OFFSET $3 LIMIT $4) x;

-- name: chat_lower(text text) text
SELECT lower($1);

-- name: chat_count_archived(user text) json
SELECT to_json(count(*)) FROM chat WHERE user_id = $1 AND archived AND NOT owui.chat_internal(meta);

-- Which of these chats have an answer that is not finished?  ids: [text …].
-- name: chat_unfinished(ids json) rows
SELECT DISTINCT chat_id FROM chat_message
 WHERE chat_id IN (SELECT json_array_elements_text($1)) AND role = 'assistant' AND done = false;

-- One chat as somebody may see it: head, document, access ('write', 'read' or NULL), owner.
-- any: an administrator who may read every chat.
-- name: chat_get(user text, id text, any bool, admin bool) row
SELECT owui.chat_head(c), c.chat, CASE WHEN c.user_id = $1 THEN 'write'
       ELSE owui.chat_guest_access($1, $3 OR $4 AND owui.chat_internal(c.meta), c.id, c.folder_id) END,
       c.user_id
  FROM chat c WHERE c.id = $2;

-- name: chat_own(user text, id text) json
SELECT owui.chat_json(c) FROM chat c WHERE c.id = $2 AND c.user_id = $1;

-- { id: name } of accounts.
-- name: chat_authors(ids json) json
SELECT coalesce(json_object_agg(id, name), '{}') FROM "user"
 WHERE id IN (SELECT json_array_elements_text($1));

-- A chat to be changed, locked: owner, document, folder, folder owned by the caller?
-- name: chat_lock(id text, user text) row
SELECT c.user_id, c.chat, c.title,
       EXISTS (SELECT 1 FROM folder f WHERE f.id = c.folder_id AND f.user_id = $2)
  FROM chat c WHERE c.id = $1 FOR NO KEY UPDATE OF c;

-- Store a changed document.  current: the message to stand at ('' for none, NULL to leave it);
-- messages: those whose rows are written; gone: ids of removed messages.
-- name: chat_store(id text, doc json, title text, current text, touch bool, vars json, messages json, gone json) json
WITH rows_gone AS (
	DELETE FROM chat_message WHERE $8 IS NOT NULL AND chat_id = $1
	   AND id IN (SELECT $1 || '-' || json_array_elements_text($8))
)
UPDATE chat c SET chat = $2, title = $3,
       current_message_id = CASE WHEN $4 IS NULL THEN current_message_id ELSE nullif($4, '') END,
       updated_at = CASE WHEN $5 THEN owui.now() ELSE updated_at END,
       variables = coalesce($6, variables)
 WHERE id = $1
   AND ($7 IS NULL OR owui.chat_messages_put($1, c.user_id, $7) >= 0)
RETURNING owui.chat_head(c);

-- NULL when the folder is not one the account may write to.
-- name: chat_create(id text, user text, title text, doc json, folder text, meta json, vars json, pinned bool, archived bool, current text, created bigint, updated bigint, messages json) json
SELECT owui.chat_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
 WHERE $5 IS NULL OR owui.folder_access($2, $5, 'write');

-- name: chat_delete(user text, id text, any bool) json
SELECT owui.chat_delete($1, $2, $3);

-- name: chat_delete_all(user text) json
SELECT owui.chats_delete_all($1);

-- name: chat_pinned(user text, id text) json
SELECT to_json(pinned) FROM chat WHERE id = $2 AND user_id = $1;

-- name: chat_pin(user text, id text) json
UPDATE chat c SET pinned = pinned IS NOT TRUE, updated_at = owui.now(), last_read_at = owui.now()
 WHERE id = $2 AND user_id = $1 RETURNING owui.chat_json(c);

-- The answer, and whether the chat is archived now.
-- name: chat_archive(user text, id text) row
WITH u AS (
	UPDATE chat c SET archived = archived IS NOT TRUE, folder_id = NULL,
	       updated_at = owui.now(), last_read_at = owui.now()
	 WHERE id = $2 AND user_id = $1
	RETURNING owui.chat_json(c) AS answer, archived, meta
)
SELECT answer, archived,
       CASE WHEN NOT archived THEN owui.tags_ensure($1, owui.chat_tags(meta)) END FROM u;

-- name: chat_archive_all(user text) count
UPDATE chat SET archived = true, folder_id = NULL WHERE user_id = $1;

-- name: chat_unarchive_all(user text) row
WITH u AS (
	UPDATE chat SET archived = false WHERE user_id = $1 AND archived RETURNING meta
)
SELECT owui.tags_ensure($1, ARRAY(SELECT DISTINCT unnest(owui.chat_tags(meta)) FROM u));

-- Move a chat into a folder or out of all.  What hinders it ('none', 'denied', 'folder'), the answer
-- and the owner.
-- name: chat_move(user text, id text, folder text) row
WITH c AS (
	SELECT id, user_id, CASE
	       WHEN user_id <> $1 AND owui.folder_move_root($1, folder_id)
		    IS DISTINCT FROM coalesce(owui.folder_move_root($1, $3), '') THEN 'denied'
	       WHEN $3 IS NOT NULL AND NOT owui.folder_access($1, $3, 'write') THEN 'folder'
	       END AS fault
	  FROM chat WHERE id = $2
), u AS (
	UPDATE chat t SET folder_id = $3, updated_at = owui.now(), pinned = false,
	       last_read_at = CASE WHEN t.user_id = $1 THEN owui.now() ELSE t.last_read_at END,
	       archived = t.archived AND $3 IS NULL
	  FROM c WHERE t.id = c.id AND c.fault IS NULL
	RETURNING owui.chat_head(t) AS head, t.chat
)
SELECT c.fault, u.head, u.chat, c.user_id FROM c LEFT JOIN u ON true;

-- name: chat_unread(user text, id text) json
WITH u AS (
	UPDATE chat SET last_read_at = 0 WHERE id = $2 AND user_id = $1 RETURNING id, folder_id
)
SELECT json_build_object('chat_id', u.id, 'last_read_at', 0, 'folder_id', u.folder_id,
       'folder_unread_counts', owui.folder_unread_json($1)) FROM u;

-- name: chat_read_all(user text) json
SELECT json_build_object('updated_count', owui.chats_read($1, NULL),
       'folder_unread_counts', owui.folder_unread_json($1));

-- Whole chats: of folders, archived ones.
-- name: chat_all_folder(user text, folder text) json
SELECT coalesce(json_agg(owui.chat_json(c) ORDER BY c.updated_at DESC, c.id), '[]') FROM chat c
 WHERE c.user_id = $1 AND c.archived = false AND c.pinned IS NOT TRUE
   AND NOT owui.chat_internal(c.meta)
   AND (c.folder_id = $2 OR c.folder_id IN (SELECT owui.folder_subtree($1, $2)));

-- name: chat_all_archived(user text) json
SELECT coalesce(json_agg(owui.chat_json(c) ORDER BY c.updated_at DESC, c.id), '[]') FROM chat c
 WHERE c.user_id = $1 AND c.archived AND NOT owui.chat_internal(c.meta);

-- name: chat_all_db() json
SELECT coalesce(json_agg(owui.chat_json(c) ORDER BY c.updated_at DESC, c.id), '[]') FROM chat c
 WHERE NOT owui.chat_internal(c.meta);

-- A piece of an account's chats, for an export in lines.
-- name: chat_export(user text, skip bigint, max bigint) rows
SELECT owui.chat_json(c) FROM chat c
 WHERE c.user_id = $1 AND NOT owui.chat_internal(c.meta)
 ORDER BY c.updated_at DESC, c.id OFFSET $2 LIMIT $3;

-- Change the model parameters of a chat; those it has now.
-- name: chat_params(user text, id text, params json) json
UPDATE chat c SET chat = owui.json_merge(c.chat,
       json_build_object('params', owui.json_merge(c.chat->'params', $3)))
 WHERE id = $2 AND user_id = $1 RETURNING c.chat->'params';

-- A shared chat: head, snapshot, owner, chat id, open to anybody?, granted to the account?, mode.
-- name: chat_shared_get(user text, id text) row
SELECT json_build_object('id', s.id, 'user_id', s.user_id, 'title', s.title,
	'updated_at', s.updated_at, 'created_at', s.created_at, 'share_id', s.id,
	'archived', false, 'pinned', false, 'meta', json_build_object(), 'variables', json_build_object(),
	'folder_id', NULL, 'tasks', NULL, 'summary', NULL, 'current_message_id', NULL,
	'context_usage', NULL),
       s.chat, s.user_id, s.chat_id,
       EXISTS (SELECT 1 FROM access_grant a WHERE a.resource_type = 'shared_chat'
		  AND a.resource_id = s.chat_id AND a.principal_type = 'anyone'
		  AND a.principal_id = '*' AND a.permission = 'read'),
       owui.has_access($1, 'shared_chat', s.chat_id, 'read'), s.chat->>'share_mode'
  FROM shared_chat s WHERE s.id = $2;

-- name: chat_shared_list(user text, search text, by text, dir text, skip bigint) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT chat_id AS id, chat_id, title, id AS share_id, updated_at, created_at FROM shared_chat
	 WHERE user_id = $1 AND ($2 IS NULL OR title ILIKE '%' || $2 || '%')
	 ORDER BY CASE WHEN $4 = 'asc' THEN CASE $3 WHEN 'created_at' THEN created_at
				WHEN 'updated_at' THEN updated_at END END,
	       CASE WHEN $4 = 'asc' AND $3 = 'title' THEN title END,
	       CASE WHEN $4 = 'desc' AND $3 = 'title' THEN title END DESC,
	       CASE WHEN $4 = 'desc' AND $3 = 'created_at' THEN created_at END DESC,
	       updated_at DESC, id OFFSET $5 LIMIT 60) x;

-- name: chat_share(user text, id text, form json) json
SELECT owui.chat_share($1, $2, $3);

-- name: chat_unshare(user text, id text) json
SELECT owui.chat_unshare($1, $2);

-- name: chat_share_grants(user text, id text, any bool) json
SELECT coalesce((SELECT json_agg(g) FROM (
	SELECT a.id, a.principal_type, a.principal_id, a.permission FROM access_grant a
	 WHERE a.resource_type = 'shared_chat' AND a.resource_id = c.id) g), '[]')
  FROM chat c WHERE c.id = $2 AND (c.user_id = $1 OR $3);

-- name: chat_share_access(user text, id text, any bool, grants json, form json) json
SELECT owui.chat_share_access($1, $2, $3, $4, $5);

-- Chats for statistics; since: NULL or a time after which they changed.
-- name: chat_stats(user text, since bigint, oldest_first bool, skip bigint, max bigint) rows
SELECT id, user_id, created_at, updated_at, meta->'tags', chat FROM chat
 WHERE user_id = $1 AND NOT owui.chat_internal(meta) AND ($2 IS NULL OR updated_at > $2)
 ORDER BY CASE WHEN $3 THEN updated_at END, updated_at DESC, id OFFSET $4 LIMIT $5;

-- name: chat_stats_count(user text, since bigint) row
SELECT count(*) FROM chat
 WHERE user_id = $1 AND NOT owui.chat_internal(meta) AND ($2 IS NULL OR updated_at > $2);

-- name: chat_stats_one(id text) row
SELECT id, user_id, created_at, updated_at, meta->'tags', chat FROM chat WHERE id = $1;
