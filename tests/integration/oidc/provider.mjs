// provider.mjs PORT CLIENT_URL: an OpenID provider (npm oidc-provider) with a few accounts, and a hand on its controls.
//
//   POST /_control {account, alg, mode, ttl, claims}   who signs in next; how the ID token is signed; what goes wrong
//   POST /_control/rotate                              new keys, the old ones are forgotten
//   POST /_control/forget                              clients that registered themselves are unknown again
//   POST /_control/sign {header, claims, key}          a token signed with the provider's key ("ours") or another ("other")
//   GET  /_control/seen                                counts of requests by path, and the last access token
//
// Modes: "" as it should be; slow, dead, huge (JWKS), nonsense, refused, slowly (token endpoint), and forgeries of the ID token: none, other-key, hs256,
// aud, iss, expired, nonce, future, sub.
import http from 'node:http';
import { createHash, generateKeyPairSync, createHmac, sign as rawSign, constants } from 'node:crypto';
import Provider from 'oidc-provider';

const port = +process.argv[2], client = process.argv[3], issuer = `http://127.0.0.1:${port}`;
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const accounts = {
  alice: { name: 'Alice Liddell', email: 'Alice@Example.com', email_verified: true, picture: `${issuer}/picture.png`, realm: { webui: { roles: ['user'] } }, groups: ['Staff', 'Blocked one', 'Tea'] },
  bob: { name: 'Bob', email: 'bob@example.com', realm: { webui: { roles: ['admin', 'user'] } }, groups: 'Staff;Garden' },
  carol: { name: 'Carol', realm: { webui: { roles: ['user'] } } },
  dave: { name: 'Dave', email: 'dave@example.com', realm: { webui: { roles: ['stranger'] } } },
  erin: { email: 'erin@elsewhere.org' },
  frank: { name: 'Frank', email: 'frank@example.com', email_verified: false },
  grace: { name: 'Grace', email: 'frank@example.com', email_verified: true },
};
const control = { account: 'alice', alg: 'RS256', mode: '', ttl: 3600 };
const seen = {}, registered = [];
let keys, other, provider, nonce, serial = 0;

const pair = (alg) => alg === 'EdDSA' ? generateKeyPairSync('ed25519') : alg[0] === 'E' ? generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url');
function sign(header, claims, key) {
  const text = `${b64(header)}.${b64(claims)}`, alg = header.alg;
  if (alg === 'none') return `${text}.`;
  if (alg === 'HS256') return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
  const how = alg[0] === 'E' && alg !== 'EdDSA' ? { key, dsaEncoding: 'ieee-p1363' } : alg[0] === 'P' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : key;
  return `${text}.${rawSign(hash, Buffer.from(text), how).toString('base64url')}`;
}

function make() {
  serial++;
  keys = Object.fromEntries(['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'].map((alg) => [alg, { kid: `${alg}-${serial}`, ...pair(alg) }]));
  keys.PS256 = keys.RS256;
  other ??= pair('RS256');
  provider = new Provider(issuer, {
    clients: [{ client_id: 'webui', client_secret: 'webui-secret', redirect_uris: [`${client}/oauth/oidc/callback`], grant_types: ['authorization_code', 'refresh_token'], post_logout_redirect_uris: [`${client}/`], id_token_signed_response_alg: control.alg, backchannel_logout_uri: `${client}/oauth/backchannel-logout`, backchannel_logout_session_required: true }],
    jwks: { keys: ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'].map((alg) => ({ ...keys[alg].privateKey.export({ format: 'jwk' }), kid: keys[alg].kid, use: 'sig' })) },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture', 'realm', 'groups'] },
    scopes: ['openid', 'offline_access', 'email', 'profile', 'tools'],
    features: { registration: { enabled: true }, registrationManagement: { enabled: true }, resourceIndicators: { enabled: true, useGrantedResource: () => true, getResourceServerInfo: () => ({ scope: 'tools', audience: `${issuer}/mcp`, accessTokenFormat: 'opaque' }) }, devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] },
    cookies: { keys: ['of no importance'] },
    ttl: { AccessToken: () => control.ttl, IdToken: () => control.ttl, AuthorizationCode: 60, Grant: 86400, Session: 86400, Interaction: 600, RefreshToken: 86400 },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true }, clientBasedCORS: () => false,
    findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id], ...(control.claims || {}) }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => { ctx.type = 'json'; ctx.body = out; },
  });
  provider.on('access_token.saved', (token) => { seen.access_token = token.jti; });
  provider.on('registration_create.success', (ctx, made) => { registered.push([made.clientId, ctx.body.registration_access_token]); });
  provider.on('server_error', (ctx, e) => console.error(e));
}
make();

async function interaction(req, res) {
  const details = await provider.interactionDetails(req, res);
  if (details.prompt.name === 'login') return provider.interactionFinished(req, res, { login: { accountId: control.account } });
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  if (details.params.resource) grant.addResourceScope(details.params.resource, 'tools');
  return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

// What a provider that means ill, or somebody in between, would answer.
function forged(mode) {
  const now = Math.floor(Date.now() / 1000), key = keys.RS256;
  const header = { alg: 'RS256', kid: key.kid }, claims = { iss: issuer, aud: 'webui', sub: control.account, iat: now, exp: now + 600, nonce, ...accounts[control.account] };
  let with_ = key.privateKey;
  if (mode === 'none') header.alg = 'none';
  if (mode === 'other-key') with_ = other.privateKey;
  if (mode === 'hs256') { header.alg = 'HS256'; with_ = key.publicKey.export({ type: 'spki', format: 'pem' }); }
  if (mode === 'aud') claims.aud = 'somebody-else';
  if (mode === 'iss') claims.iss = 'https://elsewhere.example';
  if (mode === 'expired') { claims.iat -= 7200; claims.exp -= 7200; }
  if (mode === 'future') { claims.iat += 7200; claims.exp += 7200; }
  if (mode === 'nonce') claims.nonce = 'of-another-sign-in';
  if (mode === 'sub') delete claims.sub;
  return { access_token: 'forged', token_type: 'Bearer', expires_in: 3600, id_token: sign(header, claims, with_) };
}

const body = (req) => new Promise((done) => { let s = ''; req.on('data', (d) => { s += d; }); req.on('end', () => done(s ? JSON.parse(s) : {})); });
const send = (res, o, status = 200) => { res.writeHead(status, { 'content-type': 'application/json' }); res.end(JSON.stringify(o)); };

http.createServer(async (req, res) => {
  const url = new URL(req.url, issuer), p = url.pathname, mode = control.mode;
  seen[p] = (seen[p] || 0) + 1;
  try {
    if (p === '/_control') { Object.assign(control, { mode: '', claims: null }, await body(req)); if (control.alg !== provider.alg) { provider.alg = control.alg; make(); provider.alg = control.alg; } return send(res, control); }
    if (p === '/_control/rotate') { make(); provider.alg = control.alg; return send(res, { serial }); }
    if (p === '/_control/forget') { for (const [id, token] of registered.splice(0)) await fetch(`${issuer}/reg/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }); return send(res, {}); }
    if (p === '/_control/sign') { const b = await body(req); return send(res, { token: sign({ kid: keys.RS256.kid, ...b.header }, b.claims, b.key === 'other' ? other.privateKey : keys[b.header.alg]?.privateKey || 'x') }); }
    if (p === '/_control/seen') return send(res, seen);
    if (p === '/picture.png') { seen.picture_auth = req.headers.authorization || ''; res.writeHead(200, { 'content-type': 'image/png' }); return res.end(png); }
    // An MCP server that this provider guards, and an OpenAPI server that repeats what it is asked with.
    if (p === '/.well-known/oauth-protected-resource/mcp') return send(res, { resource: `${issuer}/mcp`, authorization_servers: [issuer], scopes_supported: ['openid', 'offline_access', 'tools'] });
    if (p === '/mcp') { seen.mcp = req.headers.authorization || ''; res.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource/mcp"` }); return res.end(); }
    if (p === '/openapi.json') return send(res, { openapi: '3.1.0', info: { title: 'Echo', version: '1' }, paths: {}, 'x-seen': req.headers.authorization || null });
    if (p === '/picture.html') { res.writeHead(200, { 'content-type': 'text/html' }); return res.end('<script>1</script>'); }
    if (mode === 'dead') return req.socket.destroy();
    if (mode === 'slow' && p !== '/auth') return;
    if (p === '/jwks' && mode === 'huge') { res.writeHead(200, { 'content-type': 'application/json' }); res.write('{"keys":['); const more = () => { if (!res.destroyed && res.write(`${JSON.stringify({ kty: 'oct', k: 'A'.repeat(60000) })},`)) setImmediate(more); else res.once('drain', more); }; return more(); }
    if (p === '/auth' && url.searchParams.get('nonce')) nonce = url.searchParams.get('nonce');
    if (p === '/token' && mode === 'nonsense') { res.writeHead(200, { 'content-type': 'text/html' }); return res.end('<html>'); }
    if (p === '/token' && mode === 'refused') return send(res, { error: 'invalid_grant', error_description: 'no' }, 400);
    if (p === '/token' && mode === 'slowly') await new Promise((done) => { setTimeout(done, 500); });
    else if (p === '/token' && mode) return send(res, forged(mode));
    if (p.startsWith('/interaction/')) return await interaction(req, res);
    return provider.callback()(req, res);
  } catch (e) { console.error(e); send(res, { error: String(e) }, 500); }
}).listen(port, '127.0.0.1', () => console.log(`OpenID provider on ${issuer}`));
