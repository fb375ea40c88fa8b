libowui_la_SOURCES += src/note/document.c src/note/document.h src/note/note.c src/note/note.h \
	src/note/yjs.c src/note/yjs.h
