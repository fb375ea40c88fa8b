# The named statements, compiled in; a new file is added here.
sql_queries = \
	sql/queries/access.sql sql/queries/app.sql sql/queries/auth.sql sql/queries/chat.sql \
	sql/queries/config.sql sql/queries/folder.sql \
	sql/queries/group.sql sql/queries/migrate.sql sql/queries/event.sql sql/queries/scim.sql sql/queries/usage.sql sql/queries/tag.sql sql/queries/user.sql
sql_queries += sql/queries/realtime.sql
sql_queries += sql/queries/turn.sql
sql_queries += sql/queries/tool.sql
EXTRA_DIST += $(sql_queries)

# What `owuictl migrate` applies, in this order.  A migration is never changed once it was released.
sql_migrations = \
	sql/migrations/0001_reference_schema.sql \
	sql/migrations/0002_owui.sql \
	sql/migrations/0030_hidden_chats.sql \
	sql/migrations/0040_chat_search.sql
EXTRA_DIST += $(sql_migrations)

# Functions of the schema owui: all are made anew when one of these files changed.
sql_functions = \
	sql/functions/00_base.sql \
	sql/functions/access.sql \
	sql/functions/account.sql \
	sql/functions/group.sql \
	sql/functions/json.sql \
	sql/functions/scim.sql \
	sql/functions/user.sql
sql_functions += sql/functions/realtime.sql sql/functions/usage.sql
sql_functions += sql/functions/chat.sql sql/functions/folder.sql
sql_functions += sql/functions/tool.sql
EXTRA_DIST += $(sql_functions)
sql_queries += sql/queries/ctl.sql sql/queries/model.sql sql/queries/workspace.sql
sql_functions += sql/functions/model.sql sql/functions/workspace.sql
sql_queries += sql/queries/note.sql
sql_functions += sql/functions/note.sql
sql_queries += sql/queries/memory.sql sql/queries/vector.sql
sql_functions += sql/functions/memory.sql sql/functions/vector.sql
sql_queries += sql/queries/automation.sql sql/queries/calendar.sql sql/queries/search.sql
sql_functions += sql/functions/automation.sql sql/functions/calendar.sql sql/functions/search.sql
sql_queries += sql/queries/oauth.sql
sql_functions += sql/functions/oauth.sql
sql_queries += sql/queries/thing.sql sql/queries/prompt.sql sql/queries/feedback.sql sql/queries/skill.sql
sql_functions += sql/functions/thing.sql sql/functions/prompt.sql sql/functions/feedback.sql sql/functions/skill.sql
sql_queries += sql/queries/chat_search.sql
sql_functions += sql/functions/chat_search.sql
