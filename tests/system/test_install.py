"""A fresh machine, the README's command, a restart: beats without a hand."""

import time
from collections.abc import Callable

from drumatlas.play.events import START
from support.recordings import clocks, hanging, notes
from system.box import CONFIG, RemoteBox
from system.machine import PATIENCE

Figure = Callable[[str, str], None]


def test_the_installer_leaves_a_box_that_plays(installed: RemoteBox) -> None:
    assert installed.show("ActiveState") == "active"
    assert installed.show("Type") == "notify"
    assert installed.show("StatusText")  # it has told systemd what it does
    assert installed.machine.get("systemctl is-enabled drumatlas") == "enabled"
    groups = installed.machine.get("id -nG drumatlas").split()
    assert "audio" in groups
    assert "Type=notify" in installed.machine.get("cat /etc/systemd/system/drumatlas.service")
    # The page's token may be in it.
    assert installed.machine.get(f"stat -c '%a %U %G' {CONFIG}").strip() == "640 root drumatlas"


def test_a_second_run_changes_nothing(installed: RemoteBox) -> None:
    before = installed.show("MainPID")
    installed.machine.get("touch /run/drumatlas-test.before; sleep 1.1")
    done = installed.install()
    assert done.returncode == 0
    assert "nothing changed" in done.stdout
    assert installed.show("MainPID") == before
    places = f"/opt/drumatlas /etc /usr/local {CONFIG}"
    changed = installed.machine.get(f"find {places} -newer /run/drumatlas-test.before -type f")
    assert changed == ""


def test_after_a_restart_of_the_machine_it_plays_by_itself(
    installed: RemoteBox, figure: Figure
) -> None:
    """With the settings that the installer wrote: auto finds the device."""
    installed.listen(both=True)
    installed.machine.reboot()
    time.sleep(5 * PATIENCE)
    stream = installed.hears(card="")  # auto may take either end of a simulated cable
    ticks = clocks(stream)
    assert len(ticks) > 24
    assert len(notes(stream)) > 4
    assert [one.data for one in stream].index(START) < [one.data for one in stream].index(b"\xf8")
    assert installed.status()["state"] == "playing"
    begun_ns = installed.begun_ns()
    assert ticks[0] - begun_ns <= 3e9 * PATIENCE
    figure("kernel start to first clock", f"{ticks[0] / 1e9:.2f} s")
    figure("of that, from the unit's start", f"{(ticks[0] - begun_ns) / 1e9:.2f} s")
    installed.systemctl("stop", "drumatlas")
    assert not hanging(installed.hears(card=""))
    installed.listen()
