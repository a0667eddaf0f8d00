"""The checks of `drumatlas doctor`, one module for each subject.

A check reads and reports; it changes nothing and leaves nothing open. To add one, write a function
that returns `Finding`s and call it in `checks.examine`.
"""
