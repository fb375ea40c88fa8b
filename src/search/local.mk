libowui_la_SOURCES += src/search/grams.c src/search/grams.h
libowui_la_SOURCES += src/search/index.c src/search/index.h
libowui_la_SOURCES += src/search/words.c src/search/words.h
