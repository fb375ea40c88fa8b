-- Automations and their runs.

-- name: automation_list(user_id text, query text, status text, folder text, page bigint) json
WITH hit AS (
	SELECT a, a.created_at, a.id FROM automation a
	 WHERE a.user_id = $1 AND ($4 IS NULL OR $4 = '' OR a.folder_id = $4)
	   AND ($3 IS NULL OR $3 NOT IN ('active', 'paused') OR a.is_active = ($3 = 'active'))
	   AND owui.any_like($2, a.name, a.data::text, a.data->>'prompt')
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.automation_json(p.a) ORDER BY created_at DESC, id)
	FROM (SELECT * FROM hit ORDER BY created_at DESC, id LIMIT 30
	      OFFSET (greatest(coalesce($5, 1), 1) - 1) * 30) p), '[]'), 'total', (SELECT count(*) FROM hit));

-- An automation of the account, and its rule.
-- name: automation_get(user_id text, id text) row
SELECT owui.automation_json(a), a.data->>'rrule' FROM automation a WHERE a.id = $2 AND a.user_id = $1;

-- The account's time zone.
-- name: automation_zone(user_id text) row
SELECT timezone FROM "user" WHERE id = $1;

-- name: automation_folder(user_id text, folder text) row
SELECT owui.automation_folder($1, $2);

-- May the account write to the channel?  No row: there is none.
-- name: automation_channel(user_id text, channel text) bool
SELECT CASE WHEN c.type IN ('group', 'dm') THEN EXISTS (SELECT FROM channel_member m
		WHERE m.channel_id = c.id AND m.user_id = $1 AND m.is_active)
	    ELSE owui.has_access($1, 'channel', c.id, 'write') END
  FROM channel c WHERE c.id = $2 AND c.deleted_at IS NULL;

-- name: automation_create(user_id text, form json, next bigint, most bigint) json
SELECT owui.automation_create($1, $2, $3, $4);

-- name: automation_update(user_id text, id text, form json, next bigint) json
UPDATE automation a SET name = $3->>'name', folder_id = $3->>'folder_id', data = $3->'data',
       meta = owui.json_value($3->'meta'), is_active = coalesce(($3->>'is_active')::boolean, a.is_active),
       next_run_at = $4, updated_at = owui.now_ns()
 WHERE a.id = $2 AND a.user_id = $1 RETURNING owui.automation_json(a);

-- name: automation_toggle(user_id text, id text, next bigint) json
UPDATE automation a SET is_active = NOT a.is_active, next_run_at = CASE WHEN a.is_active THEN NULL ELSE $3 END,
       updated_at = owui.now_ns()
 WHERE a.id = $2 AND a.user_id = $1 RETURNING owui.automation_json(a);

-- name: automation_touch(user_id text, id text) json
UPDATE automation a SET last_run_at = owui.now_ns() WHERE a.id = $2 AND a.user_id = $1
RETURNING owui.automation_json(a);

-- name: automation_delete(user_id text, id text) json
WITH d AS (
	DELETE FROM automation WHERE id = $2 AND user_id = $1 RETURNING id
), r AS (
	DELETE FROM automation_run WHERE automation_id IN (SELECT id FROM d)
)
SELECT 'true'::json FROM d;

-- name: automation_runs(user_id text, id text, skip bigint, max bigint) json
SELECT (SELECT coalesce(json_agg(owui.automation_run_json(r) ORDER BY r.created_at DESC), '[]')
	FROM (SELECT * FROM automation_run WHERE automation_id = $2 ORDER BY created_at DESC
	      LIMIT least($4, 1000) OFFSET $3) r)
  FROM automation WHERE id = $2 AND user_id = $1;

-- What is due, locked; the ids of the run come from what runs and when it was to run.
-- name: automation_due(now_ns bigint, max bigint) rows
SELECT a.id, a.data->>'rrule', (SELECT u.timezone FROM "user" u WHERE u.id = a.user_id),
       md5('run ' || a.id || a.next_run_at)::uuid, md5('chat ' || a.id || a.next_run_at)::uuid,
       md5('question ' || a.id || a.next_run_at)::uuid, md5('answer ' || a.id || a.next_run_at)::uuid
  FROM automation a WHERE a.is_active AND a.next_run_at <= $1
 ORDER BY a.next_run_at LIMIT $2 FOR UPDATE OF a SKIP LOCKED;

-- name: automation_claim(id text, next bigint) count
UPDATE automation SET last_run_at = owui.now_ns(), next_run_at = $2 WHERE id = $1;

-- What a run needs to know: the automation, its owner, and how far its chat is: no state without a chat,
-- "done" when the answer is complete or has failed, else "open"; its task, and its error.
-- name: automation_job(id text, chat text, answer text) row
SELECT a.name, a.data, a.folder_id, a.user_id, u.name, u.email, u.role, t.active,
       u.settings #>> '{ui,memory}',
       CASE WHEN c.id IS NULL THEN NULL WHEN m.done OR json_typeof(m.error) = 'object' THEN 'done' ELSE 'open' END,
       m.meta->>'task_id', m.error->>'content'
  FROM automation a LEFT JOIN "user" u ON u.id = a.user_id LEFT JOIN auth t ON t.id = a.user_id
  LEFT JOIN chat c ON c.id = $2 AND c.user_id = a.user_id
  LEFT JOIN chat_message m ON m.id = $2 || '-' || $3
 WHERE a.id = $1;

-- name: automation_chat(id text, chat text, question text, answer text, prompt text) bool
SELECT owui.automation_chat($1, $2, $3, $4, $5);

-- A row once: no row when it is there already.
-- name: automation_record(run text, id text, chat text, status text, error text) rows
INSERT INTO automation_run (id, automation_id, chat_id, status, error, created_at)
SELECT $1, a.id, $3, $4, $5, owui.now_ns() FROM automation a WHERE a.id = $2
    ON CONFLICT (id) DO NOTHING RETURNING id;
