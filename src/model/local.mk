libowui_la_SOURCES += src/model/catalog.c src/model/catalog.h
libowui_la_SOURCES += src/model/compose.c src/model/compose.h
libowui_la_SOURCES += src/model/fetch.c src/model/fetch.h
libowui_la_SOURCES += src/model/model.c src/model/model.h
