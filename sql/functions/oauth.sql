-- Accounts of identity providers: "user".oauth holds { provider: { "sub": … } }.

-- Link an account to a provider's.
CREATE OR REPLACE FUNCTION owui.oauth_link(old json, provider text, sub text) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT owui.json_patch(old, json_build_object(provider,
		owui.json_patch(CASE WHEN json_typeof(old) = 'object' THEN old -> provider END,
				json_build_object('sub', sub), false)), false)
$$;

-- The account of a provider's account: by what identifies it there, else, where accounts are merged, by its
-- address.
CREATE OR REPLACE FUNCTION owui.oauth_account(provider text, sub text, address text, merge boolean)
RETURNS text LANGUAGE sql STABLE AS $$
	SELECT id FROM (
		SELECT u.id, 1 AS rank FROM "user" u
		 WHERE u.oauth IS NOT NULL AND u.oauth -> provider ->> 'sub' = sub
		UNION ALL
		SELECT u.id, 2 FROM "user" u WHERE merge AND lower(u.email) = lower(address)
	) hit ORDER BY rank LIMIT 1
$$;

-- Does a group's name fit one of the patterns: the name itself, a regular expression, or * and ?.
CREATE OR REPLACE FUNCTION owui.oauth_group_blocked(called text, patterns json) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
	pattern text;
BEGIN
	FOR pattern IN SELECT json_array_elements_text(patterns) LOOP
		IF pattern = '' THEN
			CONTINUE;
		END IF;
		IF called = pattern OR called LIKE translate(regexp_replace(pattern, '([\\%_])', '\\\1', 'g'),
							     '*?', '%_') THEN
			RETURN true;
		END IF;
		IF pattern ~ '[][^$(){}+\\|]' THEN
			BEGIN
				IF called ~ pattern THEN
					RETURN true;
				END IF;
			EXCEPTION WHEN invalid_regular_expression THEN
				NULL;	-- then it is no expression
			END;
		END IF;
	END LOOP;
	RETURN false;
END $$;

-- What happened, as the webhooks are told: { name, subject, data }.
CREATE OR REPLACE FUNCTION owui.oauth_event(called text, subject text, data json) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT jsonb_build_array(jsonb_build_object('name', called, 'subject', subject, 'data', data))
$$;

-- Make the direct memberships those that the provider names; blocked groups are left as they are, and an
-- empty list changes nothing.  form: names, blocked, create, share, permissions.
CREATE OR REPLACE FUNCTION owui.oauth_groups_sync(uid text, form json) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
	names text[] := ARRAY(SELECT DISTINCT n FROM json_array_elements_text(form -> 'names') n
			       WHERE n <> '' AND NOT owui.oauth_group_blocked(n, form -> 'blocked'));
	members json := json_build_object('user_ids', json_build_array(uid));
	told jsonb := '[]';
	g record;
BEGIN
	IF json_array_length(form -> 'names') = 0 THEN
		RETURN told;
	END IF;
	PERFORM pg_advisory_xact_lock(731947205);
	IF (form ->> 'create')::boolean THEN
		FOR g IN INSERT INTO "group" (id, user_id, name, description, data, permissions, created_at,
					      updated_at)
			 SELECT gen_random_uuid()::text, coalesce(owui.primary_admin(), uid), n,
				'Made at a sign-in with an identity provider.',
				json_build_object('config', json_build_object('share', form -> 'share')),
				form -> 'permissions', owui.now(), owui.now()
			   FROM unnest(names) n WHERE NOT EXISTS (SELECT FROM "group" x WHERE x.name = n)
			 RETURNING id, name LOOP
			told := told || owui.oauth_event('group.created', g.id, json_build_object('name', g.name));
		END LOOP;
	END IF;
	FOR g IN DELETE FROM group_member m USING "group" x
		  WHERE m.user_id = uid AND x.id = m.group_id AND x.name <> ALL (names)
		    AND NOT owui.oauth_group_blocked(x.name, form -> 'blocked') RETURNING m.group_id AS id LOOP
		told := told || owui.oauth_event('group.member_removed', g.id, members);
	END LOOP;
	FOR g IN INSERT INTO group_member (id, group_id, user_id, created_at, updated_at)
		 SELECT gen_random_uuid()::text, x.id, uid, owui.now(), owui.now() FROM "group" x
		  WHERE x.name = ANY (names)
		 ON CONFLICT (group_id, user_id) DO NOTHING RETURNING group_id AS id LOOP
		told := told || owui.oauth_event('group.member_added', g.id, members);
	END LOOP;
	UPDATE "group" SET updated_at = owui.now()
	 WHERE id IN (SELECT e ->> 'subject' FROM jsonb_array_elements(told) e);
	RETURN told;
END $$;

-- Take over what the provider says of an account that exists.  The last administrator stays one.
CREATE OR REPLACE FUNCTION owui.oauth_refresh_account(uid text, form json) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
	given text := form ->> 'role';
	mail text := lower(form ->> 'new_email');
	was "user";
	is_now "user";
	told jsonb := '[]';
	fields text[];
BEGIN
	PERFORM pg_advisory_xact_lock(731947206);	-- as account_create: administrators are counted
	SELECT * INTO was FROM "user" WHERE id = uid FOR UPDATE;
	IF NOT EXISTS (SELECT FROM "user" WHERE id <> uid) THEN
		given := 'admin';
	ELSIF given = '' THEN
		RAISE EXCEPTION '%', form ->> 'denied';
	ELSIF given <> 'admin' AND was.role = 'admin'
	      AND NOT EXISTS (SELECT FROM "user" WHERE role = 'admin' AND id <> uid) THEN
		given := NULL;
	END IF;
	IF mail IS NOT NULL AND EXISTS (SELECT FROM "user" WHERE lower(email) = mail) THEN
		mail := NULL;
	END IF;
	UPDATE "user" SET role = coalesce(given, role), name = coalesce(form ->> 'new_name', name),
		email = coalesce(mail, email),
		profile_image_url = coalesce(form ->> 'new_image', profile_image_url),
		oauth = CASE WHEN oauth -> (form ->> 'provider') ->> 'sub' IS NOT DISTINCT FROM form ->> 'sub'
			     THEN oauth
			     ELSE owui.oauth_link(oauth, form ->> 'provider', form ->> 'sub') END
	 WHERE id = uid RETURNING * INTO is_now;
	UPDATE auth SET email = mail WHERE id = uid AND mail IS NOT NULL;
	IF is_now.role IS DISTINCT FROM was.role THEN
		told := told || owui.oauth_event('user.role_updated', uid,
			json_build_object('role', is_now.role, 'provider', form ->> 'provider'));
	END IF;
	fields := array_remove(ARRAY[CASE WHEN is_now.name IS DISTINCT FROM was.name THEN 'name' END,
		CASE WHEN is_now.email IS DISTINCT FROM was.email THEN 'email' END,
		CASE WHEN is_now.profile_image_url IS DISTINCT FROM was.profile_image_url
		     THEN 'profile_image_url' END], NULL);
	IF fields <> '{}' THEN
		told := told || owui.oauth_event('user.updated', uid,
			json_build_object('updated_fields', fields, 'provider', form ->> 'provider'));
	END IF;
	RETURN told;
END $$;

-- An account for somebody who comes for the first time.
CREATE OR REPLACE FUNCTION owui.oauth_new_account(form json) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	given text := form ->> 'role';
	uid text;
BEGIN
	IF form ->> 'absent' IS NOT NULL THEN
		RAISE EXCEPTION '%', form ->> 'absent';
	END IF;
	IF form ->> 'hash' IS NULL THEN
		RAISE EXCEPTION '409 The account was removed meanwhile. Please try again.';
	END IF;
	IF EXISTS (SELECT FROM "user" WHERE lower(email) = lower(form ->> 'email')) THEN
		RAISE EXCEPTION '%', form ->> 'taken';
	END IF;
	IF given = '' AND EXISTS (SELECT FROM "user") THEN
		RAISE EXCEPTION '%', form ->> 'denied';
	END IF;
	SELECT c.id INTO uid FROM owui.account_create(form ->> 'name', form ->> 'email', form ->> 'hash',
		form ->> 'image', coalesce(nullif(given, ''), form ->> 'default_role'),
		form ->> 'default_group') c;
	UPDATE "user" SET oauth = owui.oauth_link(NULL, form ->> 'provider', form ->> 'sub')
	 WHERE id = uid;
	RETURN uid;
END $$;

-- Keep the tokens of a sign-in; the oldest sessions above `most` go.
CREATE OR REPLACE FUNCTION owui.oauth_session_add(uid text, provider_name text, s json) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM oauth_session WHERE id IN (
		SELECT id FROM oauth_session WHERE user_id = uid AND provider = provider_name
		 ORDER BY created_at DESC, id OFFSET greatest((s ->> 'most')::int - 1, 0));
	INSERT INTO oauth_session (id, user_id, provider, token, expires_at, created_at, updated_at)
	VALUES (s ->> 'id', uid, provider_name, s ->> 'token', (s ->> 'expires_at')::bigint, owui.now(),
		owui.now());
END $$;

-- A sign-in: the account found, linked or made, its role, name, address, picture and groups as the
-- provider says, its tokens kept.  All or nothing; what is refused is raised with the text that the
-- form holds for it.  The columns are those of auth_by_email, then what happened.
CREATE OR REPLACE FUNCTION owui.oauth_sign_in(form json)
RETURNS TABLE (id text, name text, email text, role text, image text, stamp text, hash text, groups json,
	       events json)
LANGUAGE plpgsql AS $$
DECLARE
	uid text;
	told jsonb := '[]';
BEGIN
	-- Two first sign-ins of one person at once make one account.
	PERFORM pg_advisory_xact_lock(731947207, hashtext(form ->> 'provider' || ' ' || (form ->> 'sub')));
	uid := owui.oauth_account(form ->> 'provider', form ->> 'sub', form ->> 'email',
				  (form ->> 'merge')::boolean);
	IF uid IS NULL THEN
		uid := owui.oauth_new_account(form);
		told := owui.oauth_event('user.created', uid, json_build_object('role',
			(SELECT u.role FROM "user" u WHERE u.id = uid), 'provider', form ->> 'provider'));
	ELSE
		told := owui.oauth_refresh_account(uid, form);
	END IF;
	IF form -> 'groups' IS NOT NULL THEN
		told := told || owui.oauth_groups_sync(uid, form -> 'groups');
	END IF;
	IF form -> 'session' IS NOT NULL THEN
		PERFORM owui.oauth_session_add(uid, form ->> 'provider', form -> 'session');
	END IF;
	RETURN QUERY
	SELECT u.id::text, u.name::text, u.email::text, u.role::text, u.profile_image_url, a.session_stamp,
	       NULL::text, owui.group_permissions(u.id), told::json
	  FROM "user" u LEFT JOIN auth a ON a.id = u.id WHERE u.id = uid;
END $$;

-- The provider ended an account's sessions: so do we, all of them.
CREATE OR REPLACE FUNCTION owui.oauth_logout(provider_name text, sub text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	uid text;
BEGIN
	FOR uid IN SELECT u.id FROM "user" u
		    WHERE u.oauth IS NOT NULL AND u.oauth -> provider_name ->> 'sub' = sub LOOP
		DELETE FROM oauth_session WHERE user_id = uid;
		UPDATE auth SET session_stamp = gen_random_uuid()::text, mfa = owui.mfa_clear(mfa) WHERE id = uid;
		RETURN NEXT uid;
	END LOOP;
END $$;
