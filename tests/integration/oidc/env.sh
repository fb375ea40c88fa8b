# What an instance is started with for tests/integration/oidc.py (source it; OIDC_PORT is the provider's).
export OPENID_PROVIDER_URL=http://127.0.0.1:$OIDC_PORT/.well-known/openid-configuration
export OAUTH_CLIENT_ID=webui OAUTH_CLIENT_SECRET=webui-secret OAUTH_CODE_CHALLENGE_METHOD=S256 OAUTH_TIMEOUT=3
export OAUTH_SCOPES='openid email profile offline_access'
export ENABLE_OAUTH_PERSISTENT_CONFIG=true ENABLE_OAUTH_BACKCHANNEL_LOGOUT=true ENABLE_OAUTH_TOKEN_EXCHANGE=true
