libowui_la_SOURCES += src/memory/memory.c src/memory/memory.h
