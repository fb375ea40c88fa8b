#ifndef OW_ERRORS_H
#define OW_ERRORS_H

/*
 * errors - what clients are told when something is not possible: status and detail.
 *
 * Add a line to ERROR_LIST to add an error.  Clients match on some of the texts.
 */

#define ERROR_LIST(X)                                                                             \
	X(ERR_NONE, 404, "We could not find what you're looking for :/")                          \
	X(ERR_NOT_FOUND, 404, "We could not find what you're looking for :/")                     \
	X(ERR_NOT_FOUND_401, 401, "We could not find what you're looking for :/")                 \
	X(ERR_NOT_AUTHENTICATED, 401, "Not authenticated")                                        \
	X(ERR_INVALID_TOKEN, 401, "Your session has expired or the token is invalid. Please sign in again.") \
	X(ERR_UNAUTHORIZED, 401, "401 Unauthorized")                                              \
	X(ERR_ACCESS_PROHIBITED, 401, "You do not have permission to access this resource. Please contact your administrator for assistance.") \
	X(ERR_FORBIDDEN, 403, "You do not have permission to access this resource. Please contact your administrator for assistance.") \
	X(ERR_DEFAULT_401, 401, "Something went wrong :/")                                        \
	X(ERR_ACTION_PROHIBITED, 403, "The requested action has been restricted as a security measure.") \
	X(ERR_API_KEY_NOT_ALLOWED, 403, "Use of API key is not enabled in the environment.")      \
	X(ERR_API_KEY_CREATION, 403, "API key creation is not allowed in the environment.")       \
	X(ERR_API_KEY_NOT_FOUND, 404, "There is no API key for this account.")                    \
	X(ERR_METHOD_NOT_ALLOWED, 405, "Method Not Allowed")                                      \
	X(ERR_TOO_LARGE, 413, "The request is too large.")                                        \
	X(ERR_NOT_IMPLEMENTED, 501, "This operation is not available on this server.")            \
	X(ERR_INTERNAL, 500, "Internal Server Error")                                             \
	X(ERR_UNAVAILABLE, 503, "A service that this operation needs cannot be reached. Please try again in a moment.") \
	X(ERR_CONFLICT, 409, "The data was changed by someone else. Please try again.")           \
	X(ERR_DEFAULT, 400, "Something went wrong :/")                                            \
	X(ERR_MODEL_NOT_FOUND, 400, "Model not found")                                            \
	X(ERR_INVALID_CRED, 400, "The email or password provided is incorrect. Please check for typos and try logging in again.") \
	X(ERR_USER_NOT_FOUND, 400, "We could not find the user you're looking for :/")            \
	X(ERR_USER_NOT_FOUND_404, 404, "We could not find the user you're looking for :/")        \
	X(ERR_INCORRECT_PASSWORD, 400, "The password provided is incorrect. Please check for typos and try again.") \
	X(ERR_INVALID_EMAIL, 400, "The email format you entered is invalid. Please double-check and make sure you're using a valid email address (e.g., yourname@example.com).") \
	X(ERR_EMAIL_TAKEN, 400, "Uh-oh! This email is already registered. Sign in with your existing account or choose another email to start anew.") \
	X(ERR_PASSWORD_TOO_LONG, 400, "Uh-oh! The password you entered is too long. Please make sure your password is less than 72 bytes long.") \
	X(ERR_RATE_LIMIT, 429, "API rate limit exceeded")                                         \
	X(ERR_APPS_OFF, 404, "Apps are disabled")                                                 \
	X(ERR_CHANNELS_OFF, 403, "Channels is disabled")                                          \
	X(ERR_NOTES_OFF, 403, "Notes is disabled")                                                \
	X(ERR_FOLDER_LOOP, 400, "Cannot move a folder into itself or one of its subfolders")      \
	X(ERR_CHAT_BUSY, 409, "Wait for the current response to finish.")                         \
	X(ERR_GRANT_REFUSED, 403, "You do not have permission to share with the requested audience") \
	X(ERR_DEFAULT_403, 403, "Something went wrong :/")                                        \
	X(ERR_ID_TAKEN, 400, "Uh-oh! This id is already registered. Please choose another id string.") \
	X(ERR_COMMAND_TAKEN, 400, "Uh-oh! This command is already registered. Please choose another command string.") \
	X(ERR_FOLDER_EXISTS, 400, "Folder already exists")

enum err {
#define X(name, status, text) name,
	ERROR_LIST(X)
#undef X
	ERR_COUNT
};

struct err_def {
	int status;
	const char *detail;
};

extern const struct err_def err_defs[ERR_COUNT];

/* The error of that name ("ERR_NOT_FOUND"), for what functions of the database raise; ERR_COUNT: none. */
enum err err_named(const char *name);

#endif
