"""Being an appliance: examining the machine."""
