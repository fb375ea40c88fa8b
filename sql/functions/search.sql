-- Search across conversations, shared snapshots, notes and channel messages.

-- The words of a query, lower case, each once, at most twelve.
CREATE OR REPLACE FUNCTION owui.search_terms(query text) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce((array_agg(w ORDER BY n))[:12], '{}') FROM (
		SELECT w, min(n) AS n FROM regexp_split_to_table(lower(query), '\s+') WITH ORDINALITY AS x(w, n)
		 WHERE w <> '' GROUP BY w) AS words
$$;

-- A pattern of ILIKE for any place of the text, in which nothing stands for something else.
CREATE OR REPLACE FUNCTION owui.like_any(word text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%' $$;

-- `length` characters around the first of the terms.
CREATE OR REPLACE FUNCTION owui.excerpt(content text, terms text[], length int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN start > 0 THEN '…' ELSE '' END
	    || regexp_replace(substr(content, start + 1, length), '^\s+|\s+$', '', 'g')
	    || CASE WHEN start + length < char_length(content) THEN '…' ELSE '' END
	  FROM (SELECT greatest(0, coalesce(min(at), 1) - 1 - length / 4)
		  FROM (SELECT strpos(lower(content), t) FROM unnest(terms) t) AS x(at) WHERE at > 0) AS s(start)
$$;

-- Percent-encoded for a query string, blanks as "+".
CREATE OR REPLACE FUNCTION owui.uri_part(s text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT coalesce(string_agg(CASE WHEN c ~ '^[A-Za-z0-9_.~-]$' THEN c WHEN c = ' ' THEN '+'
		ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END, '' ORDER BY n), '')
	  FROM regexp_split_to_table(s, '') WITH ORDINALITY AS x(c, n)
$$;

-- Does every pattern fit the title or one of the chat's messages?
CREATE OR REPLACE FUNCTION owui.search_chat_fits(chat_id text, title text, patterns text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT NOT EXISTS (SELECT FROM unnest(patterns) p WHERE NOT (title ILIKE p OR EXISTS (
		SELECT FROM chat_message m WHERE m.chat_id = $1 AND json_typeof(m.content) = 'string'
		   AND m.content #>> '{}' ILIKE p)))
$$;

-- The messages of a chat's document that are text, in their order.
CREATE OR REPLACE FUNCTION owui.search_messages(doc json) RETURNS TABLE (id text, content text, n bigint)
LANGUAGE sql IMMUTABLE AS $$
	SELECT e.value->>'id', e.value->>'content', e.n
	  FROM json_each(CASE WHEN json_typeof(doc #> '{history,messages}') = 'object'
			      THEN doc #> '{history,messages}' END) WITH ORDINALITY AS e(key, value, n)
	 WHERE json_typeof(e.value) = 'object' AND json_typeof(e.value->'content') = 'string'
	UNION ALL
	SELECT e.value->>'id', e.value->>'content', e.n
	  FROM json_array_elements(CASE WHEN json_typeof(doc->'messages') = 'array'
			AND coalesce((doc #> '{history,messages}')::text, '{}') IN ('{}', 'null')
			THEN doc->'messages' END) WITH ORDINALITY AS e(value, n)
	 WHERE json_typeof(e.value) = 'object' AND json_typeof(e.value->'content') = 'string'
$$;

-- What of a chat is shown: the first message with all terms, else with one, else the last; its id only
-- where a term was found.
CREATE OR REPLACE FUNCTION owui.search_passage(doc json, terms text[]) RETURNS TABLE (content text, id text)
LANGUAGE sql IMMUTABLE AS $$
	SELECT m.content, CASE WHEN hits > 0 THEN nullif(m.id, '') END FROM (
		SELECT s.*, (SELECT count(*) FROM unnest(terms) t WHERE strpos(lower(s.content), t) > 0) AS hits
		  FROM owui.search_messages(doc) s) m
	 ORDER BY CASE WHEN hits > 0 AND hits = cardinality(terms) THEN 0 WHEN hits > 0 THEN 1 ELSE 2 END,
		  CASE WHEN hits > 0 THEN n ELSE -n END LIMIT 1
$$;

-- The folders that an account may open: its own, those a grant opens, and all below.
CREATE OR REPLACE FUNCTION owui.search_folders(uid text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE f AS (
		SELECT id FROM folder WHERE user_id = uid OR id IN (SELECT owui.accessible(uid, 'folder', 'read'))
		UNION
		SELECT c.id FROM folder c JOIN f ON c.parent_id = f.id
	)
	SELECT id FROM f
$$;

-- Those of `folders` that are `roots` or below one.
CREATE OR REPLACE FUNCTION owui.search_below(folders text[], roots text[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
	WITH RECURSIVE f AS (
		SELECT id FROM folder WHERE id = ANY (roots) AND id = ANY (folders)
		UNION
		SELECT c.id FROM folder c JOIN f ON c.parent_id = f.id WHERE c.id = ANY (folders)
	)
	SELECT ARRAY(SELECT id FROM f)
$$;

-- The channels that an account is in or may read, by the names it sees: a conversation of two without a
-- name is called by the others.
CREATE OR REPLACE FUNCTION owui.search_channels(uid text) RETURNS TABLE (id text, name text, dm boolean)
LANGUAGE sql STABLE AS $$
	SELECT c.id, CASE WHEN c.type = 'dm' AND coalesce(c.name, '') = '' THEN coalesce(
			(SELECT string_agg(u.name, ', ' ORDER BY u.name, u.id) FROM channel_member m
			   JOIN "user" u ON u.id = m.user_id WHERE m.channel_id = c.id AND u.id <> uid),
			(SELECT u.name FROM "user" u WHERE u.id = uid), '')
		ELSE coalesce(c.name, '') END, c.type IS NOT DISTINCT FROM 'dm'
	  FROM channel c
	 WHERE c.deleted_at IS NULL AND c.archived_at IS NULL
	   AND CASE WHEN c.type IN ('group', 'dm') THEN EXISTS (SELECT FROM channel_member m
			WHERE m.channel_id = c.id AND m.user_id = uid AND m.is_active)
		    ELSE owui.may('channel', c.id, c.user_id, uid, false, 'read') END
$$;

CREATE OR REPLACE FUNCTION owui.search_title_rank(title text, words text) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN lower(title) = lower(words) THEN 0 WHEN title ILIKE owui.like_any(words) THEN 1 ELSE 3 END
$$;

-- What is found, without what it says: source, id, rank, time.  `folders` and `channels` are those the account
-- may open, `scope` one of them or ''.
CREATE OR REPLACE FUNCTION owui.search_hits(uid text, words text, sources text[], sharing text, scope text,
					    folders text[], channels text[])
RETURNS TABLE (source text, id text, rank int, updated_at bigint) LANGUAGE sql STABLE AS $$
	WITH w AS (
		SELECT ARRAY(SELECT owui.like_any(t) FROM unnest(owui.search_terms(words)) t) AS patterns,
		       ARRAY(SELECT s.chat_id FROM shared_chat s WHERE s.chat->>'share_mode' = 'continue'
			      AND s.chat_id IN (SELECT owui.granted_directly(uid, 'shared_chat'))) AS continued
	)
	SELECT 'chat', c.id, CASE WHEN words <> '' THEN owui.search_title_rank(c.title, words)
			WHEN c.pinned AND c.user_id = uid THEN 0 ELSE 3 END, c.updated_at
	  FROM w, chat c
	 WHERE 'chat' = ANY (sources) AND (c.user_id = uid OR c.folder_id = ANY (folders) OR c.id = ANY (continued))
	   AND c.archived = false AND NOT owui.chat_internal(c.meta)
	   AND owui.in_view(CASE sharing WHEN 'mine' THEN 'created' ELSE sharing END, c.user_id, uid)
	   AND (scope = '' OR c.folder_id = ANY (owui.search_below(folders, ARRAY[substr(scope, 8)])))
	   AND owui.search_chat_fits(c.id, c.title, patterns)
	UNION ALL
	SELECT 'shared', s.id, CASE WHEN words <> '' THEN owui.search_title_rank(s.title, words) ELSE 3 END, s.updated_at
	  FROM w, shared_chat s
	 WHERE 'shared' = ANY (sources) AND s.chat_id IN (SELECT owui.granted_directly(uid, 'shared_chat'))
	   AND NOT s.chat_id = ANY (continued) AND (sharing <> 'shared' OR s.user_id <> uid)
	   AND NOT EXISTS (SELECT FROM chat c WHERE c.id = s.chat_id AND (c.user_id = uid OR c.folder_id = ANY (folders)))
	   AND NOT EXISTS (SELECT FROM unnest(patterns) p WHERE NOT (s.title ILIKE p OR EXISTS (
		SELECT FROM owui.search_messages(s.chat) m WHERE m.content ILIKE p)))
	UNION ALL
	SELECT 'note', n.id, CASE WHEN words <> '' THEN owui.search_title_rank(n.title, words)
			WHEN EXISTS (SELECT FROM pinned_note p WHERE p.note_id = n.id AND p.user_id = uid) THEN 0 ELSE 3 END,
	       n.updated_at / 1000000000
	  FROM w, note n
	 WHERE 'note' = ANY (sources) AND owui.note_listed(n, uid, false, 'read')
	   AND owui.in_view(CASE sharing WHEN 'mine' THEN 'created' ELSE sharing END, n.user_id, uid)
	   AND NOT EXISTS (SELECT FROM unnest(patterns) p
		WHERE NOT (n.title ILIKE p OR coalesce(n.data #>> '{content,md}', '') ILIKE p))
	UNION ALL
	SELECT 'message', m.id, 3, m.updated_at / 1000000000
	  FROM w, message m
	 WHERE 'message' = ANY (sources) AND m.channel_id = ANY (channels)
	   AND (scope = '' OR m.channel_id = substr(scope, 9))
	   AND owui.in_view(CASE sharing WHEN 'mine' THEN 'created' ELSE sharing END, m.user_id, uid)
	   AND NOT EXISTS (SELECT FROM unnest(patterns) p WHERE NOT m.content ILIKE p)
$$;

-- What grants to the account or its groups open; not those to everybody.
CREATE OR REPLACE FUNCTION owui.granted_directly(uid text, type text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
	SELECT a.resource_id FROM access_grant a
	 WHERE a.resource_type = $2 AND a.permission = 'read'
	   AND (a.principal_type = 'user' AND a.principal_id = $1 OR
		a.principal_type = 'group' AND a.principal_id IN (SELECT owui.user_groups($1)))
$$;

-- One hit as it is shown.
CREATE OR REPLACE FUNCTION owui.search_item(uid text, words text, source text, hit text, updated bigint, folders text[])
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	terms text[] := owui.search_terms(words);
	found record;
BEGIN
	IF source = 'chat' THEN
		SELECT 'chat:' || c.id AS id, c.title, coalesce(f.name, CASE WHEN c.user_id <> uid THEN 'Shared chat'
				ELSE 'Personal chat' END) AS context, p.content,
		       '/c/' || c.id || coalesce('?message=' || owui.uri_part(p.id), '') AS url,
		       c.user_id <> uid OR coalesce(c.share_id, '') <> '' OR c.folder_id = ANY (owui.search_below(folders,
				ARRAY(SELECT a.resource_id FROM access_grant a WHERE a.resource_type = 'folder'
				       AND a.permission = 'read'))) AS shared,
		       c.pinned AND c.user_id = uid AS pinned INTO found
		  FROM chat c LEFT JOIN folder f ON f.id = c.folder_id AND f.id = ANY (folders)
		  LEFT JOIN LATERAL owui.search_passage(c.chat, terms) p ON true WHERE c.id = hit;
	ELSIF source = 'shared' THEN
		SELECT 'shared:' || s.id AS id, s.title, 'Shared snapshot' AS context, p.content,
		       '/s/' || s.id || coalesce('?message=' || owui.uri_part(p.id), '') AS url, true AS shared,
		       false AS pinned INTO found
		  FROM shared_chat s LEFT JOIN LATERAL owui.search_passage(s.chat, terms) p ON true WHERE s.id = hit;
	ELSIF source = 'note' THEN
		SELECT 'note:' || n.id AS id, n.title, CASE WHEN x.shared THEN 'Shared note' ELSE 'Personal note' END AS context,
		       n.data #>> '{content,md}' AS content, '/notes/' || n.id || CASE WHEN words <> ''
				THEN '?search=' || owui.uri_part(words) ELSE '' END AS url, x.shared,
		       EXISTS (SELECT FROM pinned_note p WHERE p.note_id = n.id AND p.user_id = uid) AS pinned INTO found
		  FROM note n, LATERAL (SELECT n.user_id <> uid OR EXISTS (SELECT FROM access_grant a
			WHERE a.resource_type = 'note' AND a.resource_id = n.id AND a.permission = 'read')) AS x(shared)
		 WHERE n.id = hit;
	ELSE
		SELECT 'message:' || m.id AS id, coalesce(nullif(u.name, ''), 'Message') AS title,
		       CASE WHEN c.dm THEN c.name ELSE '#' || c.name END AS context, m.content,
		       '/channels/' || m.channel_id || '?thread=' || owui.uri_part(coalesce(nullif(m.parent_id, ''), m.id))
				|| '&message=' || owui.uri_part(m.id) AS url, true AS shared, false AS pinned INTO found
		  FROM message m JOIN owui.search_channels(uid) c ON c.id = m.channel_id
		  LEFT JOIN "user" u ON u.id = m.user_id WHERE m.id = hit;
	END IF;
	IF found IS NULL OR found.id IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN json_build_object('id', found.id, 'kind', CASE source WHEN 'shared' THEN 'chat' ELSE source END,
		'title', coalesce(nullif(found.title, ''), 'Untitled'), 'context', found.context,
		'snippet', owui.excerpt(coalesce(found.content, ''), terms, 200),
		'preview', owui.excerpt(coalesce(found.content, ''), terms, 2400), 'url', found.url,
		'updated_at', updated, 'shared', coalesce(found.shared, false), 'pinned', coalesce(found.pinned, false));
END
$$;

-- 24 to a page.  `kinds` are those that the account may search: chat, message, note.
CREATE OR REPLACE FUNCTION owui.search(uid text, query text, kind text, sharing text, scope text, page bigint,
				       kinds text[])
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	words text := regexp_replace(query, '^\s+|\s+$', '', 'g');
	folders text[] := ARRAY(SELECT owui.search_folders(uid));
	channels text[] := '{}';
	sources text[] := '{}';
	scopes json;
	items json[] := '{}';
	item json;
	hit record;
	n int := 0;
BEGIN
	IF 'message' = ANY (kinds) THEN
		channels := ARRAY(SELECT c.id FROM owui.search_channels(uid) c);
	END IF;
	SELECT coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'kind', s.kind)
			ORDER BY s.kind, lower(s.name) COLLATE "C", s.id COLLATE "C"), '[]') INTO scopes FROM (
		SELECT 'folder:' || f.id, f.name, 'folder' FROM folder f WHERE f.id = ANY (folders)
		UNION ALL
		SELECT 'channel:' || c.id, c.name, 'channel' FROM owui.search_channels(uid) c
		 WHERE 'message' = ANY (kinds)) AS s(id, name, kind);
	IF kind IN ('all', 'chat') AND NOT starts_with(scope, 'channel:') THEN
		sources := sources || 'chat'::text;
		IF scope = '' AND sharing <> 'mine' THEN
			sources := sources || 'shared'::text;
		END IF;
	END IF;
	IF kind IN ('all', 'note') AND 'note' = ANY (kinds) AND scope = '' THEN
		sources := sources || 'note'::text;
	END IF;
	IF kind IN ('all', 'message') AND 'message' = ANY (kinds) AND NOT starts_with(scope, 'folder:') THEN
		sources := sources || 'message'::text;
	END IF;
	IF scope = '' OR scope IN (SELECT s->>'id' FROM json_array_elements(scopes) s) THEN
		FOR hit IN SELECT * FROM owui.search_hits(uid, words, sources, sharing, scope, folders, channels) h
			    ORDER BY h.rank, h.updated_at DESC, h.source, h.id LIMIT 25 OFFSET (page - 1) * 24 LOOP
			n := n + 1;
			item := CASE WHEN n <= 24 THEN owui.search_item(uid, words, hit.source, hit.id, hit.updated_at, folders) END;
			IF item IS NOT NULL THEN
				items := items || item;
			END IF;
		END LOOP;
	END IF;
	RETURN json_build_object('items', array_to_json(items), 'has_more', n > 24, 'scopes', scopes,
		'kinds', array_to_json(kinds));
END
$$;
