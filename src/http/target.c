#include "http/target.h"

#include <curl/curl.h>
#include <netdb.h>

#include "base/env.h"
#include "base/str.h"
#include "http/public.h"

/* Hosts that answer with the secrets of the machine they are asked from. */
static const char *const refused[] = {
	"169.254.169.254", "fd00:ec2::254", "metadata.google.internal", "metadata.azure.com",
	"100.100.100.200", "168.63.129.16",
};

static bool same_host(struct str a, struct str b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static bool host_refused(const char *host)
{
	struct str rest = str_of(env_str("WEB_FETCH_FILTER_LIST", ""));

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (same_host(str_of(host), str_of(refused[i])))
			return true;
	while (rest.n) {
		struct str one = str_trim(str_split(&rest, ','));

		if (one.n > 1 && *one.p == '!' && same_host((struct str){ one.p + 1, one.n - 1 }, str_of(host)))
			return true;
	}
	return false;
}

static bool address_allowed(const struct addrinfo *ai, bool local)
{
	char text[NI_MAXHOST];

	if (getnameinfo(ai->ai_addr, ai->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0 ||
	    host_refused(text))
		return false;
	return local || address_is_public(ai->ai_addr);
}

/* All addresses of the host; one that nobody knows is no target, unless a proxy may know it. */
static bool host_allowed(const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	bool local = local_fetch_allowed(), good = true;

	if (host_refused(host) || (!local && !strpbrk(host, ".:")))
		return false;
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return local;
	for (const struct addrinfo *ai = list; ai && good; ai = ai->ai_next)
		good = address_allowed(ai, local);
	freeaddrinfo(list);
	return good;
}

/* The host without the brackets of IPv6. */
static void unwrap(char *host)
{
	size_t n = strlen(host);

	if (n < 2 || host[0] != '[' || host[n - 1] != ']')
		return;
	memmove(host, host + 1, n - 2);
	host[n - 2] = '\0';
}

bool target_allowed(const char *url)
{
	CURLU *u;
	char *scheme = NULL, *host = NULL;
	bool good;

	/* What parsers read differently is refused before one of them reads it. */
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '\\' || *p == 0x7f)
			return false;
	if (strlen(url) > TARGET_MAX)
		return false;
	u = curl_url();
	good = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	       curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	       curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	       (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
	if (good) {
		unwrap(host);
		good = host_allowed(host);
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return good;
}
