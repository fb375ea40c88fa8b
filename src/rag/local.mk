libowui_la_SOURCES += src/rag/collection.c src/rag/collection.h
libowui_la_SOURCES += src/rag/embed.c src/rag/embed.h
libowui_la_SOURCES += src/rag/external.c src/rag/external.h
libowui_la_SOURCES += src/rag/split.c src/rag/split.h
libowui_la_SOURCES += src/rag/vector.h
libowui_la_SOURCES += src/rag/vector_pg.c
