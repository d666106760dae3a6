#!/usr/bin/env python3
"""Train the demo's digit classifier and write its model and images.

    python3 train.py            train, export, verify, write every file
    python3 train.py --check    verify the files already written; trains nothing
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

# Several BLAS threads may add in a different order, which would change the weights' last bits.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

SEED = 20240
HIDDEN_UNITS = 64
TARGET_ACCURACY = 0.97

COLUMNS, ROWS, TILE = 25, 18, 8
HELD_OUT = COLUMNS * ROWS
CLASSES = 10

# The data set counts ink from 0 to 16; times 15 it spreads over 0..240 and stays lossless.
MAX_VALUE = 16
PIXELS_PER_VALUE = 15
MAX_PIXEL = MAX_VALUE * PIXELS_PER_VALUE

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "apps" / "demo" / "digits"
MODEL = DEMO / "digits.onnx"
SHEET = DEMO / "heldout.png"
LABELS = DEMO / "heldout-labels.json"
SAMPLES = DEMO / "samples"
FIGURES = HERE / "figures.json"


def fail(reason):
    sys.exit(f"digits-model: {reason}")


# --- data -----------------------------------------------------------------------------------


def load_split():
    """The data set as 8-bit images, split so that each digit keeps its share on both sides."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    pixels = (digits.images * PIXELS_PER_VALUE).astype(np.uint8)
    if not np.array_equal(pixels / PIXELS_PER_VALUE, digits.images):
        fail("the data set no longer holds whole values from 0 to 16")
    return train_test_split(
        pixels, digits.target, test_size=HELD_OUT, stratify=digits.target, random_state=SEED
    )


def to_sheet(images):
    tiles = images.reshape(ROWS, COLUMNS, TILE, TILE)
    return tiles.transpose(0, 2, 1, 3).reshape(ROWS * TILE, COLUMNS * TILE)


def from_sheet(sheet):
    tiles = sheet.reshape(ROWS, TILE, COLUMNS, TILE)
    return tiles.transpose(0, 2, 1, 3).reshape(HELD_OUT, TILE, TILE)


# --- model ----------------------------------------------------------------------------------


def train_network(images, labels):
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(hidden_layer_sizes=(HIDDEN_UNITS,), max_iter=500, random_state=SEED)
    # Same scaling as in the graph, so that callers hand over raw pixels.
    network.fit(images.reshape(len(images), -1) / MAX_PIXEL, labels)
    return network


def export_model(network):
    """The network as an ONNX graph which takes pixels, so that callers prepare nothing."""
    weights = {
        "max_pixel": np.array(MAX_PIXEL, dtype=np.float32),
        # 0 keeps the batch dimension of the input, whatever it is.
        "flat_shape": np.array([0, TILE * TILE], dtype=np.int64),
        "hidden_weights": network.coefs_[0].astype(np.float32),
        "hidden_bias": network.intercepts_[0].astype(np.float32),
        "output_weights": network.coefs_[1].astype(np.float32),
        "output_bias": network.intercepts_[1].astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["pixels", "max_pixel"], ["ink"]),
        helper.make_node("Reshape", ["ink", "flat_shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "hidden_weights", "hidden_bias"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "output_weights", "output_bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", TILE, TILE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(
        graph,
        producer_name="digits-model",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 13)],
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


OPERATORS = {
    "Cast": lambda value: value.astype(np.float32),
    "Div": np.divide,
    "Reshape": lambda value, shape: value.reshape(len(value), int(shape[1])),
    "Gemm": lambda value, weights, bias: value @ weights + bias,
    "Relu": lambda value: np.maximum(value, 0),
    "Softmax": softmax,
}


def evaluate(model, images):
    """Run the graph node by node in numpy, so that the exported file itself is what is measured."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values["image"] = images
    for node in model.graph.node:
        values[node.output[0]] = OPERATORS[node.op_type](*(values[name] for name in node.input))
    return values["probabilities"]


def predict(model, images):
    return evaluate(model, images).argmax(axis=1)


# --- files ----------------------------------------------------------------------------------


def write_png(path, pixels):
    Image.fromarray(pixels).save(path, optimize=True)


def read_png(path, width, height):
    with Image.open(path) as image:
        if image.mode != "L" or image.size != (width, height) or image.info.get("interlace"):
            fail(f"{path.name} is not a plain {width}x{height} 8-bit greyscale image")
        return np.array(image)


def write_json(path, value, **layout):
    path.write_text(json.dumps(value, **layout) + "\n", encoding="utf-8")


def pick_samples(images, labels, predicted):
    """The first held-out image of each digit which the model gets right."""
    right = predicted == labels
    return [images[np.flatnonzero(right & (labels == digit))[0]] for digit in range(CLASSES)]


def train():
    import sklearn

    train_images, held_out_images, train_labels, held_out_labels = load_split()
    network = train_network(train_images, train_labels)
    model = export_model(network)
    predicted = predict(model, held_out_images)

    before_export = network.predict(held_out_images.reshape(HELD_OUT, -1) / MAX_PIXEL)
    if not np.array_equal(predicted, before_export):
        fail("the exported graph and the trained network disagree")
    correct = int((predicted == held_out_labels).sum())
    if correct < TARGET_ACCURACY * HELD_OUT:
        fail(f"only {correct} of {HELD_OUT} held-out images are right; nothing was written")

    SAMPLES.mkdir(parents=True, exist_ok=True)
    data = model.SerializeToString()
    MODEL.write_bytes(data)
    write_png(SHEET, to_sheet(held_out_images))
    layout = {"columns": COLUMNS, "rows": ROWS, "tileSize": TILE}
    write_json(LABELS, {**layout, "labels": held_out_labels.tolist()}, separators=(",", ":"))
    for digit, image in enumerate(pick_samples(held_out_images, held_out_labels, predicted)):
        write_png(SAMPLES / f"{digit}.png", image)
    figures = {
        "seed": SEED,
        "trainImages": len(train_images),
        "heldOutImages": HELD_OUT,
        "heldOutAccuracy": round(correct / HELD_OUT, 6),
        "heldOutCorrect": correct,
        "modelBytes": len(data),
        "hiddenUnits": HIDDEN_UNITS,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "sklearn": sklearn.__version__,
            "onnx": onnx.__version__,
        },
    }
    write_json(FIGURES, figures, indent=2)


def check():
    """Measure the written model on the written images, without scikit-learn."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    sheet_labels = json.loads(LABELS.read_text(encoding="utf-8"))
    if [sheet_labels[key] for key in ("columns", "rows", "tileSize")] != [COLUMNS, ROWS, TILE]:
        fail(f"{LABELS.name} describes another layout")
    labels = np.array(sheet_labels["labels"])
    if len(labels) != HELD_OUT or figures["heldOutImages"] != HELD_OUT:
        fail(f"the labels or the figures are not about {HELD_OUT} images")
    if MODEL.stat().st_size != figures["modelBytes"]:
        fail(f"{MODEL.name} is not the size that {FIGURES.name} gives")

    model = onnx.load(str(MODEL))
    onnx.checker.check_model(model)
    images = from_sheet(read_png(SHEET, COLUMNS * TILE, ROWS * TILE))
    correct = int((predict(model, images) == labels).sum())
    # heldOutAccuracy is written with six decimals.
    accuracy = round(correct / HELD_OUT, 6)
    if correct < figures["heldOutCorrect"] or accuracy < figures["heldOutAccuracy"]:
        fail(f"{correct} of {HELD_OUT} are right, fewer than {FIGURES.name} gives")

    samples = np.stack([read_png(SAMPLES / f"{digit}.png", TILE, TILE) for digit in range(CLASSES)])
    if not np.array_equal(predict(model, samples), np.arange(CLASSES)):
        fail("a sample image is not classified as the digit in its name")
    print(f"{correct} of {HELD_OUT} held-out images right ({accuracy:.4f}); samples right")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="verify the written files only")
    if not parser.parse_args().check:
        train()
    check()
