"""The base of models with a training step of their own; it stands with the models."""

from textlib.models.steps import StepModel as StepModel
