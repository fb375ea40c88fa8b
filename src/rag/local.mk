libowui_la_SOURCES += src/rag/embed.c src/rag/embed.h src/rag/vector.h src/rag/vector_pg.c
