-- Memories of an account: short texts with a path.

CREATE OR REPLACE FUNCTION owui.memory_json(m memory) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('id', m.id, 'user_id', m.user_id, 'type', m.type, 'path', m.path,
		'content', m.content, 'meta', owui.json_value(m.meta), 'updated_at', m.updated_at,
		'created_at', m.created_at)
$$;

-- Does it hold the words?  Nothing wanted: yes.
CREATE OR REPLACE FUNCTION owui.memory_matches(m memory, kind text, words text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT (kind = 'all' OR m.type = kind)
	   AND (coalesce(words, '') = '' OR strpos(lower(m.content), lower(words)) > 0
		OR strpos(lower(coalesce(m.path, '')), lower(words)) > 0)
$$;

-- How near a memory's path is to a wanted one, smaller is nearer: the same, below it, above it, beside it,
-- with parts in common.  NULL: not at all.
CREATE OR REPLACE FUNCTION owui.memory_rank(path text, wanted text) RETURNS int[]
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE
	       WHEN path = wanted THEN ARRAY[0, 0]
	       WHEN starts_with(path, wanted || '/') THEN ARRAY[1, cardinality(p) - cardinality(w)]
	       WHEN starts_with(wanted, path || '/') THEN ARRAY[2, cardinality(w) - cardinality(p)]
	       WHEN cardinality(p) > 1 AND p[:cardinality(p) - 1] = w[:cardinality(w) - 1] THEN ARRAY[3, 0]
	       WHEN p && w THEN ARRAY[4, -(SELECT count(*)::int FROM (
			SELECT unnest(p) INTERSECT SELECT unnest(w)) AS s)] END
	  FROM (SELECT string_to_array(path, '/'), string_to_array(wanted, '/')) AS t(p, w)
$$;

CREATE OR REPLACE FUNCTION owui.memory_search(uid text, words text, kind text, wanted text, one text, max bigint)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT coalesce(json_agg(j ORDER BY rank, updated_at DESC, id), '[]') FROM (
		SELECT owui.memory_json(m) AS j, m.updated_at, m.id, coalesce(r, ARRAY[9, 0]) AS rank
		  FROM memory m, LATERAL (SELECT owui.memory_rank(m.path, wanted) AS r,
			lower(coalesce(m.path, '') || E'\n' || m.content) AS hay) AS x
		 WHERE m.user_id = uid AND owui.memory_matches(m, kind, words)
		   AND (coalesce(one, '') = '' OR m.id = one)
		   AND (wanted IS NULL OR r IS NOT NULL OR strpos(hay, lower(wanted)) > 0
			OR strpos(hay, lower(regexp_replace(wanted, '^.*/', ''))) > 0)
		 ORDER BY rank, m.updated_at DESC, m.id LIMIT max) AS found
$$;

-- The paths in use, each with the steps below it: { paths: [{ path, type, count, updated_at, children }], count }.
CREATE OR REPLACE FUNCTION owui.memory_paths(uid text, words text, kind text, max bigint) RETURNS json
LANGUAGE sql STABLE AS $$
	WITH g AS MATERIALIZED (
		SELECT m.path, m.type, count(*) AS n, max(coalesce(m.updated_at, 0)) AS updated_at,
		       min(m.created_at) AS since
		  FROM memory m WHERE m.user_id = uid AND owui.memory_matches(m, kind, words)
		 GROUP BY m.path, m.type
	), page AS (
		SELECT * FROM g ORDER BY updated_at DESC, since, path LIMIT max
	)
	SELECT json_build_object('paths', coalesce((SELECT json_agg(json_build_object('path', p.path,
			'type', p.type, 'count', p.n, 'updated_at', p.updated_at, 'children',
			(SELECT coalesce(json_agg(child), '[]') FROM (
				SELECT DISTINCT p.path || '/' || split_part(substr(c.path, length(p.path) + 2), '/', 1)
				  FROM g c WHERE starts_with(c.path, p.path || '/') ORDER BY 1 LIMIT 20) AS x(child)))
			ORDER BY p.updated_at DESC, p.since, p.path) FROM page p), '[]'),
		'count', (SELECT count(*) FROM g))
$$;

-- What stands at a path, above and, with `below`, under it.
CREATE OR REPLACE FUNCTION owui.memory_path(uid text, wanted text, kind text, below boolean, max bigint)
RETURNS json LANGUAGE sql STABLE AS $$
	WITH mine AS MATERIALIZED (
		SELECT m, m.path, m.updated_at, m.id, cardinality(string_to_array(m.path, '/')) AS depth
		  FROM memory m WHERE m.user_id = uid AND (kind = 'all' OR m.type = kind) AND m.path IS NOT NULL
	), picked AS (
		SELECT *, CASE WHEN path = wanted THEN 0 WHEN starts_with(path, wanted || '/') THEN 1 ELSE 2 END AS place
		  FROM mine WHERE path = wanted OR starts_with(wanted, path || '/')
		      OR below AND starts_with(path, wanted || '/')
	)
	SELECT json_build_object('path', wanted,
		'parents', (SELECT coalesce(json_agg(path ORDER BY length(path)), '[]') FROM (
			SELECT DISTINCT path FROM mine WHERE starts_with(wanted, path || '/')) AS x),
		'children', (SELECT coalesce(json_agg(child ORDER BY child COLLATE "C"), '[]') FROM (
			SELECT DISTINCT wanted || '/' || split_part(substr(path, length(wanted) + 2), '/', 1) COLLATE "C"
			  FROM mine WHERE starts_with(path, wanted || '/') ORDER BY 1 LIMIT 50) AS x(child)),
		'memories', (SELECT coalesce(json_agg(owui.json_without(owui.memory_json(p.m), 'meta')
				ORDER BY place, way, updated_at DESC, id), '[]')
			FROM (SELECT *, CASE place WHEN 0 THEN 0 WHEN 1 THEN depth ELSE -depth END AS way
				FROM picked ORDER BY place, way, updated_at DESC, id LIMIT max) AS p))
$$;

-- One operation on an existing memory; NULL: there is none of that id.
CREATE OR REPLACE FUNCTION owui.memory_change(uid text, op json, new_meta json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	answer json;
BEGIN
	IF op->>'action' = 'remove' THEN
		DELETE FROM memory m WHERE m.id = op->>'id' AND m.user_id = uid
		RETURNING json_build_object('action', 'remove', 'status', 'deleted', 'id', m.id) INTO answer;
		IF FOUND THEN
			PERFORM owui.vector_delete('user-memory-' || uid, json_build_array(op->>'id'));
		END IF;
		RETURN answer;
	END IF;
	UPDATE memory m SET path = op->>'path', meta = owui.json_merge(m.meta, new_meta), updated_at = owui.now(),
	       content = CASE op->>'action' WHEN 'replace' THEN op->>'content' ELSE m.content END,
	       type = CASE op->>'action' WHEN 'replace' THEN coalesce(op->>'type', m.type) ELSE m.type END
	 WHERE m.id = op->>'id' AND m.user_id = uid
	RETURNING json_build_object('action', op->'action', 'status', 'updated', 'memory',
		owui.json_without(owui.memory_json(m), 'meta')) INTO answer;
	RETURN answer;
END
$$;

-- Carry out checked operations, all or none.  What became of each, in their order.
CREATE OR REPLACE FUNCTION owui.memory_apply(uid text, operations json, new_meta json) RETURNS json
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	op json;
	done json;
	answers json[] := '{}';
BEGIN
	FOR op IN SELECT json_array_elements(operations) LOOP
		IF op->>'action' = 'add' THEN
			SELECT json_build_object('action', 'add', 'status', 'skipped', 'memory',
				owui.json_without(owui.memory_json(m), 'meta'), 'reason', 'duplicate') INTO done
			  FROM memory m WHERE m.user_id = uid AND m.content = op->>'content'
			   AND m.type = op->>'type' AND m.path IS NOT DISTINCT FROM op->>'path' LIMIT 1;
			IF NOT FOUND THEN
				INSERT INTO memory AS m (id, user_id, type, path, content, meta, created_at, updated_at)
				SELECT gen_random_uuid()::text, uid, op->>'type', op->>'path', op->>'content', new_meta, n, n
				  FROM (SELECT owui.now()) AS t(n)
				RETURNING json_build_object('action', 'add', 'status', 'created', 'memory',
					owui.json_without(owui.memory_json(m), 'meta')) INTO done;
			END IF;
		ELSE
			done := owui.memory_change(uid, op, new_meta);
			IF done IS NULL THEN
				RAISE EXCEPTION '404 Memory not found: %', op->>'id';
			END IF;
		END IF;
		answers := answers || done;
	END LOOP;
	RETURN array_to_json(answers);
END
$$;
