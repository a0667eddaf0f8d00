"""The examination of a machine for `drumatlas doctor`: one module a subject.

What belongs here looks and reports; it changes nothing and keeps nothing open. A new check is a
function that returns `Finding`s; `checks.examine` calls all of them in order.
"""
