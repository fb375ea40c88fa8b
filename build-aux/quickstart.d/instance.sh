# shellcheck shell=bash
# instance - one running instance: its settings, the supervisor's list, start, stop, status.

# shellcheck disable=SC2153  # STATE is of common.sh
instance_address() {
	local host=$HOST
	case $host in 127.0.0.1 | 0.0.0.0) host=localhost ;; esac
	echo "http://$host:$(cat "$STATE/port" 2>/dev/null || echo "$PORT")"
}

supervisor_pid() { awk '$1 == "supervisor" { print $2 }' "$STATE/status" 2>/dev/null; }

instance_running() {
	local pid
	pid=$(supervisor_pid)
	[ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

# made_secret FILE: its content, made once.
made_secret() {
	[ -s "$1" ] || (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1")
	cat "$1"
}

secret_key() {
	if [ -n "${WEBUI_SECRET_KEY:-}" ]; then
		[ ${#WEBUI_SECRET_KEY} -ge 32 ] ||
			fail "WEBUI_SECRET_KEY has ${#WEBUI_SECRET_KEY} characters; at least 32 are needed (unset it to have one made)"
	else
		WEBUI_SECRET_KEY=$(made_secret "$STATE/secret-key")
	fi
	export WEBUI_SECRET_KEY
}

# What a running instance depends on: the programs and the variables that it was started with.
fingerprint() {
	local names
	names=$(sed -n 's/.*{"name": "\([A-Z0-9_]*\)".*/\1/p' "$SOURCE/tests/contract/env.json" | paste -sd '|' -)
	{
		env | grep -E "^($names|OWUI_[A-Z_]*|SANDBOX_[A-Z_]*|REDIS_KEY_PREFIX|DATA_DIR)=" | sort || true
		echo "$ROOT $HOST $PORT $DEMO $SERVER_CODE ${QUICKSTART_NGINX_WORKERS:-}"
		stat -c %Y "$BUILD/.installed"
	} | sha256sum
}

# Started with the same settings from the same programs?
instance_current() {
	! sources_changed && [ "$(fingerprint)" = "$(cat "$STATE/fingerprint" 2>/dev/null)" ]
}

# PostgreSQL's data folder, once.
prepare_postgresql() {
	[ -f "$STATE/postgresql/PG_VERSION" ] && return
	step "making the database"
	quietly "$STATE/log/initdb.log" as_run_user "$PG/bin/initdb" -D "$STATE/postgresql" -U postgres -A trust -E UTF8 --locale=C.UTF-8
	cat >>"$STATE/postgresql/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_permissions = 0700
		recovery_init_sync_method = syncfs
		max_connections = 300
		shared_buffers = 128MB
		jit = off
	CONF
}

fill_in() {
	sed -e "s|@RUN@|$RUN|g" -e "s|@STATE@|$STATE|g" -e "s|@WEB@|$WEB|g" -e "s|@LISTEN@|$HOST:$PORT|g" \
		-e "s|@NGINX@|$STATE/nginx|g" -e "s|@WORKERS@|${QUICKSTART_NGINX_WORKERS:-1}|g" "$1"
}

prepare_nginx() {
	mkdir -p "$STATE/nginx"
	fill_in "$SOURCE/etc/nginx/main.conf.in" >"$STATE/nginx/nginx.conf"
	fill_in "$SOURCE/etc/nginx/open-webui.conf.in" >"$STATE/nginx/open-webui.conf"
	fill_in "$SOURCE/etc/nginx/fastcgi.conf" >"$STATE/nginx/fastcgi.conf"
}

# Jobs and running texts survive a restart of Redis.  A subscriber that is 32 MB behind, the default
# limit, would be dropped and lose the events of the gap.
prepare_redis() {
	cat >"$STATE/redis/redis.conf" <<-CONF
		port 0
		unixsocket $RUN/redis.sock
		unixsocketperm 700
		dir $STATE/redis
		appendonly yes
		save ""
		daemonize no
		loglevel warning
		client-output-buffer-limit pubsub 256mb 128mb 60
	CONF
}

find_ollama() {
	[ -z "${OLLAMA_BASE_URL:-}${OLLAMA_BASE_URLS:-}${ENABLE_OLLAMA_API:-}" ] || return 0
	if curl -fsS -m 1 http://127.0.0.1:11434/api/version >/dev/null 2>&1; then
		say "found a local Ollama"
		export OLLAMA_BASE_URL=http://127.0.0.1:11434
	else
		export ENABLE_OLLAMA_API=false
	fi
}

# The port of the executor: the one of the last start, or the next but one to ours, or any that is free.
executor_port() {
	local port
	for port in "$(cat "$STATE/executor-port" 2>/dev/null)" $((PORT + 2)); do
		if [ -n "$port" ] && [ "$port" -le 65535 ] && port_is_free 127.0.0.1 "$port"; then break; fi
		port=''
	done
	[ -n "$port" ] ||
		port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	echo "$port" >"$STATE/executor-port"
	echo "$port"
}

# Where programs are run, for whoever chooses the engine `sandbox`.
settings_of_executor() {
	[ -x "$ROOT/sbin/owui-executor" ] || return 0
	export SANDBOX_PORT=${SANDBOX_PORT:-$(executor_port)}
	export SANDBOX_API_KEY=${SANDBOX_API_KEY:-$(made_secret "$STATE/executor-key")}
	# Waiting interpreters take memory; they are kept where the web UI runs code on this machine.
	export ENABLE_CONTAINER_POOL=${ENABLE_CONTAINER_POOL:-$([ -n "$SERVER_CODE" ] && echo true || echo false)}
	export CODE_EXECUTION_SANDBOX_URL=${CODE_EXECUTION_SANDBOX_URL:-http://127.0.0.1:$SANDBOX_PORT}
	export SANDBOX_AUDIT_LOG_PATH=${SANDBOX_AUDIT_LOG_PATH:-$STATE/log/executor-audit.log}
}

# The environment of our programs.
settings() {
	secret_key
	find_ollama
	settings_of_executor
	export DATABASE_URL=${DATABASE_URL:-postgresql:///open_webui?host=$RUN&user=postgres}
	export REDIS_URL=${REDIS_URL:-unix://$RUN/redis.sock?db=0}
	export OWUI_FCGI_SOCKET=$RUN/fcgi.sock OWUI_FCGI_STREAM_SOCKET=$RUN/stream.sock OWUI_WSD_SOCKET=$RUN/wsd.sock
	export OWUI_WEB_DIR=$WEB DATA_DIR=${DATA_DIR:-$STATE/data}
}

# The supervisor's list (owui-supervise): order is start order, tabs between the fields.
program_list() {
	if [ -n "$OWN_POSTGRESQL" ]; then
		# Its processes keep some freed memory: else each large answer is a few hundred page faults.
		printf 'run\tpostgresql\tINT\tenv MALLOC_TRIM_THRESHOLD_=4194304 MALLOC_MMAP_THRESHOLD_=4194304 %s -D %s -k %s\n' "$PG/bin/postgres" "$STATE/postgresql" "$RUN"
		printf 'once\tdatabase\t-\t%s %s\n' "$STATE/database-ready" "$PG/bin $RUN"
	fi
	[ -z "$OWN_REDIS" ] || printf 'run\tredis\tTERM\tredis-server %s\n' "$STATE/redis/redis.conf"
	[ -z "$DEMO" ] || printf 'run\tdemo-model\tTERM\t%s -m %s --alias smollm2 --host 127.0.0.1 --port %s -c 8192 --no-webui\n' \
		"$DEMO_SERVER" "$DEMO_MODEL" "$((PORT + 1))"
	printf 'once\tmigrate\t-\t%s migrate\n' "$ROOT/bin/owuictl"
	local p
	for p in executor fcgi wsd runner; do
		[ -x "$ROOT/sbin/owui-$p" ] || continue
		printf 'run\towui-%s\tTERM\t%s\n' "$p" "$ROOT/sbin/owui-$p"
	done
	printf 'run\tnginx\tQUIT\tnginx -e stderr -p %s -c %s\n' "$STATE" "$STATE/nginx/nginx.conf"
}

instance_prepare() {
	FINGERPRINT=$(fingerprint)
	OWN_POSTGRESQL='' OWN_REDIS=''
	[ -n "${DATABASE_URL:-}" ] || OWN_POSTGRESQL=1
	[ -n "${REDIS_URL:-}" ] || OWN_REDIS=1
	mkdir -p "$STATE"/{log,data,redis,tmp,nginx} "$RUN"
	echo "$PORT" >"$STATE/port"
	if [ "$(id -u)" = 0 ]; then
		chown "$(run_user):" "$STATE" "$STATE"/{log,data,redis,tmp,nginx} "$RUN"
		[ ! -d "$STATE/postgresql" ] || chown "$(run_user):" "$STATE/postgresql"
	fi
	chmod 700 "$RUN"
	install -m 755 "$SOURCE/build-aux/quickstart.d/database-ready" "$STATE/database-ready"
	[ -z "$OWN_POSTGRESQL" ] || prepare_postgresql
	[ -z "$OWN_REDIS" ] || prepare_redis
	prepare_nginx
	settings
	(umask 077 && program_list >"$STATE/programs")
	[ "$(id -u)" != 0 ] || chown "$(run_user):" "$STATE/programs"
}

# The address that this machine reaches it at.
reach() { if [ "$HOST" = 0.0.0.0 ]; then echo 127.0.0.1; else echo "$HOST"; fi; }

answers() { curl -fsS -m 2 "http://$(reach):$PORT$1" >/dev/null 2>&1; }

socket_answers() {
	local code
	code=$(curl -s -m 2 -o /dev/null -w '%{http_code}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
		-H 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==' "http://$(reach):$PORT/ws/socket.io/?EIO=4&transport=websocket" --max-time 1 || true)
	[ "$code" = 101 ] || [ "${ENABLE_WEBSOCKET_SUPPORT:-true}" = false ]
}

wait_for() {
	local what=$1 until=$(($(date +%s) + 120))
	shift
	until "$@"; do
		instance_running || { instance_explain; fail "the start failed: see above, or ./quickstart logs --state $STATE"; }
		[ "$(date +%s)" -lt $until ] || { instance_explain; fail "$what did not answer within 120 s: see ./quickstart logs --state $STATE"; }
		sleep 0.1
	done
}

# The last lines of the programs that are not well.
instance_explain() {
	local name state
	while read -r name _ state _; do
		case $state in running | 'done') continue ;; esac
		say "--- $name: $state" >&2
		tail -n 8 "$STATE/log/$name.log" >&2 2>/dev/null || true
	done < <(cat "$STATE/status" 2>/dev/null)
	tail -n 5 "$STATE/log/supervisor.log" >&2 2>/dev/null || true
}

# port_is_free ADDRESS PORT
port_is_free() { ! (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

instance_start() {
	port_is_free "$(reach)" "$PORT" || fail "port $PORT is in use; choose another with --port"
	rm -f "$STATE/status"
	ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" # sockets: one for a browser, two for a stream
	step "starting"
	as_run_user setsid "$ROOT/bin/owui-supervise" "$STATE/programs" "$STATE/status" "$STATE/log" \
		>>"$STATE/log/supervisor.log" 2>&1 </dev/null &
	for _ in $(seq 50); do
		instance_running && break
		sleep 0.05
	done
	wait_for "the web server" answers /health
	wait_for "the database" answers /ready
	[ ! -x "$ROOT/sbin/owui-wsd" ] || wait_for "Socket.IO" socket_answers
	[ -z "$SERVER_CODE" ] || choose_executor
	[ -z "$DEMO" ] || connect_demo_model
	echo "$FINGERPRINT" >"$STATE/fingerprint"
}

executor_answers() { curl -fsS -m 2 "http://127.0.0.1:$SANDBOX_PORT/api/v1/health" >/dev/null 2>&1; }

# The rows of the database go before the environment, so the choice is made there, and stays.
choose_executor() {
	local key
	[ -n "${SANDBOX_PORT:-}" ] || fail "the executor is not built: it needs libseccomp"
	wait_for "the executor" executor_answers
	for key in code_execution.engine code_interpreter.engine; do
		quietly "$STATE/log/executor-engine.log" "$ROOT/bin/owuictl" config set "$key" '"sandbox"'
	done
}

demo_model_answers() { curl -fsS -m 2 "http://127.0.0.1:$((PORT + 1))/health" >/dev/null 2>&1; }

# One more provider beside those that are set up, unless it is among them.
connect_demo_model() {
	local ctl=$ROOT/bin/owuictl url=http://127.0.0.1:$((PORT + 1))/v1 urls keys
	wait_for "the demonstration model" demo_model_answers
	urls=$("$ctl" config get openai.api_base_urls)
	keys=$("$ctl" config get openai.api_keys)
	case $urls in *"\"$url\""*) return ;; esac
	{ read -r urls && read -r keys; } < <(python3 - "$urls" "$keys" "$url" <<-'PY'
		import json, sys
		urls, keys = json.loads(sys.argv[1]), json.loads(sys.argv[2])
		known = [(u, k) for u, k in zip(urls, keys + [""] * len(urls)) if u != "https://api.openai.com/v1" or k]
		print(json.dumps([u for u, _ in known] + [sys.argv[3]]))
		print(json.dumps([k for _, k in known] + ["demo"]))
	PY
	)
	quietly "$STATE/log/demo-provider.log" "$ctl" config set openai.api_base_urls "$urls"
	quietly "$STATE/log/demo-provider.log" "$ctl" config set openai.api_keys "$keys"
	quietly "$STATE/log/demo-provider.log" "$ctl" config set openai.enable true
}

instance_stop() {
	local pid
	if ! instance_running; then
		say "not running"
		return
	fi
	pid=$(supervisor_pid)
	kill "$pid"
	for _ in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	say "stopped"
}

instance_status() {
	local name pid state restarts sep=''
	if [ -n "$1" ]; then
		printf '{"address":"%s","state":"%s","sockets":"%s","running":%s,"programs":[' "$(instance_address)" "$STATE" "$RUN" "$(instance_running && echo true || echo false)"
		while read -r name pid state restarts; do
			printf '%s{"name":"%s","pid":%s,"state":"%s","restarts":%s}' "$sep" "$name" "$pid" "$state" "$restarts"
			sep=,
		done < <(cat "$STATE/status" 2>/dev/null)
		printf ']}\n'
		return
	fi
	if ! instance_running; then
		say "not running"
		return 3
	fi
	say "$(instance_address)  (state: $STATE)"
	printf '%-14s %8s  %-10s %s\n' PROGRAM PID STATE RESTARTS
	while read -r name pid state restarts; do
		printf '%-14s %8s  %-10s %s\n' "$name" "$pid" "$state" "$restarts"
	done <"$STATE/status"
}

instance_logs() {
	local files
	files=("$STATE/log/${1:-*}".log)
	# shellcheck disable=SC2206
	[ -n "$1" ] || files=($STATE/log/*.log)
	[ -e "${files[0]}" ] || fail "there is no log yet below $STATE/log"
	if [ -n "$2" ]; then
		exec tail -n 20 -F "${files[@]}"
	fi
	tail -n 40 "${files[@]}"
}

instance_reset() {
	instance_stop
	[ -f "$STATE/port" ] || { say "nothing to delete in $STATE"; return; }
	rm -rf "${STATE:?}"/{log,data,redis,tmp,nginx,postgresql,run,programs,port,status,fingerprint,database-ready,secret-key,executor-key,executor-port} "${RUN:?}"
	say "deleted the instance in $STATE"
}
