-- Does a connection's own list of grants let the account use it?
-- name: tool_server_allowed(user text, grants json) row
SELECT EXISTS (SELECT FROM json_to_recordset($2) AS g(principal_type text, principal_id text, permission text)
	WHERE g.permission = 'read' AND (g.principal_type = 'user' AND g.principal_id IN ('*', $1)
	   OR g.principal_type = 'group' AND g.principal_id IN (SELECT owui.user_groups($1))));

-- name: tool_user_groups(user text) row
SELECT string_agg(trim(g.name), ',' ORDER BY g.name), string_agg(g.id, ',' ORDER BY g.name)
  FROM "group" g WHERE g.id IN (SELECT owui.user_groups($1));

-- The statements of the built-in tools: (user, arguments, surroundings), see src/tool/builtin.h.

-- name: tool_time(user text) json
SELECT CASE WHEN owui.iso_in(now(), z) IS NULL THEN owui.tool_time(now())
	    ELSE owui.json_and(owui.tool_time(now()),
		 json_build_object('user_local_iso', owui.iso_in(now(), z), 'user_timezone', z)) END
  FROM (SELECT nullif(timezone, '') AS z FROM "user" WHERE id = $1) u;

-- name: tool_time_ago(user text, args json) json
WITH t AS (
	SELECT now() - make_interval(days => coalesce(($2->>'days_ago')::int, 0),
				     weeks => coalesce(($2->>'weeks_ago')::int, 0))
		     - make_interval(months => coalesce(($2->>'months_ago')::int, 0),
				     years => coalesce(($2->>'years_ago')::int, 0)) AS then_,
	       (SELECT nullif(timezone, '') FROM "user" WHERE id = $1) AS z
)
SELECT json_strip_nulls(owui.json_and(owui.tool_time(now()), json_build_object(
	'calculated_timestamp', floor(extract(epoch FROM then_))::bigint,
	'calculated_iso', owui.iso_in(then_, 'UTC'), 'user_local_iso', owui.iso_in(now(), z),
	'calculated_local_iso', owui.iso_in(then_, z),
	'user_timezone', CASE WHEN owui.iso_in(now(), z) IS NOT NULL THEN z END)))
  FROM t;

-- name: tool_knowledge_bases(user text, args json, around json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT k.id, k.name, coalesce(k.description, '') AS description,
	       (SELECT count(*) FROM knowledge_file f WHERE f.knowledge_id = k.id) AS file_count, k.updated_at
	  FROM owui.tool_bases($1, $3) k
	 WHERE owui.any_like($2->>'query', k.name, k.description)
	 ORDER BY k.updated_at DESC, k.id
	OFFSET greatest(coalesce(($2->>'skip')::int, 0), 0)
	 LIMIT least(greatest(coalesce(($2->>'count')::int, 10), 1), 100)) x;

-- name: tool_knowledge_rank(user text, args json, around json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT k.id, k.name, coalesce(k.description, '') AS description,
	       round(owui.tool_rank(k.name || ' ' || coalesce(k.description, ''), $2->>'query')::numeric, 4) AS similarity
	  FROM owui.tool_bases($1, $3) k
	 WHERE owui.tool_rank(k.name || ' ' || coalesce(k.description, ''), $2->>'query') > 0
	 ORDER BY 4 DESC, k.id LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 100)) x;

-- name: tool_knowledge_files(user text, args json, around json) json
SELECT coalesce(json_agg(json_strip_nulls(to_json(x))), '[]') FROM (
	SELECT f.id, f.filename, f.knowledge_id, f.knowledge_name, f.updated_at
	  FROM owui.tool_files($1, $3) f
	 WHERE owui.any_like($2->>'query', f.filename)
	   AND (nullif($2->>'knowledge_id', '') IS NULL OR f.knowledge_id = $2->>'knowledge_id')
	 ORDER BY f.updated_at DESC, f.id
	OFFSET greatest(coalesce(($2->>'skip')::int, 0), 0)
	 LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 100)) x;

-- name: tool_knowledge_grep(user text, args json, around json) json
WITH l AS (
	SELECT f.id, f.filename, n, line
	  FROM owui.tool_files($1, $3) f, unnest(string_to_array(f.content, E'\n')) WITH ORDINALITY x(line, n)
	 WHERE (nullif($2->>'file_id', '') IS NULL OR f.id = $2->>'file_id') AND coalesce($2->>'pattern', '') <> ''
	   AND CASE WHEN coalesce(($2->>'case_insensitive')::boolean, false)
		    THEN strpos(lower(line), lower($2->>'pattern')) > 0 ELSE strpos(line, $2->>'pattern') > 0 END
)
SELECT CASE WHEN coalesce(($2->>'count_only')::boolean, false)
	THEN (SELECT coalesce(json_agg(json_build_object('file_id', id, 'filename', filename, 'count', n)), '[]')
		FROM (SELECT id, filename, count(*) AS n FROM l GROUP BY 1, 2 ORDER BY 2, 1) c)
	ELSE (SELECT coalesce(json_agg(json_build_object('file_id', id, 'filename', filename, 'line_number', n,
			'line', left(line, 500)) ORDER BY filename, id, n), '[]')
		FROM (SELECT * FROM l ORDER BY filename, id, n LIMIT 50) m) END;

-- Passages are paragraphs: what is between empty lines, at most 2,000 characters.
-- name: tool_knowledge_query(user text, args json, around json) json
SELECT coalesce(json_agg(json_strip_nulls(to_json(x))), '[]') FROM (
	SELECT left(p, 2000) AS content, f.filename AS source, f.id AS file_id, f.knowledge_id,
	       owui.tool_rank(p, $2->>'query') AS distance
	  FROM owui.tool_files($1, $3) f, regexp_split_to_table(f.content, '\n\s*\n') p
	 WHERE owui.tool_rank(p, $2->>'query') > 0
	   AND ($2->'knowledge_ids' IS NULL OR json_typeof($2->'knowledge_ids') <> 'array'
		OR json_array_length($2->'knowledge_ids') = 0
		OR f.knowledge_id IN (SELECT json_array_elements_text($2->'knowledge_ids')))
	 ORDER BY 5 DESC, 3 LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 50)) x;

-- name: tool_knowledge_view(user text, args json, around json) json
SELECT json_strip_nulls((jsonb_build_object('id', f.id, 'filename', f.filename)
	|| owui.tool_excerpt(f.content, $2)
	|| jsonb_build_object('updated_at', f.updated_at, 'created_at', f.created_at,
		'knowledge_id', f.knowledge_id, 'knowledge_name', f.knowledge_name))::json)
  FROM (SELECT * FROM owui.tool_files($1, $3)
	UNION ALL
	SELECT o.id, coalesce(o.meta->>'name', o.filename), coalesce(o.data->>'content', ''), o.created_at,
	       o.updated_at, NULL, NULL FROM file o WHERE o.user_id = $1) f
 WHERE f.id = $2->>'file_id' ORDER BY f.knowledge_id NULLS LAST LIMIT 1;

-- name: tool_knowledge_attached(user text, args json, around json) json
SELECT json_build_object(
	'knowledge_bases', (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name,
			'description', coalesce(description, ''))), '[]') FROM owui.tool_bases($1, $3)),
	'files', (SELECT coalesce(json_agg(x), '[]') FROM (
		SELECT id, filename, knowledge_id FROM owui.tool_files($1, $3) f
		 WHERE nullif($2->>'knowledge_id', '') IS NULL OR f.knowledge_id = $2->>'knowledge_id'
		 ORDER BY filename, id OFFSET greatest(coalesce(($2->>'skip')::int, 0), 0)
		 LIMIT least(greatest(coalesce(($2->>'count')::int, 50), 1), 200)) x),
	'notes', (SELECT coalesce(json_agg(json_build_object('id', n.id, 'title', n.title)), '[]')
		    FROM json_array_elements(coalesce($3->'knowledge', '[]')) e JOIN note n ON n.id = e->>'id'
		   WHERE e->>'type' = 'note'
		     AND owui.may('note', n.id, n.user_id, $1, ($3->>'admin')::boolean, 'read')));

-- name: tool_chats_search(user text, args json, around json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT c.id, c.title, coalesce((SELECT owui.tool_snippet(t.content, $2->>'query') FROM owui.chat_texts(c.chat) t
		 WHERE owui.tool_hits(t.content, $2->>'query') ORDER BY t.source, t.n LIMIT 1), c.title) AS snippet,
	       c.updated_at
	  FROM chat c
	 WHERE c.user_id = $1 AND NOT c.archived AND NOT owui.chat_internal(c.meta)
	   AND c.id <> coalesce($3->>'chat_id', '')
	   AND owui.chat_body_of(c.id) LIKE ALL (ARRAY(SELECT '%' || w || '%' FROM
		regexp_split_to_table(lower(btrim($2->>'query')), '\s+') w WHERE w <> ''))
	   AND c.updated_at >= coalesce(($2->>'start_timestamp')::bigint, c.updated_at)
	   AND c.updated_at <= coalesce(($2->>'end_timestamp')::bigint, c.updated_at)
	 ORDER BY c.updated_at DESC, c.id LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 50)) x;

-- name: tool_chat_view(user text, args json) json
WITH RECURSIVE c AS (
	SELECT c.id, c.title, c.chat, c.created_at, c.updated_at FROM chat c
	 WHERE c.id = $2->>'chat_id' AND c.user_id = $1
), b AS (
	SELECT c.chat->'history'->'messages'->(c.chat->'history'->>'currentId') AS m, 1 AS n FROM c
	UNION ALL
	SELECT c.chat->'history'->'messages'->(b.m->>'parentId'), b.n + 1
	  FROM b, c WHERE b.m->>'parentId' IS NOT NULL AND b.n < 2000
)
SELECT json_build_object('id', c.id, 'title', c.title, 'messages', (
	SELECT coalesce(json_agg(json_build_object('role', m->>'role', 'content', m->'content') ORDER BY n DESC), '[]')
	  FROM b WHERE m IS NOT NULL), 'updated_at', c.updated_at, 'created_at', c.created_at)
  FROM c;

-- name: tool_notes_search(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT n.id, n.title, owui.tool_snippet(coalesce(n.data#>>'{content,md}', ''), $2->>'query') AS snippet,
	       n.updated_at
	  FROM note n
	 WHERE owui.may('note', n.id, n.user_id, $1, false, 'read')
	   AND owui.tool_hits(n.title || ' ' || coalesce(n.data#>>'{content,md}', ''), $2->>'query')
	   AND n.updated_at >= coalesce(($2->>'start_timestamp')::bigint * 1000000000, n.updated_at)
	   AND n.updated_at <= coalesce(($2->>'end_timestamp')::bigint * 1000000000, n.updated_at)
	 ORDER BY n.updated_at DESC, n.id LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 50)) x;

-- name: tool_note_view(user text, args json, around json) json
SELECT json_build_object('id', n.id, 'title', n.title, 'content', coalesce(n.data#>>'{content,md}', ''),
	'updated_at', n.updated_at, 'created_at', n.created_at)
  FROM note n WHERE n.id = $2->>'note_id'
   AND owui.may('note', n.id, n.user_id, $1, ($3->>'admin')::boolean, 'read');

-- name: tool_note_write(user text, args json) json
WITH n AS (
	INSERT INTO note (id, user_id, title, data, created_at, updated_at)
	SELECT gen_random_uuid()::text, $1, coalesce($2->>'title', ''),
	       json_build_object('content', json_build_object('md', coalesce($2->>'content', ''))), t, t
	  FROM (SELECT owui.now_ns() AS t) x RETURNING *
)
SELECT json_build_object('status', 'success', 'id', id, 'title', title, 'created_at', created_at) FROM n;

-- name: tool_note_replace(user text, args json, around json) json
WITH u AS (
	UPDATE note n SET title = coalesce(nullif($2->>'title', ''), n.title), updated_at = owui.now_ns(),
	       data = owui.json_patch(n.data, json_build_object('content', owui.json_patch(n.data->'content',
			json_build_object('json', NULL, 'html', '', 'md',
				CASE WHEN json_typeof($2->'operations') = 'array'
				     THEN owui.tool_edited(coalesce(n.data#>>'{content,md}', ''), $2->'operations')
				     ELSE coalesce($2->>'content', n.data#>>'{content,md}', '') END), false)), false)
	 WHERE n.id = $2->>'note_id' AND owui.may('note', n.id, n.user_id, $1, ($3->>'admin')::boolean, 'write')
	 RETURNING n.*
)
SELECT json_build_object('status', 'success', 'id', id, 'title', title, 'updated_at', updated_at) FROM u;

-- name: tool_channels_search(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT c.id, c.name, coalesce(c.description, '') AS description, coalesce(c.type, 'public') AS type
	  FROM owui.tool_channels($1) c WHERE owui.any_like($2->>'query', c.name, c.description)
	 ORDER BY c.name, c.id LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 50)) x;

-- name: tool_messages_search(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT m.channel_id, c.name AS channel_name, m.id AS message_id,
	       owui.tool_snippet(m.content, $2->>'query') AS content_snippet, m.parent_id IS NOT NULL AS is_thread_reply,
	       m.parent_id, m.created_at
	  FROM owui.tool_channels($1) c JOIN message m ON m.channel_id = c.id
	 WHERE owui.tool_hits(m.content, $2->>'query')
	   AND m.created_at >= coalesce(($2->>'start_timestamp')::bigint * 1000000000, m.created_at)
	   AND m.created_at <= coalesce(($2->>'end_timestamp')::bigint * 1000000000, m.created_at)
	 ORDER BY m.created_at DESC, m.id LIMIT least(greatest(coalesce(($2->>'count')::int, 10), 1), 50)) x;

-- name: tool_message_view(user text, args json) json
SELECT json_build_object('id', m.id, 'channel_id', m.channel_id, 'channel_name', c.name, 'content', m.content,
	'user_id', m.user_id, 'user_name', (SELECT name FROM "user" u WHERE u.id = m.user_id),
	'is_thread_reply', m.parent_id IS NOT NULL, 'parent_id', m.parent_id, 'created_at', m.created_at,
	'updated_at', m.updated_at)
  FROM owui.tool_channels($1) c JOIN message m ON m.channel_id = c.id WHERE m.id = $2->>'message_id';

-- name: tool_thread_view(user text, args json) json
SELECT json_build_object('channel_id', p.channel_id, 'channel_name', c.name, 'thread_id', p.id,
	'message_count', 1 + (SELECT count(*) FROM message r WHERE r.parent_id = p.id),
	'messages', (SELECT json_agg(json_build_object('id', m.id, 'content', m.content, 'user_id', m.user_id,
			'user_name', (SELECT name FROM "user" u WHERE u.id = m.user_id),
			'is_parent', m.id = p.id, 'reply_to_id', m.reply_to_id, 'created_at', m.created_at)
			ORDER BY m.id <> p.id, m.created_at, m.id)
		       FROM message m WHERE m.id = p.id OR m.parent_id = p.id))
  FROM owui.tool_channels($1) c JOIN message p ON p.channel_id = c.id WHERE p.id = $2->>'parent_message_id';

-- name: tool_tasks_create(user text, args json, around json) json
WITH t AS (
	SELECT coalesce(json_agg(json_build_object('id', coalesce(nullif(btrim(e->>'id'), ''), n::text),
		'content', btrim(e->>'content'),
		'status', CASE WHEN lower(btrim(e->>'status')) IN ('pending', 'in_progress', 'completed', 'cancelled')
			       THEN lower(btrim(e->>'status')) ELSE 'pending' END) ORDER BY n), '[]') AS tasks
	  FROM json_array_elements(CASE WHEN json_typeof($2->'tasks') = 'array' THEN $2->'tasks' ELSE '[]' END)
	       WITH ORDINALITY x(e, n) WHERE coalesce(btrim(e->>'content'), '') <> ''
)
UPDATE chat c SET tasks = t.tasks FROM t
 WHERE c.id = $3->>'chat_id' AND (c.user_id = $1 OR owui.chat_open_to(c.id, $1, 'write', false))
RETURNING owui.tool_tasks(c.tasks);

-- name: tool_task_update(user text, args json, around json) json
UPDATE chat c SET tasks = (
	SELECT json_agg(CASE WHEN e->>'id' = $2->>'id' THEN owui.json_patch(e,
			json_build_object('status', lower(btrim($2->>'status'))), false) ELSE e END ORDER BY n)
	  FROM json_array_elements(c.tasks) WITH ORDINALITY x(e, n))
 WHERE c.id = $3->>'chat_id' AND (c.user_id = $1 OR owui.chat_open_to(c.id, $1, 'write', false))
   AND lower(btrim($2->>'status')) IN ('pending', 'in_progress', 'completed', 'cancelled')
   AND json_typeof(c.tasks) = 'array'
   AND EXISTS (SELECT FROM json_array_elements(c.tasks) e WHERE e->>'id' = $2->>'id')
RETURNING owui.tool_tasks(c.tasks);

-- name: tool_events_search(user text, args json) json
WITH e AS (
	SELECT e.* FROM calendar_event e JOIN calendar c ON c.id = e.calendar_id
	 WHERE owui.may('calendar', c.id, c.user_id, $1, false, 'read')
	   AND owui.any_like($2->>'query', e.title, e.description, e.location)
	   AND (nullif($2->>'start', '') IS NULL OR e.rrule IS NOT NULL
		OR coalesce(e.end_at, e.start_at) >= owui.tool_ns($2->>'start', $1))
	   AND (nullif($2->>'end', '') IS NULL OR e.start_at <= owui.tool_ns($2->>'end', $1))
)
SELECT json_build_object('events', (SELECT coalesce(json_agg(owui.tool_event(x::calendar_event, $1)), '[]') FROM (
		SELECT * FROM e ORDER BY start_at, id LIMIT least(greatest(coalesce(($2->>'count')::int, 10), 1), 100)) x),
	'total', (SELECT count(*) FROM e));

-- name: tool_event_create(user text, args json, around json) json
WITH c AS (
	SELECT c.id FROM calendar c
	 WHERE CASE WHEN nullif($2->>'calendar_id', '') IS NULL THEN c.user_id = $1 ELSE c.id = $2->>'calendar_id'
		AND owui.may('calendar', c.id, c.user_id, $1, ($3->>'admin')::boolean, 'write') END
	 ORDER BY c.is_default DESC, c.created_at LIMIT 1
), e AS (
	INSERT INTO calendar_event (id, calendar_id, user_id, title, description, start_at, end_at, all_day, location,
				    meta, is_cancelled, created_at, updated_at)
	SELECT gen_random_uuid()::text, c.id, $1, $2->>'title', $2->>'description', owui.tool_ns($2->>'start', $1),
	       CASE WHEN nullif($2->>'end', '') IS NOT NULL THEN owui.tool_ns($2->>'end', $1)
		    WHEN NOT coalesce(($2->>'all_day')::boolean, false)
		    THEN owui.tool_ns($2->>'start', $1) + 3600000000000 END,
	       coalesce(($2->>'all_day')::boolean, false), $2->>'location',
	       json_build_object('alert_minutes', coalesce(($2->>'reminder_minutes')::int, 10)), false, t, t
	  FROM c, (SELECT owui.now_ns() AS t) x RETURNING *
)
SELECT owui.json_and('{"status":"success"}', owui.tool_event(e::calendar_event, $1)) FROM e;

-- name: tool_event_update(user text, args json, around json) json
WITH e AS (
	UPDATE calendar_event e SET title = coalesce($2->>'title', title),
	       description = coalesce($2->>'description', description), location = coalesce($2->>'location', location),
	       start_at = coalesce(owui.tool_ns(nullif($2->>'start', ''), $1), start_at),
	       end_at = coalesce(owui.tool_ns(nullif($2->>'end', ''), $1), end_at),
	       all_day = coalesce(($2->>'all_day')::boolean, all_day),
	       is_cancelled = coalesce(($2->>'is_cancelled')::boolean, is_cancelled),
	       meta = CASE WHEN $2->>'reminder_minutes' IS NULL THEN meta ELSE owui.json_patch(meta,
			json_build_object('alert_minutes', ($2->>'reminder_minutes')::int), false) END,
	       updated_at = owui.now_ns()
	 WHERE e.id = $2->>'event_id' AND owui.tool_event_open(e.id, $1, $3) RETURNING *
)
SELECT owui.json_and('{"status":"success"}', owui.tool_event(e::calendar_event, $1)) FROM e;

-- name: tool_event_delete(user text, args json, around json) json
WITH e AS (
	DELETE FROM calendar_event e WHERE e.id = $2->>'event_id' AND owui.tool_event_open(e.id, $1, $3) RETURNING title, id
), a AS (
	DELETE FROM calendar_event_attendee a USING e WHERE a.event_id = e.id
)
SELECT json_build_object('status', 'success', 'message', format('Event "%s" deleted', title)) FROM e;

-- name: tool_memory_search(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT m.id, m.type, m.path, m.content, to_char(to_timestamp(m.created_at), 'YYYY-MM-DD') AS created_at,
	       to_char(to_timestamp(m.updated_at), 'YYYY-MM-DD') AS updated_at
	  FROM memory m
	 WHERE m.user_id = $1 AND (coalesce($2->>'type', 'all') NOT IN ('user', 'context') OR m.type = $2->>'type')
	   AND (nullif($2->>'path', '') IS NULL OR m.path = $2->>'path' OR m.path LIKE ($2->>'path') || '/%')
	   AND (nullif($2->>'memory_id', '') IS NULL OR m.id = $2->>'memory_id')
	   AND (coalesce(btrim($2->>'query'), '') = '' OR owui.tool_rank(m.content, $2->>'query') > 0)
	 ORDER BY CASE WHEN coalesce(btrim($2->>'query'), '') = '' THEN 0
		       ELSE owui.tool_rank(m.content, $2->>'query') END DESC, m.updated_at DESC, m.id
	 LIMIT least(greatest(coalesce(($2->>'count')::int, 5), 1), 100)) x;

-- name: tool_memory_list(user text) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT m.id, m.type, m.path, m.content, to_char(to_timestamp(m.created_at), 'YYYY-MM-DD HH24:MI') AS created_at,
	       to_char(to_timestamp(m.updated_at), 'YYYY-MM-DD HH24:MI') AS updated_at
	  FROM memory m WHERE m.user_id = $1 ORDER BY m.updated_at DESC, m.id LIMIT 1000) x;

-- name: tool_memory_paths(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT m.path, count(*) AS count FROM memory m
	 WHERE m.user_id = $1 AND m.path IS NOT NULL AND owui.any_like($2->>'query', m.path)
	   AND (coalesce($2->>'type', 'all') NOT IN ('user', 'context') OR m.type = $2->>'type')
	 GROUP BY m.path ORDER BY m.path LIMIT least(greatest(coalesce(($2->>'count')::int, 100), 1), 1000)) x;

-- name: tool_memory_read(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT m.id, m.type, m.path, m.content, m.created_at, m.updated_at FROM memory m
	 WHERE m.user_id = $1 AND (m.path = $2->>'path' OR (coalesce(($2->>'include_children')::boolean, true)
		AND m.path LIKE ($2->>'path') || '/%'))
	   AND (coalesce($2->>'type', 'all') NOT IN ('user', 'context') OR m.type = $2->>'type')
	 ORDER BY m.path, m.created_at, m.id LIMIT least(greatest(coalesce(($2->>'count')::int, 50), 1), 1000)) x;

-- Does the chat belong to a note?
-- name: tool_note_chat(chat text) row
SELECT owui.chat_internal(c.meta) AND c.meta->>'type' = 'note' FROM chat c WHERE c.id = $1;

-- The system prompt in an account's own settings.
-- name: tool_user_system(user text) row
SELECT u.settings#>>'{ui,system}' FROM "user" u WHERE u.id = $1;

-- name: tool_user_settings(user text) row
SELECT u.settings FROM "user" u WHERE u.id = $1;

-- Has the account any skill to be shown?
-- name: tool_has_skills(user text) row
SELECT EXISTS (SELECT FROM skill s WHERE s.is_active AND (s.user_id = $1 OR owui.has_access($1, 'skill', s.id, 'read')));

-- name: tool_skill_view(user text, args json) json
SELECT json_build_object('id', s.id, 'name', s.name, 'content', left(s.content, 20000),
	'truncated', length(s.content) > 20000, 'total_chars', length(s.content),
	'files', (SELECT coalesce(json_agg(json_build_object('path', f->>'path', 'chars', length(f->>'content'))), '[]')
		    FROM json_array_elements(CASE WHEN json_typeof(s.data->'files') = 'array' THEN s.data->'files' ELSE '[]' END) f
		   WHERE f->>'path' <> 'SKILL.md'))
  FROM skill s WHERE s.id = lower($2->>'id') AND s.is_active
   AND (s.user_id = $1 OR owui.has_access($1, 'skill', s.id, 'read'));

-- name: tool_skill_read(user text, args json) json
SELECT json_build_object('id', x.id, 'path', x.path, 'content', substr(x.content, x.skip + 1, x.most),
	'offset', x.skip, 'total_chars', length(x.content), 'truncated', x.skip + x.most < length(x.content))
  FROM (SELECT id, path, content, greatest(coalesce(($2->>'offset')::int, 0), 0) AS skip,
	       least(greatest(coalesce(($2->>'max_chars')::int, 10000), 1), 100000) AS most
	  FROM owui.tool_skill_files($1) WHERE id = lower($2->>'id') AND path = $2->>'path') x;

-- name: tool_skill_grep(user text, args json) json
SELECT coalesce(json_agg(x), '[]') FROM (
	SELECT f.path, n AS line_number, left(line, 500) AS line
	  FROM owui.tool_skill_files($1) f, unnest(string_to_array(f.content, E'\n')) WITH ORDINALITY l(line, n)
	 WHERE f.id = lower($2->>'id') AND (nullif($2->>'path', '') IS NULL OR f.path = $2->>'path')
	   AND coalesce($2->>'pattern', '') <> ''
	   AND CASE WHEN coalesce(($2->>'case_insensitive')::boolean, true)
		    THEN strpos(lower(line), lower($2->>'pattern')) > 0 ELSE strpos(line, $2->>'pattern') > 0 END
	 ORDER BY f.path, n LIMIT least(greatest(coalesce(($2->>'max_results')::int, 10), 1), 100)) x;

-- Has the account any skill that it may change?
-- name: tool_has_own_skills(user text, all_ bool) row
SELECT EXISTS (SELECT FROM skill s WHERE s.is_active AND owui.may('skill', s.id, s.user_id, $1, $2, 'write'));
