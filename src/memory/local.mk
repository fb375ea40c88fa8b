libowui_la_SOURCES += src/memory/context.c src/memory/context.h
libowui_la_SOURCES += src/memory/memory.c src/memory/memory.h
