#!/usr/bin/env python3
"""Times Hugging Face's tokenizers in Python on what 'bench-tokenizers' gives to all: the peer, not a part of us.

usage: hugging_face_tokenizer.py encode|encode_batch|encode_batch_fast TOKENIZER_JSON PARAGRAPHS

Prints "ready", then reads lines from standard input; for each it tokenizes all paragraphs, again until two seconds are
over, and prints how many megabytes a second of processor time, and the number of pieces.
"""
import sys
import time

from tokenizers import Tokenizer

BATCH, LEAST_SECONDS = 64, 2


def counter(tokenizer, call):
    encode = getattr(tokenizer, call)
    if call == "encode":
        return lambda paragraphs: sum(len(encode(p, add_special_tokens=False)) for p in paragraphs)
    return lambda paragraphs: sum(
        len(encoding)
        for first in range(0, len(paragraphs), BATCH)
        for encoding in encode(paragraphs[first:first + BATCH], add_special_tokens=False))


def measure(count, paragraphs, size):
    start, passes, seconds = time.process_time(), 0, 0
    while seconds < LEAST_SECONDS:
        pieces = count(paragraphs)
        passes += 1
        seconds = time.process_time() - start
    return f"{passes * size / 1e6 / seconds:.3f} {pieces}"


def main():
    call, tokenizer, file = sys.argv[1:]
    with open(file, encoding="utf-8", newline="\n") as lines:
        paragraphs = lines.read().split("\n")[:-1]
    size = sum(len(paragraph.encode()) for paragraph in paragraphs)
    count = counter(Tokenizer.from_file(tokenizer), call)
    measure(count, paragraphs, size)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(measure(count, paragraphs, size), flush=True)


if __name__ == "__main__":
    main()
