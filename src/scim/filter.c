#include "scim/filter.h"

#include "json/json.h"

/* The next word, without the blanks around it. */
static struct str word(struct str *rest)
{
	struct str w;

	*rest = str_trim(*rest);
	w = (struct str){ rest->p, 0 };
	while (w.n < rest->n && rest->p[w.n] != ' ' && rest->p[w.n] != '"')
		w.n++;
	rest->p += w.n;
	rest->n -= w.n;
	*rest = str_trim(*rest);
	return w;
}

/* The name behind a schema's URN. */
static struct str local_name(struct str name)
{
	const char *colon = name.n ? memrchr(name.p, ':', name.n) : NULL;

	if (!colon)
		return name;
	return (struct str){ colon + 1, name.n - (size_t)(colon + 1 - name.p) };
}

int scim_filter(struct arena *a, const char *filter, const char *const *attrs, const char **attr,
		const char **value)
{
	struct str rest = str_of(filter), name;
	const char *text;

	if (!rest.n)
		return 0;
	if (rest.n > SCIM_FILTER_MAX)
		return -1;
	name = local_name(word(&rest));
	while (*attrs && !str_eq(name, *attrs))
		attrs++;
	if (!*attrs || !str_eq(word(&rest), "eq"))
		return 0;
	text = json_str(rest.n ? json_parse(a, rest.p, rest.n, NULL) : NULL);
	if (!text)
		return -1;
	*attr = *attrs;
	*value = json_strip_nul(a, text, strlen(text));
	return 1;
}
