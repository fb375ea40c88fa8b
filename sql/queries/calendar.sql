-- Calendars and their events.

-- name: calendar_list(user_id text, tasks bool) json
SELECT owui.calendar_list($1, $2);

-- name: calendar_create(user_id text, form json, grants json) json
SELECT owui.calendar_create($1, $2, $3);

-- name: calendar_get(user_id text, admin bool, id text) json
SELECT owui.calendar_get($1, $2, $3);

-- name: calendar_update(user_id text, admin bool, id text, form json) json
SELECT owui.calendar_update($1, $2, $3, $4);

-- name: calendar_check_owner(user_id text, admin bool, id text) row
SELECT owui.calendar_check_owner($1, $2, $3, 'manage sharing');

-- name: calendar_share(id text, grants json) json
SELECT owui.calendar_share($1, $2);

-- name: calendar_default(user_id text, id text) json
SELECT owui.calendar_default($1, $2);

-- name: calendar_delete(user_id text, admin bool, id text) json
SELECT owui.calendar_delete($1, $2, $3);

-- Events of a range, those that repeat whole: the event, its rule, start and end.  `ids` is a JSON list of
-- calendars or NULL; `tasks` adds what automations will do, and `runs` of them what they have done.
-- name: calendar_range(user_id text, start bigint, stop bigint, ids json, tasks bool, max bigint) rows
WITH mine AS (
	SELECT c.id FROM calendar c
	 WHERE (c.user_id = $1 OR c.id IN (SELECT owui.accessible($1, 'calendar', 'read')))
	   AND ($4 IS NULL OR c.id IN (SELECT json_array_elements_text($4)))
), stored AS (
	SELECT owui.event_item(e), e.rrule, e.start_at, coalesce(e.end_at, 0), 0 AS place, e.start_at AS n
	  FROM calendar_event e
	 WHERE NOT e.is_cancelled
	   AND (e.calendar_id IN (SELECT id FROM mine) OR e.id IN (SELECT a.event_id
		FROM calendar_event_attendee a WHERE a.user_id = $1 AND a.status <> 'declined'))
	   AND (e.rrule IS NOT NULL OR e.start_at < $3 AND (e.start_at >= $2 OR e.end_at > $2))
	 ORDER BY e.start_at LIMIT $6
), planned AS (
	SELECT json_build_object('id', 'auto_' || a.id, 'calendar_id', '__scheduled_tasks__', 'user_id', a.user_id,
		'title', a.name, 'description', coalesce(a.data->>'prompt', ''), 'start_at', coalesce(a.next_run_at, 0),
		'end_at', NULL, 'all_day', false, 'rrule', a.data->>'rrule', 'color', NULL, 'location', NULL,
		'data', NULL, 'meta', json_build_object('automation_id', a.id), 'is_cancelled', false,
		'attendees', '[]'::json, 'created_at', a.created_at, 'updated_at', a.updated_at, 'user', NULL),
	       a.data->>'rrule', coalesce(a.next_run_at, 0), 0, 1, -a.created_at
	  FROM automation a
	 WHERE $5 AND a.user_id = $1 AND a.is_active AND coalesce(a.data->>'rrule', '') <> ''
	 ORDER BY a.created_at DESC LIMIT $6
), done AS (
	SELECT json_build_object('id', 'run_' || r.id, 'calendar_id', '__scheduled_tasks__', 'user_id', a.user_id,
		'title', a.name, 'description', CASE WHEN r.status = 'error' THEN r.error ELSE '' END,
		'start_at', r.created_at, 'end_at', NULL, 'all_day', false, 'rrule', NULL, 'color', NULL,
		'location', NULL, 'data', NULL, 'meta', json_build_object('automation_id', a.id, 'run_id', r.id,
			'chat_id', r.chat_id, 'status', r.status), 'is_cancelled', false, 'attendees', '[]'::json,
		'created_at', r.created_at, 'updated_at', r.created_at, 'user', NULL),
	       NULL::text, r.created_at, 0, 2, -r.created_at
	  FROM automation_run r JOIN automation a ON a.id = r.automation_id
	 WHERE $5 AND a.user_id = $1 AND r.created_at >= $2 AND r.created_at < $3
	 ORDER BY r.created_at DESC LIMIT 500
)
SELECT * FROM (TABLE stored UNION ALL TABLE planned UNION ALL TABLE done) AS x(event, rule, start, stop, place, n)
 ORDER BY place, n;

-- name: event_create(user_id text, admin bool, form json) json
SELECT owui.event_create($1, $2, $3);

-- name: event_get(user_id text, admin bool, id text) json
SELECT owui.event_get($1, $2, $3);

-- name: event_check(user_id text, admin bool, id text) text
SELECT owui.event_check($1, $2, $3, 'write');

-- name: event_may_write(user_id text, admin bool, calendar text) row
SELECT owui.calendar_check($1, $2, $3, 'write');

-- name: event_update(user_id text, admin bool, id text, form json) json
SELECT owui.event_update($1, $2, $3, $4);

-- name: event_delete(user_id text, admin bool, id text) json
SELECT owui.event_delete($1, $2, $3);

-- name: event_answer(user_id text, id text, answer text) json
SELECT owui.event_answer($1, $2, $3);

-- name: event_search(user_id text, query text, skip bigint, max bigint) json
WITH hit AS (
	SELECT e, e.start_at, e.id FROM calendar_event e JOIN calendar c ON c.id = e.calendar_id
	 WHERE NOT e.is_cancelled
	   AND (c.user_id = $1 OR c.id IN (SELECT owui.accessible($1, 'calendar', 'read')))
	   AND owui.any_like($2, e.title, e.description, e.location)
)
SELECT json_build_object('items', coalesce((SELECT json_agg(owui.event_item(p.e) ORDER BY p.start_at DESC, p.id)
	FROM (SELECT * FROM hit ORDER BY start_at DESC, id LIMIT nullif($4, 0) OFFSET $3) p), '[]'),
	'total', (SELECT count(*) FROM hit));

-- Events whose reminder is due, each marked so that it is told once by one runner: the account and the
-- alert.  An event says itself how many minutes before (negative: never).
-- name: event_alerts(now_ns bigint, lookahead_ns bigint, grace_ns bigint) rows
WITH due AS (
	UPDATE calendar_event e
	   SET meta = owui.json_merge(e.meta, json_build_object('alerted_at', e.start_at)), updated_at = owui.now_ns()
	 WHERE NOT e.is_cancelled AND e.start_at >= $1 - $3 AND e.start_at <= $1 + greatest($2, 3600000000000)
	   AND e.meta->>'alerted_at' IS DISTINCT FROM e.start_at::text
	   AND CASE WHEN json_typeof(e.meta->'alert_minutes') = 'number'
		    THEN (e.meta->>'alert_minutes')::numeric >= 0
			AND e.start_at <= $1 + (e.meta->>'alert_minutes')::numeric * 60000000000
		    ELSE e.start_at <= $1 + $2 END
	RETURNING e.*
)
SELECT user_id, json_build_object('data', json_build_object('type', 'calendar:alert', 'data', json_build_object(
	'event_id', id, 'title', title, 'description', coalesce(description, ''), 'start_at', start_at,
	'minutes_until', greatest(0, (start_at - $1) / 60000000000), 'calendar_id', calendar_id,
	'location', coalesce(location, ''))))
  FROM due;
