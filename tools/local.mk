bin_PROGRAMS += owuictl
owuictl_SOURCES = tools/owuictl.c tools/ctl.h tools/ctl_config.c tools/ctl_doctor.c tools/ctl_migrate.c
owuictl_LDADD = libowui.la $(JSONC_LIBS) $(LIBCURL_LIBS)
