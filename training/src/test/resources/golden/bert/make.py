#!/usr/bin/env python3
"""Writes small BERTs, and what Hugging Face's classes compute with them, beside this script.

Python 3.11, torch 2.13.0 (CPU, 1 thread), transformers 5.18.0, numpy 2.4.6, safetensors 0.8.0.
"""
import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForMaskedLM, BertModel, BertTokenizer

HERE = pathlib.Path(__file__).parent
NARROW = 8  # embedding size of the factorised network
WORDS = "the a cat dog sat on mat ran in sun rain what did who is was not . , ? ##s ##ing ##ed un play red big".split()
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS
SPARE = 4  # rows of the word table that no piece has, as of a table that was padded

torch.set_num_threads(1)
torch.manual_seed(17)
config = BertConfig(
    vocab_size=len(PIECES) + SPARE, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
    max_position_embeddings=24)


def randomize(model):
    """Also biases and LayerNorms, which start as constants; the tied output matrix is the word table."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(0, 0.3)
            if name.endswith("LayerNorm.weight"):
                weight.add_(1)
    return model.eval()


def factorized(model, ids, types):
    """The last hidden state if of each sum of the three tables only the largest directions of all sums are kept."""
    e = model.embeddings
    words, positions, kinds = (
        table.weight.detach().double().numpy()
        for table in (e.word_embeddings, e.position_embeddings, e.token_type_embeddings))
    sums = (words[:, None, None] + positions[None, :, None] + kinds).reshape(-1, words.shape[1])
    centre = lambda rows: rows - rows.mean(-1, keepdims=True)
    directions = np.linalg.svd(centre(sums), full_matrices=False)[2][: NARROW - 1]
    kept = centre(words) @ directions.T @ directions
    error = np.linalg.norm(centre(words) - kept) / np.linalg.norm(centre(words))
    x = centre(words[ids] + positions[: ids.shape[1]] + kinds[types]) @ directions.T @ directions
    x = x / np.sqrt((x**2).mean(-1, keepdims=True))
    x = x * e.LayerNorm.weight.detach().numpy() + e.LayerNorm.bias.detach().numpy()
    state = torch.tensor(x, dtype=torch.float32)
    for layer in model.encoder.layer:
        out = layer(state)
        state = out[0] if isinstance(out, tuple) else out
    return state, error


bare = randomize(BertModel(config))
masked = randomize(BertForMaskedLM(config))
(HERE / "masked").mkdir(exist_ok=True)
(HERE / "masked" / "vocab.txt").write_text("".join(piece + "\n" for piece in PIECES))
tokenizer = BertTokenizer(vocab=str(HERE / "masked" / "vocab.txt"), model_max_length=24)
tokenizer.save_pretrained(HERE / "bare")
bare.save_pretrained(HERE / "bare")
masked.save_pretrained(HERE / "masked")

batches = {
    "text": tokenizer(["The cats sat, unplayed!"], return_tensors="pt"),
    "pair": tokenizer(["who ran ?"], ["the big dog is playing in rain ."], return_tensors="pt"),
    "padded": tokenizer(["a dog ran", "what"], ["the red mat . a cat", "not in sun"], padding=True, return_tensors="pt"),
}
expected = {}
with torch.no_grad():
    for name, batch in batches.items():
        expected["bare." + name] = bare(**batch).last_hidden_state
        expected["masked." + name] = masked.bert(**batch).last_hidden_state
        if name != "padded":
            state, error = factorized(bare, batch["input_ids"], batch["token_type_ids"])
            expected["factorized." + name] = state
            expected["word_table_error"] = torch.tensor([error], dtype=torch.float32)
    bare.encoder.layer = bare.encoder.layer[1:]
    for name, batch in batches.items():
        expected["layer-2." + name] = bare(**batch).last_hidden_state
save_file({name: values.contiguous() for name, values in expected.items()}, HERE / "expected.safetensors")
inputs = {name: {key: values.tolist() for key, values in batch.items()} for name, batch in batches.items()}
(HERE / "inputs.json").write_text(json.dumps(inputs) + "\n")
