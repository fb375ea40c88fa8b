/* settings_retrieval - settings of documents, embeddings and web search. */

#include "fcgi/settings.h"

static const struct field web_view[] = {
	{ "ENABLE_WEB_SEARCH", T_BOOL | T_NULL, .config = "web.search.enable" },
	{ "ENABLE_WEB_SEARCH_CONFIRMATION", T_BOOL | T_NULL,
	  .config = "web.search.confirmation.enable" },
	{ "WEB_SEARCH_CONFIRMATION_CONTENT", T_STR | T_NULL,
	  .config = "web.search.confirmation.content" },
	{ "WEB_SEARCH_ENGINE", T_STR | T_NULL, .config = "web.search.engine" },
	{ "WEB_SEARCH_TRUST_ENV", T_BOOL | T_NULL, .config = "web.search.trust_env" },
	{ "WEB_SEARCH_RESULT_COUNT", T_INT | T_NULL, .config = "web.search.result_count" },
	{ "WEB_SEARCH_CONCURRENT_REQUESTS", T_INT | T_NULL,
	  .config = "web.search.concurrent_requests" },
	{ "WEB_SEARCH_DOMAIN_FILTER_LIST", T_LIST | T_NULL, .item = &text_item,
	  .config = "web.search.domain.filter_list" },
	{ "WEB_FETCH_MAX_CONTENT_LENGTH", T_INT | T_NULL,
	  .config = "web.fetch.max_content_length" },
	{ "WEB_LOADER_CONCURRENT_REQUESTS", T_INT | T_NULL,
	  .config = "web.loader.concurrent_requests" },
	{ "BYPASS_WEB_SEARCH_EMBEDDING_AND_RETRIEVAL", T_BOOL | T_NULL,
	  .config = "web.search.bypass_embedding_and_retrieval" },
	{ "BYPASS_WEB_SEARCH_WEB_LOADER", T_BOOL | T_NULL,
	  .config = "web.search.bypass_web_loader" },
	{ "OLLAMA_CLOUD_WEB_SEARCH_API_KEY", T_STR | T_NULL,
	  .config = "web.search.ollama_cloud_api_key" },
	{ "SEARXNG_QUERY_URL", T_STR | T_NULL, .config = "web.search.searxng_query_url" },
	{ "SEARXNG_LANGUAGE", T_STR | T_NULL, .config = "web.search.searxng_language" },
	{ "OPENSERP_BASE_URL", T_STR | T_NULL, .config = "web.search.openserp_base_url" },
	{ "YACY_QUERY_URL", T_STR | T_NULL, .config = "web.search.yacy_query_url" },
	{ "YACY_USERNAME", T_STR | T_NULL, .config = "web.search.yacy_username" },
	{ "YACY_PASSWORD", T_STR | T_NULL, .config = "web.search.yacy_password" },
	{ "GOOGLE_PSE_API_KEY", T_STR | T_NULL, .config = "web.search.google_pse_api_key" },
	{ "GOOGLE_PSE_ENGINE_ID", T_STR | T_NULL, .config = "web.search.google_pse_engine_id" },
	{ "BRAVE_SEARCH_API_KEY", T_STR | T_NULL, .config = "web.search.brave_search_api_key" },
	{ "BRAVE_SEARCH_CONTEXT_TOKENS", T_INT | T_NULL,
	  .config = "web.search.brave_search_context_tokens" },
	{ "KAGI_SEARCH_API_KEY", T_STR | T_NULL, .config = "web.search.kagi_search_api_key" },
	{ "MOJEEK_SEARCH_API_KEY", T_STR | T_NULL, .config = "web.search.mojeek_search_api_key" },
	{ "BOCHA_SEARCH_API_KEY", T_STR | T_NULL, .config = "web.search.bocha_search_api_key" },
	{ "SERPSTACK_API_KEY", T_STR | T_NULL, .config = "web.search.serpstack_api_key" },
	{ "SERPSTACK_HTTPS", T_BOOL | T_NULL, .config = "web.search.serpstack_https" },
	{ "SERPER_API_KEY", T_STR | T_NULL, .config = "web.search.serper_api_key" },
	{ "SERPHOUSE_API_KEY", T_STR | T_NULL, .config = "web.search.serphouse_api_key" },
	{ "SERPHOUSE_DOMAIN", T_STR | T_NULL, .config = "web.search.serphouse_domain" },
	{ "SERPLY_API_KEY", T_STR | T_NULL, .config = "web.search.serply_api_key" },
	{ "DDGS_BACKEND", T_STR | T_NULL, F_GET_ONLY, .config = "web.search.ddgs_backend" },
	{ "TAVILY_API_KEY", T_STR | T_NULL, .config = "web.search.tavily_api_key" },
	{ "STAAN_API_KEY", T_STR | T_NULL, .config = "web.search.staan_api_key" },
	{ "STAAN_MARKET", T_STR | T_NULL, .config = "web.search.staan_market" },
	{ "STAAN_MAX_SNIPPETS", T_INT | T_NULL, .config = "web.search.staan_max_snippets" },
	{ "SEARCHAPI_API_KEY", T_STR | T_NULL, .config = "web.search.searchapi_api_key" },
	{ "SEARCHAPI_ENGINE", T_STR | T_NULL, .config = "web.search.searchapi_engine" },
	{ "SERPAPI_API_KEY", T_STR | T_NULL, .config = "web.search.serpapi_api_key" },
	{ "SERPAPI_ENGINE", T_STR | T_NULL, .config = "web.search.serpapi_engine" },
	{ "JINA_API_KEY", T_STR | T_NULL, .config = "web.search.jina_api_key" },
	{ "JINA_API_BASE_URL", T_STR | T_NULL, .config = "web.search.jina_api_base_url" },
	{ "BING_SEARCH_V7_ENDPOINT", T_STR | T_NULL,
	  .config = "web.search.bing_search_v7_endpoint" },
	{ "BING_SEARCH_V7_SUBSCRIPTION_KEY", T_STR | T_NULL,
	  .config = "web.search.bing_search_v7_subscription_key" },
	{ "EXA_API_KEY", T_STR | T_NULL, .config = "web.search.exa_api_key" },
	{ "EXA_MAX_CONTENT_LENGTH", T_INT | T_NULL, F_STRICT, .min = ">0",
	  .config = "web.search.exa_max_content_length" },
	{ "PERPLEXITY_API_KEY", T_STR | T_NULL, .config = "web.search.perplexity_api_key" },
	{ "PERPLEXITY_MODEL", T_STR | T_NULL, .config = "web.search.perplexity_model" },
	{ "PERPLEXITY_SEARCH_CONTEXT_USAGE", T_STR | T_NULL,
	  .config = "web.search.perplexity_search_context_usage" },
	{ "PERPLEXITY_SEARCH_API_URL", T_STR | T_NULL,
	  .config = "web.search.perplexity_search_api_url" },
	{ "MICROSOFT_WEB_IQ_API_BASE_URL", T_STR | T_NULL,
	  .config = "web.search.microsoft_web_iq_api_base_url" },
	{ "MICROSOFT_WEB_IQ_API_KEY", T_STR | T_NULL,
	  .config = "web.search.microsoft_web_iq_api_key" },
	{ "MICROSOFT_WEB_IQ_LANGUAGE", T_STR | T_NULL,
	  .config = "web.search.microsoft_web_iq_language" },
	{ "SOUGOU_API_SID", T_STR | T_NULL, .config = "web.search.sougou_api_sid" },
	{ "SOUGOU_API_SK", T_STR | T_NULL, .config = "web.search.sougou_api_sk" },
	{ "WEB_LOADER_ENGINE", T_STR | T_NULL, .config = "web.loader.engine" },
	{ "WEB_LOADER_TIMEOUT", T_STR | T_NULL, .config = "web.loader.timeout" },
	{ "ENABLE_WEB_LOADER_SSL_VERIFICATION", T_BOOL | T_NULL,
	  .config = "web.loader.ssl_verification" },
	{ "PLAYWRIGHT_WS_URL", T_STR | T_NULL, .config = "web.loader.playwright_ws_url" },
	{ "PLAYWRIGHT_TIMEOUT", T_INT | T_NULL, .config = "web.loader.playwright_timeout" },
	{ "FIRECRAWL_API_KEY", T_STR | T_NULL, .config = "web.loader.firecrawl_api_key" },
	{ "FIRECRAWL_API_BASE_URL", T_STR | T_NULL, .config = "web.loader.firecrawl_api_url" },
	{ "FIRECRAWL_TIMEOUT", T_STR | T_NULL, .config = "web.loader.firecrawl_timeout" },
	{ "TAVILY_EXTRACT_DEPTH", T_STR | T_NULL, .config = "web.search.tavily_extract_depth" },
	{ "TAVILY_SEARCH_DEPTH", T_STR | T_NULL, .config = "web.search.tavily_search_depth" },
	{ "EXTERNAL_WEB_SEARCH_URL", T_STR | T_NULL,
	  .config = "web.search.external_web_search_url" },
	{ "EXTERNAL_WEB_SEARCH_API_KEY", T_STR | T_NULL,
	  .config = "web.search.external_web_search_api_key" },
	{ "EXTERNAL_WEB_LOADER_URL", T_STR | T_NULL,
	  .config = "web.loader.external_web_loader_url" },
	{ "EXTERNAL_WEB_LOADER_API_KEY", T_STR | T_NULL,
	  .config = "web.loader.external_web_loader_api_key" },
	{ "YOUTUBE_LOADER_LANGUAGE", T_LIST | T_NULL, .item = &text_item,
	  .config = "rag.youtube_loader_language" },
	{ "YOUTUBE_LOADER_PROXY_URL", T_STR | T_NULL, .config = "rag.youtube_loader_proxy_url" },
	{ "YOUTUBE_LOADER_TRANSLATION", T_STR | T_NULL,
	  .config = "rag.youtube_loader_translation" },
	{ "YANDEX_WEB_SEARCH_URL", T_STR | T_NULL, .config = "web.search.yandex_web_search_url" },
	{ "YANDEX_WEB_SEARCH_API_KEY", T_STR | T_NULL,
	  .config = "web.search.yandex_web_search_api_key" },
	{ "YANDEX_WEB_SEARCH_CONFIG", T_STR | T_NULL,
	  .config = "web.search.yandex_web_search_config" },
	{ "YOUCOM_API_KEY", T_STR | T_NULL, .config = "web.search.youcom_api_key" },
	{ "LINKUP_API_KEY", T_STR | T_NULL, .config = "web.search.linkup_api_key" },
	{ "LINKUP_SEARCH_PARAMS", T_DICT | T_NULL, .config = "web.search.linkup_search_params" },
	SCHEMA_END
};

static const struct field retrieval_view[] = {
	{ "status", T_ANY, .def = "true" },
	{ "RAG_TEMPLATE", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.template" },
	{ "TOP_K", T_INT | T_NULL, F_KEEP_NULL, .config = "rag.top_k" },
	{ "BYPASS_EMBEDDING_AND_RETRIEVAL", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.bypass_embedding_and_retrieval" },
	{ "RAG_FULL_CONTEXT", T_BOOL | T_NULL, F_KEEP_NULL, .config = "rag.full_context" },
	{ "ENABLE_RAG_HYBRID_SEARCH", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.enable_hybrid_search" },
	{ "ENABLE_RAG_HYBRID_SEARCH_ENRICHED_TEXTS", T_BOOL | T_NULL, F_KEEP_NULL | F_GET_ONLY,
	  .config = "rag.enable_hybrid_search_enriched_texts" },
	{ "TOP_K_RERANKER", T_INT | T_NULL, F_KEEP_NULL, .config = "rag.top_k_reranker" },
	{ "RELEVANCE_THRESHOLD", T_FLOAT | T_NULL, F_KEEP_NULL,
	  .config = "rag.relevance_threshold" },
	{ "HYBRID_BM25_WEIGHT", T_FLOAT | T_NULL, F_KEEP_NULL, .config = "rag.hybrid_bm25_weight" },
	{ "CONTENT_EXTRACTION_ENGINE", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.content_extraction_engine" },
	{ "CONTENT_EXTRACTION_SUPPORTED_MEDIA_MIME_TYPES", T_LIST | T_NULL, F_KEEP_NULL,
	  .item = &text_item, .config = "rag.content_extraction.supported_media_mime_types" },
	{ "PDF_EXTRACT_IMAGES", T_BOOL | T_NULL, F_KEEP_NULL, .config = "rag.pdf_extract_images" },
	{ "PDF_LOADER_MODE", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.pdf_loader_mode" },
	{ "DATALAB_MARKER_API_KEY", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_api_key" },
	{ "DATALAB_MARKER_API_BASE_URL", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_api_base_url" },
	{ "DATALAB_MARKER_ADDITIONAL_CONFIG", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_additional_config" },
	{ "DATALAB_MARKER_SKIP_CACHE", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_skip_cache" },
	{ "DATALAB_MARKER_FORCE_OCR", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_force_ocr" },
	{ "DATALAB_MARKER_PAGINATE", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_paginate" },
	{ "DATALAB_MARKER_STRIP_EXISTING_OCR", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_strip_existing_ocr" },
	{ "DATALAB_MARKER_DISABLE_IMAGE_EXTRACTION", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_disable_image_extraction" },
	{ "DATALAB_MARKER_FORMAT_LINES", T_BOOL | T_NULL, F_KEEP_NULL | F_GET_ONLY,
	  .config = "rag.datalab_marker_format_lines" },
	{ "DATALAB_MARKER_USE_LLM", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_use_llm" },
	{ "DATALAB_MARKER_OUTPUT_FORMAT", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.datalab_marker_output_format" },
	{ "EXTERNAL_DOCUMENT_LOADER_URL", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.external_document_loader_url" },
	{ "EXTERNAL_DOCUMENT_LOADER_API_KEY", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.external_document_loader_api_key" },
	{ "EXTERNAL_DOCUMENT_LOADER_HEADERS", T_DICT | T_NULL, F_KEEP_NULL,
	  .config = "rag.external_document_loader_headers" },
	{ "TIKA_SERVER_URL", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.tika_server_url" },
	{ "TIKA_SERVER_VERSION", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.tika_server_version" },
	{ "DOCLING_SERVER_URL", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.docling_server_url" },
	{ "DOCLING_API_KEY", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.docling_api_key" },
	{ "DOCLING_PARAMS", T_DICT | T_NULL, F_KEEP_NULL, .config = "rag.docling_params" },
	{ "DOCUMENT_INTELLIGENCE_ENDPOINT", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.document_intelligence_endpoint" },
	{ "DOCUMENT_INTELLIGENCE_KEY", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.document_intelligence_key" },
	{ "DOCUMENT_INTELLIGENCE_MODEL", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.document_intelligence_model" },
	{ "MISTRAL_OCR_API_BASE_URL", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.mistral_ocr_api_base_url" },
	{ "MISTRAL_OCR_API_KEY", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.mistral_ocr_api_key" },
	{ "MISTRAL_OCR_USE_BASE64", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.mistral_ocr_use_base64" },
	{ "PADDLEOCR_VL_BASE_URL", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.paddleocr_vl_base_url" },
	{ "PADDLEOCR_VL_TOKEN", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.paddleocr_vl_token" },
	{ "MINERU_API_MODE", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.mineru_api_mode" },
	{ "MINERU_API_URL", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.mineru_api_url" },
	{ "MINERU_API_KEY", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.mineru_api_key" },
	{ "MINERU_API_TIMEOUT", T_INT | T_NULL, F_KEEP_NULL, .config = "rag.mineru_api_timeout" },
	{ "MINERU_PARAMS", T_DICT | T_NULL, F_KEEP_NULL, .config = "rag.mineru_params" },
	{ "MINERU_FILE_EXTENSIONS", T_LIST | T_NULL, F_KEEP_NULL | F_GET_ONLY, .item = &text_item,
	  .config = "rag.mineru_file_extensions" },
	{ "RAG_RERANKING_MODEL", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.reranking_model" },
	{ "RAG_RERANKING_ENGINE", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.reranking_engine" },
	{ "RAG_RERANKING_BATCH_SIZE", T_INT | T_NULL, F_KEEP_NULL | F_GET_ONLY,
	  .config = "rag.reranking_batch_size" },
	{ "RAG_EXTERNAL_RERANKER_URL", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.external_reranker_url" },
	{ "RAG_EXTERNAL_RERANKER_API_KEY", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.external_reranker_api_key" },
	{ "RAG_EXTERNAL_RERANKER_TIMEOUT", T_STR | T_NULL, F_KEEP_NULL,
	  .config = "rag.external_reranker_timeout" },
	{ "TEXT_SPLITTER", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.text_splitter" },
	{ "RAG_TOKENIZER_MODEL", T_STR | T_NULL, F_KEEP_NULL, .config = "rag.tokenizer_model" },
	{ "ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "rag.enable_markdown_header_text_splitter" },
	{ "CHUNK_SIZE", T_INT | T_NULL, F_KEEP_NULL, .config = "rag.chunk_size" },
	{ "CHUNK_MIN_SIZE_TARGET", T_INT | T_NULL, F_KEEP_NULL,
	  .config = "rag.chunk_min_size_target" },
	{ "CHUNK_OVERLAP", T_INT | T_NULL, F_KEEP_NULL, .config = "rag.chunk_overlap" },
	{ "FILE_MAX_SIZE", T_STR | T_INT | T_NULL, F_KEEP_NULL, .config = "rag.file.max_size" },
	{ "FILE_MAX_COUNT", T_STR | T_INT | T_NULL, F_KEEP_NULL, .config = "rag.file.max_count" },
	{ "FILE_IMAGE_COMPRESSION_WIDTH", T_STR | T_INT | T_NULL, F_KEEP_NULL,
	  .config = "file.image_compression_width" },
	{ "FILE_IMAGE_COMPRESSION_HEIGHT", T_STR | T_INT | T_NULL, F_KEEP_NULL,
	  .config = "file.image_compression_height" },
	{ "ALLOWED_FILE_EXTENSIONS", T_LIST | T_NULL, F_KEEP_NULL, .item = &text_item,
	  .config = "rag.file.allowed_extensions" },
	{ "ENABLE_GOOGLE_DRIVE_INTEGRATION", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "google_drive.enable" },
	{ "ENABLE_ONEDRIVE_INTEGRATION", T_BOOL | T_NULL, F_KEEP_NULL,
	  .config = "onedrive.enable" },
	{ "web", T_NULL | T_MODEL, F_KEEP_NULL, .sub = web_view },
	SCHEMA_END
};

/* "" stands for no limit. */
static int retrieval_set(struct req *r)
{
	static const char *const limits[] = { "rag.file.max_size", "rag.file.max_count",
					      "file.image_compression_width",
					      "file.image_compression_height" };
	struct json_object *c = settings_changes(r, retrieval_view, r->body);
	struct str model = str_trim(str_of(json_text(c, "rag.tokenizer_model", "")));

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (text_eq(json_text(c, limits[i], "x"), ""))
			json_set(c, limits[i], NULL);
	if (json_has(c, "rag.tokenizer_model"))
		json_set(c, "rag.tokenizer_model",
			 json_object_new_string_len(model.p ? model.p : "", (int)model.n));
	if (!json_get(c, "web.search.brave_search_context_tokens"))
		json_del(c, "web.search.brave_search_context_tokens");
	return settings_store(r, c) ? settings_get(r) : 0;
}

static const struct field openai_view[] = {
	{ "url", T_STR | T_NULL, .def = "null", .config = "rag.openai.api_base_url" },
	{ "key", T_STR | T_NULL, .def = "null", .config = "rag.openai.api_key" }, SCHEMA_END
};
static const struct field ollama_view[] = {
	{ "url", T_STR | T_NULL, .def = "null", .config = "rag.ollama.base_url" },
	{ "key", T_STR | T_NULL, .def = "null", .config = "rag.ollama.api_key" }, SCHEMA_END
};
static const struct field azure_view[] = {
	{ "url", T_STR | T_NULL, .def = "null", .config = "rag.azure_openai.base_url" },
	{ "key", T_STR | T_NULL, .def = "null", .config = "rag.azure_openai.api_key" },
	{ "version", T_STR | T_NULL, .def = "null", .config = "rag.azure_openai.api_version" },
	SCHEMA_END
};
static const struct field embedding_view[] = {
	{ "status", T_ANY, .def = "true" },
	{ "RAG_EMBEDDING_ENGINE", T_STR, F_REQUIRED, .config = "rag.embedding_engine" },
	{ "RAG_EMBEDDING_MODEL", T_STR, F_REQUIRED, .config = "rag.embedding_model" },
	{ "RAG_EMBEDDING_BATCH_SIZE", T_INT | T_NULL, .def = "1",
	  .config = "rag.embedding_batch_size" },
	{ "ENABLE_ASYNC_EMBEDDING", T_BOOL | T_NULL, .def = "true",
	  .config = "rag.enable_async_embedding" },
	{ "RAG_EMBEDDING_CONCURRENT_REQUESTS", T_INT | T_NULL, .def = "0",
	  .config = "rag.embedding_concurrent_requests" },
	{ "openai_config", T_MODEL | T_NULL, .sub = openai_view },
	{ "ollama_config", T_MODEL | T_NULL, .sub = ollama_view },
	{ "azure_openai_config", T_MODEL | T_NULL, .sub = azure_view },
	SCHEMA_END
};

/* Only the engine that is chosen has its address and key stored. */
static int embedding_set(struct req *r)
{
	static const struct {
		const char *engine, *member;
	} parts[] = { { "openai", "openai_config" }, { "ollama", "ollama_config" },
		      { "azure_openai", "azure_openai_config" } };
	const char *engine = json_text(r->body, "RAG_EMBEDDING_ENGINE", "");
	struct str model = str_trim(str_of(json_text(r->body, "RAG_EMBEDDING_MODEL", "")));

	json_set(r->body, "RAG_EMBEDDING_MODEL", json_object_new_string_len(model.p, (int)model.n));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct json_object *part = json_get(r->body, parts[i].member);

		if (!text_eq(engine, parts[i].engine) || !part) {
			json_del(r->body, parts[i].member);
			continue;
		}
		json_set_text(part, "url", json_text(part, "url", ""));
		json_set_text(part, "key", json_text(part, "key", ""));
		if (json_has(part, "version"))
			json_set_text(part, "version", json_text(part, "version", ""));
	}
	return settings_set(r);
}

const struct route settings_retrieval_routes[] = {
	{ "GET", "/api/v1/retrieval/config", ADMIN, settings_get, .view = retrieval_view },
	{ "POST", "/api/v1/retrieval/config/update", ADMIN, retrieval_set, retrieval_view },
	{ "GET", "/api/v1/retrieval/embedding", ADMIN, settings_get, .view = embedding_view },
	{ "POST", "/api/v1/retrieval/embedding/update", ADMIN, embedding_set, embedding_view },
	ROUTES_END
};
