#!/bin/sh
# `owuictl migrate` on an empty database, on one that Open WebUI made, on others, and twice at once.
# Makes and drops databases beside the one that OWUI_TEST_DATABASE_URL names; needs psql.
set -u
: "${OWUI_TEST_DATABASE_URL:=}" "${top_srcdir:=.}" "${top_builddir:=.}"
[ -n "$OWUI_TEST_DATABASE_URL" ] && command -v psql >/dev/null || exit 77
ctl=$top_builddir/owuictl
server=${OWUI_TEST_DATABASE_URL%/*}
made=
failed=0

sql() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; }

# database NAME: an empty one, DATABASE_URL names it
database() {
	name=owui_migrate_$$_$1
	sql "$OWUI_TEST_DATABASE_URL" -c "CREATE DATABASE $name" || exit 1
	made="$made $name"
	DATABASE_URL=$server/$name
	export DATABASE_URL
}

drop_all() {
	for name in $made; do
		sql "$OWUI_TEST_DATABASE_URL" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)"
	done
}
trap drop_all EXIT

expect() {	# what, expected, found
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: expected '$2', found '$3'"
		failed=1
	fi
}

# All that is not ours: tables, columns, indexes, constraints.
picture() {
	sql "$DATABASE_URL" -c "SELECT md5(string_agg(x, E'\n' ORDER BY x)) FROM (
		SELECT concat_ws('|', table_name, column_name, data_type, is_nullable, column_default)
		  FROM information_schema.columns WHERE table_schema = 'public'
		UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
		 WHERE connamespace = 'public'::regnamespace) AS t(x)"
}

database empty
"$ctl" migrate --check 2>/dev/null
expect "an empty database is not migrated" 1 $?
"$ctl" migrate >/dev/null
expect "migrate takes an empty database" 0 $?
expect "it has the reference's version" 0bd252b206fb "$(sql "$DATABASE_URL" -c 'SELECT version_num FROM alembic_version')"
expect "it has the reference's tables" 48 "$(sql "$DATABASE_URL" -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")"
expect "owui.now() is now" t "$(sql "$DATABASE_URL" -c 'SELECT abs(owui.now() - extract(epoch FROM now())) < 5 AND owui.now_ns() / 1000000000 - owui.now() < 5')"
whole=$(picture)
"$ctl" migrate --check
expect "now it is migrated" 0 $?
expect "a second run changes nothing" "the database is up to date" "$("$ctl" migrate)"
sql "$DATABASE_URL" -c "UPDATE owui.migration SET checksum = 'old' WHERE name LIKE 'functions/%'" \
	-c 'CREATE FUNCTION owui.left_over() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'
"$ctl" migrate >/dev/null
expect "changed functions are made anew" 0 "$(sql "$DATABASE_URL" -c "SELECT count(*) FROM pg_proc WHERE proname = 'left_over'")"
sql "$DATABASE_URL" -c "INSERT INTO owui.migration VALUES ('9999_future', 'x', 0)"
"$ctl" migrate 2>/dev/null
expect "a newer database is refused" 1 $?

database reference
sql "$DATABASE_URL" -f "$top_srcdir/sql/migrations/0001_reference_schema.sql"
sql "$DATABASE_URL" -c "INSERT INTO tag (id, name, user_id) VALUES ('a', 'A', 'u')"
"$ctl" migrate >/dev/null
expect "migrate takes over the reference's database" 0 $?
expect "what was stored is there" A "$(sql "$DATABASE_URL" -c 'SELECT name FROM tag')"
expect "both ways make the same" "$whole" "$(picture)"

database other
sql "$DATABASE_URL" -f "$top_srcdir/sql/migrations/0001_reference_schema.sql"
sql "$DATABASE_URL" -c "UPDATE alembic_version SET version_num = 'c0fbf31ca0db'"
before=$(picture)
"$ctl" migrate 2>/dev/null
expect "another version is refused" 1 $?
expect "and not touched" "$before" "$(picture)"
expect "nor given our schema" "" "$(sql "$DATABASE_URL" -c "SELECT nspname FROM pg_namespace WHERE nspname = 'owui'")"

database foreign
sql "$DATABASE_URL" -c 'CREATE TABLE cats (name text)'
"$ctl" migrate 2>/dev/null
expect "somebody else's database is refused" 1 $?
expect "and keeps its one table" 1 "$(sql "$DATABASE_URL" -c "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")"

database race
"$ctl" migrate >/dev/null &
first=$!
"$ctl" migrate >/dev/null
expect "two runs at once: one" 0 $?
wait $first
expect "two runs at once: the other" 0 $?

DATABASE_URL=postgresql://postgres@127.0.0.1:1/none "$ctl" migrate 2>/dev/null
expect "no PostgreSQL" 1 $?
exit $failed
