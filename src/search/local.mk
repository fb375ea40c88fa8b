libowui_la_SOURCES += src/search/grams.c src/search/grams.h src/search/index.c src/search/index.h src/search/words.c src/search/words.h
