# What the scripts beside this file share; they source it. It stands in the project's folder afterwards, and writes nothing
# outside it but the system packages that are missing.

set -euo pipefail
called_from=$PWD
script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
if [ ! -t 2 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '==> %s\n' "$*" >&2; }; fi
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Prints the comment at the head of the script (from line 2 to the first line that is none) when the first argument asks.
usage_if_asked() {
    case ${1:-} in
    -h | --help)
        sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$script"
        exit 0
        ;;
    esac
}

need_swift() {
    if ! command -v swift >/dev/null; then
        local folder
        for folder in "$HOME/.local/share/swiftly/bin" /opt/swift/usr/bin /usr/libexec/swift/bin; do
            if [ -x "$folder/swift" ]; then PATH=$folder:$PATH; fi
        done
    fi
    command -v swift >/dev/null \
        || die "no 'swift' in PATH. Sweep needs Swift 6.2 or newer: https://www.swift.org/install/linux/"
    command -v git >/dev/null || install_packages git
}

# install_packages NAME...: from Debian's or Ubuntu's archive.
install_packages() {
    command -v apt-get >/dev/null || die "missing on this machine: $* (Debian's names). Install them and run $script again."
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "missing on this machine: $*. As root: apt-get install $*"
        as_root=(sudo)
    fi
    say "Installing $* with apt-get"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    # A fresh machine has no package lists yet: the first try may fail, and then its reason is no news.
    "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >/dev/null 2>&1 || {
        "${apt[@]}" update </dev/null >&2
        "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >&2
    } || die "apt-get could not install $*"
}

# SQLite for the record: all that building needs besides the toolchain. And OpenBLAS, which `sweep` loads when a Gaussian
# process is first needed.
need_libraries() {
    local compiler
    compiler=$(command -v clang || command -v cc) || die "no C compiler; Swift's toolchain brings clang: is it in PATH?"
    printf '#include <sqlite3.h>\nint main(void) { return sqlite3_libversion_number() == 0; }\n' \
        | "$compiler" -x c - -lsqlite3 -o /dev/null 2>/dev/null || install_packages libsqlite3-dev
    printf 'int main(void) { return 0; }\n' | "$compiler" -x c - -l:libopenblas.so.0 -o /dev/null 2>/dev/null \
        || install_packages libopenblas0
}

# A Python of the project's own, with what the example scripts import, first in PATH. Made once; made anew when
# SweepConfigs/requirements.txt changes.
need_python() {
    local venv=$root/.build/python stamp wanted
    stamp=$venv/.complete
    wanted=$(cat SweepConfigs/requirements.txt)
    if ! { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$venv/bin/python" -c '' 2>/dev/null; }; then
        command -v python3 >/dev/null || install_packages python3 python3-venv
        python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
        say "Making a Python for the examples in .build/python"
        rm -rf "$venv"
        python3 -m venv "$venv" || die "python3 -m venv failed; on Debian: apt-get install python3-venv"
        "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-input -r SweepConfigs/requirements.txt \
            || die "pip could not install SweepConfigs/requirements.txt (it asks PyPI, once)." \
                "Without Python: sweep run SweepConfigs/shell.yaml"
        printf '%s\n' "$wanted" >"$stamp"
    fi
    PATH=$venv/bin:$PATH
    export PATH
}
