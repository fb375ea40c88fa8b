-- The table document_chunk, as the reference's pgvector store makes it.  Its column `vector` has the type
-- vector(n) or halfvec(n) where pgvector is installed, and real[] where it is not.

-- The column's type as it is; NULL: there is no table.
CREATE OR REPLACE FUNCTION owui.vector_type() RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
	 WHERE a.attrelid = to_regclass('document_chunk') AND a.attname = 'vector' AND NOT a.attisdropped
$$;

-- Make the extension if that is allowed and possible: is it there?
CREATE OR REPLACE FUNCTION owui.vector_extension(make boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF make AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
		BEGIN
			CREATE EXTENSION vector;
		EXCEPTION WHEN OTHERS THEN
			RAISE LOG 'pgvector is not used: %', SQLERRM;
		END;
	END IF;
	RETURN EXISTS (SELECT FROM pg_extension WHERE extname = 'vector');
END
$$;

-- Make the table; one that was made without pgvector is changed once the extension is there.  The length
-- of its vectors.
CREATE OR REPLACE FUNCTION owui.vector_ensure(length int, half boolean, make_extension boolean)
RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	wanted text;
BEGIN
	IF owui.vector_type() IS NULL OR owui.vector_type() = 'real[]' THEN
		PERFORM pg_advisory_xact_lock(731947207);
		wanted := CASE WHEN owui.vector_extension(make_extension)
			       THEN format('%s(%s)', CASE WHEN half THEN 'halfvec' ELSE 'vector' END, length)
			       ELSE 'real[]' END;
		IF owui.vector_type() IS NULL THEN
			EXECUTE format('CREATE TABLE document_chunk (id text PRIMARY KEY, vector %s, '
				'collection_name text NOT NULL, text text, vmetadata jsonb)', wanted);
			CREATE INDEX idx_document_chunk_collection_name ON document_chunk (collection_name);
			CREATE INDEX idx_document_chunk_text_search ON document_chunk
			 USING gin (to_tsvector('simple', coalesce(text, '')));
		ELSIF owui.vector_type() = 'real[]' AND wanted <> 'real[]' THEN
			EXECUTE format('ALTER TABLE document_chunk ALTER COLUMN vector TYPE %s USING vector::%1$s', wanted);
		END IF;
	END IF;
	RETURN coalesce(substring(owui.vector_type() FROM '\((\d+)\)')::int, length);
END
$$;

-- Store items [{ id, text, vector: [number …], metadata }]; metadata join those that an item had.
CREATE OR REPLACE FUNCTION owui.vector_put(collection text, items json) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	kind text := owui.vector_type();
BEGIN
	EXECUTE format('INSERT INTO document_chunk AS d (id, vector, collection_name, text, vmetadata)
		SELECT DISTINCT ON (i->>''id'') i->>''id'', %s, $1, i->>''text'', (i->''metadata'')::jsonb
		  FROM json_array_elements($2) WITH ORDINALITY AS e(i, n) ORDER BY i->>''id'', n DESC
		ON CONFLICT (id) DO UPDATE SET vector = excluded.vector, text = excluded.text,
			collection_name = excluded.collection_name,
			vmetadata = coalesce(d.vmetadata, ''{}'') || excluded.vmetadata',
		CASE WHEN kind = 'real[]' THEN 'translate(i->>''vector'', ''[]'', ''{}'')::real[]'
		     ELSE '(i->>''vector'')::' || kind END)
	USING collection, items;
END
$$;

CREATE OR REPLACE FUNCTION owui.vector_cosine(a real[], b real[]) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(sum(x::float8 * y) / nullif(sqrt(sum(x::float8 * x)) * sqrt(sum(y::float8 * y)), 0), 0)
	  FROM unnest(a, b) AS t(x, y)
$$;

-- Do the metadata agree with the filter: { name: text, name: { "$in": [text …] } }?
CREATE OR REPLACE FUNCTION owui.vector_fits(metadata jsonb, filter json) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT filter IS NULL OR NOT EXISTS (SELECT FROM json_each(filter) f WHERE NOT coalesce(
		CASE WHEN json_typeof(f.value) = 'object'
		     THEN metadata->>f.key IN (SELECT json_array_elements_text(f.value->'$in'))
		     ELSE metadata->>f.key = f.value #>> '{}' END, false))
$$;

-- The nearest items of a collection, best first.
CREATE OR REPLACE FUNCTION owui.vector_search(collection text, wanted text, filter json, max bigint)
RETURNS TABLE (id text, text text, vmetadata jsonb, score float8) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	kind text := owui.vector_type();
	near text := 'd.vector <=> $2::' || kind;
BEGIN
	IF kind IS NULL THEN
		RETURN;
	ELSIF kind = 'real[]' THEN
		near := '1 - owui.vector_cosine(d.vector, translate($2, ''[]'', ''{}'')::real[])';
	ELSE
		BEGIN	-- where somebody made an approximate index: look on until enough were found
			PERFORM set_config('ivfflat.iterative_scan', 'relaxed_order', true),
				set_config('hnsw.iterative_scan', 'relaxed_order', true);
		EXCEPTION WHEN OTHERS THEN
			NULL;	-- pgvector before 0.8
		END;
	END IF;
	RETURN QUERY EXECUTE format('SELECT d.id, d.text, d.vmetadata,
			coalesce((2 - nullif(%1$s, ''NaN''))::float8 / 2, 0.5)
		  FROM document_chunk d WHERE d.collection_name = $1 AND owui.vector_fits(d.vmetadata, $3)
		 ORDER BY %1$s LIMIT $4', near) USING collection, wanted, filter, max;
END
$$;

-- Remove items; NULL: all of the collection.  Nothing to do when there is no table yet.
CREATE OR REPLACE FUNCTION owui.vector_delete(collection text, ids json) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF to_regclass('document_chunk') IS NOT NULL THEN
		DELETE FROM document_chunk d WHERE d.collection_name = collection
		   AND (ids IS NULL OR d.id IN (SELECT json_array_elements_text(ids)));
	END IF;
END
$$;

CREATE OR REPLACE FUNCTION owui.vector_has(collection text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN to_regclass('document_chunk') IS NOT NULL
	   AND EXISTS (SELECT FROM document_chunk d WHERE d.collection_name = collection);
END
$$;

-- May the account use the file: its own, of a knowledge base, or (to read) of a chat shared with it?
CREATE OR REPLACE FUNCTION owui.file_open(fid text, uid text, permission text) RETURNS boolean
LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM file f WHERE f.id = fid AND f.user_id = uid)
	    OR EXISTS (SELECT FROM knowledge_file kf JOIN knowledge k ON k.id = kf.knowledge_id
			WHERE kf.file_id = fid AND owui.may('knowledge', k.id, k.user_id, uid, false, permission))
	    OR (permission = 'read' AND EXISTS (SELECT FROM chat_file cf WHERE cf.file_id = fid
			AND owui.has_access(uid, 'shared_chat', cf.chat_id, 'read')))
$$;

-- May the account use a collection?  Stores fold names (case, _ and -, a C before a digit), so the rules
-- hold for all spellings, and a name that is refused in one of them is refused.
CREATE OR REPLACE FUNCTION owui.collection_open(collection text, uid text, permission text, unscoped boolean)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
	folded text := trim(BOTH '-' FROM replace(lower(collection), '_', '-'));
	spelling text;
	owner text;
	known boolean := false;
	allowed boolean;
BEGIN
	FOREACH spelling IN ARRAY ARRAY[folded, CASE WHEN folded ~ '^[0-9]' THEN 'c' || folded
						     WHEN folded ~ '^c[0-9]' THEN substr(folded, 2) END] LOOP
		CONTINUE WHEN spelling IS NULL;
		IF spelling = 'knowledge-bases' THEN
			RETURN false;
		ELSIF spelling LIKE 'file-%' THEN
			allowed := owui.file_open(substr(spelling, 6), uid, permission);
		ELSIF spelling LIKE 'user-memory-%' THEN
			allowed := spelling = 'user-memory-' || uid;
		ELSIF spelling LIKE 'web-search-%' THEN
			allowed := starts_with(spelling, 'web-search-' || uid || '-');
		ELSE
			SELECT k.user_id INTO owner FROM knowledge k WHERE k.id = spelling;
			CONTINUE WHEN NOT FOUND;
			allowed := owui.may('knowledge', spelling, owner, uid, false, permission);
		END IF;
		IF NOT allowed THEN
			RETURN false;
		END IF;
		known := true;
	END LOOP;
	RETURN known OR unscoped;
END
$$;
