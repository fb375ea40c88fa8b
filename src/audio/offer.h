#ifndef OW_AUDIO_OFFER_H
#define OW_AUDIO_OFFER_H

/*
 * offer - the voices and models of the speech engine that the settings name (audio.tts.engine).
 *
 * Some engines have fixed ones, others are asked; one that cannot be reached has its fixed ones, or none.
 * Source: recorded answers; the engines' own documentation.
 */

#include "config/config.h"
#include "json/json.h"

/* [{ id, name }]; blocks for as long as a list of models may take. */
struct json_object *audio_voices(struct arena *a, const struct config *cfg);
struct json_object *audio_models(struct arena *a, const struct config *cfg);

#endif
