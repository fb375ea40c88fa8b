libowui_la_SOURCES += src/access/access.c src/access/access.h
libowui_la_SOURCES += src/access/grants.c src/access/grants.h
