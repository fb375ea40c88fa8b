-- What was used: counted over chat_message, for the administrator and for one account.

-- A zone that PostgreSQL knows; UTC else.
CREATE OR REPLACE FUNCTION owui.zone(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	PERFORM now() AT TIME ZONE name;
	RETURN coalesce(name, 'UTC');
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN 'UTC';
END $$;

-- Seconds of a message's time: milliseconds are brought down, what cannot be true counts as now.
CREATE OR REPLACE FUNCTION owui.sane_time(at bigint) RETURNS double precision
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN s BETWEEN 1577836800 AND owui.now() + 86400 THEN s ELSE owui.now() END
	  FROM (SELECT CASE WHEN at > 10000000000 THEN at / 1000.0 ELSE at END::double precision) x(s)
$$;

-- A whole number under one of two names; NULL when neither holds one.
CREATE OR REPLACE FUNCTION owui.json_count(o json, one text, two text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN json_typeof(o -> one) = 'number' THEN trunc((o ->> one)::numeric)::bigint
		    WHEN json_typeof(o -> two) = 'number' THEN trunc((o ->> two)::numeric)::bigint END
$$;

CREATE OR REPLACE FUNCTION owui.tokens_in(usage json) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(owui.json_count(usage, 'input_tokens', 'prompt_tokens'), 0) $$;

CREATE OR REPLACE FUNCTION owui.tokens_out(usage json) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(owui.json_count(usage, 'output_tokens', 'completion_tokens'), 0) $$;

-- Answers of models within a time (0, NULL: open) by the members of a group (NULL, '': everybody).
CREATE OR REPLACE FUNCTION owui.answers(since bigint, until bigint, gid text) RETURNS SETOF chat_message
LANGUAGE sql STABLE AS $$
	SELECT * FROM chat_message m
	 WHERE m.role = 'assistant' AND (coalesce(since, 0) = 0 OR m.created_at >= since)
	   AND (coalesce(until, 0) = 0 OR m.created_at <= until)
	   AND (coalesce(gid, '') = '' OR m.user_id IN (SELECT owui.group_users(gid)))
$$;

-- The start of the span of `minutes` that a moment falls into, as the clock on the wall shows it.
CREATE OR REPLACE FUNCTION owui.span_start(at double precision, minutes int, zone text) RETURNS timestamp
LANGUAGE sql STABLE AS $$
	SELECT date_bin(make_interval(mins => minutes), l, date_trunc('day', l))
	  FROM (SELECT to_timestamp(at) AT TIME ZONE zone) x(l)
$$;

CREATE OR REPLACE FUNCTION owui.local_iso(at double precision, zone text) RETURNS text
LANGUAGE sql STABLE AS
$$ SELECT to_char(to_timestamp(at) AT TIME ZONE zone, 'YYYY-MM-DD"T"HH24:MI:SS') $$;

-- Messages or tokens of each model for each span, moved by `shift` seconds: rows (span, { model: n }).
-- A bounded time has a row for every span.
CREATE OR REPLACE FUNCTION owui.usage_spans(since bigint, until bigint, gid text, minutes int, metric text,
					    shift bigint, zone text)
RETURNS TABLE (span timestamp, models json) LANGUAGE sql STABLE AS $$
	WITH n AS (
		SELECT owui.span_start(owui.sane_time(m.created_at) + shift, minutes, zone) AS span, m.model_id,
		       sum(CASE metric WHEN 'tokens' THEN owui.tokens_in(m.usage) + owui.tokens_out(m.usage)
				       ELSE 1 END) AS n
		  FROM owui.answers(since, until, gid) m WHERE m.model_id IS NOT NULL GROUP BY 1, 2
	), every AS (
		SELECT g AS span FROM generate_series(
			owui.span_start(owui.sane_time(since) + shift, minutes, zone),
			to_timestamp(owui.sane_time(until) + shift) AT TIME ZONE zone,
			make_interval(mins => minutes)) g
		 WHERE coalesce(since, 0) <> 0 AND coalesce(until, 0) <> 0
		 LIMIT 200000
	)
	SELECT s.span, coalesce(json_object_agg(n.model_id, n.n ORDER BY n.model_id)
				FILTER (WHERE n.model_id IS NOT NULL), '{}')
	  FROM (SELECT span FROM n UNION SELECT span FROM every) s LEFT JOIN n USING (span) GROUP BY s.span
$$;

-- Names of tools anywhere in a message's output or notes.
CREATE OR REPLACE FUNCTION owui.tool_names(output json, meta json) RETURNS SETOF text
LANGUAGE sql IMMUTABLE AS $$
	WITH RECURSIVE w(v) AS (
		SELECT x FROM (VALUES (output), (meta)) t(x) WHERE x IS NOT NULL
		UNION ALL
		SELECT c.v FROM w, LATERAL (
			SELECT value FROM json_array_elements(CASE WHEN json_typeof(w.v) = 'array' THEN w.v
								   ELSE '[]' END)
			UNION ALL
			SELECT value FROM json_each(CASE WHEN json_typeof(w.v) = 'object' THEN w.v ELSE '{}' END)
			 WHERE key IN ('tool_calls', 'tools', 'output', 'meta')) c(v)
	), t AS (
		SELECT v FROM w WHERE json_typeof(v) = 'object'
		   AND (v ->> 'type' LIKE '%tool%' OR v ->> 'type' IN ('function_call', 'function_call_output'))
	)
	SELECT btrim(name) FROM (
		SELECT coalesce(nullif(v ->> 'name', ''), v ->> 'tool_name') FROM t
		UNION ALL SELECT v #>> '{function,name}' FROM t) n(name)
	 WHERE length(btrim(name)) BETWEEN 1 AND 128
$$;

-- Seconds that each chat of an account was in use: pauses of more than half an hour do not count.
CREATE OR REPLACE FUNCTION owui.longest_chat(uid text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT coalesce(max(s), 0) FROM (
		SELECT sum(d) FILTER (WHERE d > 0 AND d <= 1800)::bigint AS s FROM (
			SELECT chat_id, t - lag(t) OVER (PARTITION BY chat_id ORDER BY t) AS d FROM (
				SELECT m.chat_id, CASE WHEN m.created_at > 10000000000
						       THEN m.created_at / 1000 ELSE m.created_at END AS t
				  FROM chat_message m JOIN chat c ON c.id = m.chat_id
				 WHERE c.user_id = uid AND NOT owui.chat_internal(c.meta)
				   AND m.created_at IS NOT NULL) a) b GROUP BY chat_id) c
$$;

-- { date, messages, chats, tokens, models } of one account for each day.
CREATE OR REPLACE FUNCTION owui.usage_days(uid text, since bigint, until bigint, zone text)
RETURNS TABLE (day date, messages bigint, chats bigint, tokens bigint, models json)
LANGUAGE sql STABLE AS $$
	WITH m AS (
		SELECT (to_timestamp(owui.sane_time(created_at)) AT TIME ZONE zone)::date AS day, chat_id, role,
		       model_id, owui.tokens_in(usage) + owui.tokens_out(usage) AS tokens
		  FROM chat_message WHERE user_id = uid AND created_at BETWEEN since AND until
	), every AS (
		SELECT generate_series(
			(to_timestamp(owui.sane_time(since)) AT TIME ZONE zone)::date,
			(to_timestamp(owui.sane_time(until)) AT TIME ZONE zone)::date, interval '1 day')::date AS day
		UNION SELECT day FROM m
	), sums AS (
		SELECT day, count(*) AS messages, count(DISTINCT chat_id) AS chats, sum(tokens)::bigint AS tokens
		  FROM m GROUP BY day
	), models AS (
		SELECT day, json_object_agg(model_id, n ORDER BY n DESC, model_id) AS models FROM (
			SELECT day, model_id, count(*) AS n FROM m
			 WHERE role = 'assistant' AND model_id IS NOT NULL GROUP BY day, model_id) x
		 GROUP BY day
	)
	SELECT day, coalesce(s.messages, 0), coalesce(s.chats, 0), coalesce(s.tokens, 0), coalesce(x.models, '{}')
	  FROM every LEFT JOIN sums s USING (day) LEFT JOIN models x USING (day)
$$;

-- Sums over days: of each week (that begins on Monday), or of all up to each day.
CREATE OR REPLACE FUNCTION owui.usage_sums(days json, by_week boolean) RETURNS json
LANGUAGE sql STABLE AS $$
	WITH d AS (
		SELECT CASE WHEN by_week THEN date_trunc('week', date::date)::date ELSE date::date END AS key,
		       messages, chats, tokens, models
		  FROM json_to_recordset(days) AS x(date text, messages bigint, chats bigint, tokens bigint,
						    models json)
	), k AS (
		SELECT key, sum(messages) AS messages, sum(chats) AS chats, sum(tokens) AS tokens FROM d GROUP BY key
	), m AS (
		SELECT d.key, e.key AS model, sum(e.value::bigint) AS n FROM d, json_each_text(d.models) e
		 GROUP BY d.key, e.key
	), s AS (
		SELECT key, messages, chats, tokens FROM k WHERE by_week
		UNION ALL
		SELECT key, sum(messages) OVER w, sum(chats) OVER w, sum(tokens) OVER w FROM k WHERE NOT by_week
		WINDOW w AS (ORDER BY key)
	), r AS (
		SELECT key, model, n FROM m WHERE by_week
		UNION ALL
		SELECT key, model, sum(m.n) OVER (PARTITION BY model ORDER BY key)
		  FROM k CROSS JOIN (SELECT DISTINCT model FROM m) x LEFT JOIN m USING (key, model) WHERE NOT by_week
	), j AS (
		SELECT key, json_object_agg(model, n ORDER BY n DESC, model) AS models FROM r WHERE n > 0 GROUP BY key
	)
	SELECT coalesce(json_agg(json_build_object('date', key, 'messages', messages, 'chats', chats, 'tokens', tokens,
			'models', coalesce(j.models, '{}')) ORDER BY key), '[]')
	  FROM s LEFT JOIN j USING (key)
$$;
