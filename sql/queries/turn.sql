-- A chat to be written by a turn, locked: owner, document, title, folder; no row without write access.
-- name: turn_lock(chat text, user text) row
SELECT c.user_id, c.chat, c.title, c.folder_id
  FROM chat c
 WHERE c.id = $1 AND (c.user_id = $2 OR owui.chat_open_to(c.id, $2, 'write', false))
   FOR NO KEY UPDATE OF c;

-- The same for a turn that was let in before.
-- name: turn_lock_own(chat text) row
SELECT c.user_id, c.chat, c.title, c.folder_id FROM chat c WHERE c.id = $1
   FOR NO KEY UPDATE OF c;

-- The same without a lock.
-- name: turn_chat(chat text, user text) row
SELECT c.user_id, c.title, c.folder_id, c.variables
  FROM chat c
 WHERE c.id = $1 AND (c.user_id = $2 OR owui.chat_open_to(c.id, $2, 'write', false));

-- Store a changed document and the rows of the messages that changed.
-- touch: moves updated_at; current: '' or NULL leave it.
-- name: turn_store(chat text, doc json, current text, touch bool, messages json, vars json) row
WITH u AS (
	UPDATE chat c SET chat = $2, current_message_id = coalesce(nullif($3, ''), current_message_id),
	       updated_at = CASE WHEN $4 THEN owui.now() ELSE updated_at END,
	       variables = coalesce($6, variables)
	 WHERE id = $1 RETURNING c.id, c.user_id, c.title, c.folder_id
)
SELECT u.title, u.folder_id, owui.chat_messages_put(u.id, u.user_id, $5) FROM u;

-- The branch that ends at a message, oldest first, from the rows: [{role, content, output, files}],
-- and whether it reaches a root (a missing row cuts it).
-- name: turn_branch(chat text, message text) row
WITH RECURSIVE b AS (
	SELECT m.parent_id, m.role, m.content, m.output, m.files, 1 AS n
	  FROM chat_message m WHERE m.id = $1 || '-' || $2
	UNION ALL
	SELECT m.parent_id, m.role, m.content, m.output, m.files, b.n + 1
	  FROM chat_message m JOIN b ON m.id = $1 || '-' || b.parent_id
	 WHERE b.n < 100000
)
SELECT json_agg(json_build_object('role', role, 'content', content, 'output', output, 'files', files)
                ORDER BY n DESC), bool_or(parent_id IS NULL OR parent_id = '') FROM b;

-- name: turn_document(chat text) json
SELECT chat FROM chat WHERE id = $1;

-- name: turn_title(chat text, title text) row
UPDATE chat c SET title = $2, chat = owui.json_merge(c.chat, json_build_object('title', $2::text))
 WHERE id = $1 RETURNING folder_id;

-- Tags of a chat: names as the model gave them; their rows, and the ids in meta.
-- name: turn_tags(chat text, names json) row
WITH t AS (
	SELECT ARRAY(SELECT json_array_elements_text($2)) AS names
), u AS (
	UPDATE chat c SET meta = owui.json_merge(c.meta, json_build_object('tags',
	       (SELECT coalesce(json_agg(DISTINCT owui.tag_id(x)), '[]') FROM t, unnest(t.names) x
	         WHERE owui.tag_id(x) <> 'none')))
	 WHERE id = $1 RETURNING c.user_id
)
SELECT owui.tags_ensure(u.user_id, ARRAY(SELECT x FROM unnest(t.names) x WHERE owui.tag_id(x) <> 'none'))
  FROM u, t;

-- Answers of a chat that nobody finished, for an account: [{id, output}].
-- name: turn_waiting(chat text, user text) json
SELECT json_agg(json_build_object('id', substr(m.id, length($1) + 2), 'output', m.output))
  FROM chat_message m
 WHERE m.chat_id = $1 AND m.role = 'assistant' AND m.done = false AND m.user_id = $2;

-- Which of these tasks belong to answers for the account?  ids: [text …].
-- name: turn_tasks_of(chat text, user text, ids json) json
SELECT json_agg(t.id) FROM json_array_elements_text($3) AS t(id)
 WHERE EXISTS (SELECT FROM chat_message m WHERE m.chat_id = $1 AND m.user_id = $2
		 AND m.meta ->> 'task_id' = t.id);

-- What the prompt's placeholders may say of the account.
-- name: turn_user(id text) row
SELECT name, email, bio, gender, date_of_birth, timezone, info->>'location', variables,
       (SELECT string_agg(g.name, ', ' ORDER BY g.name) FROM "group" g
         WHERE g.id IN (SELECT owui.user_groups($1)))
  FROM "user" WHERE id = $1;

-- A chat of the account's own.
-- name: turn_chat_owned(chat text, user text) row
SELECT true FROM chat WHERE id = $1 AND user_id = $2;

-- An installed function.
-- name: turn_function(id text) row
SELECT type FROM function WHERE id = $1;
