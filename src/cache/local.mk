libowui_la_SOURCES += src/cache/redis.c src/cache/redis.h
