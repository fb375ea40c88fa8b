libowui_la_SOURCES += src/access/access.c src/access/access.h
