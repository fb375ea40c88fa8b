-- Accounts as answers show them.

CREATE OR REPLACE FUNCTION owui.profile_image(id text, image text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(nullif(image, ''), '/api/v1/users/' || id || '/profile/image')
$$;

-- Settings always have a member `ui`.
CREATE OR REPLACE FUNCTION owui.user_settings(s json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN s IS NULL OR json_typeof(s) <> 'object' THEN NULL
		    WHEN s -> 'ui' IS NULL THEN owui.json_patch(s, '{"ui":{}}', false)
		    ELSE s END
$$;

-- All but the variables.
CREATE OR REPLACE FUNCTION owui.user_json(u "user") RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object(
		'id', u.id, 'email', u.email, 'username', u.username, 'role', u.role, 'name', u.name,
		'profile_image_url', owui.profile_image(u.id, u.profile_image_url),
		'profile_banner_image_url', u.profile_banner_image_url, 'bio', u.bio,
		'gender', u.gender, 'date_of_birth', u.date_of_birth, 'timezone', u.timezone,
		'presence_state', u.presence_state, 'status_emoji', u.status_emoji,
		'status_message', u.status_message, 'status_expires_at', u.status_expires_at,
		'info', owui.json_value(u.info), 'settings', owui.user_settings(u.settings),
		'oauth', owui.json_value(u.oauth), 'scim', owui.json_value(u.scim),
		'last_active_at', u.last_active_at, 'updated_at', u.updated_at,
		'created_at', u.created_at)
$$;

-- What any account may see of another one.
CREATE OR REPLACE FUNCTION owui.user_info(u "user", groups json, is_active boolean) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object(
		'status_emoji', u.status_emoji, 'status_message', u.status_message,
		'status_expires_at', u.status_expires_at, 'id', u.id, 'name', u.name,
		'email', u.email, 'role', u.role, 'bio', u.bio, 'last_active_at', u.last_active_at,
		'timezone', u.timezone, 'groups', groups, 'is_active', is_active)
$$;

-- Seen in the last three minutes?
CREATE OR REPLACE FUNCTION owui.user_active(last_active_at bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT coalesce(last_active_at >= owui.now() - 180, false) $$;

-- Direct groups as [{id, name}].
CREATE OR REPLACE FUNCTION owui.user_group_names(uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(json_build_object('id', g.id, 'name', g.name)
				 ORDER BY g.updated_at DESC, g.id), '[]')
	  FROM "group" g JOIN group_member m ON m.group_id = g.id WHERE m.user_id = uid
$$;

DROP FUNCTION IF EXISTS owui.user_page(text, text, text, bigint, bigint);
DROP FUNCTION IF EXISTS owui.user_total(text);

-- The ids of the accounts whose name or address contains `query` (NULL, '': of all), sorted and cut, and
-- how many there are in all.  What is new comes first, unless `order_by` names a column or "group_id:ID"; the
-- statement is made for it, so that nothing else is read.  The ASCII letters are compared first, without the
-- rules of a language: twice as fast.
CREATE OR REPLACE FUNCTION owui.user_page(query text, order_by text, direction text, skip bigint, max bigint,
					  OUT ids text[], OUT total bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	way text := CASE WHEN direction = 'asc' THEN 'ASC' ELSE 'DESC' END;
	key text := 'created_at';
	name text := 'NULL';
	found text := '';
	plain text := regexp_replace(query, '[^\x01-\x7f]+', '%', 'g');
BEGIN
	IF order_by IN ('name', 'email', 'role', 'created_at', 'updated_at', 'last_active_at') THEN
		key := quote_ident(order_by);
	ELSIF order_by LIKE 'group\_id:%' THEN
		key := format('EXISTS (SELECT FROM group_member m WHERE m.user_id = u.id AND m.group_id = %L)',
			      substr(order_by, 10));
		name := 'name';
	ELSE
		way := 'DESC';
	END IF;
	IF query <> '' THEN
		found := 'WHERE (name COLLATE "C" ILIKE $3 OR email COLLATE "C" ILIKE $3)';
		IF plain <> query THEN
			plain := CASE WHEN strpos(query, '\') > 0 THEN '' ELSE plain END;
			found := found || ' AND (name ILIKE $4 OR email ILIKE $4)';
		END IF;
	END IF;
	EXECUTE format('WITH f AS MATERIALIZED (SELECT id, %1$s AS key, %2$s AS name FROM "user" u %3$s) '
		       'SELECT ARRAY(SELECT id FROM f ORDER BY key %4$s, name, id LIMIT $1 OFFSET $2), '
		       '(SELECT count(*) FROM f)', key, name, found, way)
	   INTO ids, total USING max, skip, '%' || plain || '%', '%' || query || '%';
END $$;

-- The groups of an account; with the inherited ones each tells how it came.
CREATE OR REPLACE FUNCTION owui.user_group_list(uid text, inherited boolean) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN inherited THEN (
		SELECT coalesce(json_agg(owui.json_and(owui.group_json(g),
			json_build_object('membership_type', CASE WHEN m.user_id IS NULL THEN 'inherited'
						ELSE 'direct' END)) ORDER BY g.updated_at DESC, g.id), '[]')
		  FROM "group" g LEFT JOIN group_member m ON m.group_id = g.id AND m.user_id = uid
		 WHERE g.id IN (SELECT owui.user_groups(uid)))
	ELSE (
		SELECT coalesce(json_agg(owui.group_json(g) ORDER BY g.updated_at DESC, g.id), '[]')
		  FROM group_member m JOIN "group" g ON g.id = m.group_id WHERE m.user_id = uid)
	END
$$;

-- May `actor` change the account?  "ok", or why not: "primary", "missing", "taken".
CREATE OR REPLACE FUNCTION owui.user_update_check(actor text, uid text, new_role text, mail text)
RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN uid = owui.primary_admin() AND (actor <> uid OR new_role <> 'admin')
			THEN 'primary'
		WHEN NOT EXISTS (SELECT FROM "user" WHERE id = uid) THEN 'missing'
		WHEN EXISTS (SELECT FROM "user" WHERE id <> uid AND lower(email) = lower(mail))
			THEN 'taken'
		ELSE 'ok' END
$$;

-- Would the account's new role (NULL: removed) leave no administrator?  Whoever asks holds the lock
-- until the end of the transaction, so that of two who ask at once the second sees what the first did.
CREATE OR REPLACE FUNCTION owui.last_admin(uid text, new_role text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	IF new_role = 'admin' THEN
		RETURN false;
	END IF;
	PERFORM pg_advisory_xact_lock(731947206);
	RETURN EXISTS (SELECT FROM "user" WHERE id = uid AND role = 'admin')
	   AND NOT EXISTS (SELECT FROM "user" WHERE id <> uid AND role = 'admin');
END $$;

-- Change what is given, when `actor` may; a new password ends all sessions.  `verdict` as
-- user_update_check() says; `changed`: fields that are different now; `new_role`: NULL when it is the old.
CREATE OR REPLACE FUNCTION owui.user_update(actor text, uid text, form json, hash text, OUT verdict text,
					    OUT answer json, OUT changed json, OUT new_role text)
LANGUAGE plpgsql AS $$
DECLARE
	old "user";
BEGIN
	verdict := CASE WHEN form ->> 'role' IS NOT NULL AND owui.last_admin(uid, form ->> 'role')
			THEN 'primary'
			ELSE owui.user_update_check(actor, uid, form ->> 'role', form ->> 'email') END;
	IF verdict <> 'ok' THEN
		RETURN;
	END IF;
	SELECT * INTO old FROM "user" WHERE id = uid FOR UPDATE;
	IF hash IS NOT NULL OR form ->> 'email' IS NOT NULL THEN
		UPDATE auth SET email = coalesce(lower(form ->> 'email'), email),
				password = coalesce(hash, password),
				session_stamp = CASE WHEN hash IS NULL THEN session_stamp
						     ELSE gen_random_uuid()::text END,
				mfa = CASE WHEN hash IS NULL THEN mfa ELSE owui.mfa_clear(mfa) END
		 WHERE id = uid;
	END IF;
	UPDATE "user" u SET role = coalesce(form ->> 'role', role),
			    name = coalesce(form ->> 'name', name),
			    email = coalesce(lower(form ->> 'email'), email),
			    profile_image_url = coalesce(form ->> 'profile_image_url', profile_image_url)
	 WHERE id = uid RETURNING owui.user_json(u) INTO answer;
	new_role := CASE WHEN form ->> 'role' <> old.role THEN form ->> 'role' END;
	SELECT json_agg(x) INTO changed FROM unnest(ARRAY[
		CASE WHEN form ->> 'name' <> old.name THEN 'name' END,
		CASE WHEN lower(form ->> 'email') <> old.email THEN 'email' END,
		CASE WHEN form ->> 'profile_image_url' <> old.profile_image_url THEN 'profile_image_url' END]) x
	 WHERE x IS NOT NULL;
END $$;

-- Remove an account with its memberships and chats; what else it made stays.
CREATE OR REPLACE FUNCTION owui.user_delete(uid text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	UPDATE "group" SET updated_at = owui.now()
	 WHERE id IN (SELECT group_id FROM group_member WHERE user_id = uid);
	DELETE FROM group_member WHERE user_id = uid;
	DELETE FROM shared_chat WHERE chat_id IN (SELECT id FROM chat WHERE user_id = uid);
	UPDATE automation_run SET chat_id = NULL
	 WHERE chat_id IN (SELECT id FROM chat WHERE user_id = uid);
	DELETE FROM chat_message WHERE chat_id IN (SELECT id FROM chat WHERE user_id = uid);
	DELETE FROM chat WHERE user_id = uid;
	DELETE FROM "user" WHERE id = uid;
	DELETE FROM auth WHERE id = uid;
END $$;

-- What an account can read: of one kind, {items: [{id, name}], total}.
CREATE OR REPLACE FUNCTION owui.readable(uid text, groups text[], kind text) RETURNS json
LANGUAGE sql STABLE AS $$
	WITH r AS (
		SELECT id, name, user_id, created_at FROM model WHERE kind = 'model' AND is_active
		UNION ALL SELECT id, name, user_id, created_at FROM knowledge WHERE kind = 'knowledge'
		UNION ALL SELECT id, name, user_id, created_at FROM tool WHERE kind = 'tool'
	)
	SELECT json_build_object('items', coalesce(json_agg(json_build_object('id', r.id, 'name', r.name)
			ORDER BY r.created_at, r.id) FILTER (WHERE r.user_id = uid OR EXISTS (
				SELECT FROM access_grant g WHERE g.resource_type = kind
				   AND g.resource_id = r.id AND g.permission = 'read'
				   AND (g.principal_type = 'user' AND g.principal_id IN ('*', uid) OR
					g.principal_type = 'group' AND g.principal_id = ANY (groups)))),
			'[]'), 'total', count(*))
	  FROM r
$$;

-- Remove an account when `actor` may: false for himself, the primary and the last administrator.
CREATE OR REPLACE FUNCTION owui.user_remove(actor text, uid text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	IF uid = actor OR uid = owui.primary_admin() OR owui.last_admin(uid, NULL) THEN
		RETURN false;
	END IF;
	PERFORM owui.user_delete(uid);
	RETURN true;
END $$;

-- End all sessions of an account: "ok", or why not: "missing", "primary".
CREATE OR REPLACE FUNCTION owui.user_sessions_end(actor text, uid text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM "user" WHERE id = uid) THEN
		RETURN 'missing';
	END IF;
	IF uid <> actor AND uid = owui.primary_admin() THEN
		RETURN 'primary';
	END IF;
	UPDATE auth SET session_stamp = gen_random_uuid()::text, mfa = owui.mfa_clear(mfa) WHERE id = uid;
	RETURN 'ok';
END $$;
