"""What is left when it goes. The last file: nothing is installed after it."""

from system.box import CONFIG, THERE, RemoteBox

SCRIPT = f"{THERE}/systemd/install.sh"


def exists(box: RemoteBox, path: str) -> bool:
    return box.machine.run(f"test -e {path}").returncode == 0


def test_uninstall_leaves_state_and_settings_without_purge(box: RemoteBox) -> None:
    box.turn((16, 33))
    box.systemctl("stop", "drumatlas")
    state = box.machine.get("cat /var/lib/drumatlas/state.json")
    done = box.machine.run(f"{SCRIPT} --uninstall")
    assert done.returncode == 0
    for gone in (
        "/opt/drumatlas",
        "/usr/local/bin/drumatlas",
        "/etc/systemd/system/drumatlas.service",
    ):
        assert not exists(box, gone)
    assert box.machine.get("cat /var/lib/drumatlas/state.json") == state
    assert exists(box, CONFIG)
    assert box.machine.run(f"{SCRIPT} --uninstall --purge").returncode == 0
    assert not exists(box, "/var/lib/drumatlas")
    assert not exists(box, CONFIG)
    assert box.machine.run("id drumatlas").returncode != 0
    assert "drumatlas was not installed" in box.machine.get(f"{SCRIPT} --uninstall --purge")
