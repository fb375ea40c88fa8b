-- Accounts: what takes more than one statement.

-- Make an account.  The first one of all becomes administrator whatever `wanted` says; joins the
-- default group when it exists.  A taken address raises unique_violation.
CREATE OR REPLACE FUNCTION owui.account_create(called text, address text, hash text,
					       picture text, wanted text, default_group text)
RETURNS TABLE (id text, name text, email text, role text, image text, stamp text, first boolean)
LANGUAGE plpgsql AS $$
DECLARE
	new_id text := gen_random_uuid()::text;
	new_stamp text := gen_random_uuid()::text;
	mail text := lower(address);
	is_first boolean := false;
	now_s bigint := owui.now();
BEGIN
	IF NOT EXISTS (SELECT 1 FROM "user") THEN
		PERFORM pg_advisory_xact_lock(731947206);
		is_first := NOT EXISTS (SELECT 1 FROM "user");
	END IF;
	INSERT INTO "user" (id, name, email, role, profile_image_url, last_active_at, updated_at,
			    created_at)
	VALUES (new_id, called, mail, CASE WHEN is_first THEN 'admin' ELSE wanted END, picture, now_s,
		now_s, now_s);
	INSERT INTO auth (id, email, password, active, session_stamp)
	VALUES (new_id, mail, hash, true, new_stamp);
	IF default_group <> '' THEN
		PERFORM owui.group_join(default_group, new_id);
	END IF;
	RETURN QUERY SELECT new_id, called, mail, CASE WHEN is_first THEN 'admin' ELSE wanted END,
			    picture, new_stamp, is_first;
END $$;

-- Join a group; nothing happens when it is gone or the account is in it already.
CREATE OR REPLACE FUNCTION owui.group_join(gid text, uid text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO group_member (id, group_id, user_id, created_at, updated_at)
	SELECT gen_random_uuid()::text, g.id, uid, owui.now(), owui.now() FROM "group" g
	 WHERE g.id = gid
	ON CONFLICT (group_id, user_id) DO NOTHING;
	IF FOUND THEN
		UPDATE "group" SET updated_at = owui.now() WHERE id = gid;
	END IF;
END $$;

-- The account that nobody else may change: the earliest, administrators first.
CREATE OR REPLACE FUNCTION owui.primary_admin() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT id FROM "user" ORDER BY created_at, (role <> 'admin'), id LIMIT 1
$$;
