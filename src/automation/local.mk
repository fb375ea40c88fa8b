libowui_la_SOURCES += src/automation/automation.c src/automation/automation.h
libowui_la_SOURCES += src/automation/run.c
