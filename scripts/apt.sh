# Debian packages for the scripts that need a program which may be missing. Sourced, not run.

as_root() {
	if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# may_install tells whether this user can install packages without being asked for anything.
may_install() {
	command -v apt-get >/dev/null || return 1
	[[ $(id -u) -eq 0 ]] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

# apt_install PACKAGE... installs packages and shows apt's words only if that fails.
apt_install() {
	local log status=0
	log=$(mktemp)
	{
		# One unreachable package source is no reason to give up; the installation decides.
		as_root apt-get -q update || true
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
	} </dev/null >"$log" 2>&1 || status=$?
	if ((status != 0)); then
		tail -n 20 "$log" >&2
	fi
	rm -f "$log"
	return "$status"
}
