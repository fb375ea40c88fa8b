-- Channels, their members and messages.  Times are in nanoseconds.

CREATE OR REPLACE FUNCTION owui.channel_json(c channel) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', c.id, 'user_id', c.user_id, 'type', c.type, 'name', c.name,
		'description', c.description, 'is_private', c.is_private, 'data', owui.json_value(c.data),
		'meta', owui.json_value(c.meta), 'access_grants', owui.grants_json('channel', c.id),
		'created_at', c.created_at, 'updated_at', c.updated_at, 'updated_by', c.updated_by,
		'archived_at', c.archived_at, 'archived_by', c.archived_by, 'deleted_at', c.deleted_at,
		'deleted_by', c.deleted_by)
$$;

-- Groups and conversations of two are open to their members, other channels by grants.
CREATE OR REPLACE FUNCTION owui.channel_closed(c channel) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(c.type IN ('group', 'dm'), false) $$;

CREATE OR REPLACE FUNCTION owui.channel_member_is(channel text, uid text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM channel_member m WHERE m.channel_id = $1 AND m.user_id = $2 AND m.is_active)
$$;

-- Does the channel stand in the account's list?
CREATE OR REPLACE FUNCTION owui.channel_listed(c channel, uid text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT c.deleted_at IS NULL AND c.archived_at IS NULL
	   AND CASE WHEN owui.channel_closed(c) THEN owui.channel_member_is(c.id, uid)
		    ELSE owui.may('channel', c.id, c.user_id, uid, false, 'read') END
$$;

CREATE OR REPLACE FUNCTION owui.channel_manager(c channel, uid text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT coalesce(c.user_id = uid, false) OR EXISTS (SELECT FROM channel_member m
		WHERE m.channel_id = c.id AND m.user_id = uid AND m.is_active AND m.role = 'manager')
$$;

-- The accounts of a channel as [{ id, name, is_active … }]; NULL for one that grants open.
CREATE OR REPLACE FUNCTION owui.channel_people(c channel) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN owui.channel_closed(c) THEN (SELECT coalesce(jsonb_agg(jsonb_build_object(
		'status_emoji', u.status_emoji, 'status_message', u.status_message,
		'status_expires_at', u.status_expires_at, 'id', u.id, 'name', u.name,
		'is_active', owui.user_active(u.last_active_at)) ORDER BY m.joined_at, u.name, u.id), '[]')
		  FROM channel_member m JOIN "user" u ON u.id = m.user_id WHERE m.channel_id = c.id) END
$$;

CREATE OR REPLACE FUNCTION owui.ids_of(people jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN people IS NOT NULL THEN
		(SELECT coalesce(jsonb_agg(p->'id'), '[]') FROM jsonb_array_elements(people) p) END
$$;

CREATE OR REPLACE FUNCTION owui.channel_unread(channel text, uid text, since bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT count(*) FROM message s WHERE s.channel_id = $1 AND s.parent_id IS NULL
	   AND s.created_at > coalesce(since, 0) AND s.user_id IS DISTINCT FROM uid
$$;

-- A channel in the list of an account.
CREATE OR REPLACE FUNCTION owui.channel_item(c channel, uid text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.channel_json(c) || jsonb_build_object(
		'is_channel_muted', coalesce(m.is_channel_muted, false), 'users', p.list, 'user_ids', owui.ids_of(p.list),
		'last_message_at', (SELECT max(s.created_at) FROM message s WHERE s.channel_id = c.id),
		'unread_count', CASE WHEN m.id IS NULL THEN 0 ELSE owui.channel_unread(c.id, uid, m.last_read_at) END)
	  FROM (SELECT CASE WHEN c.type = 'dm' THEN owui.channel_people(c) END) AS p(list)
	  LEFT JOIN channel_member m ON m.channel_id = c.id AND m.user_id = uid
	 LIMIT 1
$$;

-- The accounts that an open channel is open to; those of a closed one.
CREATE OR REPLACE FUNCTION owui.channel_audience(c channel) RETURNS SETOF text
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF owui.channel_closed(c) THEN
		RETURN QUERY SELECT u.id::text FROM "user" u WHERE u.id IN (
			SELECT m.user_id FROM channel_member m WHERE m.channel_id = c.id);
	ELSE
		RETURN QUERY SELECT u.id::text FROM "user" u WHERE u.role <> 'pending'
			AND (u.id = c.user_id OR u.id IN (SELECT owui.granted_users('channel', c.id, 'read')));
	END IF;
END
$$;

-- A channel as somebody who may open it sees it.
CREATE OR REPLACE FUNCTION owui.channel_full(c channel, uid text, is_admin boolean) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.channel_json(c) || jsonb_build_object('users', p.list, 'user_ids', owui.ids_of(p.list),
		'is_manager', owui.channel_manager(c, uid),
		'write_access', owui.channel_closed(c) OR is_admin OR owui.has_access(uid, 'channel', c.id, 'write'),
		'user_count', coalesce(jsonb_array_length(p.list), (SELECT count(*) FROM owui.channel_audience(c))),
		'last_read_at', m.last_read_at, 'is_channel_muted', coalesce(m.is_channel_muted, false),
		'unread_count', owui.channel_unread(c.id, uid, m.last_read_at))
	  FROM (SELECT owui.channel_people(c)) AS p(list)
	  LEFT JOIN channel_member m ON m.channel_id = c.id AND m.user_id = uid
	 LIMIT 1
$$;

-- Raises unless there is the channel and the account may 'read' or 'write' there, or it is its 'owner'.
-- An administrator who is no member may not open what is closed.
CREATE OR REPLACE FUNCTION owui.channel_must(uid text, is_admin boolean, cid text, need text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
	c channel;
BEGIN
	SELECT * INTO c FROM channel WHERE id = cid;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	ELSIF NOT (CASE WHEN need = 'owner' THEN is_admin OR c.user_id IS NOT DISTINCT FROM uid
			WHEN owui.channel_closed(c) THEN owui.channel_member_is(cid, uid)
			ELSE is_admin OR owui.has_access(uid, 'channel', cid, need) END) THEN
		RAISE EXCEPTION 'ERR_DEFAULT_403';
	END IF;
END
$$;

-- A membership that is to be there: the first look at an open channel makes one.
CREATE OR REPLACE FUNCTION owui.channel_join(cid text, uid text, invited_by text, read_at bigint) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	n bigint := owui.now_ns();
BEGIN
	IF EXISTS (SELECT FROM channel_member m WHERE m.channel_id = cid AND m.user_id = uid) THEN
		RETURN;
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended('channel_join' || cid || uid, 0));
	INSERT INTO channel_member (id, channel_id, user_id, status, is_active, is_channel_muted, is_channel_pinned,
		invited_at, invited_by, joined_at, last_read_at, created_at, updated_at)
	SELECT gen_random_uuid()::text, cid, uid, 'joined', true, false, false,
	       CASE WHEN channel_join.invited_by IS NOT NULL THEN n END, channel_join.invited_by, n, read_at, n, n
	 WHERE NOT EXISTS (SELECT FROM channel_member m WHERE m.channel_id = cid AND m.user_id = uid);
END
$$;

-- Who is meant by a form: the accounts it names, those of its groups and of the groups below them.
CREATE OR REPLACE FUNCTION owui.channel_invited(form json) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE below AS (
		SELECT value AS id FROM json_array_elements_text(coalesce(owui.json_value(form->'group_ids'), '[]'))
		UNION
		SELECT g.id FROM below b JOIN "group" g ON g.parent_group_id = b.id
	)
	SELECT value FROM json_array_elements_text(coalesce(owui.json_value(form->'user_ids'), '[]'))
	UNION
	SELECT m.user_id FROM group_member m JOIN below b ON b.id = m.group_id
$$;

-- The conversation that exactly these accounts have; NULL: none.
CREATE OR REPLACE FUNCTION owui.channel_dm(people text[]) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT m.channel_id FROM channel_member m JOIN "user" u ON u.id = m.user_id
	  JOIN channel c ON c.id = m.channel_id AND c.type = 'dm'
	 WHERE m.channel_id IN (SELECT o.channel_id FROM channel_member o WHERE o.user_id = people[1])
	 GROUP BY m.channel_id
	HAVING count(*) = cardinality(people) AND count(*) FILTER (WHERE u.id = ANY (people)) = cardinality(people)
	 ORDER BY min(c.created_at), m.channel_id LIMIT 1
$$;

-- Make a channel, or find the conversation of two that there is: { channel, users, created }.
CREATE OR REPLACE FUNCTION owui.channel_create(uid text, form json, grants json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	people text[];
	c channel;
	found_id text;
	n bigint := owui.now_ns();
BEGIN
	IF form->>'type' = 'dm' THEN
		people := ARRAY(SELECT DISTINCT p FROM (SELECT uid UNION ALL SELECT value FROM json_array_elements_text(
			coalesce(owui.json_value(form->'user_ids'), '[]'))) AS x(p) ORDER BY p);
		PERFORM pg_advisory_xact_lock(hashtextextended('dm' || array_to_string(people, ' '), 0));
		found_id := owui.channel_dm(people);
	END IF;
	IF found_id IS NULL THEN
		INSERT INTO channel (id, user_id, type, name, description, is_private, data, meta, created_at, updated_at)
		VALUES (gen_random_uuid()::text, uid, nullif(form->>'type', ''), lower(coalesce(form->>'name', '')),
			form->>'description', (form->>'is_private')::boolean, owui.json_value(form->'data'),
			owui.json_value(form->'meta'), n, n) RETURNING * INTO c;
		IF owui.channel_closed(c) THEN
			PERFORM owui.channel_join(c.id, p, uid, n)
			   FROM (SELECT uid UNION SELECT owui.channel_invited(form)) AS x(p);
		END IF;
		PERFORM owui.grants_set('channel', c.id, grants);
	ELSE
		UPDATE channel_member m SET is_active = true, updated_at = n WHERE m.channel_id = found_id AND m.user_id = uid;
		SELECT * INTO c FROM channel WHERE id = found_id;
	END IF;
	RETURN json_build_object('channel', owui.channel_json(c), 'created', found_id IS NULL,
		'users', (SELECT coalesce(json_agg(m.user_id), '[]') FROM channel_member m
			   WHERE m.channel_id = c.id AND m.user_id IS NOT NULL));
END
$$;

-- Members of a channel that is no conversation of two; only its owner and administrators.
CREATE OR REPLACE FUNCTION owui.channel_owned_group(uid text, is_admin boolean, cid text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'owner');
	IF (SELECT type FROM channel WHERE id = cid) = 'dm' THEN
		RAISE EXCEPTION 'ERR_DEFAULT_403';
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION owui.channel_members_add(uid text, is_admin boolean, cid text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	n bigint := owui.now_ns();
	fresh text[];
BEGIN
	PERFORM owui.channel_owned_group(uid, is_admin, cid);
	fresh := ARRAY(SELECT p FROM (SELECT uid UNION SELECT owui.channel_invited(form)) AS x(p)
		 WHERE NOT EXISTS (SELECT FROM channel_member m WHERE m.channel_id = cid AND m.user_id = p));
	PERFORM owui.channel_join(cid, p, uid, n) FROM unnest(fresh) p;
	RETURN (SELECT coalesce(json_agg(json_build_object('id', m.id, 'channel_id', m.channel_id, 'user_id', m.user_id,
			'app_id', m.app_id, 'role', m.role, 'status', m.status, 'is_active', m.is_active,
			'is_channel_muted', m.is_channel_muted, 'is_channel_pinned', m.is_channel_pinned,
			'data', m.data, 'meta', m.meta, 'invited_at', m.invited_at, 'invited_by', m.invited_by,
			'joined_at', m.joined_at, 'left_at', m.left_at, 'last_read_at', m.last_read_at,
			'created_at', m.created_at, 'updated_at', m.updated_at)), '[]')
		  FROM channel_member m WHERE m.channel_id = cid AND m.user_id = ANY (fresh));
END
$$;

CREATE OR REPLACE FUNCTION owui.channel_members_remove(uid text, is_admin boolean, cid text, ids json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	n bigint;
BEGIN
	PERFORM owui.channel_owned_group(uid, is_admin, cid);
	DELETE FROM channel_member m WHERE m.channel_id = cid
	   AND m.user_id IN (SELECT value FROM json_array_elements_text(ids));
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN to_json(n);
END
$$;

CREATE OR REPLACE FUNCTION owui.channel_mute(uid text, is_admin boolean, cid text, muted boolean) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'read');
	PERFORM owui.channel_join(cid, uid, NULL, NULL);
	UPDATE channel_member m SET is_channel_muted = muted, updated_at = owui.now_ns()
	 WHERE m.channel_id = cid AND m.user_id = uid;
	RETURN json_build_object('is_channel_muted', muted);
END
$$;

CREATE OR REPLACE FUNCTION owui.channel_show(uid text, cid text, shown boolean) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF NOT owui.channel_member_is(cid, uid) THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	END IF;
	UPDATE channel_member m SET is_active = shown, updated_at = owui.now_ns()
	 WHERE m.channel_id = cid AND m.user_id = uid;
	RETURN 'true';
END
$$;

CREATE OR REPLACE FUNCTION owui.channel_update(uid text, is_admin boolean, cid text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	c channel;
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'owner');
	UPDATE channel SET name = coalesce(form->>'name', ''), description = form->>'description',
	       is_private = (form->>'is_private')::boolean, data = owui.json_value(form->'data'),
	       meta = owui.json_value(form->'meta'), updated_at = owui.now_ns()
	 WHERE id = cid RETURNING * INTO c;
	RETURN owui.channel_json(c);
END
$$;

-- Other grants for an open channel: { channel, lost: the accounts that may not look at it any more }.
CREATE OR REPLACE FUNCTION owui.channel_access(uid text, is_admin boolean, cid text, grants json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	c channel;
	was text[];
BEGIN
	SELECT * INTO c FROM channel WHERE id = cid FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	ELSIF NOT is_admin AND c.user_id IS DISTINCT FROM uid OR owui.channel_closed(c) THEN
		RAISE EXCEPTION 'ERR_FORBIDDEN';
	END IF;
	was := ARRAY(SELECT owui.granted_users('channel', cid, 'read'));
	PERFORM owui.grants_set('channel', cid, grants);
	RETURN json_build_object('channel', owui.channel_json(c), 'lost', (SELECT coalesce(json_agg(p), '[]')
		FROM unnest(was) p WHERE p <> c.user_id AND p NOT IN (SELECT owui.granted_users('channel', cid, 'read'))));
END
$$;

-- The channel goes with its grants, members, messages and reactions; files of it by their foreign keys.
CREATE OR REPLACE FUNCTION owui.channel_delete(uid text, is_admin boolean, cid text) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	c channel;
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'owner');
	DELETE FROM access_grant a WHERE a.resource_type = 'channel' AND a.resource_id = cid;
	DELETE FROM message_reaction r USING message m WHERE m.channel_id = cid AND r.message_id = m.id;
	DELETE FROM message m WHERE m.channel_id = cid;
	DELETE FROM channel_member m WHERE m.channel_id = cid;
	DELETE FROM channel_webhook w WHERE w.channel_id = cid;
	DELETE FROM channel WHERE id = cid RETURNING * INTO c;
	RETURN json_build_object('name', c.name, 'type', c.type);
END
$$;
