libowui_la_SOURCES += src/code/format.c src/code/format.h
libowui_la_SOURCES += src/code/jupyter.c src/code/jupyter.h
libowui_la_SOURCES += src/code/sandbox.c src/code/sandbox.h
