#ifndef OW_IMAGE_H
#define OW_IMAGE_H

/*
 * image - the engines of pictures: "openai", "gemini", "comfyui", "automatic1111" ("" is the same).
 * Calls wait for the engine, at most AIOHTTP_CLIENT_TIMEOUT_MODEL_LIST seconds (10) a question: hold no
 * database connection meanwhile.
 */

#include "config/config.h"

/* What the engine can draw with: [{ id, name }]; NULL for an engine that nobody knows, or a workflow whose
 * node names no models.  False: the engine could not be asked, or answered something else. */
bool image_models(struct arena *a, const struct config *c, struct json_object **list);

/* Does an engine answer at this address?  1; 0 it does not; -1 no engine that can be asked. */
int image_engine_answers(struct arena *a, const char *engine, const char *url, const char *key);

/* Make the model that the settings name the one of an engine that holds one at a time. */
void image_model_apply(struct arena *a, const struct config *c);

#endif
