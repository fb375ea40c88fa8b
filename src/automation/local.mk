libowui_la_SOURCES += src/automation/automation.c src/automation/automation.h src/automation/run.c
