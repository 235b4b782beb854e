"""Where bytes come from, and how they get into the cache whole.

``sources`` says which file of which registry package or address holds what; ``download`` brings
one file; ``unpickle`` reads pickles of strangers. Datasets and pretrained weights stand on this
room, which knows neither.
"""

#: What this process has opened, by kind and name, with its version, for whoever wants to know
#: what a program depends on.
opened: dict[str, dict[str, str]] = {"datasets": {}, "weights": {}}
