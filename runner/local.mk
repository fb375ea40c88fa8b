sbin_PROGRAMS += owui-runner
owui_runner_SOURCES =
owui_runner_SOURCES += runner/jobs.c runner/jobs.h
owui_runner_SOURCES += runner/main.c
owui_runner_SOURCES += runner/schedule.c runner/schedule.h
owui_runner_SOURCES += runner/stop.c runner/stop.h
owui_runner_SOURCES += runner/work.c runner/work.h
owui_runner_LDADD = libowui.la $(JSONC_LIBS)
