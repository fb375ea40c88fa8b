/* settings_media - settings of speech and of images. */

#include "base/env.h"
#include "fcgi/settings.h"
#include "image/image.h"

static const struct field tts_view[] = {
	{ "OPENAI_API_BASE_URL", T_STR, F_REQUIRED, .config = "audio.tts.openai.api_base_url" },
	{ "OPENAI_API_KEY", T_STR, F_REQUIRED, .config = "audio.tts.openai.api_key" },
	{ "OPENAI_PARAMS", T_DICT | T_NULL, .config = "audio.tts.openai.params" },
	{ "API_KEY", T_STR, F_REQUIRED, .config = "audio.tts.api_key" },
	{ "ENGINE", T_STR, F_REQUIRED, .config = "audio.tts.engine" },
	{ "MODEL", T_STR, F_REQUIRED, .config = "audio.tts.model" },
	{ "VOICE", T_STR, F_REQUIRED, .config = "audio.tts.voice" },
	{ "REALTIME_TTS_PROMPT_TEMPLATE", T_STR | T_NULL,
	  .config = "audio.tts.realtime.prompt_template" },
	{ "SPLIT_ON", T_STR, F_REQUIRED, .config = "audio.tts.split_on" },
	{ "AZURE_SPEECH_REGION", T_STR, F_REQUIRED, .config = "audio.tts.azure.speech_region" },
	{ "AZURE_SPEECH_BASE_URL", T_STR, F_REQUIRED, .config = "audio.tts.azure.speech_base_url" },
	{ "AZURE_SPEECH_OUTPUT_FORMAT", T_STR, F_REQUIRED,
	  .config = "audio.tts.azure.speech_output_format" },
	{ "MISTRAL_API_KEY", T_STR, F_REQUIRED, .config = "audio.tts.mistral.api_key" },
	{ "MISTRAL_API_BASE_URL", T_STR, F_REQUIRED, .config = "audio.tts.mistral.api_base_url" },
	SCHEMA_END
};

static const struct field stt_view[] = {
	{ "OPENAI_API_BASE_URL", T_STR, F_REQUIRED, .config = "audio.stt.openai.api_base_url" },
	{ "OPENAI_API_KEY", T_STR, F_REQUIRED, .config = "audio.stt.openai.api_key" },
	{ "OPENAI_API_REQUEST_FORMAT", T_STR, .config = "audio.stt.openai.api_request_format" },
	{ "ENGINE", T_STR, F_REQUIRED, .config = "audio.stt.engine" },
	{ "MODEL", T_STR, F_REQUIRED, .config = "audio.stt.model" },
	{ "SUPPORTED_CONTENT_TYPES", T_LIST, .item = &text_item,
	  .config = "audio.stt.supported_content_types" },
	{ "ALLOWED_EXTENSIONS", T_LIST, .item = &text_item,
	  .config = "audio.stt.allowed_extensions" },
	{ "WHISPER_MODEL", T_STR, F_REQUIRED, .config = "audio.stt.whisper_model" },
	{ "DEEPGRAM_API_KEY", T_STR, F_REQUIRED, .config = "audio.stt.deepgram.api_key" },
	{ "AZURE_API_KEY", T_STR, F_REQUIRED, .config = "audio.stt.azure.api_key" },
	{ "AZURE_REGION", T_STR, F_REQUIRED, .config = "audio.stt.azure.region" },
	{ "AZURE_LOCALES", T_STR, F_REQUIRED, .config = "audio.stt.azure.locales" },
	{ "AZURE_BASE_URL", T_STR, F_REQUIRED, .config = "audio.stt.azure.base_url" },
	{ "AZURE_MAX_SPEAKERS", T_STR, F_REQUIRED, .config = "audio.stt.azure.max_speakers" },
	{ "MISTRAL_API_KEY", T_STR, F_REQUIRED, .config = "audio.stt.mistral.api_key" },
	{ "MISTRAL_API_BASE_URL", T_STR, F_REQUIRED, .config = "audio.stt.mistral.api_base_url" },
	{ "MISTRAL_USE_CHAT_COMPLETIONS", T_BOOL, F_REQUIRED,
	  .config = "audio.stt.mistral.use_chat_completions" },
	SCHEMA_END
};

static const struct field realtime_view[] = {
	{ "ENABLED", T_BOOL, .config = "audio.realtime.enabled" },
	{ "PROVIDER", T_STR, .choices = "openai|azure", .config = "audio.realtime.provider" },
	{ "AUTH_TYPE", T_STR, .choices = "api_key|microsoft_entra_id",
	  .config = "audio.realtime.auth_type" },
	{ "OPENAI_API_BASE_URL", T_STR, .config = "audio.realtime.openai.api_base_url" },
	{ "OPENAI_API_KEY", T_STR, .config = "audio.realtime.openai.api_key" },
	{ "MODEL", T_STR, .min = "1", .max = "200", .config = "audio.realtime.model" },
	{ "VOICE", T_STR, .min = "1", .max = "200", .config = "audio.realtime.voice" },
	{ "TRANSCRIPTION_MODEL", T_STR, .min = "1", .max = "200",
	  .config = "audio.realtime.transcription_model" },
	{ "INPUT_PARAMS", T_DICT | T_NULL, .config = "audio.realtime.input_params" },
	{ "REALTIME_CALL_PROMPT_TEMPLATE", T_STR | T_NULL,
	  .config = "audio.realtime.prompt_template" },
	SCHEMA_END
};

static const struct field images_view[] = {
	{ "ENABLE_IMAGE_GENERATION", T_BOOL, F_REQUIRED, .config = "image_generation.enable" },
	{ "ENABLE_IMAGE_PROMPT_GENERATION", T_BOOL, F_REQUIRED,
	  .config = "image_generation.prompt.enable" },
	{ "IMAGE_GENERATION_ENGINE", T_STR, F_REQUIRED, .config = "image_generation.engine" },
	{ "IMAGE_GENERATION_MODEL", T_STR, F_REQUIRED, .config = "image_generation.model" },
	{ "IMAGE_SIZE", T_STR | T_NULL, F_REQUIRED, .config = "image_generation.size" },
	{ "IMAGE_STEPS", T_INT | T_NULL, F_REQUIRED, .config = "image_generation.steps" },
	{ "IMAGES_OPENAI_API_BASE_URL", T_STR, F_REQUIRED,
	  .config = "image_generation.openai.api_base_url" },
	{ "IMAGES_OPENAI_API_KEY", T_STR, F_REQUIRED, .config = "image_generation.openai.api_key" },
	{ "IMAGES_OPENAI_API_VERSION", T_STR, F_REQUIRED,
	  .config = "image_generation.openai.api_version" },
	{ "IMAGES_OPENAI_API_PARAMS", T_STR | T_DICT | T_NULL, F_REQUIRED,
	  .config = "image_generation.openai.params" },
	{ "AUTOMATIC1111_BASE_URL", T_STR, F_REQUIRED,
	  .config = "image_generation.automatic1111.base_url" },
	{ "AUTOMATIC1111_API_AUTH", T_STR | T_DICT | T_NULL, F_REQUIRED,
	  .config = "image_generation.automatic1111.api_auth" },
	{ "AUTOMATIC1111_PARAMS", T_STR | T_DICT | T_NULL, F_REQUIRED,
	  .config = "image_generation.automatic1111.api_params" },
	{ "COMFYUI_BASE_URL", T_STR, F_REQUIRED, .config = "image_generation.comfyui.base_url" },
	{ "COMFYUI_API_KEY", T_STR, F_REQUIRED, .config = "image_generation.comfyui.api_key" },
	{ "COMFYUI_WORKFLOW", T_STR, F_REQUIRED, .config = "image_generation.comfyui.workflow" },
	{ "COMFYUI_WORKFLOW_NODES", T_LIST, F_REQUIRED,
	  .item = &(const struct field){ "", T_DICT },
	  .config = "image_generation.comfyui.nodes" },
	{ "IMAGES_GEMINI_API_BASE_URL", T_STR, F_REQUIRED,
	  .config = "image_generation.gemini.api_base_url" },
	{ "IMAGES_GEMINI_API_KEY", T_STR, F_REQUIRED, .config = "image_generation.gemini.api_key" },
	{ "IMAGES_GEMINI_ENDPOINT_METHOD", T_STR, F_REQUIRED,
	  .config = "image_generation.gemini.endpoint_method" },
	{ "ENABLE_IMAGE_EDIT", T_BOOL, F_REQUIRED, .config = "images.edit.enable" },
	{ "IMAGE_EDIT_ENGINE", T_STR, F_REQUIRED, .config = "images.edit.engine" },
	{ "IMAGE_EDIT_MODEL", T_STR, F_REQUIRED, .config = "images.edit.model" },
	{ "IMAGE_EDIT_SIZE", T_STR | T_NULL, F_REQUIRED, .config = "images.edit.size" },
	{ "IMAGES_EDIT_OPENAI_API_BASE_URL", T_STR, F_REQUIRED,
	  .config = "images.edit.openai.api_base_url" },
	{ "IMAGES_EDIT_OPENAI_API_KEY", T_STR, F_REQUIRED, .config = "images.edit.openai.api_key" },
	{ "IMAGES_EDIT_OPENAI_API_VERSION", T_STR, F_REQUIRED,
	  .config = "images.edit.openai.api_version" },
	{ "IMAGES_EDIT_GEMINI_API_BASE_URL", T_STR, F_REQUIRED,
	  .config = "images.edit.gemini.api_base_url" },
	{ "IMAGES_EDIT_GEMINI_API_KEY", T_STR, F_REQUIRED, .config = "images.edit.gemini.api_key" },
	{ "IMAGES_EDIT_COMFYUI_BASE_URL", T_STR, F_REQUIRED,
	  .config = "images.edit.comfyui.base_url" },
	{ "IMAGES_EDIT_COMFYUI_API_KEY", T_STR, F_REQUIRED,
	  .config = "images.edit.comfyui.api_key" },
	{ "IMAGES_EDIT_COMFYUI_WORKFLOW", T_STR, F_REQUIRED,
	  .config = "images.edit.comfyui.workflow" },
	{ "IMAGES_EDIT_COMFYUI_WORKFLOW_NODES", T_LIST, F_REQUIRED,
	  .item = &(const struct field){ "", T_DICT }, .config = "images.edit.comfyui.nodes" },
	SCHEMA_END
};

static const struct field audio_view[] = {
	{ "realtime", T_MODEL | T_NULL, .sub = realtime_view },
	{ "tts", T_MODEL, F_REQUIRED, .sub = tts_view },
	{ "stt", T_MODEL, F_REQUIRED, .sub = stt_view },
	SCHEMA_END
};

static bool is_size(const char *s)
{
	size_t w = strspn(s, "0123456789"), h = s[w] == 'x' ? strspn(s + w + 1, "0123456789") : 0;

	return w && h;
}

static void strip_slashes(struct json_object *body, const char *name)
{
	const char *s = json_text(body, name, "");
	size_t n;

	s += strspn(s, "/");
	n = strlen(s);
	while (n && s[n - 1] == '/')
		n--;
	json_set(body, name, json_object_new_string_len(s, (int)n));
}

static int images_set(struct req *r)
{
	const char *size = json_text(r->body, "IMAGE_SIZE", "");
	const char *model = json_text(r->body, "IMAGE_GENERATION_MODEL", "");
	struct buf *b = buf_in(r->arena, 0);
	const char *prefix = env_str("IMAGE_AUTO_SIZE_MODELS_PREFIX", "gpt-image");

	if (text_eq(size, "auto") && !text_starts(model, prefix))
		return req_fail_detail(r, 400, "The size auto is only for models whose name begins "
					       "with %s.", prefix);
	if (*size && !text_eq(size, "auto") && !is_size(size))
		return req_fail_detail(r, 400, "Not a size (e.g., 512x512).");
	if (json_i64(r->body, "IMAGE_STEPS", 0) < 0)
		return req_fail_detail(r, 400, "Not a number of steps (e.g., 50).");
	strip_slashes(r->body, "COMFYUI_BASE_URL");
	strip_slashes(r->body, "IMAGES_EDIT_COMFYUI_BASE_URL");
	if (!settings_store(r, settings_changes(r, images_view, r->body)))
		return 0;
	req_db_release(r);
	image_model_apply(r->arena, r->cfg);
	settings_show(r, b, images_view);
	b->len--;
	buf_printf(b, ",\"USER_PERMISSIONS\":%s}", config_json(r->cfg, CK_USER_PERMISSIONS));
	return req_send_json(r, 200, b->data, b->len);
}

const struct route settings_media_routes[] = {
	{ "GET", "/api/v1/audio/config", ADMIN, settings_get, .view = audio_view },
	{ "POST", "/api/v1/audio/config/update", ADMIN, settings_set, audio_view,
	  .event = "config.updated 'audio' tts_engine=@tts.ENGINE stt_engine=@stt.ENGINE" },
	{ "GET", "/api/v1/images/config", ADMIN, settings_get, .view = images_view },
	{ "POST", "/api/v1/images/config/update", ADMIN, images_set, images_view, .flags = R_STREAM,
	  .event = "config.updated 'images' image_generation_enabled=@ENABLE_IMAGE_GENERATION "
		"image_edit_enabled=@ENABLE_IMAGE_EDIT image_generation_engine=@IMAGE_GENERATION_ENGINE "
		"image_edit_engine=@IMAGE_EDIT_ENGINE" },
	ROUTES_END
};
