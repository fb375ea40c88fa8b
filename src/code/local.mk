libowui_la_SOURCES += src/code/format.c src/code/format.h src/code/jupyter.c src/code/jupyter.h src/code/sandbox.c src/code/sandbox.h
