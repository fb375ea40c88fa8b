libowui_la_SOURCES += src/code/sandbox.c src/code/sandbox.h
