"""`tracehold demo`: a supply chain invented with its ground truth,
and the show that compares our answers with it.
"""
