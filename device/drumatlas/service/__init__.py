"""The box as an appliance: what it keeps across a power cut, and how it reports to systemd and to
other processes.

State, takes and the owner's atlas are files in its state folder; the status file and systemd's
notifications say how it is. What examines the machine is in `doctor`.
"""
