"""Models with a training step of their own: what their steps have in common.

Running means that Keras shows and resets, a move down a gradient, and a configuration of parts and
settings. What a step computes stands in the model's own class, in full.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import keras

from textlib._errors import unknown

Found = TypeVar("Found")


class StepModel(keras.Model):
    """The base of models that define ``train_step`` and ``test_step``.

    A subclass names its attributes in ``part_names`` and ``setting_names``, calls `descend` for
    each gradient step, and returns what `track` returns. With one loss, compile it as any model.
    Where parts have losses of their own, as in adversarial networks, give each its optimizer with
    `compile_parts`.

    Parameters
    ----------
    **options
        ``name`` and ``dtype``, as for ``keras.Model``.

    Attributes
    ----------
    tracked
        Names of the numbers that a step reports, ``loss`` first.
    part_names
        Attributes that hold models, in the order of the constructor's arguments.
    setting_names
        Attributes that hold plain settings. The constructor has an argument for each.

    Examples
    --------
    >>> class Adversarial(StepModel):  # doctest: +SKIP
    ...     tracked = ("generator_loss", "critic_loss")
    ...     part_names = ("generator", "critic")
    ...
    ...     def train_step(self, data):
    ...         fake = lambda: self.generator(keras.random.normal((32, 2)), training=True)
    ...         tell = lambda: ops.mean(self.critic(fake())) - ops.mean(self.critic(data))
    ...         fool = lambda: -ops.mean(self.critic(fake()))
    ...         critic_loss = self.descend(tell, part="critic")
    ...         generator_loss = self.descend(fool, part="generator")
    ...         return self.track(generator_loss=generator_loss, critic_loss=critic_loss)
    >>> model.compile_parts(generator=Adam(1e-4), critic=Adam(4e-4))  # doctest: +SKIP
    """

    tracked: ClassVar[tuple[str, ...]] = ("loss",)
    part_names: ClassVar[tuple[str, ...]] = ()
    setting_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.trackers = [keras.metrics.Mean(name) for name in self.tracked]
        self.part_optimizers: dict[str, keras.Optimizer] = {}

    @property
    def metrics(self) -> list[Any]:
        """The running means, which Keras resets after each epoch."""
        return self.trackers

    def compile_parts(self, **optimizers: keras.Optimizer) -> None:
        """Compile the model with an optimizer for each part that learns.

        Keras's callbacks see the first of them as ``model.optimizer``.

        Parameters
        ----------
        **optimizers
            An optimizer of its own for each part, by the part's name.

        Raises
        ------
        ValueError
            If there is no optimizer, or no part of the name.
        """
        if not optimizers:
            raise ValueError(f"no part has an optimizer; give one to any of {self.part_names}.")
        for name, optimizer in optimizers.items():
            if name not in self.part_names:
                raise ValueError(unknown("part", name, self.part_names))
            optimizer.build(getattr(self, name).trainable_variables)
        self.compile(next(iter(optimizers.values())))
        self.part_optimizers = optimizers

    def descend(self, compute: Callable[[], Found], *, part: str | None = None) -> Found:
        """Move weights once, down the gradient of a loss, and return what was computed.

        Parameters
        ----------
        compute
            A function without arguments that returns the loss of a batch, a scalar; or a tuple
            that begins with it.
        part
            The part whose weights move, by its own optimizer; the whole model if not given.
        """
        import tensorflow as tf

        optimizer: Any = self.part_optimizers.get(part or "", self.optimizer)
        weights = (self if part is None else getattr(self, part)).trainable_weights
        with tf.GradientTape() as tape:
            found = compute()
            loss = optimizer.scale_loss(found[0] if isinstance(found, tuple) else found)
        optimizer.apply(tape.gradient(loss, weights), weights)
        return found

    def track(self, **values: Any) -> dict[str, Any]:
        """Add a batch to the running means, and return these.

        Parameters
        ----------
        **values
            Each tracked number by its name: a scalar, or a number for each row of the batch.
        """
        for tracker in self.trackers:
            tracker.update_state(values[tracker.name])
        return {tracker.name: tracker.result() for tracker in self.trackers}

    def get_config(self) -> dict[str, Any]:
        """Return what it takes to build the model again."""
        serialize = keras.saving.serialize_keras_object
        parts = {name: serialize(getattr(self, name)) for name in self.part_names}
        settings = {name: getattr(self, name) for name in self.setting_names}
        return {"name": self.name, **parts, **settings}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Build the model from its configuration."""
        deserialize = keras.saving.deserialize_keras_object
        parts = {name: deserialize(config[name], custom_objects) for name in cls.part_names}
        return cls(**{**config, **parts})
