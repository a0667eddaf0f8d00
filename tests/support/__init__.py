"""What several tests share: fakes, recorders, made-up input, and checkers."""
