"""The division of a beat. (Without NumPy, because the configuration is read before that is
loaded.)"""

STEPS = 32  # two bars of 4/4
STEPS_PER_BAR = 16
STEPS_PER_BEAT = 4  # 16ths to a quarter note
