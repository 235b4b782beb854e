"""The datasets, one module for each family; ``datasets.load`` finds them by name."""
