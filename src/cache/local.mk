libowui_la_SOURCES += src/cache/post.c src/cache/post.h
libowui_la_SOURCES += src/cache/redis.c src/cache/redis.h
