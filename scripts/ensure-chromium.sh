#!/usr/bin/env bash
# Makes sure that the tests find a Chromium; installs Debian's package if it is missing and this user may.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

found() {
	# The tests look for the same names (standalone/e2e).
	local name
	for name in chromium chromium-browser google-chrome; do
		if command -v "$name" >/dev/null; then
			return 0
		fi
	done
	return 1
}

if found; then
	exit 0
fi
if ! may_install; then
	echo "The tests need a Chromium: install the package chromium and run this again." >&2
	exit 1
fi
echo "Chromium is not installed: installing Debian's package chromium ..."
if ! apt_install chromium || ! found; then
	echo "Installing the package chromium failed: install it by hand and run this again." >&2
	exit 1
fi
echo "Chromium is installed."
