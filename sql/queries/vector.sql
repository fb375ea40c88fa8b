-- Vectors in PostgreSQL; what they are stored as is decided when the table is made.

-- name: vector_ensure(length int, half bool, make_extension bool) row
SELECT owui.vector_ensure($1, $2, $3);

-- name: vector_put(collection text, items json) row
SELECT owui.vector_put($1, $2);

-- name: vector_search(collection text, vector text, filter json, max bigint) rows
SELECT id, text, vmetadata, score FROM owui.vector_search($1, $2, $3, $4);

-- name: vector_delete(collection text, ids json) row
SELECT owui.vector_delete($1, $2);

-- Is there anything in the collection?
-- name: vector_has(collection text) bool
SELECT owui.vector_has($1);

-- May the account read or write ("read", "write") a collection of this name?  `unscoped`: also one that
-- belongs to nothing.
-- name: collection_open(collection text, user_id text, permission text, unscoped bool) bool
SELECT owui.collection_open($1, $2, $3, $4);
