-- SCIM 2.0 (RFC 7643, RFC 7644): accounts and groups as an identity provider sees them.

CREATE OR REPLACE FUNCTION owui.scim_time(at bigint) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT to_char(to_timestamp(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')
$$;

CREATE OR REPLACE FUNCTION owui.scim_meta(kind text, base text, id text, made bigint, changed bigint)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('resourceType', kind, 'created', owui.scim_time(made),
		'lastModified', owui.scim_time(changed),
		'location', base || '/api/v1/scim/v2/' || kind || 's/' || id, 'version', NULL)
$$;

-- Only accounts that an identity provider knows are shown.
CREATE OR REPLACE FUNCTION owui.scim_visible(u "user") RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(json_typeof(u.oauth) <> 'null', false) OR coalesce(json_typeof(u.scim) <> 'null', false)
$$;

-- The external id of the first provider that gave one.
CREATE OR REPLACE FUNCTION owui.scim_external_id(scim json) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT value ->> 'external_id'
	  FROM json_each(CASE WHEN json_typeof(scim) = 'object' THEN scim ELSE '{}' END)
	       WITH ORDINALITY e(key, value, n)
	 WHERE json_typeof(value) = 'object' AND value -> 'external_id' IS NOT NULL
	 ORDER BY n LIMIT 1
$$;

-- The account with an external id: linked by SCIM, or by a sign-in with that provider.
CREATE OR REPLACE FUNCTION owui.scim_find(provider text, external text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT id FROM "user" u
	 WHERE scim -> provider ->> 'external_id' = external OR oauth -> provider ->> 'sub' = external
	 ORDER BY scim -> provider ->> 'external_id' = external DESC NULLS LAST, created_at, id LIMIT 1
$$;

CREATE OR REPLACE FUNCTION owui.scim_user(u "user", base text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object(
		'schemas', json_build_array('urn:ietf:params:scim:schemas:core:2.0:User'),
		'id', u.id, 'externalId', owui.scim_external_id(u.scim), 'userName', u.email,
		'name', json_build_object('formatted', u.name,
			'familyName', coalesce(substr(u.name, nullif(strpos(u.name, ' '), 0) + 1), ''),
			'givenName', split_part(u.name, ' ', 1), 'middleName', NULL,
			'honorificPrefix', NULL, 'honorificSuffix', NULL),
		'displayName', u.name,
		'emails', json_build_array(json_build_object('value', u.email, 'type', 'work',
			'primary', true, 'display', NULL)),
		'active', u.role <> 'pending',
		'photos', json_build_array(json_build_object(
			'value', owui.profile_image(u.id, u.profile_image_url), 'type', 'photo',
			'primary', true, 'display', NULL)),
		'groups', (SELECT json_agg(json_build_object('value', g.id, 'display', g.name,
				'$ref', base || '/api/v1/scim/v2/Groups/' || g.id, 'type', 'direct')
				ORDER BY g.updated_at DESC, g.id)
			     FROM group_member m JOIN "group" g ON g.id = m.group_id WHERE m.user_id = u.id),
		'meta', owui.scim_meta('User', base, u.id, u.created_at, u.updated_at))
$$;

CREATE OR REPLACE FUNCTION owui.scim_group(g "group", base text) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object(
		'schemas', json_build_array('urn:ietf:params:scim:schemas:core:2.0:Group'),
		'id', g.id, 'displayName', g.name,
		'members', (SELECT coalesce(json_agg(json_build_object('value', u.id,
				'$ref', base || '/api/v1/scim/v2/Users/' || u.id, 'type', 'User',
				'display', u.name) ORDER BY u.created_at, u.id), '[]')
			      FROM group_member m JOIN "user" u ON u.id = m.user_id WHERE m.group_id = g.id),
		'meta', owui.scim_meta('Group', base, g.id, g.created_at, g.updated_at))
$$;

CREATE OR REPLACE FUNCTION owui.scim_list(found json, total bigint, start bigint) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object(
		'schemas', json_build_array('urn:ietf:params:scim:api:messages:2.0:ListResponse'),
		'totalResults', total, 'itemsPerPage', json_array_length(coalesce(found, '[]')),
		'startIndex', start, 'Resources', coalesce(found, '[]'))
$$;

-- Make an account: { email, name, image, role, external_id }.
CREATE OR REPLACE FUNCTION owui.scim_user_create(form json, hash text, provider text, base text)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	uid text := gen_random_uuid()::text;
	mail text := lower(form ->> 'email');
	external text := nullif(form ->> 'external_id', '');
	answer json;
BEGIN
	IF external IS NOT NULL AND owui.scim_find(provider, external) IS NOT NULL THEN
		RAISE EXCEPTION '409 User with externalId % already exists', external;
	END IF;
	IF EXISTS (SELECT FROM "user" WHERE lower(email) = mail) THEN
		RAISE EXCEPTION '409 User with email % already exists', mail;
	END IF;
	INSERT INTO auth (id, email, password, active, session_stamp)
	VALUES (uid, mail, hash, true, gen_random_uuid()::text);
	INSERT INTO "user" AS u (id, name, email, role, profile_image_url, scim, last_active_at, updated_at,
				 created_at)
	VALUES (uid, form ->> 'name', mail, form ->> 'role', form ->> 'image',
		json_build_object(provider, json_build_object('external_id', form -> 'external_id')),
		owui.now(), owui.now(), owui.now())
	RETURNING owui.scim_user(u, base) INTO answer;
	RETURN answer;
END $$;

-- Change what `form` has of { email, name, image, active, external_id }; an administrator stays one.
-- `changed`: the names of what is different now, without the role; NULL rows: no such account.
CREATE OR REPLACE FUNCTION owui.scim_user_change(uid text, form json, provider text, base text,
						 OUT answer json, OUT changed json, OUT new_role text)
LANGUAGE plpgsql AS $$
DECLARE
	u "user";
	n "user";
BEGIN
	SELECT * INTO u FROM "user" t WHERE t.id = uid AND owui.scim_visible(t) FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 User % not found', uid;
	END IF;
	n := u;
	n.email := coalesce(form ->> 'email', u.email);
	n.name := coalesce(form ->> 'name', u.name);
	n.profile_image_url := coalesce(form ->> 'image', u.profile_image_url);
	IF form -> 'active' IS NOT NULL AND u.role <> 'admin' THEN
		n.role := CASE WHEN form ->> 'active' = 'true' THEN 'user' ELSE 'pending' END;
	END IF;
	IF form -> 'external_id' IS NOT NULL THEN
		n.scim := owui.json_patch(u.scim, json_build_object(provider,
			json_build_object('external_id', form -> 'external_id')), false);
	END IF;
	IF lower(n.email) <> lower(u.email) AND
	   EXISTS (SELECT FROM "user" t WHERE t.id <> uid AND lower(t.email) = lower(n.email)) THEN
		RAISE EXCEPTION '409 User with email % already exists', n.email;
	END IF;
	SELECT json_agg(x) INTO changed FROM unnest(ARRAY[
		CASE WHEN n.email IS DISTINCT FROM u.email THEN 'email' END,
		CASE WHEN n.name IS DISTINCT FROM u.name THEN 'name' END,
		CASE WHEN n.profile_image_url IS DISTINCT FROM u.profile_image_url
		     THEN 'profile_image_url' END,
		CASE WHEN n.scim::text IS DISTINCT FROM u.scim::text THEN 'externalId' END]) x
	 WHERE x IS NOT NULL;
	new_role := CASE WHEN n.role <> u.role THEN n.role END;
	IF changed IS NOT NULL OR new_role IS NOT NULL THEN
		UPDATE auth SET email = lower(n.email) WHERE id = uid AND email <> lower(n.email);
		UPDATE "user" t SET email = n.email, name = n.name, role = n.role, scim = n.scim,
			profile_image_url = n.profile_image_url, updated_at = owui.now()
		 WHERE t.id = uid RETURNING * INTO n;
	END IF;
	answer := owui.scim_user(n, base);
END $$;

-- Remove an account that SCIM sees; an administrator is not removed by a provider.
CREATE OR REPLACE FUNCTION owui.scim_user_delete(uid text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	u "user";
BEGIN
	SELECT * INTO u FROM "user" t WHERE t.id = uid AND owui.scim_visible(t) FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION '404 User % not found', uid;
	END IF;
	IF u.role = 'admin' THEN
		RAISE EXCEPTION '403 The requested action has been restricted as a security measure.';
	END IF;
	PERFORM owui.user_delete(uid);
	RETURN u.email;
END $$;

-- All of these must be accounts.
CREATE OR REPLACE FUNCTION owui.scim_members_check(ids json) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF EXISTS (SELECT FROM json_array_elements_text(ids) m
		    WHERE NOT EXISTS (SELECT FROM "user" WHERE id = m)) THEN
		RAISE EXCEPTION '400 One or more member users were not found.';
	END IF;
END $$;

-- Make a group that belongs to the first administrator; `ids`: its members.
CREATE OR REPLACE FUNCTION owui.scim_group_create(called text, ids json, share json, base text)
RETURNS TABLE (answer json, id text, affected json) LANGUAGE plpgsql AS $$
DECLARE
	owner text;
	gid text;
BEGIN
	PERFORM owui.scim_members_check(ids);
	SELECT u.id INTO owner FROM "user" u WHERE role = 'admin' ORDER BY created_at, u.id LIMIT 1;
	IF owner IS NULL THEN
		RAISE EXCEPTION '500 No admin user found';
	END IF;
	gid := owui.group_create(owner, json_build_object('name', called, 'description', ''), share) ->> 'id';
	SELECT m.affected INTO affected FROM owui.group_members(gid, ids, true) m;
	RETURN QUERY SELECT owui.scim_group(g, base), gid, affected FROM "group" g WHERE g.id = gid;
END $$;

-- The direct members become these; who is affected.
CREATE OR REPLACE FUNCTION owui.scim_members_set(gid text, ids json) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
	gone json;
	come json;
	surplus json := (SELECT coalesce(json_agg(user_id), '[]') FROM group_member
			  WHERE group_id = gid AND user_id NOT IN (SELECT json_array_elements_text(ids)));
BEGIN
	SELECT affected INTO gone FROM owui.group_members(gid, surplus, false);
	SELECT affected INTO come FROM owui.group_members(gid, ids, true);
	RETURN json_build_object('added', come, 'removed', gone);
END $$;

-- Apply operations in their order: [{ "op": "name"|"set"|"add"|"remove", "value": name or ids }].
-- `added`, `removed`: members that came and went, each once.
CREATE OR REPLACE FUNCTION owui.scim_group_change(gid text, ops json, base text, OUT answer json,
						  OUT added json, OUT removed json)
LANGUAGE plpgsql AS $$
DECLARE
	op json;
	step json;
	come json := '[]';
	gone json := '[]';
BEGIN
	PERFORM pg_advisory_xact_lock(731947205);
	IF NOT EXISTS (SELECT FROM "group" WHERE id = gid) THEN
		RAISE EXCEPTION '404 Group % not found', gid;
	END IF;
	FOR op IN SELECT json_array_elements(ops) LOOP
		IF op ->> 'op' IN ('set', 'add') THEN
			PERFORM owui.scim_members_check(op -> 'value');
		END IF;
	END LOOP;
	FOR op IN SELECT json_array_elements(ops) LOOP
		step := NULL;
		IF op ->> 'op' = 'name' THEN
			UPDATE "group" SET name = op ->> 'value' WHERE id = gid;
		ELSIF op ->> 'op' = 'set' THEN
			step := owui.scim_members_set(gid, op -> 'value');
		ELSIF op ->> 'op' = 'add' THEN
			SELECT json_build_object('added', affected, 'removed', '[]'::json) INTO step
			  FROM owui.group_members(gid, op -> 'value', true);
		ELSE
			SELECT json_build_object('added', '[]'::json, 'removed', affected) INTO step
			  FROM owui.group_members(gid, op -> 'value', false);
		END IF;
		IF step IS NOT NULL THEN
			come := (SELECT coalesce(json_agg(DISTINCT x), '[]') FROM (
				SELECT json_array_elements_text(come) x
				UNION SELECT json_array_elements_text(step -> 'added')) t);
			gone := (SELECT coalesce(json_agg(DISTINCT x), '[]') FROM (
				SELECT json_array_elements_text(gone) x
				UNION SELECT json_array_elements_text(step -> 'removed')) t);
		END IF;
	END LOOP;
	UPDATE "group" g SET updated_at = owui.now() WHERE id = gid
	RETURNING owui.scim_group(g, base) INTO answer;
	added := come;
	removed := gone;
END $$;
