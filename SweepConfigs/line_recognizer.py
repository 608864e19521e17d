"""Reads the characters of a line through a sliding window: a small model in plain Python with a large project's options.

A line of text is drawn as columns of ink. Each window sees `window_width` columns and moves on by `window_stride`; what it
sees is blended with its neighbours' view `tf_layers` times, and a softmax over the alphabet says which character is at the
window's centre. With --overfit_batches 1 it trains on one batch, to see whether it can learn at all.
"""

import argparse
import math
import random

ALPHABET = "abcdefghijklmnop"
CHARACTER_WIDTH = 8


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wandb", action="store_true", help="accepted and without effect: this script logs to stdout")
    parser.add_argument("--overfit_batches", type=int, default=0, help="train on so many batches; 0: on all 4")
    parser.add_argument("--log_every_n_steps", type=int, default=10)
    parser.add_argument("--max_epochs", type=int, default=20)
    parser.add_argument("--limit_test_batches", type=int, default=1)
    parser.add_argument("--window_width", type=int, default=16, help="columns")
    parser.add_argument("--window_stride", type=int, default=8, help="columns")
    parser.add_argument("--tf_layers", type=int, default=2)
    parser.add_argument("--gpus", type=int, default=0)
    parser.add_argument("--model_class", default="LineCNNTransformer")
    parser.add_argument("--data_class", default="SyntheticLines")
    parser.add_argument("--loss", default="transformer")
    return parser.parse_args()


def draw_line(source, glyphs):
    """A line of 16 characters: its text, and the ink of each column with a little noise."""
    text = source.choices(range(len(ALPHABET)), k=16)
    columns = [ink + source.gauss(0, 0.05) for character in text for ink in glyphs[character]]
    return text, columns


def windows(text, columns, options):
    """Of one line: (what each window sees, the character at its centre)."""
    half = options.window_width // 2
    padded = [0.0] * half + columns + [0.0] * half
    centres = range(options.window_stride // 2, len(columns), options.window_stride)
    views = [padded[centre : centre + options.window_width] for centre in centres]
    for _ in range(options.tf_layers):
        views = [
            [
                0.8 * here + 0.1 * left + 0.1 * right
                for left, here, right in zip(views[max(n - 1, 0)], view, views[min(n + 1, len(views) - 1)])
            ]
            for n, view in enumerate(views)
        ]
    return [(view + [1.0], text[centre // CHARACTER_WIDTH]) for view, centre in zip(views, centres)]


def train_step(weights, batch, rate):
    """One step of gradient descent; the mean cross-entropy before it."""
    gradients = [[0.0] * len(row) for row in weights]
    loss = 0.0
    for view, character in batch:
        scores = [sum(w * v for w, v in zip(row, view)) for row in weights]
        highest = max(scores)
        exponentials = [math.exp(score - highest) for score in scores]
        total = sum(exponentials)
        loss -= math.log(max(exponentials[character] / total, 1e-12))
        for k, gradient in enumerate(gradients):
            error = exponentials[k] / total - (k == character)
            for j, v in enumerate(view):
                gradient[j] += error * v
    for row, gradient in zip(weights, gradients):
        for j, g in enumerate(gradient):
            row[j] -= rate * g / len(batch)
    return loss / len(batch)


def main():
    options = read_options()
    source = random.Random(0)
    glyphs = [[source.random() for _ in range(CHARACTER_WIDTH)] for _ in ALPHABET]
    lines = [draw_line(source, glyphs) for _ in range(options.overfit_batches or 4)]
    batches = [windows(text, columns, options) for text, columns in lines]
    weights = [[0.0] * (options.window_width + 1) for _ in ALPHABET]
    step = 0
    for _ in range(options.max_epochs):
        for batch in batches:
            step += 1
            loss = train_step(weights, batch, rate=1.0)
            if step % options.log_every_n_steps == 0:
                print(f"step={step} train/loss={loss:.5f}", flush=True)


main()
