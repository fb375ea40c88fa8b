libowui_la_SOURCES += src/audit/audit.c src/audit/audit.h
libowui_la_SOURCES += src/audit/redact.c src/audit/redact.h
