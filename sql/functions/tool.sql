-- What the built-in tools of a turn read and write.

-- A time as ISO 8601 in a zone, with its offset; NULL when there is no such zone.
CREATE OR REPLACE FUNCTION owui.iso_in(t timestamptz, zone text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
	shift interval := (t AT TIME ZONE zone) - (t AT TIME ZONE 'UTC');
BEGIN
	RETURN to_char(t AT TIME ZONE zone, 'YYYY-MM-DD"T"HH24:MI:SS.US') ||
	       CASE WHEN shift < interval '0' THEN '-' ELSE '+' END ||
	       to_char(make_interval(secs => abs(extract(epoch FROM shift))), 'HH24:MI');
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN NULL;
END
$$;

-- The time as the tools about time show it.
CREATE OR REPLACE FUNCTION owui.tool_time(t timestamptz) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object('current_timestamp', floor(extract(epoch FROM t))::bigint,
				 'current_iso', owui.iso_in(t, 'UTC'))
$$;

-- The words of a search that a text has to hold, and a piece of the text around the first that it does.
CREATE OR REPLACE FUNCTION owui.tool_hits(t text, query text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(bool_and(strpos(lower(t), w) > 0), true)
	  FROM unnest(regexp_split_to_array(lower(btrim(query)), '\s+')) w WHERE w <> ''
$$;

CREATE OR REPLACE FUNCTION owui.tool_snippet(t text, query text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	WITH f AS (
		SELECT coalesce((SELECT strpos(lower(t), w) FROM
			unnest(array_prepend(lower(btrim(query)), regexp_split_to_array(lower(btrim(query)), '\s+')))
			WITH ORDINALITY x(w, n) WHERE w <> '' AND strpos(lower(t), w) > 0 ORDER BY n LIMIT 1), 1) AS at
	), s AS (SELECT greatest(at - 50, 1) AS a, at + 150 AS z FROM f)
	SELECT CASE WHEN a > 1 THEN '...' ELSE '' END || substr(t, a, z - a) ||
	       CASE WHEN z <= length(t) THEN '...' ELSE '' END FROM s
$$;

-- How well a text fits a question, by its words; 0: not at all.
CREATE OR REPLACE FUNCTION owui.tool_rank(t text, query text) RETURNS real
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(ts_rank(to_tsvector('simple', t), q, 1), 0)
	  FROM (SELECT to_tsquery('simple', string_agg(quote_literal(w), ' | ')) AS q
		  FROM unnest(regexp_split_to_array(lower(query), '[^[:alnum:]]+')) w WHERE w <> '') x
$$;

-- Knowledge bases that the account may read: of the model when some are attached to it, else all.
CREATE OR REPLACE FUNCTION owui.tool_bases(uid text, around json) RETURNS SETOF knowledge
LANGUAGE sql STABLE AS $$
	SELECT k.* FROM knowledge k
	 WHERE owui.may('knowledge', k.id, k.user_id, uid, (around->>'admin')::boolean, 'read')
	   AND (around->'knowledge' IS NULL OR json_array_length(around->'knowledge') = 0 OR EXISTS (
		SELECT FROM json_array_elements(around->'knowledge') e
		 WHERE e->>'type' = 'collection' AND e->>'id' = k.id))
$$;

-- The files that a knowledge tool may read, with the knowledge base that they were found in.
CREATE OR REPLACE FUNCTION owui.tool_files(uid text, around json)
RETURNS TABLE (id text, filename text, content text, created_at bigint, updated_at bigint,
	       knowledge_id text, knowledge_name text) LANGUAGE sql STABLE AS $$
	SELECT DISTINCT ON (f.id) f.id::text, coalesce(f.meta->>'name', f.filename), coalesce(f.data->>'content', ''),
	       f.created_at, f.updated_at, k.id, k.name
	  FROM owui.tool_bases(uid, around) k JOIN knowledge_file m ON m.knowledge_id = k.id
	  JOIN file f ON f.id = m.file_id
	UNION ALL
	SELECT f.id::text, coalesce(f.meta->>'name', f.filename), coalesce(f.data->>'content', ''),
	       f.created_at, f.updated_at, NULL, NULL
	  FROM json_array_elements(coalesce(around->'knowledge', '[]')) e JOIN file f ON f.id = e->>'id'
	 WHERE e->>'type' = 'file'
$$;

-- The lines of a text with their numbers, or a piece of it: what the tool that reads files gives.
CREATE OR REPLACE FUNCTION owui.tool_excerpt(t text, args json) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	lines text[];
	a int := greatest(coalesce((args->>'start_line')::int, 1), 1);
	z int;
	skip int := greatest(coalesce((args->>'offset')::int, 0), 0);
	most int := least(greatest(coalesce((args->>'max_chars')::int, 10000), 1), 100000);
	piece text;
	o jsonb := '{}';
BEGIN
	IF args->>'start_line' IS NOT NULL OR args->>'end_line' IS NOT NULL THEN
		lines := string_to_array(t, E'\n');
		z := least(coalesce((args->>'end_line')::int, a + 99), cardinality(lines));
		o := jsonb_build_object('content', (SELECT coalesce(string_agg(n || ': ' || l, E'\n' ORDER BY n), '')
			FROM unnest(lines[a:z]) WITH ORDINALITY x(l, k), LATERAL (SELECT a + k - 1 AS n) y),
			'total_lines', cardinality(lines), 'showing_lines', a || '-' || z);
		IF z < cardinality(lines) THEN
			o := o || jsonb_build_object('truncated', true, 'next_start_line', z + 1);
		END IF;
		RETURN o;
	END IF;
	piece := substr(t, skip + 1, most);
	IF skip > 0 OR skip + length(piece) < length(t) THEN
		o := jsonb_build_object('truncated', skip + length(piece) < length(t), 'total_chars', length(t),
			'returned_chars', length(piece), 'offset', skip);
		IF skip + length(piece) < length(t) THEN
			o := o || jsonb_build_object('next_offset', skip + length(piece));
		END IF;
	END IF;
	IF coalesce((args->>'line_numbers')::boolean, false) THEN
		a := cardinality(string_to_array(substr(t, 1, skip), E'\n'));
		piece := (SELECT string_agg((greatest(a, 1) + n - 1) || ': ' || l, E'\n' ORDER BY n)
			    FROM unnest(string_to_array(piece, E'\n')) WITH ORDINALITY x(l, n));
	END IF;
	RETURN o || jsonb_build_object('content', coalesce(piece, ''));
END
$$;

-- A note's text after the changes that a model asks for; raises what is wrong with them.
CREATE OR REPLACE FUNCTION owui.tool_edited(t text, ops json) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	op json;
	found int;
BEGIN
	FOR op IN SELECT value FROM json_array_elements(ops) LOOP
		IF op->>'content' IS NULL THEN
			RAISE EXCEPTION 'An operation needs a content.';
		END IF;
		CASE op->>'action'
		WHEN 'replace' THEN
			t := op->>'content';
		WHEN 'replace_text' THEN
			IF coalesce(op->>'find', '') = '' THEN
				RAISE EXCEPTION 'replace_text needs the text to find.';
			END IF;
			found := (length(t) - length(replace(t, op->>'find', ''))) / length(op->>'find');
			IF found = 0 THEN
				RAISE EXCEPTION 'Text not found: %', op->>'find';
			ELSIF found > 1 AND NOT coalesce((op->>'replace_all')::boolean, false) THEN
				RAISE EXCEPTION 'The text stands % times in the note: find a longer one, or set replace_all.', found;
			END IF;
			t := replace(t, op->>'find', op->>'content');
		WHEN 'replace_range' THEN
			IF (op->>'start')::int < 0 OR (op->>'end')::int < (op->>'start')::int
			   OR (op->>'end')::int > length(t) THEN
				RAISE EXCEPTION 'The range lies outside of the note.';
			END IF;
			t := overlay(t PLACING op->>'content' FROM (op->>'start')::int + 1
				     FOR (op->>'end')::int - (op->>'start')::int);
		ELSE
			RAISE EXCEPTION 'There is no action %.', coalesce(op->>'action', 'null');
		END CASE;
	END LOOP;
	RETURN t;
END
$$;

-- A local time of the account in nanoseconds.
CREATE OR REPLACE FUNCTION owui.tool_ns(t text, uid text) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT floor(extract(epoch FROM CASE WHEN t ~ '(Z|[+-]\d\d:?\d\d)$' THEN t::timestamptz
		ELSE t::timestamp AT TIME ZONE coalesce((SELECT nullif(timezone, '') FROM "user" WHERE id = uid), 'UTC') END)
		* 1000000)::bigint * 1000
$$;

CREATE OR REPLACE FUNCTION owui.tool_event(e calendar_event, uid text) RETURNS json
LANGUAGE sql STABLE AS $$
	WITH z AS (SELECT coalesce((SELECT nullif(timezone, '') FROM "user" WHERE id = uid), 'UTC') AS zone)
	SELECT json_build_object('id', (e).id, 'calendar_id', (e).calendar_id, 'title', (e).title,
		'description', (e).description, 'location', (e).location, 'all_day', (e).all_day,
		'start', to_char(to_timestamp((e).start_at / 1000000000) AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'),
		'end', to_char(to_timestamp((e).end_at / 1000000000) AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'),
		'rrule', (e).rrule, 'is_cancelled', (e).is_cancelled)
	  FROM z
$$;

-- May the account write to the calendar of the event?
CREATE OR REPLACE FUNCTION owui.tool_event_open(event text, uid text, around json) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM calendar_event e JOIN calendar c ON c.id = e.calendar_id
		WHERE e.id = event AND owui.may('calendar', c.id, c.user_id, uid, (around->>'admin')::boolean, 'write'))
$$;

-- Channels that the account may read.
CREATE OR REPLACE FUNCTION owui.tool_channels(uid text) RETURNS SETOF channel
LANGUAGE sql STABLE AS $$
	SELECT c.* FROM channel c
	 WHERE c.deleted_at IS NULL AND c.archived_at IS NULL AND CASE WHEN c.type IN ('group', 'dm')
		THEN EXISTS (SELECT FROM channel_member m
			      WHERE m.channel_id = c.id AND m.user_id = uid AND m.is_active)
		ELSE owui.may('channel', c.id, c.user_id, uid, false, 'read') END
$$;

-- The tasks of a chat with their count by status.
CREATE OR REPLACE FUNCTION owui.tool_tasks(tasks json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
	SELECT json_build_object('tasks', tasks, 'summary', (
		SELECT json_build_object('total', count(*), 'pending', count(*) FILTER (WHERE s = 'pending'),
			'in_progress', count(*) FILTER (WHERE s = 'in_progress'),
			'completed', count(*) FILTER (WHERE s = 'completed'),
			'cancelled', count(*) FILTER (WHERE s = 'cancelled'))
		  FROM (SELECT e->>'status' AS s FROM json_array_elements(tasks) e) x))
$$;

-- The files of the skills that the account may use; SKILL.md is the skill's own text.
CREATE OR REPLACE FUNCTION owui.tool_skill_files(uid text)
RETURNS TABLE (id text, path text, content text) LANGUAGE sql STABLE AS $$
	WITH mine AS (
		SELECT s.* FROM skill s
		 WHERE s.is_active AND (s.user_id = uid OR owui.has_access(uid, 'skill', s.id, 'read'))
	)
	SELECT m.id::text, 'SKILL.md', m.content FROM mine m
	UNION ALL
	SELECT m.id::text, f->>'path', f->>'content'
	  FROM mine m, json_array_elements(CASE WHEN json_typeof(m.data->'files') = 'array' THEN m.data->'files'
						ELSE '[]' END) f
	 WHERE f->>'path' <> 'SKILL.md' AND coalesce(f->>'encoding', '') = ''
$$;
