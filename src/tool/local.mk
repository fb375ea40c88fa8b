libowui_la_SOURCES += src/tool/tool.c src/tool/tool.h src/tool/result.c src/tool/result.h \
	src/tool/openapi.c src/tool/openapi.h src/tool/server.c src/tool/server.h src/tool/headers.c \
	src/tool/rest.c src/tool/rest.h src/tool/mcp.c src/tool/mcp.h src/tool/mcp_content.c \
	src/tool/browser.c src/tool/browser.h src/tool/builtin.c src/tool/builtin.h \
	src/tool/builtin_person.c src/tool/builtin_knowledge.c src/tool/builtin_memory.c \
	src/tool/builtin_plans.c src/tool/ask.c src/tool/ask.h src/tool/code.c src/tool/code.h
libowui_la_SOURCES += src/tool/terminal.c src/tool/terminal.h src/tool/verify.c src/tool/verify.h
libowui_la_SOURCES += src/tool/shown.c src/tool/cite.c src/tool/cite.h
libowui_la_SOURCES += src/tool/proxy.c src/tool/proxy.h
