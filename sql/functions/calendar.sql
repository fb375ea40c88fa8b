-- Calendars and their events.

CREATE OR REPLACE FUNCTION owui.calendar_json(c calendar) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', c.id, 'user_id', c.user_id, 'name', c.name, 'color', c.color,
		'is_default', c.is_default, 'is_system', false, 'data', owui.json_value(c.data),
		'meta', owui.json_value(c.meta), 'access_grants', owui.grants_json('calendar', c.id),
		'created_at', c.created_at, 'updated_at', c.updated_at)
$$;

-- The calendars of an account, "Personal" made when there is none; `tasks` adds the virtual one.
CREATE OR REPLACE FUNCTION owui.calendar_list(uid text, tasks boolean) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM calendar c WHERE owui.may('calendar', c.id, c.user_id, uid, false, 'read')) THEN
		PERFORM pg_advisory_xact_lock(hashtext('owui.calendar'), hashtext(uid));
		INSERT INTO calendar (id, user_id, name, color, is_default, created_at, updated_at)
		SELECT gen_random_uuid()::text, uid, 'Personal', '#3b82f6', true, n, n
		  FROM (SELECT owui.now_ns()) AS t(n)
		 WHERE NOT EXISTS (SELECT FROM calendar c WHERE c.user_id = uid);
	END IF;
	RETURN (SELECT json_agg(j ORDER BY place, created_at) FROM (
		SELECT owui.calendar_json(c), 0, c.created_at FROM calendar c
		 WHERE owui.may('calendar', c.id, c.user_id, uid, false, 'read')
		UNION ALL
		SELECT json_build_object('id', '__scheduled_tasks__', 'user_id', uid, 'name', 'Scheduled Tasks',
			'color', '#8b5cf6', 'is_default', false, 'is_system', true, 'data', NULL,
			'meta', NULL, 'access_grants', '[]'::json, 'created_at', n, 'updated_at', n), 1, n
		  FROM (SELECT owui.now_ns()) AS t(n) WHERE tasks) AS all_(j, place, created_at));
END
$$;

-- Raises unless the calendar is there and the account may use it.
CREATE OR REPLACE FUNCTION owui.calendar_check(uid text, admin boolean, calendar_id text, permission text)
RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
	owner text := (SELECT c.user_id FROM calendar c WHERE c.id = calendar_id);
BEGIN
	IF owner IS NULL THEN
		RAISE EXCEPTION '404 Calendar not found';
	ELSIF NOT owui.may('calendar', calendar_id, owner, uid, admin, permission) THEN
		RAISE EXCEPTION '403 Access denied';
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION owui.calendar_create(uid text, form json, grants json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	new_calendar calendar;
BEGIN
	INSERT INTO calendar (id, user_id, name, color, is_default, data, meta, created_at, updated_at)
	SELECT gen_random_uuid()::text, uid, form->>'name', form->>'color', false,
	       owui.json_value(form->'data'), owui.json_value(form->'meta'), n, n FROM (SELECT owui.now_ns()) AS t(n)
	RETURNING * INTO new_calendar;
	PERFORM owui.grants_set('calendar', new_calendar.id, grants);
	RETURN owui.calendar_json(new_calendar);
END
$$;

CREATE OR REPLACE FUNCTION owui.calendar_get(uid text, admin boolean, calendar_id text) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.calendar_check(uid, admin, calendar_id, 'read');
	RETURN (SELECT owui.calendar_json(c) FROM calendar c WHERE c.id = calendar_id);
END
$$;

-- What the form does not name stays; data and meta are merged at the top level.
CREATE OR REPLACE FUNCTION owui.calendar_update(uid text, admin boolean, calendar_id text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	answer json;
BEGIN
	PERFORM owui.calendar_check(uid, admin, calendar_id, 'write');
	IF json_typeof(form->'name') = 'null' THEN
		RAISE EXCEPTION 'ERR_DEFAULT';
	END IF;
	UPDATE calendar c SET name = coalesce(form->>'name', c.name),
	       color = CASE WHEN form->'color' IS NULL THEN c.color ELSE form->>'color' END,
	       data = CASE WHEN form->>'data' IS NULL THEN c.data ELSE owui.json_merge(c.data, form->'data') END,
	       meta = CASE WHEN form->>'meta' IS NULL THEN c.meta ELSE owui.json_merge(c.meta, form->'meta') END,
	       updated_at = owui.now_ns()
	 WHERE c.id = calendar_id RETURNING owui.calendar_json(c) INTO answer;
	RETURN answer;
END
$$;

-- Sharing is the owner's and the administrators' business: raises for others.
CREATE OR REPLACE FUNCTION owui.calendar_check_owner(uid text, admin boolean, calendar_id text, what text)
RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.calendar_check(uid, admin, calendar_id, 'write');
	IF NOT admin AND NOT EXISTS (SELECT FROM calendar c WHERE c.id = calendar_id AND c.user_id = uid) THEN
		RAISE EXCEPTION '403 Only owner can %', what;
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION owui.calendar_share(calendar_id text, grants json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.grants_set('calendar', calendar_id, grants);
	RETURN (SELECT owui.calendar_json(c) FROM calendar c WHERE c.id = calendar_id);
END
$$;

CREATE OR REPLACE FUNCTION owui.calendar_default(uid text, calendar_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM calendar c WHERE c.id = calendar_id AND c.user_id = uid) THEN
		RAISE EXCEPTION '404 Calendar not found';
	END IF;
	UPDATE calendar c SET is_default = c.id = calendar_id,
	       updated_at = CASE WHEN c.id = calendar_id THEN owui.now_ns() ELSE c.updated_at END
	 WHERE c.user_id = uid AND (c.is_default OR c.id = calendar_id);
	RETURN (SELECT owui.calendar_json(c) FROM calendar c WHERE c.id = calendar_id);
END
$$;

-- Delete a calendar with its events.
CREATE OR REPLACE FUNCTION owui.calendar_delete(uid text, admin boolean, calendar_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF calendar_id = '__scheduled_tasks__' THEN
		RAISE EXCEPTION '400 System calendars cannot be deleted';
	END IF;
	PERFORM owui.calendar_check_owner(uid, admin, calendar_id, 'delete calendar');
	DELETE FROM calendar c WHERE c.id = $3 AND NOT c.is_default;
	IF NOT FOUND THEN
		RAISE EXCEPTION '400 Default calendar cannot be deleted';
	END IF;
	DELETE FROM calendar_event_attendee a USING calendar_event e WHERE a.event_id = e.id AND e.calendar_id = $3;
	DELETE FROM calendar_event e WHERE e.calendar_id = $3;
	DELETE FROM access_grant a WHERE a.resource_type = 'calendar' AND a.resource_id = $3;
	RETURN '{"status": true}';
END
$$;

CREATE OR REPLACE FUNCTION owui.event_attendees(event_id text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', a.id, 'event_id', a.event_id, 'user_id', a.user_id,
		'status', a.status, 'meta', owui.json_value(a.meta), 'created_at', a.created_at,
		'updated_at', a.updated_at) ORDER BY a.created_at, a.id), '[]')
	  FROM calendar_event_attendee a WHERE a.event_id = $1
$$;

CREATE OR REPLACE FUNCTION owui.event_json(e calendar_event) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', e.id, 'calendar_id', e.calendar_id, 'user_id', e.user_id,
		'title', e.title, 'description', e.description, 'start_at', e.start_at, 'end_at', e.end_at,
		'all_day', e.all_day, 'rrule', e.rrule, 'color', e.color, 'location', e.location,
		'data', owui.json_value(e.data), 'meta', owui.json_value(e.meta),
		'is_cancelled', e.is_cancelled, 'attendees', owui.event_attendees(e.id),
		'created_at', e.created_at, 'updated_at', e.updated_at)
$$;

-- The same with who made it.
CREATE OR REPLACE FUNCTION owui.event_item(e calendar_event) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT owui.json_and(owui.event_json(e), json_build_object('user', owui.user_brief(e.user_id)))
$$;

-- Replace the attendees: [{ user_id, meta }].  An answer that somebody gave stays; only they change it.
CREATE OR REPLACE FUNCTION owui.event_invite(event_id text, attendees json) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF EXISTS (SELECT FROM json_array_elements(attendees) a WHERE a->'user_id' IS NULL) THEN
		RAISE EXCEPTION '400 Every attendee needs a user_id';
	ELSIF EXISTS (SELECT FROM json_array_elements(attendees) a WHERE json_typeof(a->'user_id') <> 'string') THEN
		RAISE EXCEPTION '422 An attendee''s user_id is a text';
	END IF;
	WITH gone AS (
		DELETE FROM calendar_event_attendee a WHERE a.event_id = $1 RETURNING a.user_id, a.status
	)
	INSERT INTO calendar_event_attendee (id, event_id, user_id, status, meta, created_at, updated_at)
	SELECT gen_random_uuid()::text, $1, x.user_id, coalesce(g.status, 'pending'), x.meta, n, n
	  FROM (SELECT DISTINCT ON (a->>'user_id') a->>'user_id' AS user_id, owui.json_value(a->'meta') AS meta
		  FROM json_array_elements(attendees) a) x
	  LEFT JOIN gone g USING (user_id), (SELECT owui.now_ns()) AS t(n)
	    ON CONFLICT ON CONSTRAINT uq_event_attendee
	    DO UPDATE SET meta = excluded.meta, updated_at = excluded.updated_at;
END
$$;

CREATE OR REPLACE FUNCTION owui.event_create(uid text, admin boolean, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	new_event calendar_event;
BEGIN
	PERFORM owui.calendar_check(uid, admin, form->>'calendar_id', 'write');
	INSERT INTO calendar_event (id, calendar_id, user_id, title, description, start_at, end_at, all_day, rrule,
		color, location, data, meta, is_cancelled, created_at, updated_at)
	SELECT gen_random_uuid()::text, f.calendar_id, uid, f.title, f.description, f.start_at, f.end_at,
	       coalesce(f.all_day, false), f.rrule, f.color, f.location, f.data, f.meta, false, n, n
	  FROM json_to_record(form) AS f(calendar_id text, title text, description text, start_at bigint,
		end_at bigint, all_day boolean, rrule text, color text, location text, data json, meta json),
	       (SELECT owui.now_ns()) AS t(n)
	RETURNING * INTO new_event;
	IF form->>'attendees' IS NOT NULL THEN
		PERFORM owui.event_invite(new_event.id, form->'attendees');
	END IF;
	RETURN owui.event_json(new_event);
END
$$;

-- Raises unless the event is there and the account may use its calendar; its calendar.
CREATE OR REPLACE FUNCTION owui.event_check(uid text, admin boolean, event_id text, permission text)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	cid text := (SELECT e.calendar_id FROM calendar_event e WHERE e.id = event_id);
BEGIN
	IF cid IS NULL THEN
		RAISE EXCEPTION '404 Event not found';
	END IF;
	PERFORM owui.calendar_check(uid, admin, cid, permission);
	RETURN cid;
END
$$;

CREATE OR REPLACE FUNCTION owui.event_get(uid text, admin boolean, event_id text) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.event_check(uid, admin, event_id, 'read');
	RETURN (SELECT owui.event_json(e) FROM calendar_event e WHERE e.id = event_id);
END
$$;

-- What the form does not name stays, and so does what cannot be empty.
CREATE OR REPLACE FUNCTION owui.event_update(uid text, admin boolean, event_id text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF owui.event_check(uid, admin, event_id, 'write') <> form->>'calendar_id' THEN
		PERFORM owui.calendar_check(uid, admin, form->>'calendar_id', 'write');
	END IF;
	UPDATE calendar_event e SET calendar_id = coalesce(f.calendar_id, e.calendar_id),
	       title = coalesce(f.title, e.title), start_at = coalesce(f.start_at, e.start_at),
	       all_day = coalesce(f.all_day, e.all_day), is_cancelled = coalesce(f.is_cancelled, e.is_cancelled),
	       description = CASE WHEN form->'description' IS NULL THEN e.description ELSE f.description END,
	       end_at = CASE WHEN form->'end_at' IS NULL THEN e.end_at ELSE f.end_at END,
	       rrule = CASE WHEN form->'rrule' IS NULL THEN e.rrule ELSE f.rrule END,
	       color = CASE WHEN form->'color' IS NULL THEN e.color ELSE f.color END,
	       location = CASE WHEN form->'location' IS NULL THEN e.location ELSE f.location END,
	       data = CASE WHEN f.data IS NULL THEN e.data ELSE owui.json_merge(e.data, f.data) END,
	       meta = CASE WHEN f.meta IS NULL THEN e.meta ELSE owui.json_merge(e.meta, f.meta) END,
	       updated_at = owui.now_ns()
	  FROM json_to_record(form) AS f(calendar_id text, title text, description text, start_at bigint,
		end_at bigint, all_day boolean, rrule text, color text, location text, data json, meta json,
		is_cancelled boolean)
	 WHERE e.id = event_id;
	IF form->>'attendees' IS NOT NULL THEN
		PERFORM owui.event_invite(event_id, form->'attendees');
	END IF;
	RETURN (SELECT owui.event_json(e) FROM calendar_event e WHERE e.id = event_id);
END
$$;

CREATE OR REPLACE FUNCTION owui.event_delete(uid text, admin boolean, event_id text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.event_check(uid, admin, event_id, 'write');
	DELETE FROM calendar_event_attendee a WHERE a.event_id = $3;
	DELETE FROM calendar_event e WHERE e.id = $3;
	RETURN '{"status": true}';
END
$$;

CREATE OR REPLACE FUNCTION owui.event_answer(uid text, event_id text, answer text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	UPDATE calendar_event_attendee a SET status = answer, updated_at = owui.now_ns()
	 WHERE a.event_id = $2 AND a.user_id = uid;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 Not an attendee of this event';
	END IF;
	RETURN json_build_object('status', true, 'rsvp', answer);
END
$$;
