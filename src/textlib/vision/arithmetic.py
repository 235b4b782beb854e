"""The arithmetic of convolutions: sizes, receptive fields, parameters, multiplications, memory.

Plain integers in, plain integers out; no framework. Height and width are treated alike unless a
function takes both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textlib._errors import unknown

PADDINGS = ("valid", "same")
BYTES = 4  # of a float32


@dataclass(frozen=True)
class Cost:
    """What one convolution layer costs.

    Attributes
    ----------
    output_shape
        ``(height, width, channels)`` of its output for one image.
    parameters
        Weights and biases.
    multiplications
        For the forward pass of one image.
    """

    output_shape: tuple[int, int, int]
    parameters: int
    multiplications: int

    @property
    def values(self) -> int:
        """Number of output values of one image."""
        height, width, channels = self.output_shape
        return height * width * channels

    @property
    def megabytes(self) -> float:
        """Memory of the output of one image in float32; a megabyte is 10⁶ bytes."""
        return BYTES * self.values / 1e6


def output_size(
    size: int, kernel: int, *, stride: int = 1, padding: str = "valid", dilation: int = 1
) -> int:
    """Return how many windows fit along one axis.

    Parameters
    ----------
    size, kernel
        Length of the axis and of the window.
    stride
        Distance between neighboring windows.
    padding
        ``"valid"`` (windows lie inside) or ``"same"`` (zeros are added so that there is a window
        for every ``stride`` values).
    dilation
        Distance between neighboring entries of the window.

    Raises
    ------
    ValueError
        If the padding has another name, a number is below 1, or no window fits.

    Examples
    --------
    >>> output_size(13, 6, stride=5), output_size(13, 6, stride=5, padding="same")
    (2, 3)
    """
    if padding not in PADDINGS:
        raise ValueError(unknown("padding", padding, PADDINGS))
    named = {"size": size, "kernel": kernel, "stride": stride, "dilation": dilation}
    for name, value in named.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be at least 1.")
    if padding == "same":
        return -(-size // stride)
    reach = dilation * (kernel - 1) + 1
    if reach > size:
        raise ValueError(
            f"a window that spans {reach} does not fit into {size} values; "
            'use padding="same" or a smaller kernel.'
        )
    return (size - reach) // stride + 1


def receptive_fields(layers: Sequence[tuple[int, int]]) -> list[int]:
    """Return how many input pixels (along one axis) one unit sees, after each layer.

    Each layer widens the field by ``(kernel - 1)`` steps of its input, and a step of its input is
    as many pixels as the strides before it multiply to.

    Parameters
    ----------
    layers
        ``(kernel, stride)`` of each convolution or pooling, from the image upward.

    Raises
    ------
    ValueError
        If a kernel or a stride is below 1.

    References
    ----------
    Dumoulin, Visin: A guide to convolution arithmetic for deep learning. arXiv:1603.07285.

    Examples
    --------
    >>> receptive_fields([(3, 1), (3, 1), (3, 1)])
    [3, 5, 7]
    """
    field, step, fields = 1, 1, []
    for kernel, stride in layers:
        if min(kernel, stride) < 1:
            raise ValueError(f"layer ({kernel}, {stride}): kernel and stride must be at least 1.")
        field += (kernel - 1) * step
        step *= stride
        fields.append(field)
    return fields


def convolution_cost(
    input_shape: tuple[int, int, int],
    filters: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: str = "valid",
) -> Cost:
    """Count what a square convolution of one image costs.

    Parameters
    ----------
    input_shape
        ``(height, width, channels)`` of the image.
    filters, kernel
        Number of filters and the side of their windows.
    stride, padding
        As for `output_size`.

    Raises
    ------
    ValueError
        As `output_size`.

    Examples
    --------
    >>> convolution_cost((28, 28, 1), 32, 3).parameters
    320
    """
    height, width, channels = input_shape
    rows = output_size(height, kernel, stride=stride, padding=padding)
    columns = output_size(width, kernel, stride=stride, padding=padding)
    weights = kernel * kernel * channels
    return Cost(
        output_shape=(rows, columns, filters),
        parameters=(weights + 1) * filters,
        multiplications=rows * columns * filters * weights,
    )
