-- Pieces of JSON text put together; values stay as they are stored.

-- The members of two objects, neither of them empty.
CREATE OR REPLACE FUNCTION owui.json_and(a json, b json) RETURNS json
LANGUAGE sql IMMUTABLE AS
$$ SELECT (left(btrim(a::text, E' \n\t'), -1) || ',' || substr(btrim(b::text, E' \n\t'), 2))::json $$;

-- `old` with the members of `patch` in their place or behind; a JSON null takes a member away
-- when `drop_null` is set.  What is no object counts as an empty one.
CREATE OR REPLACE FUNCTION owui.json_patch(old json, patch json, drop_null boolean) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	WITH o AS (
		SELECT key, value, n FROM json_each(CASE WHEN json_typeof(old) = 'object' THEN old
							  ELSE '{}' END) WITH ORDINALITY e(key, value, n)
	), p AS (
		SELECT key, value, n FROM json_each(patch) WITH ORDINALITY e(key, value, n)
	)
	SELECT coalesce(json_object_agg(key, value ORDER BY n), '{}') FROM (
		SELECT coalesce(p.key, o.key) AS key,
		       CASE WHEN p.key IS NOT NULL THEN p.value ELSE o.value END AS value,
		       coalesce(o.n, p.n + 1000000) AS n
		  FROM o FULL JOIN p ON p.key = o.key
	) m WHERE NOT (drop_null AND json_typeof(value) = 'null')
$$;

-- An object without one member.
CREATE OR REPLACE FUNCTION owui.json_without(o json, member text) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(json_object_agg(key, value ORDER BY n), '{}')
	  FROM json_each(o) WITH ORDINALITY e(key, value, n) WHERE key <> member
$$;

-- SQL NULL for a JSON null.
CREATE OR REPLACE FUNCTION owui.json_value(v json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN json_typeof(v) <> 'null' THEN v END $$;

-- `def` for what holds nothing: NULL, null, {} and [].
CREATE OR REPLACE FUNCTION owui.json_or(v json, def json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN v IS NULL OR json_typeof(v) = 'null' OR v::jsonb IN ('{}', '[]') THEN def ELSE v END
$$;
