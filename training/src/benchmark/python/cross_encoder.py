#!/usr/bin/env python3
"""Times sentence-transformers' CrossEncoder on what 'bench-rank-peers' gives to all: the peer, not a part of us.

usage: cross_encoder.py MODEL TEXTS fp32|bf16 BATCH

Prints "ready", then reads lines from standard input; for each it scores the first text's pairs with all others and
prints the milliseconds, the first and the last score. Two threads.
"""
import sys
import time

import torch
from sentence_transformers import CrossEncoder

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main():
    folder, file, precision, batch = sys.argv[1:]
    torch.set_num_threads(2)
    with open(file, encoding="utf-8") as lines:
        query, *passages = lines.read().splitlines()
    model = CrossEncoder(
        folder, device="cpu", activation_fn=torch.nn.Identity(), model_kwargs={"dtype": PRECISIONS[precision]})

    def score():
        pairs = [(query, passage) for passage in passages]
        return model.predict(pairs, batch_size=int(batch), show_progress_bar=False)

    score()
    score()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        scores = score()
        print(f"{1000 * (time.perf_counter() - start):.1f} {scores[0]:.4f} {scores[-1]:.4f}", flush=True)


if __name__ == "__main__":
    main()
