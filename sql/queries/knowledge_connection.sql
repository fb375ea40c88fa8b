-- External knowledge: connections to vector databases of others.

-- Does a knowledge base read from the connection?
-- name: knowledge_connection_used(id text) boolean
SELECT EXISTS (SELECT FROM knowledge WHERE meta -> 'external' ->> 'connection_id' = $1);
