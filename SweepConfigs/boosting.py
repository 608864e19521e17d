"""Trains LightGBM on scikit-learn's breast cancer table; prints its evaluation of every tenth round."""

import argparse
import json

import lightgbm
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--learning_rate", type=float, default=0.1)
parser.add_argument("--num_leaves", type=int, default=31)
parser.add_argument("--min_child_samples", type=int, default=20)
parser.add_argument("--feature_fraction", type=float, default=1.0)
parser.add_argument("--lambda_l2", type=float, default=0.0)
parser.add_argument("--rounds", type=int, default=150)
options = parser.parse_args()

table, labels = load_breast_cancer(return_X_y=True)
train_x, val_x, train_y, val_y = train_test_split(table, labels, test_size=0.3, random_state=0, stratify=labels)
train = lightgbm.Dataset(train_x, train_y)
validation = lightgbm.Dataset(val_x, val_y, reference=train)


def report(progress):
    """A LightGBM callback: one JSON line for every tenth round."""
    done = progress.iteration + 1
    if done % 10 == 0:
        names = {"binary_logloss": "val_logloss", "auc": "val_auc"}
        scores = {names[metric]: round(value, 5) for _, metric, value, _ in progress.evaluation_result_list}
        print(json.dumps({"step": done, **scores}), flush=True)


lightgbm.train(
    {
        "objective": "binary",
        "metric": ["binary_logloss", "auc"],
        "learning_rate": options.learning_rate,
        "num_leaves": options.num_leaves,
        "min_child_samples": options.min_child_samples,
        "feature_fraction": options.feature_fraction,
        "lambda_l2": options.lambda_l2,
        "num_threads": 1,
        "seed": 1,
        "verbose": -1,
    },
    train,
    num_boost_round=options.rounds,
    valid_sets=[validation],
    callbacks=[report],
)
