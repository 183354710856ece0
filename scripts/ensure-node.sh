#!/usr/bin/env bash
# Makes sure that `make verify` finds Node.js 18.17 or newer with npm; installs Debian's packages nodejs and npm if
# there is no Node.js and this user may.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

found() { command -v node >/dev/null && command -v npm >/dev/null; }

if ! found; then
	if ! may_install; then
		echo "make verify needs Node.js 18.17 or newer with npm: install the packages nodejs and npm and run this again." >&2
		exit 1
	fi
	echo "Node.js or npm is not installed: installing Debian's packages nodejs and npm ..."
	packages=()
	# A Node.js that is there already may be another one than Debian's, which would be replaced.
	command -v node >/dev/null || packages+=(nodejs)
	command -v npm >/dev/null || packages+=(npm)
	if ! apt_install "${packages[@]}" || ! found; then
		echo "Installing ${packages[*]} failed: install Node.js 18.17 or newer with npm by hand and run this again." >&2
		exit 1
	fi
	echo "Node.js $(node --version) is installed."
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 17) ? 0 : 1)'; then
	echo "make verify needs Node.js 18.17 or newer, and this is $(node --version): install a newer one and run this again." >&2
	exit 1
fi
