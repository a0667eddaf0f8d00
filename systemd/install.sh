#!/bin/bash
# Installs drumatlas as a service: Raspberry Pi OS or Debian, bookworm or trixie.
#
#   sudo systemd/install.sh              # from this checkout; asks before it changes the boot settings
#   sudo systemd/install.sh FILE.whl     # from this wheel
#
#   --yes          answer every question with yes
#   --wheels DIR   install every package from DIR, without a network
#   --gpio         install the packages of the GPIO panel even if this is not a Raspberry Pi
#   --gadget       also make the USB port a MIDI device for the computer at the other end
#   --uninstall    remove everything except state, settings and user
#   --purge        with --uninstall: remove state, settings and user, too
#
# A second run installs only what is new. The files it installs are in /opt/drumatlas,
# /var/lib/drumatlas, /usr/local and files named `drumatlas` below /etc.
set -euo pipefail
umask 022

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HOME_DIR=/opt/drumatlas # a virtual environment
STATE=/var/lib/drumatlas
CONFIG=/etc/drumatlas.toml
UNITS=/etc/systemd/system
SHARE=/usr/local/share
USER_NAME=drumatlas
export DEBIAN_FRONTEND=noninteractive
# Root's Python must not import modules from the current folder.
export PYTHONSAFEPATH=1

changes=0
needs_reboot=0
restart=0

say() { printf '%s\n' "$*"; }
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 2
}
changed() {
    changes=$((changes + 1))
    say "  $*"
}

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
}

yes=0 wheels='' wants_gpio=0 wants_gadget=0 uninstall=0 purge=0 source=''
while [ $# -gt 0 ]; do
    case $1 in
    --yes) yes=1 ;;
    --wheels)
        [ -d "${2:-}" ] || fail "--wheels needs a folder of wheels, not '${2:-}'"
        wheels=$(cd "$2" && pwd)
        shift
        ;;
    --gpio) wants_gpio=1 ;;
    --gadget) wants_gadget=1 ;;
    --uninstall) uninstall=1 ;;
    --purge) purge=1 ;;
    -h | --help)
        usage
        exit 0
        ;;
    *.whl)
        [ -f "$1" ] || fail "$1: no such file"
        source=$(realpath "$1")
        ;;
    *) fail "unknown option '$1'; see --help" ;;
    esac
    shift
done
[ "$purge" = 0 ] || [ "$uninstall" = 1 ] || fail "--purge needs --uninstall"
[ "$(id -u)" = 0 ] || fail "needs root: sudo $0"
command -v systemctl >/dev/null || fail "this system has no systemd"

# --- small helpers -------------------------------------------------------------------------------

ask() { # QUESTION: succeed if the answer is yes; without a terminal it is no
    [ "$yes" = 0 ] || return 0
    [ -t 0 ] || return 1
    local answer
    read -r -p "$1 [y/N] " answer
    [[ $answer == [yY]* ]]
}

put() { # MODE FILE: write standard input to FILE; fail if FILE has that content already
    local new
    new=$(mktemp)
    cat >"$new"
    if cmp -s "$new" "$2"; then
        rm -f "$new"
        return 1
    fi
    install -D -m "$1" "$new" "$2"
    rm -f "$new"
    changed "wrote $2"
}

is_pi() { grep -qs 'Raspberry Pi' /proc/device-tree/model; }

is_running() { [ -d /run/systemd/system ]; } # false in a chroot that builds an image

has_wheel() { # NAME: succeed if the folder of --wheels has its wheel
    [ -n "$wheels" ] && compgen -G "$wheels/$1-*.whl" >/dev/null
}

apt_need() { # PACKAGE...: install the missing ones
    local missing=() package
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null; } ||
        fail "apt could not install ${missing[*]}; check the network, or use --wheels DIR"
    changed "installed ${missing[*]}"
}

# --- uninstalling --------------------------------------------------------------------------------

remove() { # FILE...
    local file
    for file; do
        [ -e "$file" ] || [ -L "$file" ] || continue
        rm -rf "$file"
        changed "removed $file"
    done
}

uninstall_all() {
    local unit
    for unit in drumatlas.service drumatlas-gadget.service; do
        [ -e "$UNITS/$unit" ] || continue
        if is_running; then systemctl disable --now -q "$unit" || true; else systemctl disable -q "$unit" || true; fi
        remove "$UNITS/$unit"
    done
    ! is_running || systemctl daemon-reload
    [ ! -e "$HOME_DIR" ] || [ -e "$HOME_DIR/pyvenv.cfg" ] || fail "$HOME_DIR was not made by this script; it stays as it is"
    remove "$HOME_DIR" /etc/udev/rules.d/60-drumatlas.rules /etc/modules-load.d/drumatlas.conf \
        /etc/security/limits.d/drumatlas.conf "$SHARE/bash-completion/completions/drumatlas" \
        "$SHARE/zsh/site-functions/_drumatlas" "$SHARE/fish/vendor_completions.d/drumatlas.fish" \
        "$SHARE"/man/man1/drumatlas{,-*}.1
    [ "$(readlink /usr/local/bin/drumatlas || true)" != "$HOME_DIR/bin/drumatlas" ] || remove /usr/local/bin/drumatlas
    if [ "$purge" = 1 ]; then
        remove "$STATE" "$CONFIG"
        if id "$USER_NAME" >/dev/null 2>&1; then
            userdel "$USER_NAME"
            changed "removed user $USER_NAME"
        fi
    else
        say "kept $STATE, $CONFIG and user $USER_NAME; --purge removes them"
    fi
    [ "$changes" -gt 0 ] || say "drumatlas was not installed"
}

if [ "$uninstall" = 1 ]; then
    uninstall_all
    exit 0
fi

# --- packages ------------------------------------------------------------------------------------

apt_need python3 python3-venv
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed; this system has $(python3 -V)"
machine=$(uname -m)
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
! is_pi || wants_gpio=1
# A 32-bit Raspberry Pi OS may run a 64-bit kernel. Then pip would look for 64-bit wheels.
as_is=()
if [ "$machine" = aarch64 ] && [ "$(python3 -c 'import struct; print(struct.calcsize("P"))')" = 4 ]; then
    machine=armv7l
    as_is=(linux32)
fi

# The binding of RtMidi, for JACK, is a wheel on 64-bit systems; on 32 bits only Debian has one.
case $machine in
aarch64 | x86_64) ;;
*) has_wheel python_rtmidi || apt_need python3-rtmidi ;;
esac
# lgpio has wheels for CPython 3.11 and 3.12 on 64-bit systems only.
case "$machine $version" in
"aarch64 3.11" | "aarch64 3.12" | "x86_64 3.11" | "x86_64 3.12") ;;
*) [ "$wants_gpio" = 0 ] || has_wheel lgpio || apt_need python3-lgpio ;;
esac
# On 32 bits PyPI has no wheels of alsa-midi. If piwheels has none either, pip builds it. There are
# no wheels of onnxruntime at all; NumPy runs the same networks.
case $machine in armv6l | armv7l) has_wheel alsa_midi || apt_need gcc python3-dev libffi-dev libasound2-dev ;; esac
# Only the wheels of alsa-midi for x86 contain ALSA's library; others load the system's.
case "$machine $(ldconfig -p)" in
x86_64* | *libasound.so.2*) ;;
*) if [ "$version" = 3.11 ]; then apt_need libasound2; else apt_need libasound2t64; fi ;;
esac

# --- the program ---------------------------------------------------------------------------------

fingerprint() { # print a hash of the source and the options; if it is unchanged, nothing is new
    {
        echo "$version $machine gpio=$wants_gpio"
        if [ -f "$source" ]; then
            sha256sum <"$source"
        else
            cd "$source"
            find pyproject.toml README.md LICENSE device export -type f ! -path '*/__pycache__/*' -print0 |
                sort -z | xargs -0 sha256sum
        fi
    } | sha256sum | cut -d ' ' -f 1
}

if [ -z "$source" ] && [ -n "$wheels" ]; then
    source=$(find "$wheels" -maxdepth 1 -name 'drumatlas-*.whl' | sort -V | tail -n 1)
fi
[ -n "$source" ] || source=$(dirname "$HERE")
[ -f "$source" ] || [ -f "$source/pyproject.toml" ] || fail "$source: neither a wheel nor a checkout"

stamp=$HOME_DIR/.installed
if [ -e "$HOME_DIR" ] && [ ! -e "$HOME_DIR/pyvenv.cfg" ] && [ -n "$(ls -A "$HOME_DIR")" ]; then
    fail "$HOME_DIR exists but is not a virtual environment; move it away"
fi
wanted=$(fingerprint)
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
    if [ ! -x "$HOME_DIR/bin/python$version" ]; then
        say "making a virtual environment in $HOME_DIR"
        python3 -m venv --clear --system-site-packages "$HOME_DIR"
    fi
    extras=()
    more=()
    ! has_wheel python_rtmidi || more+=(python-rtmidi) # for 32 bits, where drumatlas does not require it
    # Without a network, the packages that make the manual may be missing; the box plays without them.
    [ -n "$wheels" ] && ! { has_wheel shtab && has_wheel argparse_manpage; } || extras+=(service)
    if [ "$wants_gpio" = 1 ]; then
        extras+=(box)
        ! has_wheel lgpio || more+=(lgpio)
    fi
    extra=$(IFS=, && echo "${extras[*]}")
    pip=("${as_is[@]}" "$HOME_DIR/bin/python" -m pip --quiet --no-input --disable-pip-version-check)
    from=(--prefer-binary)
    [ -z "$wheels" ] || from+=(--no-index --find-links "$wheels")
    say "installing drumatlas from $source (minutes on a small Pi)"
    rm -f "$stamp"
    built=$(mktemp -d)
    trap 'rm -rf "$built"' EXIT
    if [ -d "$source" ]; then
        "${pip[@]}" wheel --no-deps "${from[@]}" --wheel-dir "$built" "$source" ||
            fail "pip could not build $source${wheels:+; $wheels must have a wheel of hatchling or of drumatlas}"
    else
        cp "$source" "$built"
    fi
    wheel=$(find "$built" -name '*.whl')
    "${pip[@]}" install --root-user-action=ignore "${from[@]}" "drumatlas[$extra] @ file://$wheel" "${more[@]}" ||
        fail "pip could not install the packages that drumatlas needs${wheels:+ from $wheels}; see above"
    # The code may have changed under the same version number.
    "${pip[@]}" install --root-user-action=ignore --force-reinstall --no-deps "$wheel"
    echo "$wanted" >"$stamp"
    restart=1
    changed "installed $("$HOME_DIR/bin/drumatlas" --version)"
fi
if [ ! -e /usr/local/bin/drumatlas ] && [ ! -L /usr/local/bin/drumatlas ]; then
    ln -s "$HOME_DIR/bin/drumatlas" /usr/local/bin/drumatlas
    changed "linked /usr/local/bin/drumatlas"
fi

# --- user, rights, kernel ------------------------------------------------------------------------

if ! id "$USER_NAME" >/dev/null 2>&1; then
    useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$USER_NAME"
    changed "made user $USER_NAME"
fi

# Raspberry Pi OS gives pins and converters to groups; plain Debian gives them to root alone.
if [ "$wants_gpio" = 1 ] && ! grep -qrs 'GROUP="gpio"' /usr/lib/udev/rules.d /lib/udev/rules.d \
    /etc/udev/rules.d --exclude=60-drumatlas.rules; then
    for group in gpio spi i2c; do
        getent group "$group" >/dev/null || { groupadd --system "$group" && changed "made group $group"; }
    done
    if put 644 /etc/udev/rules.d/60-drumatlas.rules <"$HERE/60-drumatlas.rules" && is_running; then
        udevadm control --reload
        udevadm trigger --subsystem-match=gpio --subsystem-match=spidev --subsystem-match=i2c-dev
    fi
fi
for group in audio gpio spi i2c; do
    getent group "$group" >/dev/null || continue
    if ! id -nG "$USER_NAME" | grep -qw "$group"; then
        usermod -aG "$group" "$USER_NAME"
        changed "put $USER_NAME into group $group"
        restart=1
    fi
done

# The service may open ALSA's sequencer only if its module was loaded before the service starts.
if put 644 /etc/modules-load.d/drumatlas.conf <<<'snd-seq' && is_running; then modprobe -q snd-seq || true; fi
# For `drumatlas play` in a terminal; the service gets these limits from its unit.
put 644 /etc/security/limits.d/drumatlas.conf <<<'@audio - rtprio 95
@audio - memlock unlimited' || true

switch_on() { # NAME QUESTION: switch an interface of the Pi on, after asking
    command -v raspi-config >/dev/null || return 0
    [ "$(raspi-config nonint "get_$1")" = 1 ] || return 0 # 0: it is on
    if ask "$2"; then
        raspi-config nonint "do_$1" 0
        changed "switched $1 on"
        needs_reboot=1
    else
        say "$1 stays off; to switch it on: sudo raspi-config nonint do_$1 0"
    fi
}
usb_device() { # make the Pi's USB port a device's, after asking
    local file=/boot/firmware/config.txt line='dtoverlay=dwc2,dr_mode=peripheral'
    [ -e "$file" ] || return 0
    ! grep -qx "$line" "$file" || return 0
    if ask "Make the USB port a device port, in $file?"; then
        printf '\n[all]\n%s\n' "$line" >>"$file"
        changed "put $line into $file"
        needs_reboot=1
    else
        say "the USB port stays a host port; to change it, put $line into $file"
    fi
}
if is_pi; then
    switch_on spi "Switch SPI on (knobs on an MCP3008)?"
    switch_on i2c "Switch I2C on (knobs on an ADS1115, an OLED)?"
    [ "$wants_gadget" = 0 ] || usb_device
fi

# --- settings, manual, units ---------------------------------------------------------------------

if [ ! -e "$CONFIG" ]; then
    put 644 "$CONFIG" <<'END'
# Settings of the drumatlas service. Every setting has a default; `drumatlas config` prints them all.
# Check this file with `sudo drumatlas config --check /etc/drumatlas.toml`. Apply it with
# `sudo systemctl reload drumatlas`, or `restart` after changing ports.
END
fi

# The file may hold the page's token, so only its owner and the service may read it.
if [[ $(stat -c %a "$CONFIG") != *0 ]]; then
    chgrp "$USER_NAME" "$CONFIG"
    chmod o= "$CONFIG"
    changed "made $CONFIG private, since it may hold the page's token"
fi

# Manual pages and completion are generated from the commands.
if "$HOME_DIR/bin/python" -c 'import argparse_manpage, shtab' 2>/dev/null; then
    while read -r file; do changed "wrote $file"; done < <("$HOME_DIR/bin/python" -m drumatlas.cli.manual "$SHARE")
fi

if put 644 "$UNITS/drumatlas.service" <"$HERE/drumatlas.service"; then restart=1; fi
units=(drumatlas.service)
if [ "$wants_gadget" = 1 ] || [ -e "$UNITS/drumatlas-gadget.service" ]; then
    put 755 "$HOME_DIR/bin/drumatlas-gadget" <"$HERE/drumatlas-gadget" || true
    put 644 "$UNITS/drumatlas-gadget.service" <"$HERE/drumatlas-gadget.service" || true
    units+=(drumatlas-gadget.service)
fi
! is_running || [ "$changes" = 0 ] || systemctl daemon-reload
for unit in "${units[@]}"; do
    if ! systemctl is-enabled -q "$unit" 2>/dev/null; then
        systemctl enable -q "$unit"
        changed "enabled $unit"
    fi
done
if is_running; then
    # Before the reboot there is no USB device controller, so starting this unit may fail.
    [ ${#units[@]} = 1 ] || systemctl start drumatlas-gadget.service ||
        say "no USB device yet; see journalctl -u drumatlas-gadget -e"
    if [ "$restart" = 1 ]; then
        systemctl restart drumatlas.service || fail "the service does not start; see journalctl -u drumatlas -e"
        changed "started drumatlas.service"
    elif ! systemctl is-active -q drumatlas.service; then
        systemctl start drumatlas.service || fail "the service does not start; see journalctl -u drumatlas -e"
        changed "started drumatlas.service"
    fi
fi

[ "$changes" -gt 0 ] || say "everything is up to date; nothing changed"
[ "$needs_reboot" = 0 ] || say "reboot to use the interfaces that were switched on: sudo reboot"
say "drumatlas is installed; drumatlas status shows what it plays, drumatlas doctor checks this machine"
