"""How the book is made: plan, execute, publish, notebooks, checks, and the ``textlib`` command.

The press knows the rest of the package only by name: it reads sources, it starts kernels, and it
never imports TensorFlow. A page flows through it in one direction: ``book`` finds it, ``plan``
decides whether it is stale, ``execute`` runs it, ``store`` keeps what came out, ``publish``
hands it to Jupyter Book.
"""
