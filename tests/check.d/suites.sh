# shellcheck shell=bash
# suites - what `check` runs; each adds to PASSED and FAILED and says one line.

# The lines of tests/suites/NAME.list, joined.
names_of() { grep -v '^#' "tests/suites/$1.list" | grep . | paste -sd "$2" -; }

suite_unit() {
	local log=$WORK/unit.log status host url
	instance unit || return
	host=$(printf %s "$STATE/run" | sed 's|/|%2F|g')
	url=postgresql://postgres@$host/owui_test
	"$PG/bin/createdb" -h "$STATE/run" -U postgres owui_test || { flunk "unit: no test database"; return; }
	limited 1500 "$log" env PATH="$PATH:$PG/bin" OWUI_TEST_DATABASE_URL="$url" UBSAN_OPTIONS=print_stacktrace=1 \
		make -C "$QUICKSTART_BUILD" check
	status=$?
	count_make_check "$log" "$QUICKSTART_BUILD"
	count unit "$log" $status
	[ $status = 0 ] || [ ! -f "$QUICKSTART_BUILD/test-suite.log" ] || tail -n 80 "$QUICKSTART_BUILD/test-suite.log"
}

# Programs that count their checks (libcheck) are worth as many tests; the others one.
count_make_check() {
	local trs p=0 f=0 result checks
	while read -r trs; do
		result=$(sed -n 's/^:global-test-result: //p' "$trs")
		checks=$(sed -n 's/.*: Checks: \([0-9]*\),.*/\1/p' "${trs%.trs}.log" | awk '{ s += $1 } END { print s + 0 }')
		case $result in
		PASS) p=$((p + (checks > 0 ? checks : 1))) ;;
		SKIP) ;;
		*) f=$((f + 1)) ;;
		esac
	done < <(find "$2" -name '*.trs')
	say "$p passed, $f failed" >>"$1"
}

suite_rest() {
	local only=() name
	instance rest || return
	while read -r name; do
		only+=(--only "$name")
	done < <(names_of rest ' ' | tr ' ' '\n')
	limited 1200 "$WORK/rest.log" python3 tests/conformance/rest/conform.py check "$URL" -v "${only[@]}"
	count rest "$WORK/rest.log" $?
}

# node_packages FOLDER LOG: what its lock file names, once; npm writes the file that is looked for at its end.
node_packages() {
	[ -e "$1/node_modules/.package-lock.json" ] || limited 300 "$WORK/npm.log" npm --prefix "$1" ci --no-audit --no-fund ||
		{ tail -n 20 "$WORK/npm.log"; cp "$WORK/npm.log" "$2"; return 1; }
}

# node_suite FOLDER LOG VARIABLE=VALUE…: its packages once, then the run.
node_suite() {
	local folder=$1 log=$2
	shift 2
	node_packages "$folder" "$log" || return 1
	limited 2400 "$log" env "$@" BASE_URL="$URL" node "$folder/run.mjs"
}

suite_socketio() {
	instance socketio || return
	node_suite tests/conformance/socketio "$WORK/socketio.log" -u MOCK_URL ONLY="^($(names_of socketio '|'))\$"
	count socketio "$WORK/socketio.log" $?
	limited 300 "$WORK/realtime.log" python3 tests/integration/realtime.py "$URL" "$STATE"
	count realtime "$WORK/realtime.log" $?
}

# Browser checks that failed, once more on a fresh instance: on a busy machine the web UI trips over itself now and
# then (a video that is not there yet).  What fails twice has failed.
e2e_again() {
	local log=$WORK/e2e-again.log names passed
	names=$(sed -n 's/^not ok \([a-z0-9-]*\) .*/\1/p' "$WORK/e2e.log" | sort -u | paste -sd, -)
	passed=$(grep -Eo '[0-9]+ passed, [0-9]+ failed' "$WORK/e2e.log" | tail -n 1)
	[ -n "$names" ] && [ -n "$passed" ] && [ "$(tr ',' '\n' <<<"$names" | wc -l)" -le 3 ] || return 1
	say "check: e2e: once more: $names"
	instance e2e && node_suite tests/conformance/e2e "$log" CHECKS="$names" || return 1
	say "$((${passed%% *} + $(tr ',' '\n' <<<"$names" | wc -l))) passed, 0 failed" >>"$WORK/e2e.log"
}

suite_e2e() {
	local status
	instance e2e || return
	node_suite tests/conformance/e2e "$WORK/e2e.log" CHECKS="$(names_of e2e ',')"
	status=$?
	[ $status = 0 ] || ! e2e_again || status=0
	count e2e "$WORK/e2e.log" $status
	if limited 120 "$WORK/screenshot.log" env BASE_URL="$URL" node tests/e2e/screenshot.mjs "$WORK/chat.png" && [ -s "$WORK/chat.png" ]; then
		pass
	else
		flunk "the screenshot for the README: $(tail -n 3 "$WORK/screenshot.log")"
	fi
}

# A real MCP server (npm), a real OpenAPI server, and bad ones.
suite_tools() {
	instance tools || return
	node_packages tests/integration/mcp "$WORK/tools.log" &&
		limited 900 "$WORK/tools.log" python3 tests/integration/tools.py "$URL" "$STATE"
	count tools "$WORK/tools.log" $?
}

suite_turns() {
	instance turns || return
	limited 600 "$WORK/turns.log" python3 tests/integration/turns.py "$URL" "$STATE"
	count turns "$WORK/turns.log" $?
	limited 600 "$WORK/ways.log" python3 tests/integration/turn_ways.py "$URL" "$STATE"
	count "ways of turns" "$WORK/ways.log" $?
}

# Several runners, each thing by the clock once.
suite_schedules() {
	instance schedules || return
	limited 600 "$WORK/schedules.log" python3 tests/integration/schedules.py "$URL" "$STATE"
	count schedules "$WORK/schedules.log" $?
}

suite_hostile() {
	local status
	instance hostile || return
	limited 1200 "$WORK/hostile.log" python3 tests/integration/hostile.py "$URL" "$STATE"
	count hostile "$WORK/hostile.log" $?
	limited 600 "$WORK/odd.log" python3 tests/integration/odd_bodies.py "$URL" "$STATE"
	count odd-bodies "$WORK/odd.log" $?
	limited 300 "$WORK/jupyter.log" python3 tests/integration/jupyter_client.py "$URL" "$STATE" "$QUICKSTART_BUILD"
	status=$?
	[ $status = 77 ] || count jupyter "$WORK/jupyter.log" $status
}

suite_providers() {
	instance providers || return
	limited 900 "$WORK/providers.log" python3 tests/integration/providers.py "$URL" "$STATE"
	count providers "$WORK/providers.log" $?
}

# The libraries are installed into an environment of the test's own.
suite_clients() {
	instance clients || return
	limited 900 "$WORK/clients.log" python3 tests/integration/clients/clients.py "$URL" "$STATE"
	count clients "$WORK/clients.log" $?
}

# Sign-in with a real OpenID provider; the settings are this suite's alone.
suite_oidc() {
	local port folder=tests/integration/oidc status
	node_packages $folder "$WORK/oidc.log" || { flunk "oidc: the provider's packages"; return; }
	port=$(free_port)
	OIDC_ENV=$folder/env.sh OIDC_PORT=$port instance oidc || return
	limited 900 "$WORK/oidc.log" env PSQL="$PG/bin/psql" python3 tests/integration/oidc.py "$URL" "$STATE" "$port"
	status=$?
	count oidc "$WORK/oidc.log" $status
}

# Parsers with libFuzzer, FUZZ_SECONDS each; an input that breaks one is a failed test.
suite_fuzz() {
	local log=$WORK/fuzz.log status
	limited 900 "$log" env FUZZ_BUILD="$QUICKSTART_BUILD" tests/fuzz/run "${FUZZ_SECONDS:-5}" clang-14
	status=$?
	if [ $status = 77 ]; then
		say "check: fuzz: skipped, no libFuzzer here"
	elif [ $status = 0 ]; then
		say "$(grep -c '^==' "$log") passed, 0 failed" >>"$log"
		count fuzz "$log" 0
	else
		count fuzz "$log" $status
	fi
}

suite_ldap() {
	local status
	instance ldap || return
	limited 300 "$WORK/ldap.log" python3 tests/integration/ldap.py "$URL" "$STATE"
	status=$?
	grep '^ldap' "$WORK/ldap.log"
	[ $status = 77 ] || count ldap "$WORK/ldap.log" $status
}

suite_mfa() {
	instance mfa || return
	limited 300 "$WORK/mfa.log" python3 tests/integration/mfa.py "$URL" "$STATE" "$QUICKSTART_BUILD"
	count mfa "$WORK/mfa.log" $?
}

suite_admin() {
	CHECK_LOG_LEVEL=DEBUG AUDIT_LOG_LEVEL=REQUEST_RESPONSE ENABLE_AUDIT_GET_REQUESTS=true instance admin || return
	limited 900 "$WORK/admin.log" python3 tests/integration/admin.py "$URL" "$STATE" "$PG/bin/psql"
	count admin "$WORK/admin.log" $?
	limited 300 "$WORK/events.log" python3 tests/integration/events.py "$URL" "$STATE"
	count events "$WORK/events.log" $?
	limited 120 "$WORK/secrets.log" python3 tests/integration/secrets.py "$URL" "$STATE"
	count secrets "$WORK/secrets.log" $?
}

suite_conversations() {
	instance conversations || return
	limited 1200 "$WORK/conversations.log" python3 tests/integration/conversations.py "$URL" "$STATE" "$PG/bin/psql"
	count conversations "$WORK/conversations.log" $?
}

# The database that scenarios left behind, served by both.
suite_reference() {
	if [ -z "${OWUI_REFERENCE:-}" ]; then
		say "check: reference: skipped: OWUI_REFERENCE does not name a program that starts Open WebUI 0.12.4"
		return
	fi
	instance reference || return
	limited 600 "$WORK/reference-rest.log" python3 tests/conformance/rest/conform.py check "$URL" \
		--only chats-crud --only folders-tree --only notes --only prompts --only models-workspace
	limited 900 "$WORK/reference.log" python3 tests/integration/reference.py "$URL" "$STATE"
	count reference "$WORK/reference.log" $?
}

suite_fault() {
	local test
	instance fault || return
	for test in tests/fault/*.py; do
		limited 900 "$WORK/fault.log" python3 "$test" "$URL" "$STATE"
		count "fault $(basename "$test" .py)" "$WORK/fault.log" $?
	done
}

# As root, and as an ordinary user when check is root; says so where the machine allows no sandbox.
suite_executor() {
	local log=$WORK/executor.log status
	limited 1500 "$log" python3 tests/integration/executor.py "$QUICKSTART_BUILD"
	status=$?
	grep '^uid' "$log"
	[ $status = 77 ] || count executor "$log" $status
	log=$WORK/engine.log
	limited 900 "$log" python3 tests/integration/engine.py "$QUICKSTART_BUILD"
	status=$?
	grep '^engine' "$log"
	[ $status = 77 ] || count "executor in containers" "$log" $status
	log=$WORK/cgroup2.log
	limited 700 "$log" python3 tests/integration/cgroup2.py "$QUICKSTART_BUILD"
	status=$?
	grep '^cgroup2' "$log"
	[ $status = 77 ] || count "executor with control groups v2" "$log" $status
	log=$WORK/jupyter.log
	limited 600 "$log" python3 tests/integration/jupyter.py "$QUICKSTART_BUILD"
	status=$?
	grep '^jupyter' "$log"
	[ $status = 77 ] || count "executor as jupyter" "$log" $status
}
