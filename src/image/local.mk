libowui_la_SOURCES += src/image/image.c src/image/image.h
