libowui_la_SOURCES += src/realtime/publish.c src/realtime/publish.h
