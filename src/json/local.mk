libowui_la_SOURCES += src/json/fault.c src/json/fault.h src/json/json.c src/json/json.h src/json/plain.c src/json/plain.h src/json/scan.c src/json/scan.h \
	src/json/splice.c src/json/splice.h
libowui_la_SOURCES += src/json/yaml.c src/json/yaml.h
