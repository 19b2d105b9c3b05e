"""The composition root: the only place that knows every part,
opens, connects, runs and stops them (`run.serve`).
"""
