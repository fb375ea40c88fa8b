libowui_la_SOURCES += src/http/client.c src/http/client.h src/http/form.c src/http/form.h src/http/public.c src/http/public.h src/http/sse.c src/http/sse.h
libowui_la_SOURCES += src/http/cookie.c src/http/cookie.h src/http/target.c src/http/target.h
libowui_la_SOURCES += src/http/call.c src/http/call.h src/http/loop.c src/http/loop.h
libowui_la_SOURCES += src/http/ws.c src/http/ws.h
libowui_la_SOURCES += src/http/url.c src/http/url.h
