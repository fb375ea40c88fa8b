libowui_la_SOURCES += src/http/client.c src/http/client.h src/http/sse.c src/http/sse.h
