#ifndef OW_JSON_FAULT_H
#define OW_JSON_FAULT_H

/* fault - where a text stops being JSON, counted as Python's json module counts. */

#include "base/base.h"

/*
 * Characters (not bytes) before the fault: the value, name, colon or comma that was expected, the
 * opening quote of a string without an end, the bad escape or control character, or the first
 * character of what follows the document; SIZE_MAX when the text has no fault.
 * Source: recorded answers of the reference.
 */
size_t json_fault_at(const char *s, size_t n);

#endif
