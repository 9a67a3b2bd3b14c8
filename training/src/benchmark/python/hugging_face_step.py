#!/usr/bin/env python3
"""Times Hugging Face's ELECTRA in PyTorch on the step that 'electra bench pretrain' times: the peer, not a part of us.

usage: hugging_face_step.py [--size small|tiny] [--steps 2] [--threads 2] [--precision fp32|bf16] [--gathered]

Reads lines from standard input; for each it makes --steps steps and prints one JSON line with tokensPerSecond. So two
processes can be asked in turn. The step: floor(0.15 x 128) positions a sequence are masked, the generator's logits give
a sample each by Gumbel noise, the discriminator judges all positions; loss = G + 50 D; clipped to 1; fused AdamW.
--gathered computes the language model's head at the masked positions alone, which Hugging Face does not.
"""
import argparse
import json
import sys
import time

import torch
from torch.nn import functional
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

VOCABULARY, EMBEDDING, MASK = 30522, 128, 103
SIZES = {"small": (256, 12, 4, 64), "tiny": (128, 4, 2, 64)}


def config(hidden, layers, heads):
    return ElectraConfig(
        vocab_size=VOCABULARY, embedding_size=EMBEDDING, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=4 * hidden, hidden_dropout_prob=0.1,
        attention_probs_dropout_prob=0.1)


class Step:
    def __init__(self, arguments):
        self.batch, self.length = arguments.batch_size, arguments.sequence_length
        self.bf16, self.gathered = arguments.precision == "bf16", arguments.gathered
        hidden, layers, heads, small = SIZES[arguments.size]
        self.generator = ElectraForMaskedLM(config(small, layers, max(1, small // 64)))
        self.discriminator = ElectraForPreTraining(config(hidden, layers, heads))
        theirs, shared = self.generator.electra.embeddings, self.discriminator.electra.embeddings
        for table in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
            setattr(theirs, table, getattr(shared, table))
        self.generator.tie_weights()
        self.parameters = list({id(p): p for m in (self.generator, self.discriminator) for p in m.parameters()}.values())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=5e-4, eps=1e-6, weight_decay=0.01, fused=True)
        self.generator.train()
        self.discriminator.train()

    def logits(self, shown, positions):
        if not self.gathered:
            return self.generator(shown).logits.flatten(0, 1)[positions]
        hidden = self.generator.electra(shown).last_hidden_state.flatten(0, 1)[positions]
        return self.generator.generator_lm_head(self.generator.generator_predictions(hidden))

    def __call__(self):
        ids = torch.randint(VOCABULARY, (self.batch, self.length))
        count = int(0.15 * self.length)
        chosen = torch.rand(self.batch, self.length).topk(count, dim=1).indices
        positions = (chosen + self.length * torch.arange(self.batch).unsqueeze(1)).flatten()
        shown = ids.flatten().clone()
        shown[positions] = MASK
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            logits = self.logits(shown.view_as(ids), positions).float()
            generator_loss = functional.cross_entropy(logits, ids.flatten()[positions])
            with torch.no_grad():
                noise = torch.empty_like(logits).exponential_()
                corrupted = ids.flatten().clone()
                corrupted[positions] = (logits.detach() - noise.log()).argmax(-1)
                corrupted = corrupted.view_as(ids)
            judged = self.discriminator(corrupted).logits.float()
        loss = generator_loss + 50 * functional.binary_cross_entropy_with_logits(judged, corrupted.ne(ids).float())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--sequence-length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--gathered", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    step = Step(arguments)
    step()
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(arguments.steps):
            loss = step()
        loss.item()
        tokens = arguments.steps * arguments.batch_size * arguments.sequence_length
        print(json.dumps({"tokensPerSecond": round(tokens / (time.perf_counter() - start), 1)}), flush=True)


if __name__ == "__main__":
    main()
