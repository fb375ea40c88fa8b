libowui_la_SOURCES += src/json/fault.c src/json/fault.h
libowui_la_SOURCES += src/json/json.c src/json/json.h
libowui_la_SOURCES += src/json/plain.c src/json/plain.h
libowui_la_SOURCES += src/json/scan.c src/json/scan.h
libowui_la_SOURCES += src/json/splice.c src/json/splice.h
libowui_la_SOURCES += src/json/yaml.c src/json/yaml.h
