-- Time in the units of the tables, as of the moment of the call (not of the transaction).

CREATE OR REPLACE FUNCTION owui.now() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT floor(extract(epoch FROM clock_timestamp()))::bigint $$;

CREATE OR REPLACE FUNCTION owui.now_ns() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 $$;
