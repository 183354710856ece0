#!/usr/bin/env bash
# Makes sure that the tests find PostgreSQL's server programs; installs Debian's package if they are missing and
# this user may. The tests start their own server from the programs, so no cluster is created and no service enabled.
set -euo pipefail

found() {
	# The tests look in the same places (internal/pgtest).
	if command -v initdb >/dev/null && command -v postgres >/dev/null; then
		return 0
	fi
	local folder
	for folder in /usr/lib/postgresql/*/bin; do
		if [[ -x $folder/initdb && -x $folder/postgres ]]; then
			return 0
		fi
	done
	return 1
}

as_root() {
	if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
	command -v apt-get >/dev/null || return 1
	[[ $(id -u) -eq 0 ]] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

if found; then
	exit 0
fi
if ! may_install; then
	echo "The tests need PostgreSQL's programs initdb and postgres: install the package postgresql and run this again." >&2
	exit 1
fi

echo "PostgreSQL is not installed: installing Debian's package postgresql (no cluster, no service) ..."
log=$(mktemp)
# Debian creates and starts a cluster on installation unless told otherwise; this file tells it and goes away again.
no_cluster=/etc/postgresql-common/createcluster.d/no-cluster-for-tests.conf
trap 'rm -f "$log"; as_root rm -f "$no_cluster"' EXIT
as_root mkdir -p "$(dirname "$no_cluster")"
echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null

install() {
	# One unreachable package source is no reason to give up; the installation decides.
	as_root apt-get -q update || true
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends postgresql
}
if ! install </dev/null >"$log" 2>&1 || ! found; then
	tail -n 20 "$log" >&2
	echo "Installing the package postgresql failed: install it by hand and run this again." >&2
	exit 1
fi
echo "PostgreSQL is installed."
