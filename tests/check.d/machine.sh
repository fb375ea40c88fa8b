# shellcheck shell=bash
# machine - what the suites stand on: packages, the build, the mocks, instances of quickstart, counting,
# and leaving nothing behind.

PASSED=0 FAILED=0 ENDED='' CHILD='' INSTANCE='' MOCKS=()
WORK=${CHECK_WORK:-$(mktemp -d /tmp/owui-check.XXXXXX)}
mkdir -p "$WORK"
chmod 755 "$WORK"
export QUICKSTART_BUILD=${CHECK_BUILD:-$SOURCE/build-asan}
export QUICKSTART_CONFIGURE='--enable-sanitizers --enable-werror'
# The caller's own settings are not what is tested.
unset DATABASE_URL REDIS_URL WEBUI_SECRET_KEY OPENAI_API_BASE_URL OPENAI_API_BASE_URLS OPENAI_API_KEY OPENAI_API_KEYS \
	OLLAMA_BASE_URL OLLAMA_BASE_URLS MOCK_URL ADMIN_EMAIL ADMIN_PASSWORD QUICKSTART_STATE QUICKSTART_PORT

say() { printf '%s\n' "$*"; }

pass() { PASSED=$((PASSED + 1)); }

# flunk TEXT: one failed test, said.
flunk() {
	FAILED=$((FAILED + 1))
	say "not ok $*"
}

# limited SECONDS LOG COMMAND…: in the background, so that a signal to check is heard at once.  LOG - is
# check's own output.
limited() {
	local limit=$1 log=$2 status
	shift 2
	if [ "$log" = - ]; then
		timeout -k 15 "$limit" "$@" 2>&1 </dev/null &
	else
		timeout -k 15 "$limit" "$@" >"$log" 2>&1 </dev/null &
	fi
	CHILD=$!
	wait "$CHILD"
	status=$?
	CHILD=''
	if [ $status = 124 ]; then
		if [ "$log" = - ]; then log=/dev/null; fi
		say "check: stopped after $limit s: $*" | tee -a "$log"
	fi
	return $status
}

# count SUITE LOG STATUS: add what the log's last `N passed, N failed` says; a suite that did not get so
# far, or ended with a status that its count does not explain, has failed.
count() {
	local line p=0 f=1
	line=$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1)
	if [ -n "$line" ]; then
		p=${line%% *} f=${line#*, } f=${f%% *}
		[ "$3" = 0 ] || [ "$f" -gt 0 ] || f=1
		[ $((p + f)) -gt 0 ] || f=1
	fi
	PASSED=$((PASSED + p)) FAILED=$((FAILED + f))
	say "check: $1: $p passed, $f failed"
	[ "$f" -gt 0 ] || return 0
	if grep -qE '^(not ok|FAILED|FAIL|ERROR)' "$2"; then
		grep -E '^(not ok|FAILED|FAIL|ERROR|    )' "$2" | cut -c 1-600 | head -n 150
	else
		tail -n 40 "$2"
	fi
	explain_instance
}

# What the programs said last.
explain_instance() {
	local log
	[ -n "$INSTANCE" ] || return 0
	for log in "$WORK/$INSTANCE"/state/log/{owui-*,supervisor}.log; do
		[ -s "$log" ] || continue
		say "--- $log"
		tail -n 40 "$log" | cut -c 1-300
	done
}

prepare() {
	local want=() node
	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	command -v chromium >/dev/null || want+=(chromium fonts-liberation)
	compgen -G '/usr/lib/llvm-14/lib/clang/14*/lib/linux/libclang_rt.fuzzer-*.a' >/dev/null || want+=(clang-14 libclang-rt-14-dev)
	[ -x /usr/sbin/slapd ] || want+=(slapd ldap-utils)
	[ -x /usr/bin/node ] || want+=(nodejs)	# in a jail, which shows the machine's own runtimes only
	say "check: building with sanitizers in $QUICKSTART_BUILD"
	limited 2400 - tests/check.d/build "$WORK/paths" "${want[@]}" || { flunk "the build"; exit 1; }
	# shellcheck disable=SC2034  # for the suites
	{ read -r PG && read -r WEB && read -r node; } <"$WORK/paths"
	[ -z "$node" ] || PATH=$node:$PATH
	pass
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The provider and the identity services; started once.  The recorded scenarios name the directory's port, 9905:
# where it is taken, a mock of another run answers there, and just the same.
mocks() {
	local a b c=9905
	[ ${#MOCKS[@]} = 0 ] || return 0
	a=$(free_port) b=$(free_port)
	! (: <>/dev/tcp/127.0.0.1/$c) 2>/dev/null || c=$(free_port)
	node tests/mock/provider.js "$a" >"$WORK/mock.log" 2>&1 </dev/null &
	MOCKS+=($!)
	node tests/mock/identity.js "$b" "$c" >"$WORK/mock-identity.log" 2>&1 </dev/null &
	MOCKS+=($!)
	export MOCK_URL=http://127.0.0.1:$a MOCK_IDENTITY_URL=http://127.0.0.1:$b
	for _ in $(seq 100); do
		curl -fsS -m 1 "$MOCK_URL/v1/models" >/dev/null 2>&1 && return
		sleep 0.1
	done
	flunk "the mock provider did not start ($WORK/mock.log)"
}

# shellcheck disable=SC2034  # URL is for the suites
# instance NAME: a fresh one at $URL; the sanitizers' reports of its programs go to $WORK/NAME/reports.
instance() {
	mocks
	stop_instance
	INSTANCE=$1
	rm -rf "${WORK:?}/$1"
	mkdir -p "$WORK/$1/reports"
	chmod 777 "$WORK/$1/reports"
	PORT=$(free_port)
	URL=http://127.0.0.1:$PORT
	STATE=$WORK/$1/state
	limited 900 "$WORK/$1/start.log" tests/check.d/start-instance "$STATE" "$PORT" "$WORK/$1/reports" && return
	tail -n 40 "$WORK/$1/start.log"
	flunk "the start of the instance for $1"
	return 1
}

stop_instance() {
	local name=$INSTANCE report
	[ -n "$name" ] || return 0
	INSTANCE=''
	if [ -e "$WORK/$name/state/status" ]; then
		timeout 90 ./quickstart stop --state "$WORK/$name/state" >"$WORK/$name/stop.log" 2>&1 </dev/null ||
			flunk "the stop of the instance for $name ($(tail -n 1 "$WORK/$name/stop.log"))"
	fi
	for report in "$WORK/$name"/reports/*; do
		[ -s "$report" ] || continue
		head -n 60 "$report"
		flunk "$name: a sanitizer's report ($report)"
	done
}

# Also after a failure or a signal: nothing of ours goes on running.
finish() {
	local status=$?
	trap - EXIT
	trap '' INT TERM HUP
	if [ -n "$CHILD" ]; then
		kill "$CHILD" 2>/dev/null
		wait "$CHILD" 2>/dev/null
	fi
	stop_instance
	[ ${#MOCKS[@]} = 0 ] || kill "${MOCKS[@]}" 2>/dev/null
	[ -n "$ENDED" ] || [ "$FAILED" -gt 0 ] || flunk "check did not get to its end (status $status)"
	if [ "$FAILED" -gt 0 ]; then
		say "check: the logs are in $WORK"
	else
		[ -n "${CHECK_WORK:-}" ] || rm -rf "$WORK"
	fi
	say "$PASSED passed, $FAILED failed"
	[ "$FAILED" = 0 ] && [ "$PASSED" -gt 0 ]
	exit
}
