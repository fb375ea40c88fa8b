libowui_la_SOURCES += src/note/document.c src/note/document.h
libowui_la_SOURCES += src/note/note.c src/note/note.h
libowui_la_SOURCES += src/note/yjs.c src/note/yjs.h
