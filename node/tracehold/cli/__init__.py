"""The command line: one file per command group. Heavy imports stand
inside the commands, so that `--help` is quick.
"""
