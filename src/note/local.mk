libowui_la_SOURCES += src/note/note.c src/note/note.h
