"""The box as an appliance: its saved state, and its reports to systemd and to other processes.

State, takes and the user's atlas are files in the state folder and survive a power cut. The status
file and the notifications to systemd report how the box is. The checks of the machine are in
`doctor`.
"""
