libowui_la_SOURCES += src/model/model.h src/model/model.c src/model/catalog.c src/model/catalog.h \
	src/model/compose.c src/model/compose.h src/model/fetch.c src/model/fetch.h
