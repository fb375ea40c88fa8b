-- Statistics of use (sql/functions/usage.sql).  since, until: seconds, 0 or NULL for open; group: NULL for all.

-- name: analytics_models(since bigint, until bigint, group text) json
SELECT json_build_object('models', coalesce(json_agg(json_build_object('model_id', model_id, 'count', n,
	'unique_users', users, 'unique_chats', chats) ORDER BY n DESC, model_id), '[]'))
  FROM (SELECT model_id, count(*) AS n, count(DISTINCT user_id) AS users, count(DISTINCT chat_id) AS chats
	  FROM owui.answers($1, $2, $3) WHERE model_id IS NOT NULL GROUP BY model_id) m;

-- name: analytics_users(since bigint, until bigint, group text, count bigint, metric text) json
SELECT json_build_object('users', coalesce(json_agg(json_build_object('user_id', t.user_id, 'name', u.name,
	'email', u.email, 'count', t.n, 'input_tokens', t.i, 'output_tokens', t.o, 'total_tokens', t.i + t.o)
	ORDER BY CASE $5 WHEN 'tokens' THEN t.i + t.o ELSE t.n END DESC, t.n DESC, t.user_id), '[]'))
  FROM (SELECT user_id, count(*) AS n, sum(owui.tokens_in(usage))::bigint AS i,
	       sum(owui.tokens_out(usage))::bigint AS o
	  FROM owui.answers($1, $2, $3) WHERE user_id IS NOT NULL GROUP BY user_id
	 ORDER BY CASE $5 WHEN 'tokens' THEN sum(owui.tokens_in(usage) + owui.tokens_out(usage))
			  ELSE count(*) END DESC, count(*) DESC, user_id
	 LIMIT greatest($4, 0)) t LEFT JOIN "user" u ON u.id = t.user_id;

-- name: analytics_summary(since bigint, until bigint, group text) json
SELECT json_build_object('total_messages', count(model_id), 'total_chats', count(DISTINCT chat_id),
	'total_models', count(DISTINCT model_id),
	'total_users', count(DISTINCT user_id) + CASE WHEN count(*) > count(user_id) THEN 1 ELSE 0 END)
  FROM owui.answers($1, $2, $3);

-- name: analytics_tokens(since bigint, until bigint, group text) json
SELECT json_build_object('models', coalesce(json_agg(json_build_object('model_id', model_id,
	'input_tokens', i, 'output_tokens', o, 'total_tokens', i + o, 'message_count', n)
	ORDER BY i + o DESC, model_id), '[]'), 'total_input_tokens', coalesce(sum(i), 0),
	'total_output_tokens', coalesce(sum(o), 0), 'total_tokens', coalesce(sum(i + o), 0))
  FROM (SELECT model_id, count(*) AS n, sum(owui.tokens_in(usage))::bigint AS i,
	       sum(owui.tokens_out(usage))::bigint AS o
	  FROM owui.answers($1, $2, $3) WHERE model_id IS NOT NULL AND usage IS NOT NULL
	 GROUP BY model_id) m;

-- With `compare` each span also tells of the one a whole period earlier.
-- name: analytics_spans(since bigint, until bigint, group text, minutes int, metric text, compare bool, zone text) json
WITH z AS (SELECT owui.zone($7) AS zone), now AS (
	SELECT s.* FROM z, owui.usage_spans($1, $2, $3, $4, $5, 0, z.zone) s
), before AS (
	SELECT s.* FROM z, owui.usage_spans($1 - ($2 - $1 + 1), $1 - 1, $3, $4, $5, $2 - $1 + 1, z.zone) s WHERE $6
), edge AS (
	SELECT now.*, before.models AS earlier, z.zone,
	       greatest($1, extract(epoch FROM now.span AT TIME ZONE z.zone)::bigint) AS first,
	       least($2 + 1, extract(epoch FROM (now.span + make_interval(mins => $4)) AT TIME ZONE z.zone)::bigint)
		AS past
	  FROM z, now LEFT JOIN before ON before.span = now.span
)
SELECT json_build_object('data', coalesce(json_agg(json_build_object(
	'date', to_char(span, CASE $4 WHEN 1440 THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD HH24:MI' END),
	'models', models,
	'start', CASE WHEN $6 THEN owui.local_iso(first, zone) END,
	'end', CASE WHEN $6 THEN owui.local_iso(past, zone) END,
	'previous', CASE WHEN $6 THEN json_build_object('models', coalesce(earlier, '{}'),
		'start', owui.local_iso(first - ($2 - $1 + 1), zone),
		'end', owui.local_iso(past - ($2 - $1 + 1), zone)) END) ORDER BY span), '[]'))
  FROM edge;

-- Messages of a chat, else of a model, else of an account; none without a filter.
-- name: analytics_messages(chat text, model text, owner text, since bigint, until bigint, skip bigint, count bigint) json
SELECT coalesce(json_agg(row_to_json(m) ORDER BY n), '[]') FROM (
	SELECT m.id, row_number() OVER () AS n FROM (
		SELECT id FROM chat_message
		 WHERE CASE WHEN coalesce($1, '') <> '' THEN chat_id = $1
			    WHEN coalesce($2, '') <> '' THEN model_id = $2
				AND (coalesce($4, 0) = 0 OR created_at >= $4)
				AND (coalesce($5, 0) = 0 OR created_at <= $5)
			    ELSE user_id = nullif($3, '') END
		 ORDER BY CASE WHEN coalesce($1, '') <> '' THEN created_at ELSE -created_at END, id
		 OFFSET CASE WHEN coalesce($1, '') <> '' THEN 0 ELSE greatest($6, 0) END
		 LIMIT CASE WHEN coalesce($1, '') = '' THEN greatest($7, 0) END) m) p
  JOIN chat_message m USING (id);

-- name: analytics_model_chats(model text, since bigint, until bigint, skip bigint, count bigint, order_by text, direction text) json
WITH hit AS (
	SELECT c.id, c.user_id, c.title, c.updated_at, u.name FROM chat c LEFT JOIN "user" u ON u.id = c.user_id
	 WHERE NOT owui.chat_internal(c.meta) AND c.id IN (
		SELECT chat_id FROM chat_message WHERE model_id = $1
		   AND (coalesce($2, 0) = 0 OR created_at >= $2) AND (coalesce($3, 0) = 0 OR created_at <= $3))
), sorted AS (
	SELECT hit.*, row_number() OVER (ORDER BY
		CASE WHEN $7 = 'asc' THEN CASE $6 WHEN 'title' THEN title WHEN 'user_name' THEN name END END,
		CASE WHEN $7 <> 'asc' THEN CASE $6 WHEN 'title' THEN title WHEN 'user_name' THEN name END END DESC,
		CASE WHEN $7 = 'asc' AND $6 NOT IN ('title', 'user_name') THEN updated_at END,
		CASE WHEN $7 <> 'asc' AND $6 NOT IN ('title', 'user_name') THEN updated_at END DESC, id) AS n
	  FROM hit
)
SELECT json_build_object('chats', (
	SELECT coalesce(json_agg(json_build_object('chat_id', id, 'user_id', user_id, 'user_name', name,
		'first_message', title, 'updated_at', updated_at) ORDER BY n), '[]')
	  FROM sorted WHERE n > $4 AND ($5 = 0 OR n <= $4 + $5)), 'total', (SELECT count(*) FROM hit));

-- Votes of each of the last days (0: of all days there are), and the tags of the model's chats.
-- name: analytics_model_overview(model text, days bigint, zone text) json
WITH z AS (SELECT owui.zone($3) AS zone), d AS (
	SELECT (to_timestamp(f.created_at) AT TIME ZONE z.zone)::date AS day,
	       count(*) FILTER (WHERE f.data ->> 'rating' = '1') AS won,
	       count(*) FILTER (WHERE f.data ->> 'rating' = '-1') AS lost
	  FROM z, feedback f
	 WHERE f.data ->> 'model_id' = $1 AND f.data ->> 'rating' IN ('1', '-1')
	   AND ($2 <= 0 OR f.created_at >= owui.now() - $2 * 86400)
	 GROUP BY 1
), every AS (
	SELECT generate_series(CASE WHEN $2 > 0 THEN (now() AT TIME ZONE z.zone)::date - $2::int
				    ELSE (SELECT min(day) FROM d) END,
			       (now() AT TIME ZONE z.zone)::date, interval '1 day')::date AS day FROM z
)
SELECT json_build_object('history', (
	SELECT coalesce(json_agg(json_build_object('date', e.day, 'won', coalesce(d.won, 0),
		'lost', coalesce(d.lost, 0)) ORDER BY e.day), '[]') FROM every e LEFT JOIN d USING (day)),
	'tags', (SELECT coalesce(json_agg(json_build_object('tag', tag, 'count', n) ORDER BY n DESC, tag), '[]')
		   FROM (SELECT t.tag, count(*) AS n FROM chat c, json_array_elements_text(
				CASE WHEN json_typeof(c.meta -> 'tags') = 'array' THEN c.meta -> 'tags'
				     ELSE '[]' END) t(tag)
			  WHERE c.id IN (SELECT chat_id FROM chat_message WHERE model_id = $1)
			  GROUP BY t.tag ORDER BY n DESC, t.tag LIMIT 10) x));

-- What one account used: ever, and from `since` to `until`; days are those of its own zone.
-- name: user_usage(id text, since bigint, until bigint) json
WITH z AS (SELECT owui.zone((SELECT nullif(timezone, '') FROM "user" WHERE id = $1)) AS zone), d AS (
	SELECT x.*, x.day - (row_number() OVER (PARTITION BY x.messages > 0 ORDER BY x.day))::int AS run
	  FROM z, owui.usage_days($1, $2, $3, z.zone) x
), runs AS (
	SELECT count(*) AS n, max(day) AS last FROM d WHERE messages > 0 GROUP BY run
), heat AS (
	SELECT coalesce(json_agg(json_build_object('date', day, 'messages', messages, 'chats', chats, 'tokens', tokens,
		'models', models) ORDER BY day), '[]') AS days FROM d
), ever AS (
	SELECT coalesce(sum(owui.tokens_in(usage)), 0)::bigint AS i,
	       coalesce(sum(owui.tokens_out(usage)), 0)::bigint AS o, count(DISTINCT model_id) AS models
	  FROM chat_message WHERE user_id = $1 AND role = 'assistant'
), period AS (
	SELECT count(*) AS n, count(*) FILTER (WHERE role = 'user') AS asked,
	       count(*) FILTER (WHERE role = 'assistant') AS answered,
	       (SELECT count(*) FROM d WHERE messages > 0) AS days
	  FROM chat_message WHERE user_id = $1 AND created_at BETWEEN $2 AND $3
), chats AS (
	SELECT count(*) AS n FROM chat WHERE user_id = $1 AND NOT owui.chat_internal(meta)
), models AS (
	SELECT model_id, count(*) AS n, sum(owui.tokens_in(usage))::bigint AS i,
	       sum(owui.tokens_out(usage))::bigint AS o
	  FROM chat_message WHERE user_id = $1 AND role = 'assistant' AND model_id IS NOT NULL
	   AND created_at BETWEEN $2 AND $3
	 GROUP BY model_id ORDER BY n DESC, model_id LIMIT 5
), tools AS (
	SELECT t.name, count(*) AS n FROM chat_message m, owui.tool_names(m.output, m.meta) t(name)
	 WHERE m.user_id = $1 AND m.created_at BETWEEN $2 AND $3
	 GROUP BY t.name ORDER BY n DESC, t.name LIMIT 5
)
SELECT json_build_object(
	'totals', json_build_object('lifetime_tokens', e.i + e.o, 'input_tokens', e.i, 'output_tokens', e.o,
		'peak_daily_tokens', (SELECT coalesce(max(tokens), 0) FROM d),
		'longest_chat_seconds', owui.longest_chat($1),
		'current_streak', coalesce((SELECT n FROM runs WHERE last = (SELECT max(day) FROM d)), 0),
		'longest_streak', coalesce((SELECT max(n) FROM runs), 0), 'total_chats', c.n,
		'active_days', p.days, 'models_used', e.models, 'messages', p.n, 'user_messages', p.asked,
		'assistant_messages', p.answered),
	'heatmap', h.days, 'weekly_heatmap', owui.usage_sums(h.days, true),
	'cumulative_heatmap', owui.usage_sums(h.days, false),
	'insights', json_build_object('most_used_model', (SELECT model_id FROM models ORDER BY n DESC, model_id LIMIT 1),
		'average_tokens_per_chat', coalesce(round((e.i + e.o)::numeric / nullif(c.n, 0), 1), 0),
		'average_messages_per_active_day', coalesce(round(p.n::numeric / nullif(p.days, 0), 1), 0),
		'user_message_share', coalesce(round(p.asked * 100.0 / nullif(p.n, 0), 1), 0),
		'assistant_message_share', coalesce(round(p.answered * 100.0 / nullif(p.n, 0), 1), 0)),
	'top_models', (SELECT coalesce(json_agg(json_build_object('model_id', model_id, 'messages', n,
		'input_tokens', i, 'output_tokens', o, 'total_tokens', i + o) ORDER BY n DESC, model_id), '[]')
		FROM models),
	'top_tools', (SELECT coalesce(json_agg(json_build_object('name', name, 'count', n) ORDER BY n DESC, name),
		'[]') FROM tools),
	'period', json_build_object('start_date', $2, 'end_date', $3, 'days', greatest(($3 - $2) / 86400 + 1, 1)))
  FROM ever e, period p, chats c, heat h;
