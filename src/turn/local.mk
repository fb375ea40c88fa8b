libowui_la_SOURCES += src/turn/turn.c src/turn/turn.h src/turn/output.c src/turn/output.h \
	src/turn/events.c src/turn/events.h src/turn/payload.c src/turn/payload.h \
	src/turn/prompt.c src/turn/prompt.h src/turn/stream.c src/turn/stream.h \
	src/turn/tags.c src/turn/tags.h src/turn/store.c src/turn/store.h \
	src/turn/tasks.c src/turn/tasks.h src/turn/prompts.c src/turn/prompts.h \
	src/turn/accept.c src/turn/accept.h src/turn/place.c src/turn/place.h src/turn/jobs.c src/turn/jobs.h \
	src/turn/direct.c src/turn/direct.h \
	src/turn/prepare.c src/turn/prepare.h src/turn/messages.c src/turn/messages.h \
	src/turn/history.c src/turn/history.h src/turn/params.c src/turn/params.h src/turn/pairs.c src/turn/pairs.h \
	src/turn/template.c src/turn/template.h src/turn/task.c src/turn/task.h \
	src/turn/filters.c src/turn/filters.h \
	src/turn/images.c src/turn/images.h src/turn/features.c src/turn/features.h src/turn/skills.c \
	src/turn/skills.h src/turn/files.c src/turn/files.h src/turn/compact.c src/turn/compact.h \
	src/turn/tell.c src/turn/tell.h src/turn/browser.c src/turn/browser.h \
	src/turn/code.c src/turn/code.h src/turn/notify.c src/turn/notify.h
libowui_la_SOURCES += src/turn/tool_messages.c src/turn/tool_messages.h src/turn/tool_stream.c src/turn/tool_stream.h \
	src/turn/tool_prepare.c src/turn/tool_prepare.h src/turn/tool_loop.c src/turn/tool_loop.h \
	src/turn/tool_call.c src/turn/tool_call.h src/turn/tool_store.c src/turn/tool_store.h \
	src/turn/tool_pause.c src/turn/tool_pause.h src/turn/tool_resume.c \
	src/turn/tool_resolve.c src/turn/tool_resolve.h
libowui_la_SOURCES += src/turn/tool_legacy.c src/turn/tool_legacy.h
