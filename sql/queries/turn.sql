-- A chat to be written by a turn, locked: owner, document, title, folder, variables; no row without write
-- access.
-- name: turn_lock(chat text, user text) row
SELECT c.user_id, c.chat, c.title, c.folder_id, c.variables
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

-- The branch that ends at a message, oldest first, from the rows: [{id, role, content, output, files, usage, …}],
-- and whether it reaches a root (a missing row cuts it).
-- name: turn_branch(chat text, message text) row
WITH RECURSIVE b AS (
	SELECT m.id, m.parent_id, m.role, m.content, m.output, m.files, m.usage, m.context_summary, m.model_id, 1 AS n
	  FROM chat_message m WHERE m.id = $1 || '-' || $2
	UNION ALL
	SELECT m.id, m.parent_id, m.role, m.content, m.output, m.files, m.usage, m.context_summary, m.model_id, b.n + 1
	  FROM chat_message m JOIN b ON m.id = $1 || '-' || b.parent_id
	 WHERE b.n < 100000
)
SELECT json_agg(json_build_object('id', substr(id, length($1) + 2), 'role', role, 'content', content,
		'output', output, 'files', files, 'usage', usage, 'contextSummary', context_summary, 'model', model_id)
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

-- What a folder says to its chats, for an account that may read it.
-- name: turn_folder(folder text, user text, admin bool) json
SELECT data FROM folder WHERE id = $1 AND ($3 OR owui.folder_access($2, $1, 'read'));

-- Where a file lies, for an account that may read it: path, media type, name.
-- name: turn_file(id text, user text, admin bool) row
SELECT path, coalesce(meta->>'content_type', ''), filename FROM file
 WHERE id = $1 AND owui.folder_file_readable($2, $3, json_build_object('type', 'file', 'id', $1::text));

-- May the account read that file, note or collection?
-- name: turn_file_readable(type text, id text, user text, admin bool) row
SELECT owui.folder_file_readable($3, $4, json_build_object('type', $1::text, 'id', $2::text));

-- The texts of a file, a note, or of all files of a collection that the account may read: name, text.
-- name: turn_file_texts(type text, id text, user text, admin bool) row
SELECT x.name, x.text FROM (
	SELECT f.filename AS name, f.data->>'content' AS text, f.created_at AS at
	  FROM file f WHERE $1 = 'file' AND f.id = $2
	UNION ALL
	SELECT n.title, n.data->'content'->>'md', n.created_at FROM note n WHERE $1 = 'note' AND n.id = $2
	UNION ALL
	SELECT f.filename, f.data->>'content', f.created_at
	  FROM knowledge_file k JOIN file f ON f.id = k.file_id WHERE $1 = 'collection' AND k.knowledge_id = $2
) AS x
 WHERE owui.folder_file_readable($3, $4, json_build_object('type', $1::text, 'id', $2::text))
 ORDER BY x.at;

-- A chat that the account may read: title, document.
-- name: turn_chat_read(chat text, user text, admin bool) row
SELECT c.title, c.chat FROM chat c
 WHERE c.id = $1 AND ($3 OR c.user_id = $2 OR owui.has_access($2, 'shared_chat', c.id, 'read')
		      OR c.folder_id IS NOT NULL AND owui.folder_access($2, c.folder_id, 'read'));

-- Active skills that the account may read: those named in ids, or all.  Of a text longer than `most`
-- characters only the first `preview`.
-- name: turn_skills(user text, ids json, all_ bool, most bigint, preview bigint) json
SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'description', s.description,
		'content', CASE WHEN length(s.content) > $4 THEN left(s.content, $5::int) ELSE s.content END,
		'cut', length(s.content) > $4,
		'files', (SELECT json_agg(f->>'path') FROM json_array_elements(s.data->'files') AS f
			   WHERE f->>'path' <> 'SKILL.md')) ORDER BY s.id)
  FROM skill s
 WHERE s.is_active AND ($3 OR s.id IN (SELECT json_array_elements_text($2)))
   AND (s.user_id = $1 OR owui.has_access($1, 'skill', s.id, 'read'));

-- May the account put chats into the folder?
-- name: turn_folder_writable(folder text, user text) row
SELECT true WHERE owui.folder_access($2, $1, 'write');

-- Note which files a message of a chat brought: those of the list that there are.
-- name: turn_chat_files(chat text, message text, user text, files json, admin bool) row
INSERT INTO chat_file (id, user_id, chat_id, message_id, file_id, created_at, updated_at)
SELECT gen_random_uuid()::text, $3, $1, $2, f.id, owui.now(), owui.now()
  FROM file f
 WHERE f.id IN (SELECT e->>'id' FROM json_array_elements($4) AS e WHERE e->>'type' = 'file')
   AND owui.folder_file_readable($3, $5, json_build_object('type', 'file', 'id', f.id))
ON CONFLICT DO NOTHING;

-- Where a chat of the account's own stands, and its models.
-- name: turn_compact(chat text, user text) row
SELECT nullif(c.current_message_id, ''), c.chat->'models', c.chat->'params', c.chat
  FROM chat c WHERE c.id = $1 AND c.user_id = $2;
