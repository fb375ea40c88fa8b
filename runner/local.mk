sbin_PROGRAMS += owui-runner
owui_runner_SOURCES = runner/main.c runner/jobs.c runner/jobs.h runner/stop.c runner/stop.h runner/schedule.c runner/schedule.h \
	runner/work.c runner/work.h
owui_runner_LDADD = libowui.la $(JSONC_LIBS)
