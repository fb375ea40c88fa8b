# The named statements, compiled in; a new file is added here.
sql_queries = \
	sql/queries/access.sql sql/queries/auth.sql sql/queries/config.sql
EXTRA_DIST += $(sql_queries)
