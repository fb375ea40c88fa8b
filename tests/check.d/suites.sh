# shellcheck shell=bash
# suites - what `check` runs: each suite adds to PASSED and FAILED and says one line.

say() { printf '%s\n' "$*"; }

# count NAME LOG STATUS: add what the log's last `N passed, N failed` says; without one the suite failed.
count() {
	local line p f
	line=$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1)
	if [ -z "$line" ]; then
		p=0 f=1
		tail -n 30 "$2"
	else
		p=${line%% *} f=${line#*, }
		f=${f%% *}
		[ "$3" = 0 ] || [ "$f" -gt 0 ] || f=1
	fi
	PASSED=$((PASSED + p)) FAILED=$((FAILED + f))
	say "check: $1: $p passed, $f failed"
	[ "$f" = 0 ] || grep -E '^(not ok|FAIL|ERROR|    )' "$2" | head -n 60
	return 0
}

one() { # one NAME STATUS: a test that has no count of its own
	if [ "$2" = 0 ]; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi
	say "check: $1: $([ "$2" = 0 ] && echo ok || echo failed)"
}

prepare_machine() {
	local missing
	missing=$(for p in nodejs npm chromium python3 check psmisc gcc; do
		case $p in
		nodejs) command -v node >/dev/null && continue ;;
		npm) command -v npm >/dev/null && continue ;;
		esac
		dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || echo "$p"
	done)
	[ -z "$missing" ] && return
	say "check: installing" $missing
	# shellcheck disable=SC2086
	{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
		>"$WORK/apt.log" 2>&1 || { tail -n 20 "$WORK/apt.log"; say "check: packages could not be installed"; }
}

mocks() { # the provider and the identity services, on ports next to the instance's
	[ -z "${MOCKS:-}" ] || return 0
	export MOCK_URL=http://127.0.0.1:$((PORT + 20)) MOCK_IDENTITY_URL=http://127.0.0.1:$((PORT + 24))
	node tests/mock/provider.js $((PORT + 20)) >"$WORK/mock.log" 2>&1 &
	MOCKS=$!
	node tests/mock/identity.js $((PORT + 24)) $((PORT + 25)) >"$WORK/mock-identity.log" 2>&1 &
	MOCKS="$MOCKS $!"
}

# instance NAME: a fresh one on $PORT; its programs' sanitizer reports go to $WORK/NAME/reports.
instance() {
	local status
	mocks
	[ -z "${INSTANCE:-}" ] || stop_instance
	INSTANCE=$1
	mkdir -p "$WORK/$1/reports"
	chmod 777 "$WORK/$1/reports"
	(
		. tests/conformance/rest/env.sh
		export CORS_ALLOW_ORIGIN='*' GLOBAL_LOG_LEVEL=INFO
		export ASAN_OPTIONS=detect_leaks=0:log_path=$WORK/$1/reports/asan:abort_on_error=0
		export UBSAN_OPTIONS=print_stacktrace=1:log_path=$WORK/$1/reports/ubsan
		timeout 900 ./quickstart start --port "$PORT" --state "$WORK/$1/state"
	) >"$WORK/$1/start.log" 2>&1
	status=$?
	[ $status = 0 ] || { tail -n 40 "$WORK/$1/start.log"; one "start of the instance for $1" 1; }
	return $status
}

stop_instance() {
	local name=$INSTANCE report
	INSTANCE=''
	timeout 120 ./quickstart stop --state "$WORK/$name/state" >"$WORK/$name/stop.log" 2>&1
	for report in "$WORK/$name"/reports/*; do
		[ -s "$report" ] || continue
		say "check: a sanitizer report of $name:"
		head -n 40 "$report"
		one "sanitizers in $name" 1
	done
}

suite_unit() {
	local log=$WORK/unit.log status p f
	instance unit || return
	(
		cd build-check &&
			OWUI_TEST_DATABASE_URL="postgresql://postgres@$(printf %s "$WORK/unit/state/run" | sed s,/,%2F,g)/open_webui" \
				ASAN_OPTIONS=detect_leaks=1 timeout 1500 make check
	) >"$log" 2>&1
	status=$?
	p=$(sed -n 's/^# PASS: *//p' "$log" | tail -n 1) f=$(sed -n 's/^# FAIL: *//p;s/^# ERROR: *//p' "$log" | awk '{ s += $1 } END { print s + 0 }')
	say "${p:-0} passed, ${f:-1} failed" >>"$log"
	count unit "$log" $status
	[ $status = 0 ] || tail -n 40 "$log" | head -n 30
}

suite_rest() {
	local only
	instance rest || return
	only=$(sed 's/^/--only /' tests/suites/rest.list | tr '\n' ' ')
	# shellcheck disable=SC2086
	timeout 1200 python3 tests/conformance/rest/conform.py check "http://127.0.0.1:$PORT" -v $only >"$WORK/rest.log" 2>&1
	count rest "$WORK/rest.log" $?
}

node_suite() { # node_suite FOLDER LOG VARIABLE=VALUE…: its packages once, then the run
	local folder=$1 log=$2
	shift 2
	[ -d "$folder/node_modules" ] || (cd "$folder" && npm ci --no-audit --no-fund) >"$WORK/npm.log" 2>&1 ||
		{ tail -n 20 "$WORK/npm.log"; return 1; }
	(cd "$folder" && env BASE_URL="http://127.0.0.1:$PORT" "$@" timeout 1500 node run.mjs) >"$log" 2>&1
}

names_of() { grep -v '^#' "tests/suites/$1.list" 2>/dev/null | paste -sd "$2" -; }

suite_socketio() {
	[ -s tests/suites/socketio.list ] || return 0
	instance socketio || return
	node_suite tests/conformance/socketio "$WORK/socketio.log" -u MOCK_URL ONLY="^($(names_of socketio '|'))$"
	count socketio "$WORK/socketio.log" $?
}

suite_e2e() {
	[ -s tests/suites/e2e.list ] || return 0
	instance e2e || return
	node_suite tests/conformance/e2e "$WORK/e2e.log" CHECKS="$(names_of e2e ',')"
	count e2e "$WORK/e2e.log" $?
}

suite_fault() {
	local test
	for test in tests/fault/*.py tests/integration/*.py; do
		[ -e "$test" ] || continue
		instance fault || return
		timeout 900 python3 "$test" "http://127.0.0.1:$PORT" "$WORK/fault/state" >"$WORK/fault.log" 2>&1
		count "$(basename "$test" .py)" "$WORK/fault.log" $?
	done
}

finish() {
	local status=$?
	trap - EXIT
	[ -z "${INSTANCE:-}" ] || stop_instance
	# shellcheck disable=SC2086
	[ -z "${MOCKS:-}" ] || kill $MOCKS 2>/dev/null
	[ $status = 0 ] || [ $status = 130 ] || FAILED=$((FAILED + 1))
	[ "$FAILED" -gt 0 ] || rm -rf "$WORK"
	[ "$FAILED" = 0 ] || say "check: logs are in $WORK"
	say "$PASSED passed, $FAILED failed"
	[ "$FAILED" = 0 ] && [ "$PASSED" -gt 0 ]
	exit $?
}
