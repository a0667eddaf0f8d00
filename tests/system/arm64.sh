#!/bin/bash
# Renders under an emulated 64-bit ARM (Cortex-A53: Pi 3, Zero 2 W; Cortex-A72: Pi 4) and compares
# the bytes with this machine's. A Debian that has the packages of trixie and bookworm, and PyPI;
# no root. Half an hour; what is fetched stays below build/arm64.
#
#   tests/system/arm64.sh [trixie|bookworm]...
#
#   MIRROR=URL       where Debian's packages are (else where apt here has them from)
#   SECONDS_LONG=60  how much is rendered
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

HERE=.venv/bin/drumatlas
WORK=$PWD/build/arm64
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
LONG=${SECONDS_LONG:-60}
CPUS=(cortex-a53 cortex-a72)
export PIP_DISABLE_PIP_VERSION_CHECK=1
differing=0

fail() {
    printf 'arm64.sh: %s\n' "$*" >&2
    exit 2
}
command -v apt-get dpkg >/dev/null || fail "needs a Debian: apt-get and dpkg"
[ -x "$HERE" ] || fail "no $HERE; make test sets it up"
[ -r "$KEYS" ] || fail "no $KEYS; apt install debian-archive-keyring"
MIRROR=${MIRROR:-$(apt-get indextargets --format "\$(REPO_URI)" 'Label: Debian' 'Component: main' | head -n 1)}
[ -n "$MIRROR" ] || fail "MIRROR=URL says where Debian's packages are"
[ $# -gt 0 ] || set -- trixie bookworm
mkdir -p "$WORK"

emulator() { # prints where it is; fetched, not installed
    command -v qemu-aarch64-static && return
    if [ ! -x "$WORK/qemu/usr/bin/qemu-aarch64-static" ]; then
        (cd "$WORK" && apt-get -qq -o APT::Sandbox::User= download qemu-user-static >&2 && dpkg -x qemu-user-static_*.deb qemu) ||
            fail "apt can't find qemu-user-static; apt-get update first"
    fi
    echo "$WORK/qemu/usr/bin/qemu-aarch64-static"
}

fetch() { # SUITE PACKAGE...: arm64 packages and what they need, unpacked as SUITE/root
    local at=$WORK/$1 suite=$1 deb name
    shift
    [ ! -e "$at/.done" ] || return 0
    mkdir -p "$at"/{lists,cache/archives,state}
    : >"$at/status"
    echo "deb [signed-by=$KEYS] $MIRROR $suite main" >"$at/sources.list"
    local options=(-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=
        -o Dir::Etc::SourceList="$at/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State="$at/state" -o Dir::State::Lists="$at/lists" -o Dir::State::status="$at/status"
        -o Dir::Cache="$at/cache" -o APT::Install-Recommends=false -o Acquire::Languages=none)
    apt-get "${options[@]}" update
    apt-get "${options[@]}" -y --download-only install "$@" >/dev/null
    rm -rf "$at/root"
    mkdir "$at/root"
    for deb in "$at"/cache/archives/*.deb; do dpkg -x "$deb" "$at/root"; done
    for name in lib bin; do [ -e "$at/root/$name" ] || ln -s "usr/$name" "$at/root/$name"; done
    touch "$at/.done"
}

stand_in() { # QEMU ROOT PYTHON: a native script in its place, so that it can start itself again
    local python=$2/usr/bin/$3
    [ -e "$python.arm64" ] || mv "$python" "$python.arm64"
    cat >"$python" <<END
#!/bin/sh
exec $1 -L $2 -cpu "\${ARM_CPU:-cortex-a53}" -0 "\$0" $python.arm64 "\$@"
END
    chmod +x "$python"
}

try() { # SUITE PYTHON: what the installer does, then the comparison
    local at=$WORK/$1 python=$WORK/$1/root/usr/bin/$2 wheel cpu kind pip
    stand_in "$QEMU" "$at/root" "$2"
    pip=$(find "$at/root/usr/share/python-wheels" -name 'pip-*.whl')
    wheel=$(find "$WORK" -maxdepth 1 -name 'drumatlas-*.whl')
    rm -rf "$at/venv"
    "$python" -m venv --without-pip --system-site-packages "$at/venv"
    echo "$1: installing for $("$at/venv/bin/python" -c 'import platform; print(platform.machine(), platform.python_version())')"
    "$at/venv/bin/python" "$pip/pip" install -q --no-compile --prefer-binary "$wheel" || fail "$1: it can't be installed"
    "$at/venv/bin/python" "$pip/pip" list 2>/dev/null | grep -iE '^(numpy|onnxruntime|mido|python-rtmidi|supriya-midi|alsa-midi) ' | tr -s ' ' | sed 's/^/    /'
    for cpu in "${CPUS[@]}"; do
        export ARM_CPU=$cpu XDG_CACHE_HOME=$at/cache-$cpu
        rm -rf "$XDG_CACHE_HOME"
        for kind in mid tsv; do
            "$at/venv/bin/drumatlas" render --script "$WORK/moves.jsonl" --seconds "$LONG" --seed 7 \
                -o "$at/$cpu.$kind" 2>"$at/$cpu.log" || { cat "$at/$cpu.log" >&2 && fail "$1, $cpu: no render"; }
            if cmp "$WORK/here.$kind" "$at/$cpu.$kind"; then
                echo "$1, $cpu: .$kind has the bytes of here"
            else
                differing=$((differing + 1))
            fi
        done
        grep -q ' runs$' "$XDG_CACHE_HOME/drumatlas/onnxruntime" || fail "$1, $cpu: onnxruntime does not run"
        echo "$1, $cpu: onnxruntime runs"
    done
    unset XDG_CACHE_HOME
}

QEMU=$(emulator | tail -n 1)
rm -f "$WORK"/drumatlas-*.whl
.venv/bin/python -m build --wheel --no-isolation --outdir "$WORK" . >/dev/null
# Something changes each 100 ms: every control, and the buttons that go somewhere.
.venv/bin/python - "$LONG" >"$WORK/moves.jsonl" <<'END'
import json, random, sys
chance = random.Random(5)
controls = "x1 x2 x3 x4 density map_x map_y swing humanize accent chaos morph density.kick density.hats".split()
buttons = "next_genre fill save_a load_a wander novelty".split()
for number in range(int(sys.argv[1]) * 10):
    move = {"t": number / 10, "control": chance.choice(controls), "value": round(chance.random(), 4)}
    if number % 37 == 36:
        move = {"t": number / 10, "press": chance.choice(buttons)}
    print(json.dumps(move))
END
for kind in mid tsv; do
    "$HERE" render --script "$WORK/moves.jsonl" --seconds "$LONG" --seed 7 -o "$WORK/here.$kind" 2>/dev/null
done
for suite; do
    case $suite in
    # As on a Pi: libstdc++ is there for apt, ALSA's library for alsa-utils.
    trixie) packages=(python3 python3-venv libasound2t64 libstdc++6) python=python3.13 ;;
    bookworm) packages=(python3 python3-venv libasound2 libstdc++6) python=python3.11 ;;
    *) fail "'$suite' is neither trixie nor bookworm" ;;
    esac
    fetch "$suite" "${packages[@]}"
    try "$suite" "$python"
done
[ "$differing" = 0 ] || { echo "arm64.sh: $differing files differ" >&2 && exit 1; }
