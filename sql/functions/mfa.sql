-- The second factor of an account: auth.mfa, as the reference keeps it.

-- Does the account have one that is in use?
CREATE OR REPLACE FUNCTION owui.mfa_ready(mfa json) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(json_typeof(mfa) = 'object' AND mfa ->> 'secret' IS NOT NULL
			AND coalesce(mfa ->> 'reset_required', 'false') = 'false', false)
$$;

-- The second factor's data without its open challenges and reset ticket.
CREATE OR REPLACE FUNCTION owui.mfa_clear(mfa json) RETURNS json
LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN json_typeof(mfa) = 'object' THEN owui.json_patch(mfa,
		json_build_object('revision', gen_random_uuid(), 'login_challenge', NULL,
				  'manage_challenge', NULL, 'reset_ticket', NULL), false)
	       ELSE mfa END
$$;

-- Store settings; when the policy of second factors changes with them, all sessions of all accounts end.
CREATE OR REPLACE FUNCTION owui.config_store_policy(changes json) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	changed boolean;
BEGIN
	PERFORM FROM config WHERE key LIKE 'auth.mfa.%' ORDER BY key FOR UPDATE;
	SELECT coalesce(bool_or(coalesce(c.value::text, 'false') <> n.value::text), false) INTO changed
	  FROM json_each(changes) n LEFT JOIN config c ON c.key = n.key
	 WHERE n.key IN ('auth.mfa.enable', 'auth.mfa.allow_oauth_bypass',
			 'auth.mfa.allow_trusted_header_bypass');
	INSERT INTO config (key, value, updated_at)
	SELECT key, value, owui.now() FROM json_each(changes)
	ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at;
	IF changed THEN
		RETURN QUERY UPDATE auth SET session_stamp = gen_random_uuid()::text,
					     mfa = owui.mfa_clear(mfa) RETURNING id::text;
	END IF;
END $$;
