-- Vectors in PostgreSQL; what they are stored as is decided when the table is made.

-- name: vector_ensure(length int, half bool, make_extension bool) row
SELECT owui.vector_ensure($1, $2, $3);

-- name: vector_put(collection text, items json) row
SELECT owui.vector_put($1, $2);

-- name: vector_search(collection text, vector text, filter json, max bigint) rows
SELECT id, text, vmetadata, score FROM owui.vector_search($1, $2, $3, $4);

-- name: vector_delete(collection text, ids json) row
SELECT owui.vector_delete($1, $2);
