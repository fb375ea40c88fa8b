libowui_la_SOURCES += src/memory/memory.c src/memory/memory.h \
	src/memory/context.c src/memory/context.h
