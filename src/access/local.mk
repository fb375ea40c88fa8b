libowui_la_SOURCES += src/access/access.c src/access/access.h src/access/grants.c src/access/grants.h
