sbin_PROGRAMS += owui-fcgi
noinst_LTLIBRARIES += libfcgiweb.la

# All of owui-fcgi but main.c, so that tests can link it.
libfcgiweb_la_SOURCES = \
	fcgi/dispatch.c fcgi/dispatch.h fcgi/errors.c fcgi/errors.h fcgi/fallback.c fcgi/fallback.h \
	fcgi/guard.c fcgi/guard.h fcgi/handle.c fcgi/handle.h fcgi/request.c fcgi/request.h \
	fcgi/record.c fcgi/record.h fcgi/response.c fcgi/response.h fcgi/router.c fcgi/router.h fcgi/schema.c fcgi/schema.h \
	fcgi/file.c fcgi/file.h fcgi/routes/app.c fcgi/routes/auths.c fcgi/routes/auths_other.c fcgi/routes/oauth.c fcgi/routes/oauth.h fcgi/routes/oauth_clients.c fcgi/routes/auths_signin.c fcgi/routes/auths_ldap.c fcgi/routes/changelog.c \
	fcgi/routes/changelog.h fcgi/routes/openapi.c fcgi/routes/openapi.h fcgi/routes/routes.c \
	fcgi/routes/groups.c fcgi/routes/groups.h fcgi/routes/scim.c fcgi/routes/session.c fcgi/routes/session.h fcgi/routes/users.c \
	fcgi/routes/users_self.c
libfcgiweb_la_SOURCES += \
	fcgi/routes/chats.c fcgi/routes/chats.h fcgi/routes/chats_copy.c fcgi/routes/chats_list.c \
	fcgi/routes/chats_messages.c fcgi/routes/chats_send.c fcgi/routes/chats_share.c \
	fcgi/routes/chats_tags.c fcgi/routes/folders.c fcgi/routes/folders_share.c \
	fcgi/routes/chats_event.c fcgi/routes/chats_search.c fcgi/routes/chats_import.c fcgi/routes/chats_stats.c fcgi/routes/chats_resolve.c
libfcgiweb_la_SOURCES += \
	fcgi/routes/configs.c fcgi/routes/configs.h fcgi/routes/configs_servers.c fcgi/routes/settings_admin.c \
	fcgi/routes/settings_media.c fcgi/routes/settings_permissions.c \
	fcgi/routes/settings_retrieval.c fcgi/routes/settings_services.c \
	fcgi/settings.c fcgi/settings.h
libfcgiweb_la_SOURCES += fcgi/routes/memories.c
libfcgiweb_la_SOURCES += fcgi/routes/automations.c fcgi/routes/calendars.c fcgi/routes/search.c fcgi/routes/terminals.c
libfcgiweb_la_SOURCES += fcgi/image.c fcgi/image.h fcgi/routes/model_list.c fcgi/routes/models.c fcgi/routes/models.h \
	fcgi/routes/models_versions.c \
	fcgi/routes/channels.c fcgi/routes/library.c fcgi/routes/tools.c fcgi/routes/notes.c
libfcgiweb_la_SOURCES += fcgi/operations.c fcgi/operations.h fcgi/unbuilt.c
dist_noinst_SCRIPTS += build-aux/gen-operations
libfcgiweb_la_SOURCES += fcgi/relay.c fcgi/relay.h fcgi/routes/completions.h \
	fcgi/routes/openai.c fcgi/routes/openai_manage.c fcgi/provider.c fcgi/provider.h \
	fcgi/routes/ollama.h fcgi/routes/ollama_infer.c fcgi/routes/ollama_manage.c fcgi/routes/ollama_upload.c fcgi/spool.c fcgi/spool.h \
	fcgi/routes/embeddings.c fcgi/routes/messages.c
libfcgiweb_la_SOURCES += fcgi/routes/code.c fcgi/routes/completions.c fcgi/routes/ollama.c fcgi/routes/tasks.c \
	fcgi/routes/task_completions.c fcgi/routes/pipelines.c fcgi/routes/chat_hooks.c fcgi/routes/chats_compact.c \
	fcgi/multipart.c fcgi/multipart.h
libfcgiweb_la_SOURCES += fcgi/grants.c fcgi/grants.h
libfcgiweb_la_SOURCES += fcgi/things.c fcgi/things.h fcgi/routes/prompts.c fcgi/routes/evaluations.c
libfcgiweb_la_SOURCES += fcgi/routes/skills.c fcgi/routes/skills.h fcgi/routes/skills_files.c fcgi/routes/skills_import.c
libfcgiweb_la_LIBADD = libowui.la $(FCGI_LIBS) $(ZSTD_LIBS) $(BROTLI_LIBS)

owui_fcgi_SOURCES = fcgi/main.c
owui_fcgi_LDADD = libfcgiweb.la libowui.la $(JSONC_LIBS) $(FCGI_LIBS)
libfcgiweb_la_SOURCES += fcgi/events.c fcgi/events.h fcgi/audited.c fcgi/audited.h fcgi/compress.c fcgi/compress.h fcgi/routes/analytics.c fcgi/routes/events.c \
	fcgi/routes/utils.c \
	fcgi/routes/notifications.c
