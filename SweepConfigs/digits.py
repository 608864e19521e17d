"""Trains a small neural network on scikit-learn's handwritten digits; prints one JSON line an epoch."""

import argparse
import json
import warnings

import numpy
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--learning_rate", type=float, default=1e-3)
parser.add_argument("--hidden", type=int, default=64, help="units of the hidden layer")
parser.add_argument("--batch_size", type=int, default=32)
parser.add_argument("--alpha", type=float, default=1e-4, help="L2 penalty")
parser.add_argument("--solver", choices=["adam", "sgd"], default="adam")
parser.add_argument("--momentum", type=float, default=0.9, help="of sgd")
parser.add_argument("--epochs", type=int, default=25)
parser.add_argument("--seed", type=int, default=0, help="of the weights and of the order of the images")
options = parser.parse_args()

images, labels = load_digits(return_X_y=True)
# The split is the same for every trial: only then do their accuracies compare.
train_x, val_x, train_y, val_y = train_test_split(images / 16, labels, test_size=0.25, random_state=0, stratify=labels)
classes = numpy.arange(10)

seed = options.seed % 2**32
order = numpy.random.default_rng(seed)
network = MLPClassifier(
    hidden_layer_sizes=(options.hidden,),
    learning_rate_init=options.learning_rate,
    batch_size=options.batch_size,
    alpha=options.alpha,
    solver=options.solver,
    momentum=options.momentum,
    random_state=seed,
)
warnings.filterwarnings("ignore")  # a learning rate that diverges is a result, not news

for epoch in range(1, options.epochs + 1):
    shuffled = order.permutation(len(train_x))
    network.partial_fit(train_x[shuffled], train_y[shuffled], classes=classes)
    probabilities = network.predict_proba(val_x)
    print(
        json.dumps(
            {
                "step": epoch,
                "val_accuracy": round(float((probabilities.argmax(axis=1) == val_y).mean()), 4),
                "val_loss": round(float(log_loss(val_y, probabilities, labels=classes)), 4),
                "train_loss": round(float(network.loss_), 4),
            }
        ),
        flush=True,
    )
