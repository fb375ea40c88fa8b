bin_PROGRAMS += owuictl
owuictl_SOURCES = tools/owuictl.c tools/ctl.h tools/ctl_config.c tools/ctl_doctor.c tools/ctl_migrate.c tools/ctl_user.c
owuictl_LDADD = libowui.la $(JSONC_LIBS) $(LIBCURL_LIBS)
bin_PROGRAMS += owui-supervise
owui_supervise_SOURCES = tools/owui-supervise.c
owui_supervise_LDADD = libowbase.la
dist_pkgdata_DATA += etc/nginx/open-webui.conf.in etc/nginx/fastcgi.conf etc/nginx/main.conf.in
