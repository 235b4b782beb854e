"""Where bytes come from, and how they get into the cache whole.

``sources`` says which file of which registry package or address holds what; ``download`` brings
one file; ``unpickle`` reads pickles of strangers. Datasets and pretrained weights stand on this
room, which knows neither.
"""
