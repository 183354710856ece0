#!/usr/bin/env bash
# Makes sure that the tests find PostgreSQL's server programs; installs Debian's package if they are missing and
# this user may. The tests start their own server from the programs, so no cluster is created and no service enabled.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

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

if found; then
	exit 0
fi
if ! may_install; then
	echo "The tests need PostgreSQL's programs initdb and postgres: install the package postgresql and run this again." >&2
	exit 1
fi

echo "PostgreSQL is not installed: installing Debian's package postgresql (no cluster, no service) ..."
# Debian creates and starts a cluster on installation unless told otherwise; this file tells it and goes away again.
no_cluster=/etc/postgresql-common/createcluster.d/no-cluster-for-tests.conf
trap 'as_root rm -f "$no_cluster"' EXIT
as_root mkdir -p "$(dirname "$no_cluster")"
echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null

if ! apt_install postgresql || ! found; then
	echo "Installing the package postgresql failed: install it by hand and run this again." >&2
	exit 1
fi
echo "PostgreSQL is installed."
