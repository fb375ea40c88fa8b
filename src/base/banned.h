#ifndef OW_BANNED_H
#define OW_BANNED_H

/*
 * banned - calls that this project does not make, as compile errors.
 *
 * Included last by base/base.h, after the C library's own headers.  Each name
 * has a replacement: buf_* for the string builders, time_* for the static
 * buffers of <time.h>, str_to_* for the unchecked number parsers.
 */

#define OW_BANNED(fn) banned_##fn##_see_base_banned_h

#undef strcpy
#define strcpy(d, s) OW_BANNED(strcpy)
#undef strcat
#define strcat(d, s) OW_BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) OW_BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) OW_BANNED(strncat)
#undef sprintf
#define sprintf(...) OW_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) OW_BANNED(vsprintf)
#undef strtok
#define strtok(s, d) OW_BANNED(strtok)
#undef gmtime
#define gmtime(t) OW_BANNED(gmtime)
#undef localtime
#define localtime(t) OW_BANNED(localtime)
#undef ctime
#define ctime(t) OW_BANNED(ctime)
#undef asctime
#define asctime(t) OW_BANNED(asctime)
#undef atoi
#define atoi(s) OW_BANNED(atoi)
#undef atol
#define atol(s) OW_BANNED(atol)
#undef atoll
#define atoll(s) OW_BANNED(atoll)
#undef rand
#define rand() OW_BANNED(rand)
#undef mktemp
#define mktemp(t) OW_BANNED(mktemp)

#endif
