#include "audio/offer.h"

#include "base/env.h"
#include "base/log.h"
#include "http/client.h"

enum { LIST_SECONDS = 10, LIST_MAX = 4 * 1024 * 1024 };

#define OPENAI "https://api.openai.com"

static const char *const openai_voices[] = { "alloy", "echo", "fable", "onyx", "nova", "shimmer", NULL };
static const char *const realtime_voices[] = { "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse",
					       "marin", "cedar", NULL };
static const char *const openai_models[] = { "tts-1", "tts-1-hd", NULL };
static const char *const realtime_models[] = { "gpt-realtime-2.1-mini", "gpt-realtime-2.1", NULL };
static const char *const mistral_models[] = { "voxtral-mini-tts-2603", NULL };

static struct json_object *fixed(struct arena *a, const char *const *ids, bool named)
{
	struct json_object *list = json_new_array(a), *o;

	for (; *ids; ids++) {
		o = json_object_new_object();
		json_set_text(o, "id", *ids);
		if (named)
			json_set_text(o, "name", *ids);
		json_object_array_add(list, o);
	}
	return list;
}

/* What an engine answers; NULL when it does not, which is logged. */
static struct json_object *ask(struct arena *a, const char *url, const char *header)
{
	const char *headers[] = { header, NULL };
	struct http_request req = { .method = "GET", .url = url, .headers = headers, .cancel_fd = -1, .max_body = LIST_MAX,
				    .timeout_ms = env_int("AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST", LIST_SECONDS, 1, 600) * 1000 };
	struct http_answer answer;

	if (header && strpbrk(header, "\r\n"))
		return NULL;
	if (!http_run(a, &req, &answer) || answer.status != 200) {
		log_info("audio_list_failed", "url=%s status=%d", url, answer.status);
		return NULL;
	}
	return json_parse(a, buf_text(answer.body), answer.body->len, NULL);
}

/* A list of an engine's own form as [{ id, name }]; `format` puts a name together of one text and the id. */
static struct json_object *named(struct arena *a, struct json_object *list, const char *id, const char *name,
				 const char *format)
{
	struct json_object *out = json_new_array(a), *o;

	for (size_t i = 0; i < json_len(list); i++) {
		const char *key = json_text(json_item(list, i), id, json_text(json_item(list, i), "id", NULL));
		const char *label = json_text(json_item(list, i), name, key);

		if (text_empty(key))
			continue;
		o = json_object_new_object();
		json_set_text(o, "id", key);
		json_set_text(o, "name", format ? arena_printf(a, "%s (%s)", label, key) : label);
		json_object_array_add(out, o);
	}
	return out;
}

static const char *bearer(struct arena *a, const char *name, const char *key)
{
	return arena_printf(a, "%s%s", name, key ? key : "");
}

static struct json_object *azure_voices(struct arena *a, const struct config *cfg)
{
	const char *base = config_text(cfg, CK_AUDIO_TTS_AZURE_SPEECH_BASE_URL);
	const char *region = config_text(cfg, CK_AUDIO_TTS_AZURE_SPEECH_REGION);

	if (text_empty(base))
		base = arena_printf(a, "https://%s.tts.speech.microsoft.com", text_empty(region) ? "eastus" : region);
	return named(a, ask(a, arena_printf(a, "%s/cognitiveservices/voices/list", base),
			    bearer(a, "Ocp-Apim-Subscription-Key: ", config_text(cfg, CK_AUDIO_TTS_API_KEY))),
		     "ShortName", "DisplayName", "named");
}

static struct json_object *mistral_voices(struct arena *a, const struct config *cfg)
{
	const char *key = config_text(cfg, CK_AUDIO_TTS_MISTRAL_API_KEY);
	const char *base = config_text(cfg, CK_AUDIO_TTS_MISTRAL_API_BASE_URL);
	struct json_object *answer;

	if (text_empty(key))
		return json_new_array(a);
	answer = ask(a, arena_printf(a, "%s/audio/voices", text_empty(base) ? "https://api.mistral.ai/v1" : base),
		     bearer(a, "Authorization: Bearer ", key));
	return named(a, json_is(answer, json_type_array) ? answer : json_get(answer, "items"), "voice_id", "name", NULL);
}

static struct json_object *elevenlabs(struct arena *a, const struct config *cfg, const char *what)
{
	return ask(a, arena_printf(a, "%s/v1/%s", env_str("ELEVENLABS_API_BASE_URL", "https://api.elevenlabs.io"), what),
		   bearer(a, "xi-api-key: ", config_text(cfg, CK_AUDIO_TTS_API_KEY)));
}

struct json_object *audio_voices(struct arena *a, const struct config *cfg)
{
	const char *engine = config_text(cfg, CK_AUDIO_TTS_ENGINE);
	const char *base = config_text(cfg, CK_AUDIO_TTS_OPENAI_API_BASE_URL);
	struct json_object *answer;

	if (text_eq(engine, "openai-realtime"))
		return fixed(a, realtime_voices, true);
	if (text_eq(engine, "elevenlabs"))
		return named(a, json_get(elevenlabs(a, cfg, "voices"), "voices"), "voice_id", "name", NULL);
	if (text_eq(engine, "azure"))
		return azure_voices(a, cfg);
	if (text_eq(engine, "mistral"))
		return mistral_voices(a, cfg);
	if (!text_eq(engine, "openai"))
		return json_new_array(a);
	answer = text_empty(base) || text_starts(base, OPENAI) ? NULL
		 : ask(a, arena_printf(a, "%s/audio/voices", base), NULL);
	return answer ? named(a, json_get(answer, "voices"), "id", "name", NULL) : fixed(a, openai_voices, true);
}

/* The list as an OpenAI-compatible server gives it: its models for speech, or else all it has. */
static struct json_object *openai_list(struct arena *a, const char *base)
{
	struct json_object *answer, *list;

	if (text_empty(base) || text_starts(base, OPENAI))
		return fixed(a, openai_models, false);
	answer = ask(a, arena_printf(a, "%s/audio/models", base), NULL);
	if (answer)
		list = json_get(answer, "models");
	else if ((answer = ask(a, arena_printf(a, "%s/models", base), NULL)))
		list = json_has(answer, "data") ? json_get(answer, "data") : json_get(answer, "models");
	else
		return fixed(a, openai_models, false);
	return list ? list : json_new_array(a);
}

struct json_object *audio_models(struct arena *a, const struct config *cfg)
{
	const char *engine = config_text(cfg, CK_AUDIO_TTS_ENGINE);

	if (text_eq(engine, "openai"))
		return openai_list(a, config_text(cfg, CK_AUDIO_TTS_OPENAI_API_BASE_URL));
	if (text_eq(engine, "openai-realtime"))
		return fixed(a, realtime_models, false);
	if (text_eq(engine, "mistral"))
		return fixed(a, mistral_models, false);
	return text_eq(engine, "elevenlabs") ? named(a, elevenlabs(a, cfg, "models"), "model_id", "name", NULL)
					      : json_new_array(a);
}
