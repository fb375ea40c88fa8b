/* unbuilt - the operations of the contract that have no row yet. */

#include "base/arena.h"
#include "fcgi/operations.h"
#include "fcgi/request.h"

/* Equal but for the names of {parameters}? */
static bool same_path(const char *a, const char *b)
{
	for (;; a++, b++) {
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		if (*a == '{') {
			a += strcspn(a, "}");
			b += strcspn(b, "}");
		}
	}
}

bool operation_built(const struct operation *op)
{
	for (size_t i = 0; route_tables[i]; i++)
		for (const struct route *r = route_tables[i]; r->method; r++)
			if (strcmp(r->method, op->method) == 0 && same_path(r->path, op->path))
				return true;
	return false;
}

static int not_built(struct req *r)
{
	return req_fail(r, ERR_NOT_IMPLEMENTED);
}

void operations_setup(void)
{
	for (const struct operation *op = operations; op->method; op++) {
		struct route *row;

		if (operation_built(op))
			continue;
		row = xcalloc(1, sizeof(*row));		/* lives as long as the process */
		*row = (struct route){ op->method, op->path, op->guard, not_built };
		router_add(row);
	}
}

static void report_tag(FILE *f, const struct operation *first)
{
	int built = 0, all = 0;
	const struct operation *op;

	for (op = first; op->method && strcmp(op->tag, first->tag) == 0; op++, all++)
		built += operation_built(op);
	fprintf(f, "\n## %s: %d of %d\n\n", first->tag, built, all);
	for (op = first; op->method && strcmp(op->tag, first->tag) == 0; op++)
		fprintf(f, "- [%c] `%s %s`\n", operation_built(op) ? 'x' : ' ', op->method, op->path);
}

void operations_report(FILE *f)
{
	int built = 0, all = 0;

	for (const struct operation *op = operations; op->method; op++, all++)
		built += operation_built(op);
	fprintf(f, "# Coverage of the REST contract\n\n"
		   "Made by `make coverage` from the route tables and the operations of\n"
		   "tests/contract/openapi.json.  What is not built answers 501.\n\n"
		   "**%d of %d operations are built.**\n", built, all);
	for (const struct operation *op = operations; op->method; op++)
		if (op == operations || strcmp(op[-1].tag, op->tag) != 0)
			report_tag(f, op);
}
