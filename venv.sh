#!/bin/sh
# Sets up .venv, in which `make` runs everything: sh venv.sh plays|tests|bench
#
#   plays   what `drumatlas play` needs
#   tests   also what trains and tests
#   bench   also what `make bench-mine` compares with
#
# PYTHON=/path/to/python takes that one. Where Python or its venv is missing, one line says what to
# install on this system, and the exit status is 2. A .venv that is half made, or whose Python has
# gone, is made again.
set -u
cd "$(dirname "$0")" || exit 2

say() { printf 'drumatlas: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 2
}

is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
number() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

packages() { # MANAGER LACKING NUMBER: what it calls them
    case "$1 $2" in
    "apt-get python") echo python3 python3-venv ;;
    # Debian splits Python up; a second Python beside the system's own has a package of its own.
    "apt-get venv") if [ "$(number python3)" = "$3" ]; then echo python3-venv; else echo "python$3-venv"; fi ;;
    "apt-get newer") apt-cache pkgnames python3. 2>/dev/null | grep -E '^python3\.(1[1-9]|[2-9][0-9])-venv$' | sort -V | tail -n 1 ;;
    "dnf newer") echo python3.12 ;;
    "dnf venv") echo python3-libs python3-pip ;;
    "brew "*) echo python ;;
    "zypper "*) echo python312 ;;
    "pacman "*) echo python ;;
    *) echo python3 ;;
    esac
}

advice() { # python|newer|venv [NUMBER]: how this system installs what is lacking
    for manager in apt-get dnf brew zypper pacman; do
        command -v "$manager" >/dev/null 2>&1 || continue
        found=$(packages "$manager" "$1" "${2-}")
        [ -n "$found" ] || continue
        case $manager in
        brew) how="brew install" ;;
        pacman) how="sudo pacman -S" ;;
        *) how="sudo ${manager%-get} install" ;;
        esac
        [ "$(id -u)" != 0 ] || how=${how#sudo }
        echo "$how $found"
        return
    done
    echo "install Python 3.11 or newer from https://www.python.org/downloads"
}

find_python() { # sets `python`
    python='' seen=''
    for one in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        command -v "$one" >/dev/null 2>&1 || continue
        [ -n "$(number "$one")" ] || continue
        seen=${seen:-$one}
        is_new "$one" || continue
        python=${python:-$one}
        has_venv "$one" || continue
        python=$one
        return
    done
    [ -z "$python" ] || fail "$python has no venv here: $(advice venv "$(number "$python")")"
    [ -z "$seen" ] || fail "Python 3.11 or newer is needed, and $seen is $(number "$seen"): $(advice newer)"
    fail "${PYTHON:-python3} is not there: $(advice python)"
}

is_ours() { # whether .venv runs what lies in this folder
    .venv/bin/python -c 'import os, drumatlas
assert os.path.samefile(os.path.dirname(drumatlas.__file__), "device/drumatlas")' >/dev/null 2>&1
}

case ${1-} in
plays) what=. ;;
tests) what='.[dev,export]' ;;
bench) what='.[dev,export,bench]' ;;
*) fail "sh venv.sh plays|tests|bench" ;;
esac
stamp=.venv/.$1
if [ -e "$stamp" ] && is_ours && [ -z "$(find pyproject.toml constraints.txt -newer "$stamp")" ]; then
    exit 0
fi
if ! { .venv/bin/python -m pip --version && is_new .venv/bin/python; } >/dev/null 2>&1 ||
    { [ -e "$stamp" ] && ! is_ours; }; then
    find_python
    told=$("$python" -m venv --clear .venv 2>&1) ||
        fail "$python -m venv .venv failed: $(printf '%s' "$told" | tail -n 1)"
fi
# On a 32-bit system with a 64-bit kernel (Raspberry Pi OS) pip would look for 64-bit packages.
bits=$(.venv/bin/python -c 'import struct; print(8 * struct.calcsize("P"))')
as_is=''
if [ "$bits" = 32 ] && command -v linux32 >/dev/null 2>&1; then as_is=linux32; fi
say "installing into .venv"
$as_is .venv/bin/python -m pip --disable-pip-version-check --quiet install --prefer-binary \
    --constraint constraints.txt --editable "$what" ||
    fail "pip could not install what is needed (see above); is the network there?"
touch .venv/.plays "$stamp"
