"""The commands of `drumatlas`, in the order that --help shows them."""

from drumatlas.cli import calibrate, look, monitor, play, render, service, travel
from drumatlas.commandline import Command

COMMANDS: tuple[Command, ...] = (
    play.COMMAND,
    render.COMMAND,
    travel.DECODE,
    travel.ENCODE,
    look.PORTS,
    look.DOCTOR,
    monitor.COMMAND,
    calibrate.COMMAND,
    look.CONFIG,
    service.STATUS,
    service.UPDATE_ATLAS,
)
