-- Messages of channels.

-- Does anything in an object say something?  (null, false, 0, "", [] and {} do not.)
CREATE OR REPLACE FUNCTION owui.json_says(o json) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_typeof(o) = 'object' AND EXISTS (SELECT FROM json_each(CASE WHEN json_typeof(o) = 'object' THEN o END)
		WHERE value::jsonb NOT IN ('null', 'false', '0', '""', '[]', '{}'))
$$;

-- What a list tells of a message's data: all of an app's, of others whether there is some.
CREATE OR REPLACE FUNCTION owui.message_data_brief(m message) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN m.app_id IS NOT NULL AND json_typeof(m.data) = 'object' THEN m.data::jsonb
		    ELSE to_jsonb(coalesce(owui.json_says(m.data), false)) END
$$;

-- The same of a message that another one quotes: of an app its cards.
CREATE OR REPLACE FUNCTION owui.message_data_quoted(m message) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN json_typeof(m.data #> '{app,embeds}') = 'array' AND json_array_length(m.data #> '{app,embeds}') > 0
		THEN jsonb_build_object('app', jsonb_build_object('embeds', m.data #> '{app,embeds}'))
		ELSE to_jsonb(coalesce(owui.json_says(m.data), false)) END
$$;

-- { id, name, role } of an account; NULL: gone.
CREATE OR REPLACE FUNCTION owui.user_named(uid text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', u.id, 'name', u.name, 'role', u.role) FROM "user" u WHERE u.id = uid
$$;

-- Who wrote a message: an app, a webhook, an account.
CREATE OR REPLACE FUNCTION owui.message_author(m message) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN m.app_id IS NOT NULL THEN jsonb_build_object('id', m.app_id, 'role', 'app', 'name',
			coalesce((SELECT a.name FROM app a WHERE a.id = m.app_id), 'Removed App'))
		WHEN m.meta #>> '{webhook,id}' <> '' THEN jsonb_build_object('id', m.meta #>> '{webhook,id}',
			'role', 'webhook', 'name', coalesce((SELECT w.name FROM channel_webhook w
				WHERE w.id = m.meta #>> '{webhook,id}'), 'Deleted Webhook'))
		ELSE owui.user_named(m.user_id) END
$$;

CREATE OR REPLACE FUNCTION owui.message_base(m message, data jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('id', m.id, 'user_id', m.user_id, 'app_id', m.app_id, 'channel_id', m.channel_id,
		'reply_to_id', m.reply_to_id, 'parent_id', m.parent_id, 'is_pinned', m.is_pinned,
		'pinned_by', m.pinned_by, 'pinned_at', m.pinned_at, 'content', m.content, 'data', data,
		'meta', owui.json_value(m.meta), 'created_at', m.created_at, 'updated_at', m.updated_at,
		'etag', m.updated_at::text)
$$;

CREATE OR REPLACE FUNCTION owui.message_reactions(message text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'users', users, 'count', n) ORDER BY first), '[]')
	  FROM (SELECT r.name, min(r.created_at) AS first, count(*) AS n,
		       jsonb_agg(jsonb_build_object('id', u.id, 'name', u.name) ORDER BY r.created_at, r.id) AS users
		  FROM message_reaction r JOIN "user" u ON u.id = r.user_id
		 WHERE r.message_id = $1 GROUP BY r.name) x
$$;

-- The message that another one quotes; NULL: none, or gone.
CREATE OR REPLACE FUNCTION owui.message_quoted(id text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.message_base(m, owui.message_data_quoted(m)) || jsonb_build_object('user', owui.message_author(m))
	  FROM message m WHERE m.id = $1
$$;

-- A message with all that belongs to it; `data` as the caller wants it told, `author` likewise.
CREATE OR REPLACE FUNCTION owui.message_full(m message, data jsonb, author jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.message_base(m, data) || jsonb_build_object('user', author,
		'reply_to_message', owui.message_quoted(m.reply_to_id), 'reply_count', t.n, 'latest_reply_at', t.latest,
		'reactions', owui.message_reactions(m.id))
	  FROM (SELECT count(*) AS n, max(r.created_at) AS latest FROM message r WHERE r.parent_id = m.id) t
$$;

CREATE OR REPLACE FUNCTION owui.message_full(m message) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.message_full(m, owui.json_value(m.data)::jsonb, owui.message_author(m))
$$;

-- What happened to a message, for those who look at the channel.
CREATE OR REPLACE FUNCTION owui.message_event(m message, kind text, data jsonb, uid text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('channel_id', m.channel_id, 'message_id', m.id,
		'data', jsonb_build_object('type', kind, 'data', data), 'user', owui.user_named(uid),
		'channel', (SELECT owui.channel_json(c) FROM channel c WHERE c.id = m.channel_id))
$$;

-- The same to the message that heads its thread, which has one reply more or less; NULL: it heads itself.
CREATE OR REPLACE FUNCTION owui.message_event_head(m message, uid text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	SELECT owui.message_event(h, 'message:reply', owui.message_full(h), uid) FROM message h WHERE h.id = m.parent_id
$$;

-- Raises unless the message is in the channel and, with `authors`, the account's own or it is an administrator.
CREATE OR REPLACE FUNCTION owui.message_must(uid text, is_admin boolean, cid text, mid text, authors boolean)
RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
	m message;
BEGIN
	SELECT * INTO m FROM message WHERE id = mid;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	ELSIF m.channel_id IS DISTINCT FROM cid THEN
		RAISE EXCEPTION 'ERR_DEFAULT';
	ELSIF authors AND NOT is_admin AND m.user_id IS DISTINCT FROM uid THEN
		RAISE EXCEPTION 'ERR_DEFAULT_403';
	END IF;
END
$$;

-- The messages of a channel that head their threads, newest first.  Looking is joining.
CREATE OR REPLACE FUNCTION owui.message_list(uid text, is_admin boolean, cid text, skip bigint, most bigint)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'read');
	PERFORM owui.channel_join(cid, uid, NULL, owui.now_ns());
	RETURN (SELECT coalesce(json_agg(owui.message_full(m, owui.message_data_brief(m), owui.message_author(m))
			ORDER BY m.created_at DESC, m.id DESC), '[]')
		  FROM message m WHERE m.id IN (SELECT s.id FROM message s
			WHERE s.channel_id = cid AND s.parent_id IS NULL
			ORDER BY s.created_at DESC, s.id DESC OFFSET greatest(skip, 0) LIMIT greatest(most, 0)));
END
$$;

-- The pinned messages, 20 to a page, the last pinned first.
CREATE OR REPLACE FUNCTION owui.message_pinned(uid text, is_admin boolean, cid text, page bigint)
RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'read');
	RETURN (SELECT coalesce(json_agg(owui.message_base(m, CASE WHEN m.app_id IS NULL THEN owui.message_data_quoted(m)
				ELSE owui.message_data_brief(m) END)
			|| jsonb_build_object('user', owui.message_author(m), 'reactions', owui.message_reactions(m.id))
			ORDER BY m.pinned_at DESC, m.id), '[]')
		  FROM message m WHERE m.id IN (SELECT s.id FROM message s WHERE s.channel_id = cid AND s.is_pinned
			ORDER BY s.pinned_at DESC, s.id OFFSET (greatest(page, 1) - 1) * 20 LIMIT 20));
END
$$;

-- A thread, newest first, its head last: the newest, those before a message, or those around one.
CREATE OR REPLACE FUNCTION owui.message_thread(uid text, is_admin boolean, cid text, head text, skip bigint,
					       most bigint, around text, before text)
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	a message;
	first bigint := greatest(skip, 0);
	n bigint := least(greatest(most, 1), 100);
	ids text[];
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'read');
	IF NOT EXISTS (SELECT FROM message m WHERE m.id = head AND m.channel_id = cid) THEN
		RETURN '[]';
	END IF;
	around := nullif(around, '');
	before := nullif(before, '');
	IF coalesce(before, around) IS NOT NULL THEN
		SELECT * INTO a FROM message m WHERE m.id = coalesce(before, around) AND m.channel_id = cid
		   AND (m.id = head OR m.parent_id = head);
		IF NOT FOUND THEN
			RETURN '[]';
		END IF;
		first := 0;
	END IF;
	IF before IS NULL AND around IS NOT NULL THEN
		SELECT greatest(count(*) - 10, 0) INTO first FROM message m WHERE m.channel_id = cid AND m.parent_id = head
		   AND (m.created_at, m.id) > (a.created_at, a.id);
	END IF;
	ids := ARRAY(SELECT m.id FROM message m WHERE m.channel_id = cid AND m.parent_id = head
		  AND (before IS NULL OR (m.created_at, m.id) < (a.created_at, a.id))
		ORDER BY m.created_at DESC, m.id DESC OFFSET first LIMIT n);
	RETURN (SELECT coalesce(json_agg(owui.message_full(m, owui.message_data_brief(m), owui.message_author(m))
			|| '{"reply_count": 0, "latest_reply_at": null}'
			ORDER BY m.id = head, m.created_at DESC, m.id DESC), '[]')
		  FROM message m WHERE m.id = ANY (ids) OR m.id = head AND cardinality(ids) < n);
END
$$;

CREATE OR REPLACE FUNCTION owui.message_get(uid text, is_admin boolean, cid text, mid text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'read');
	PERFORM owui.message_must(uid, is_admin, cid, mid, false);
	RETURN (SELECT owui.message_full(m, owui.json_value(m.data)::jsonb,
			coalesce(owui.user_named(m.user_id), owui.message_author(m)))
		  FROM message m WHERE m.id = mid);
END
$$;

-- Functions that change a message give { answer, events: [what the channel's room is told] }.

CREATE OR REPLACE FUNCTION owui.message_post(uid text, is_admin boolean, cid text, form json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m message;
	n bigint := owui.now_ns();
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'write');
	IF EXISTS (SELECT FROM unnest(ARRAY[form->>'parent_id', form->>'reply_to_id']) r WHERE r <> ''
		    AND NOT EXISTS (SELECT FROM message o WHERE o.id = r AND o.channel_id = cid)) THEN
		RAISE EXCEPTION 'ERR_DEFAULT';
	END IF;
	PERFORM owui.channel_join(cid, uid, NULL, n);
	INSERT INTO message (id, user_id, channel_id, reply_to_id, parent_id, is_pinned, content, data, created_at, updated_at)
	VALUES (gen_random_uuid()::text, uid, cid, form->>'reply_to_id', form->>'parent_id', false, form->>'content',
		owui.json_value(form->'data'), n, n) RETURNING * INTO m;
	UPDATE channel_member o SET is_active = true, updated_at = n FROM channel c
	 WHERE c.id = cid AND owui.channel_closed(c) AND o.channel_id = cid AND o.user_id IS NOT NULL AND NOT o.is_active;
	IF json_typeof(m.data->'files') = 'array' THEN
		UPDATE channel_file f SET message_id = m.id, updated_at = owui.now()
		 WHERE f.channel_id = cid AND f.file_id IN (SELECT e->>'id' FROM json_array_elements(m.data->'files') e);
	END IF;
	RETURN json_build_object('answer', owui.message_base(m, owui.json_value(m.data)::jsonb), 'events', json_build_array(
		owui.message_event(m, 'message', owui.message_full(m) || jsonb_build_object('temp_id', form->'temp_id'), uid),
		owui.message_event_head(m, uid)));
END
$$;

CREATE OR REPLACE FUNCTION owui.message_update(uid text, is_admin boolean, cid text, mid text, form json)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m message;
BEGIN
	IF NOT EXISTS (SELECT FROM channel WHERE id = cid) THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	END IF;
	PERFORM owui.message_must(uid, is_admin, cid, mid, false);
	PERFORM owui.channel_must(uid, is_admin, cid, 'write');
	PERFORM owui.message_must(uid, is_admin, cid, mid, true);
	UPDATE message SET content = form->>'content', updated_at = greatest(owui.now_ns(), updated_at + 1),
	       data = owui.json_patch(data, coalesce(owui.json_value(form->'data'), '{}'), false),
	       meta = owui.json_patch(meta, '{}', false)
	 WHERE id = mid RETURNING * INTO m;
	RETURN json_build_object('answer', owui.message_base(m, m.data::jsonb), 'events', json_build_array(
		owui.message_event(m, 'message:update', owui.message_full(m), uid)));
END
$$;

CREATE OR REPLACE FUNCTION owui.message_pin(uid text, is_admin boolean, cid text, mid text, pinned boolean)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m message;
	answer jsonb;
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'write');
	PERFORM owui.message_must(uid, is_admin, cid, mid, false);
	UPDATE message SET is_pinned = pinned, pinned_at = CASE WHEN pinned THEN owui.now_ns() END,
	       pinned_by = CASE WHEN pinned THEN uid END
	 WHERE id = mid RETURNING * INTO m;
	answer := owui.message_full(m, owui.message_data_brief(m),
		coalesce(owui.user_named(m.user_id), owui.message_author(m)));
	RETURN json_build_object('answer', answer, 'events', json_build_array(
		owui.message_event(m, 'message:update', answer, uid)));
END
$$;

CREATE OR REPLACE FUNCTION owui.message_react(uid text, is_admin boolean, cid text, mid text, reaction text, put boolean)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m message;
BEGIN
	PERFORM owui.channel_must(uid, is_admin, cid, 'write');
	PERFORM owui.message_must(uid, is_admin, cid, mid, false);
	SELECT * INTO m FROM message WHERE id = mid FOR UPDATE;
	IF NOT put THEN
		DELETE FROM message_reaction r WHERE r.message_id = mid AND r.user_id = uid AND r.name = reaction;
	ELSIF NOT EXISTS (SELECT FROM message_reaction r WHERE r.message_id = mid AND r.user_id = uid AND r.name = reaction) THEN
		INSERT INTO message_reaction (id, user_id, message_id, name, created_at)
		VALUES (gen_random_uuid()::text, uid, mid, reaction, owui.now_ns());
	END IF;
	RETURN json_build_object('answer', true, 'events', json_build_array(owui.message_event(m,
		CASE WHEN put THEN 'message:reaction:add' ELSE 'message:reaction:remove' END,
		owui.message_full(m) || jsonb_build_object('name', reaction), uid)));
END
$$;

-- A message goes with its thread and their reactions.
CREATE OR REPLACE FUNCTION owui.message_delete(uid text, is_admin boolean, cid text, mid text)
RETURNS json LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	m message;
	gone jsonb;
BEGIN
	IF NOT EXISTS (SELECT FROM channel WHERE id = cid) THEN
		RAISE EXCEPTION 'ERR_NOT_FOUND';
	END IF;
	PERFORM owui.message_must(uid, is_admin, cid, mid, false);
	PERFORM owui.channel_must(uid, is_admin, cid, 'write');
	PERFORM owui.message_must(uid, is_admin, cid, mid, true);
	SELECT * INTO m FROM message WHERE id = mid;
	gone := owui.message_full(m) || jsonb_build_object('user', owui.user_named(uid));
	DELETE FROM message_reaction r USING message t WHERE r.message_id = t.id AND (t.id = mid OR t.parent_id = mid);
	DELETE FROM message t WHERE t.id = mid OR t.parent_id = mid;
	RETURN json_build_object('answer', true, 'events', json_build_array(
		owui.message_event(m, 'message:delete', gone, uid), owui.message_event_head(m, uid)));
END
$$;
