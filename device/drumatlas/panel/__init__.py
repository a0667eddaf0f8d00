"""Panels: sources of control changes. One Protocol, adapters for scripts and the terminal."""
